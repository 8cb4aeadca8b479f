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
from benchmarks.measuring import Section, Size, in_rounds

TIME = "time"
MSGSPEC = "msgspec"
PYDANTIC = "pydantic"
_ROOT = Path(__file__).parent.parent

# What is installed, and what a module that decodes events would import of it.
_IMPORTS = {
    MSGSPEC: (("msgspec",), "import msgspec"),
    OURS: ((), "import ecr_events"),
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

_TIMED = """
import sys, time
sys.path.insert(0, sys.argv[1])
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
        return [Section("Importing", text, "", in_rounds(measure, names, size.imports, folder))]


def _install(name: str, folder: Path) -> None:
    packages = [f"{package}=={version(package)}" for package in _IMPORTS[name][0]] or [str(_ROOT)]
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(folder)]
    subprocess.run([*install, *packages], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603
    subprocess.run([sys.executable, "-m", "compileall", "-qq", str(folder)], check=False)  # noqa: S603


def measure(name: str, folder: str) -> dict[str, float]:
    """Return milliseconds, modules and MiB."""
    place = Path(folder) / name
    # Isolated, and without site-packages: what is measured cannot borrow from what is installed here.
    command = [sys.executable, "-I", "-S", "-c", _TIMED.format(_IMPORTS[name][1]), str(place)]
    seconds, modules = map(float, subprocess.run(command, check=True, capture_output=True).stdout.split())  # noqa: S603
    size = sum(file.stat().st_size for file in place.rglob("*") if file.is_file())
    return {TIME: seconds * 1e3, "modules": modules, "size on disk": size / 1024**2}
