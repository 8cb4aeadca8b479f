"""Where and with what something was measured."""

import json
import subprocess
import sys
import tempfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

__all__ = ["environment"]

_PACKAGES = (
    "ecr_events",
    "msgspec",
    "pydantic",
    "pydantic_core",
    "botocraft",
    "aws-lambda-powertools",
    "mashumaro",
    "cattrs",
    "orjson",
    "pyarrow",
    "boto3",
)


def environment() -> dict[str, str]:
    """Return the machine, as pyperf knows it, the versions of all contenders and the commit."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "metadata.json"
        collect = [sys.executable, "-m", "pyperf", "collect_metadata", "--output", str(file)]
        subprocess.run(collect, check=True, stdout=subprocess.DEVNULL)
        metadata = json.loads(file.read_text())["metadata"]
    found = {
        "machine": f"{metadata.get('cpu_model_name', 'unknown processor')}, {metadata['cpu_count']} cores",
        "platform": metadata["platform"],
        "load at the start": str(metadata.get("load_avg_1min", "unknown")),
        "Python": f"{metadata['python_implementation']} {metadata['python_version']}",
        "date": metadata["date"].split(" ")[0],
        "commit": _commit(),
    }
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


def _commit() -> str:
    describe = ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty"]
    try:
        return subprocess.run(describe, check=True, capture_output=True, text=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
