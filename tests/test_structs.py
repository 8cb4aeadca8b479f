import ast
import importlib
import pkgutil
from pathlib import Path
from typing import Any

import msgspec
import pytest

import ecr_events.events
import ecr_events.references as references_module
from ecr_events import ECRImageAction, ECRImageScan
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
    """`source` alone may rely on the docstring of the envelope."""
    body = ast.parse(Path(str(importlib.import_module(struct.__module__).__file__)).read_text()).body
    definition = next(node for node in body if isinstance(node, ast.ClassDef) and node.name == struct.__name__)
    undocumented = [
        node.target.id
        for node, following in zip(definition.body, [*definition.body[1:], None], strict=True)
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and not isinstance(following, ast.Expr)
    ]
    assert undocumented in ([], ["source"])


def test_the_base_class_decides_the_key_style() -> None:
    """The keys of ECR are in kebab-case, those of CloudTrail and Inspector in camelCase."""
    kebab, camel = ECRImageAction.__struct_encode_fields__, CloudTrailUserIdentity.__struct_encode_fields__
    assert "manifest-media-type" in kebab
    assert "accessKeyId" in camel
    assert issubclass(ECRImageScan, KebabStruct)
    assert issubclass(CloudTrailUserIdentity, CamelStruct)
