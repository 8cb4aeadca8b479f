"""Each test fails with the step that was forgotten when a detail-type was added."""

import importlib
import pkgutil
from importlib.resources import files
from pathlib import Path
from typing import get_args

import msgspec
import pytest

import ecr_events.events
from ecr_events import ECREvent, EventBridgeEvent
from ecr_events.events.envelope import detail_type_of
from ecr_events.samples.edge_cases import EDGE_CASES

MODULES = [
    importlib.import_module(f"ecr_events.events.{module.name}")
    for module in pkgutil.iter_modules(ecr_events.events.__path__)
]
CLASSES: dict[str, type[EventBridgeEvent]] = {cls.__name__: cls for cls in get_args(ECREvent)} | {
    name: cls
    for module in MODULES
    for name, cls in vars(module).items()
    if isinstance(cls, type) and issubclass(cls, EventBridgeEvent) and detail_type_of(cls)
}
"""The classes with a detail-type, by name: those of the union, and those defined in ecr_events/events/."""

every_class = pytest.mark.parametrize("cls", CLASSES.values(), ids=CLASSES)


def module_name(cls: type[EventBridgeEvent]) -> str:
    """Return the name of the module for a class: its detail-type without the prefix ``ECR``."""
    return str(detail_type_of(cls)).removeprefix("ECR ").lower().replace(" ", "_")


@every_class
def test_every_class_has_its_own_module(cls: type[EventBridgeEvent]) -> None:
    """The module has the name of the detail-type."""
    expected = f"ecr_events.events.{module_name(cls)}"
    assert cls.__module__ == expected, (
        f"move {cls.__name__} to ecr_events/events/{module_name(cls)}.py, named after {detail_type_of(cls)!r}"
    )


@every_class
def test_every_class_is_in_the_union(cls: type[EventBridgeEvent]) -> None:
    """A class outside of the union is never decoded."""
    assert cls in get_args(ECREvent), f"add {cls.__name__} to the union ECREvent in ecr_events/events/__init__.py"


@every_class
def test_every_class_is_public(cls: type[EventBridgeEvent]) -> None:
    """The class of the detail is public too."""
    public = set(ecr_events.events.__all__)
    (detail,) = (field.type for field in msgspec.structs.fields(cls) if field.name == "detail")
    names = {cls.__name__, detail.__name__}
    assert names <= public, f"add {' and '.join(sorted(names - public))} to __all__ in ecr_events/events/__init__.py"


@every_class
def test_every_class_has_a_sample(cls: type[EventBridgeEvent]) -> None:
    """The sample has the name of the detail-type."""
    file = f"{str(detail_type_of(cls)).lower().replace(' ', '-')}.json"
    assert files("ecr_events.samples").joinpath(file).is_file(), (
        f"add a sample of {cls.__name__} as ecr_events/samples/{file}"
    )


@every_class
def test_every_class_has_edge_cases(cls: type[EventBridgeEvent]) -> None:
    """The first one is the sample."""
    assert list(EDGE_CASES.get(cls, {}).values())[:1] == [{}], (
        f"add edge cases of {cls.__name__} to ecr_events/samples/edge_cases.py, the sample first"
    )


@every_class
def test_every_class_has_a_test_module(cls: type[EventBridgeEvent]) -> None:
    """The test module has the name of the module."""
    file = Path(__file__).with_name(f"test_{module_name(cls)}.py")
    assert file.exists(), f"add tests/events/{file.name}, with the sample of {cls.__name__} as a literal EVENT"
