"""The machine, the versions and the commit of a run."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from benchmarks.contenders import installed

__all__ = ["environment", "environment_line"]

_OWN = ("machine", "platform", "load at the start", "Python", "date", "commit", "ecr_events", "msgspec", "boto3")


def environment() -> dict[str, str]:
    """Return the machine as pyperf describes it, the commit, and the versions of all packages compared."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "metadata.json"
        collect = [sys.executable, "-m", "pyperf", "collect_metadata", "--output", str(file)]
        subprocess.run(collect, check=True, stdout=subprocess.DEVNULL)
        metadata = json.loads(file.read_text())["metadata"]
    packages = [package for contender in installed().values() for package in contender.packages]
    return {
        "machine": f"{metadata.get('cpu_model_name', 'unknown processor')}, {metadata['cpu_count']} cores",
        "platform": metadata["platform"],
        "load at the start": str(metadata.get("load_avg_1min", "unknown")),
        "Python": f"{metadata['python_implementation']} {metadata['python_version']}",
        "date": metadata["date"].split(" ")[0],
        "commit": _commit(),
        **{package: _version(package) for package in dict.fromkeys([*packages, "boto3", "duckdb", "polars"])},
    }


def environment_line(environment: Mapping[str, str]) -> str:
    """Return what matters of an environment where no other library is compared."""
    return " · ".join(f"{key}: {environment[key]}" for key in _OWN)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _commit() -> str:
    describe = ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty"]
    try:
        return subprocess.run(describe, check=True, capture_output=True, text=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
