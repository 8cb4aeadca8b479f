import ast
import re
from pathlib import Path

import pytest

import ecr_events
import ecr_events.events


def imported(module_file: str | None) -> set[str]:
    """Return the names that a module imports from this package, or assigns with an annotation."""
    tree = ast.walk(ast.parse(Path(str(module_file)).read_text()))
    names: set[str] = set()
    for node in tree:
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
