import ast
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from zipfile import ZipFile

import pytest

import ecr_events
import ecr_events.events
from ecr_events import ECRImageActionEvent
from ecr_events.samples import sample_json

# Public names


def imported(module_file: str | None) -> set[str]:
    """Return the names that a module imports from this package, or assigns with an annotation."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(Path(str(module_file)).read_text())):
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("ecr_events"):
            names |= {alias.name for alias in node.names}
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names.add(node.target.id)
    return names


def test_every_imported_name_is_public() -> None:
    """`__all__` lists exactly the names imported by the package and by `ecr_events.events`."""
    events = set(ecr_events.events.__all__)
    assert set(ecr_events.__all__) == imported(ecr_events.__file__) - {"*", "events"} | events
    assert events == imported(ecr_events.events.__file__)


def test_every_public_name_resolves_once() -> None:
    """Every name in `__all__` is an attribute, subpackages included, and is listed once."""
    assert len(ecr_events.__all__) == len(set(ecr_events.__all__))
    assert all(hasattr(ecr_events, name) for name in ecr_events.__all__)


def test_an_unknown_attribute_is_an_attribute_error() -> None:
    """The message is Python's own."""
    name = "decod"
    with pytest.raises(AttributeError, match="module 'ecr_events' has no attribute 'decod'"):
        getattr(ecr_events, name)


def test_the_version_is_a_release_number() -> None:
    """The package's metadata takes its version from `__version__`."""
    assert re.fullmatch(r"\d+\.\d+\.\d+(rc\d+)?", ecr_events.__version__)


# Imports, each in a fresh interpreter


SUBPACKAGES = {"archives", "cli", "deliveries", "patterns", "samples", "service", "testing"}

MODULES = {
    "ecr_events": set[str](),
    "ecr_events.archives": {"archives"},
    "ecr_events.deliveries": {"deliveries"},
    "ecr_events.patterns": {"patterns"},
    "ecr_events.samples": {"samples"},
    "ecr_events.service": {"service"},
    "ecr_events.testing": {"testing"},
}
"""Public modules, each with the subpackages that importing it loads."""

every_module = pytest.mark.parametrize("module", MODULES)

SLOW = {
    "argparse",
    "asyncio",
    "concurrent.futures",
    "email",
    "hmac",
    "http",
    "logging",
    "secrets",
    "socket",
    "ssl",
    "subprocess",
}
"""Modules of the standard library that add milliseconds to a cold start."""


@cache
def loaded(statement: str) -> frozenset[str]:
    """Return the modules that a statement loads, other than those of msgspec."""
    code = f"import msgspec, sys; before = {{*sys.modules}}; {statement}; print(*{{*sys.modules}} - before)"
    process = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return frozenset(process.stdout.split())


@every_module
def test_importing_loads_no_optional_dependency(module: str) -> None:
    """No boto3, rich or pyarrow: nothing but msgspec and the standard library."""
    packages = {name.partition(".")[0] for name in loaded(f"import {module}")}
    assert packages - sys.stdlib_module_names == {"ecr_events"}


@every_module
def test_importing_loads_no_other_subpackage(module: str) -> None:
    """Archives and deliveries are read without the service, and the service knows nothing of them."""
    assert {name for name in SUBPACKAGES if f"ecr_events.{name}" in loaded(f"import {module}")} == MODULES[module]


@every_module
def test_importing_loads_no_slow_module(module: str) -> None:
    """Modules that a cold start should not pay for are imported on first use."""
    assert loaded(f"import {module}") & SLOW == set()


def test_importing_the_package_loads_nothing_that_msgspec_does_not() -> None:
    """`import ecr_events` costs msgspec and its own modules."""
    names = loaded("import ecr_events")
    assert "ecr_events.codec" in names
    assert {name for name in names if name.partition(".")[0] != "ecr_events"} == set()


def test_decoding_loads_no_module() -> None:
    """Neither boto3 nor the service is imported before the first lookup."""
    event = sample_json(ECRImageActionEvent)
    assert loaded(f"import ecr_events; ecr_events.decode({event!r}).image_reference") == loaded("import ecr_events")


@pytest.mark.parametrize("name", sorted(SUBPACKAGES - {"cli"}))
def test_a_subpackage_is_imported_on_first_use(name: str) -> None:
    """`ecr_events.archives.read` works after `import ecr_events`."""
    assert loaded(f"import ecr_events; ecr_events.{name}.__all__") == loaded(f"import ecr_events.{name}")


def test_the_package_works_from_a_zip(tmp_path: Path) -> None:
    """Samples, descriptions of fields and archives included."""
    package = Path(str(ecr_events.__file__)).parent
    with ZipFile(tmp_path / "packages.zip", "w") as archive:
        for file in package.rglob("*"):
            if file.suffix in {".py", ".json"}:
                archive.write(file, file.relative_to(package.parent))
    code = """
import sys
sys.path.insert(0, "packages.zip")
import ecr_events
from ecr_events import ECRImageActionEvent, decode, encode, json_schema
from ecr_events.archives import read, write
from ecr_events.samples import sample, sample_json
assert "packages.zip" in ecr_events.__file__
event = sample(ECRImageActionEvent)
assert decode(sample_json(ECRImageActionEvent)) == decode(encode(event)) == event
assert json_schema(ECRImageActionEvent)["$defs"]["ECRImageActionEvent"]["properties"]["account"]["description"]
write([event], "events.ndjson.gz")
assert list(read("events.ndjson.gz")) == [event]
"""
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path)
