import copy
import importlib
import inspect
import pickle
import pkgutil
import pydoc
import weakref
from typing import Any

import msgspec
import pytest

import ecr_events.events
import ecr_events.references as references_module
from ecr_events import (
    ECRImageAction,
    ECRImageScan,
    ECRImageScanEvent,
    EventBridgeEvent,
    decode,
    encode,
    json_schema,
)
from ecr_events.descriptions import docstrings
from ecr_events.events.cloudtrail_record import CloudTrailUserIdentity
from ecr_events.structs import CamelStruct, KebabStruct

MODULES = [
    importlib.import_module(f"ecr_events.events.{module.name}")
    for module in pkgutil.iter_modules(ecr_events.events.__path__)
]
STRUCTS = sorted(
    {
        struct
        for module in [*MODULES, references_module]
        for struct in vars(module).values()
        if isinstance(struct, type) and issubclass(struct, msgspec.Struct) and struct.__module__ == module.__name__
    },
    key=lambda struct: struct.__name__,
)
"""Structs of the events and of the references; those of the service have tests of their own."""

every_struct = pytest.mark.parametrize("struct", STRUCTS, ids=lambda struct: struct.__name__)


@every_struct
def test_structs_are_frozen_and_not_garbage_collected(struct: type[msgspec.Struct]) -> None:
    """`gc=False` is safe because a frozen value cannot contain itself."""
    assert struct.__struct_config__.frozen
    assert not struct.__struct_config__.gc


@every_struct
def test_structs_are_built_by_keyword(struct: type[msgspec.Struct]) -> None:
    """Fields can be added in any position."""
    build: Any = struct
    with pytest.raises(TypeError, match="Extra positional arguments provided"):
        build("a")


@every_struct
def test_structs_are_hashable(struct: type[msgspec.Struct]) -> None:
    """A Struct with a dict field needs the mixin `HashIgnoringDicts`."""
    fields = {field.name: {"a": []} if "dict" in str(field.type) else "a" for field in msgspec.structs.fields(struct)}
    assert isinstance(hash(struct(**fields)), int)


@every_struct
def test_every_field_has_a_docstring(struct: type[msgspec.Struct]) -> None:
    """For `help`, and for the JSON Schema."""
    assert {field.name for field in msgspec.structs.fields(struct)} <= docstrings(struct).keys()


def test_help_shows_the_docstrings_of_fields() -> None:
    """Inherited fields included, in whole; of a field that a subclass redefines, the docstring of the base class."""
    scan: Any = ECRImageScan
    event: Any = ECRImageScanEvent
    assert inspect.getdoc(scan.image_tags) == "All tags of the scanned image; empty or absent if untagged."
    assert str(inspect.getdoc(scan.finding_severity_counts)).endswith("because some severities are not listed.")
    assert inspect.getdoc(event.region) == inspect.getdoc(EventBridgeEvent.region)
    assert inspect.getdoc(event.source) == inspect.getdoc(EventBridgeEvent.source)
    text = pydoc.plain(pydoc.render_doc(event))
    assert " |  detail\n |      The result of the scan.\n" in text
    assert " |  version\n |      Version of the envelope, always ``0``.\n" in text


class Own(ECRImageAction, frozen=True, kw_only=True):
    """A user's subclass."""

    own_field: str = "a"
    """A documented field."""

    other: int = 0


OwnMutable = msgspec.defstruct(
    "OwnMutable",
    [("some_name", list[str])],
    bases=(KebabStruct,),
    module=__name__,
    kw_only=True,
    frozen=False,
    gc=True,
    weakref=True,
    dict=True,
)
"""A user's Struct with other options."""


def test_own_subclasses_work_as_those_of_other_structs() -> None:
    """They are decoded, copied, pickled, replaced and documented."""
    own: Any = Own
    assert inspect.getdoc(own.own_field) == "A documented field."
    assert inspect.getdoc(own.other) is None
    assert list(own.__slots__) == ["other", "own_field"]
    mutable: Any = OwnMutable(some_name=["a"])
    mutable.some_name.append("b")
    mutable.some_name = [*mutable.some_name]
    assert weakref.ref(mutable)() is mutable
    values: list[Any] = [own(result="SUCCESS", action_type="PUSH", repository_name="a", own_field="b"), mutable]
    for value in values:
        assert decode(encode(value), type=type(value)) == value
        assert pickle.loads(pickle.dumps(value)) == copy.copy(value) == copy.deepcopy(value) == value
        assert msgspec.structs.replace(value) == value


def test_without_source_there_are_no_docstrings() -> None:
    """As in an interactive session, or with compiled files alone."""
    typed: Any = msgspec.defstruct("Typed", [("some_field", int)], bases=(KebabStruct,), module="no.such.module")
    assert inspect.getdoc(typed.some_field) is None
    assert json_schema(typed)["$defs"]["Typed"]["properties"] == {"some-field": {"type": "integer"}}


def test_the_base_class_decides_the_key_style() -> None:
    """The keys of ECR are in kebab-case, those of CloudTrail and Inspector in camelCase."""
    kebab, camel = ECRImageAction.__struct_encode_fields__, CloudTrailUserIdentity.__struct_encode_fields__
    assert "manifest-media-type" in kebab
    assert "accessKeyId" in camel
    assert issubclass(ECRImageScan, KebabStruct)
    assert issubclass(CloudTrailUserIdentity, CamelStruct)
