"""Import time, number of modules and size on disk of each library, and the time of a cold start.

Each library is installed into an empty folder with its dependencies. The measured process sees
that folder and the standard library only.
"""

import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

from benchmarks.contenders import OURS, installed
from benchmarks.decode import REPLICATION
from benchmarks.runner import Section, Size, run_rounds
from benchmarks.workloads import make_events

TIME = "time"
COLD_START = "until the first event"
_ROOT = Path(__file__).parent.parent

_TIMED = """
import sys, time
sys.path[:0] = [sys.argv[1]]
sys.path.append(sys.argv[2])
raw = sys.stdin.buffer.read()
before, start = len(sys.modules), time.perf_counter()
{}
print(time.perf_counter() - start, len(sys.modules) - before)
"""


def run(size: Size) -> list[Section]:
    """Return the costs of importing, and of a cold start."""
    with tempfile.TemporaryDirectory() as folder:
        imports = {"boto3": (_install(("boto3",), f"{folder}/boto3"), "import boto3")}
        first_events: dict[str, tuple[str, str]] = {}
        for module, contender in installed().items():
            if contender.imports is not None:
                target = _install(contender.packages, f"{folder}/{module}")
                imports[contender.label] = (target, contender.imports)
                if contender.first_event is not None:
                    first_events[contender.label] = (target, contender.first_event)
                if contender.label == OURS:
                    imports[f"{OURS}.deliveries"] = (target, f"import {OURS}.deliveries")
        return [
            Section(
                "Importing",
                "Each library is installed into a folder of its own with its dependencies, and imported in a new "
                "process from compiled bytecode. Milliseconds after the start of the interpreter; modules beyond "
                "those of the interpreter; MiB on disk, bytecode included.",
                run_rounds(import_, imports, size.imports),
            ),
            Section(
                "A cold start",
                f"From the first import to the first event, an {REPLICATION}, from compiled bytecode. The time of "
                "pydantic includes the definition of its ten models and of their TypeAdapter. Milliseconds.",
                run_rounds(start_cold, first_events, size.imports),
            ),
        ]


def _install(packages: tuple[str, ...], target: str) -> str:
    requirements = [str(_ROOT) if package == OURS else f"{package}=={version(package)}" for package in packages]
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--target", target]
    subprocess.run([*install, *requirements], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    subprocess.run([sys.executable, "-m", "compileall", "-qq", target], check=False)
    return target


def import_(target_and_code: tuple[str, str]) -> dict[str, float]:
    """Return milliseconds, modules and MiB."""
    target, code = target_and_code
    seconds, modules = _time(target, code)
    size = sum(file.stat().st_size for file in Path(target).rglob("*") if file.is_file())
    return {TIME: seconds * 1e3, "modules": modules, "size on disk": size / 1024**2}


def start_cold(target_and_code: tuple[str, str]) -> dict[str, float]:
    """Return milliseconds."""
    return {COLD_START: _time(*target_and_code)[0] * 1e3}


def _time(target: str, code: str) -> tuple[float, float]:
    """Return the seconds that the code takes in a new process, and the number of modules that it loads."""
    # Isolated and without site-packages, so that nothing is imported from the environment of the benchmarks.
    command = [sys.executable, "-I", "-S", "-c", _TIMED.format(code), target, str(_ROOT)]
    raw = next(make_events(1, REPLICATION))
    output = subprocess.run(command, check=True, input=raw, capture_output=True).stdout
    seconds, modules = map(float, output.split())
    return seconds, modules
