"""What a dependency costs before it does anything: time to import, modules, and size on disk.

Everything is installed for the occasion, each into an empty folder of its own, with all that
it depends on; imports read that folder and the standard library, and nothing else.
"""

import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

from benchmarks.contenders import BOTOCRAFT, OURS, installed
from benchmarks.runner import Section, Size, in_rounds
from benchmarks.workloads import of_kind

TIME = "time"
COLD_START = "until the first event"
MSGSPEC = "msgspec"
PYDANTIC = "pydantic"
_ROOT = Path(__file__).parent.parent

# What is installed, and what a module that decodes events would import of it.
_IMPORTS = {
    MSGSPEC: (("msgspec",), "import msgspec"),
    OURS: (("msgspec",), "import ecr_events"),
    PYDANTIC: (("pydantic",), "from pydantic import BaseModel, TypeAdapter"),
    BOTOCRAFT: (("botocraft",), "from botocraft.eventbridge.ecr import ECRReplicationActionEvent"),
    "Powertools, parser": (
        ("aws-lambda-powertools", "pydantic"),
        "from aws_lambda_powertools.utilities.parser.envelopes import EventBridgeEnvelope",
    ),
    "Powertools, data class": (
        ("aws-lambda-powertools",),
        "from aws_lambda_powertools.utilities.data_classes import EventBridgeEvent",
    ),
    "mashumaro": (("mashumaro", "orjson"), "import orjson; from mashumaro.codecs.basic import BasicDecoder"),
    "cattrs": (("cattrs", "orjson"), "import orjson; from cattrs.preconf.orjson import make_converter"),
    "orjson": (("orjson",), "import orjson"),
    "boto3": (("boto3",), "import boto3"),
}

# What a function does at a cold start until it has its first event, models included.
_FIRST_EVENTS = {
    OURS: "from ecr_events import decode; decode(raw)",
    PYDANTIC: (
        "from benchmarks.contenders.pydantic_models import AnyEvent; from pydantic import TypeAdapter; "
        "TypeAdapter(AnyEvent).validate_json(raw)"
    ),
    BOTOCRAFT: "import json; from botocraft.eventbridge.factory import EventFactory; EventFactory().new(raw)",
    "Powertools, data class": (
        "import json; from aws_lambda_powertools.utilities.data_classes import EventBridgeEvent; "
        "EventBridgeEvent(json.loads(raw)).detail"
    ),
    "orjson": "import orjson; orjson.loads(raw)",
}

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
    """Return what importing costs."""
    names = [name for name in _IMPORTS if name != BOTOCRAFT or BOTOCRAFT in installed()]
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            _install(name, Path(folder) / name)
        text = (
            "Each is installed into a folder of its own, with what it depends on, and imported in a new process, from "
            "compiled bytecode. Milliseconds without the interpreter's own start; modules beyond those that it starts "
            "with; MiB on disk, bytecode included."
        )
        return [
            Section("Importing", text, in_rounds(measure, names, size.imports, folder)),
            Section(
                "A cold start",
                f"From the first import to the first event, an ECR Replication Action: `{PYDANTIC}` defines its ten "
                "models and their discriminated TypeAdapter, from compiled bytecode too. Milliseconds.",
                in_rounds(first_event, [name for name in names if name in _FIRST_EVENTS], size.imports, folder),
            ),
        ]


def _install(name: str, folder: Path) -> None:
    packages = [f"{package}=={version(package)}" for package in _IMPORTS[name][0]]
    if name == OURS:
        packages.append(str(_ROOT))
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(folder)]
    subprocess.run([*install, *packages], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    subprocess.run([sys.executable, "-m", "compileall", "-qq", str(folder)], check=False)


def measure(name: str, folder: str) -> dict[str, float]:
    """Return milliseconds, modules and MiB."""
    place = Path(folder) / name
    seconds, modules = _timed(_IMPORTS[name][1], place)
    size = sum(file.stat().st_size for file in place.rglob("*") if file.is_file())
    return {TIME: seconds * 1e3, "modules": modules, "size on disk": size / 1024**2}


def first_event(name: str, folder: str) -> dict[str, float]:
    """Return milliseconds."""
    return {COLD_START: _timed(_FIRST_EVENTS[name], Path(folder) / name)[0] * 1e3}


def _timed(code: str, folder: Path) -> tuple[float, float]:
    """Return how many seconds the code takes in a new process, and how many modules it loads."""
    # Isolated, and without site-packages: what is measured cannot borrow from what is installed here.
    command = [sys.executable, "-I", "-S", "-c", _TIMED.format(code), str(folder), str(_ROOT)]
    raw = next(of_kind("ECR Replication Action", 1))
    output = subprocess.run(command, check=True, input=raw, capture_output=True).stdout
    seconds, modules = map(float, output.split())
    return seconds, modules
