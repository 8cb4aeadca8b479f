import ast
from pathlib import Path

import ecr_events
import ecr_events.events


def imported(module_file: str | None) -> set[str]:
    """Return the names that a module imports from this package, or assigns."""
    body = ast.parse(Path(str(module_file)).read_text()).body
    names = {name.asname or name.name for node in body if isinstance(node, ast.ImportFrom) for name in node.names}
    return names | {
        str(node.target.id) for node in body if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    }


def test_every_public_name_is_listed_and_there() -> None:
    """`__all__` and the imports of the package, and of its events, hold the same names."""
    assert set(ecr_events.__all__) == imported(ecr_events.__file__)
    assert set(ecr_events.events.__all__) == imported(ecr_events.events.__file__) - {"TypeAlias"}
    assert len(ecr_events.__all__) == len(set(ecr_events.__all__))
    assert all(hasattr(ecr_events, name) for name in ecr_events.__all__)


def test_every_event_class_is_public() -> None:
    """What the events' package lists, the library lists."""
    assert set(ecr_events.events.__all__) <= set(ecr_events.__all__)
