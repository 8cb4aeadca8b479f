"""JSON Schema of events and details, with the docstrings of their fields. Imported on first use."""

import builtins
from functools import reduce
from types import UnionType
from typing import Any, Union, get_args, get_origin

import msgspec

from ecr_events.descriptions import docstrings
from ecr_events.events import EventBridgeEvent, UnknownEvent
from ecr_events.structs import AWSStruct

__all__ = ["schema_of", "self_contained_schema"]


def schema_of(type: type[AWSStruct] | UnionType) -> dict[str, Any]:
    """Return the JSON Schema of a class or a union, with `$defs`."""
    classes: tuple[Any, ...] = get_args(type) if get_origin(type) in {Union, UnionType} else (type,)
    for cls in classes:
        if not (isinstance(cls, builtins.type) and issubclass(cls, AWSStruct)):
            raise TypeError(f"type must be the class of events or of a detail, or a union, not {cls!r:.200}")
    # msgspec refuses a union with a class that has no detail-type.
    alternatives = [cls for cls in classes if issubclass(cls, UnknownEvent)]
    if typed := [cls for cls in classes if cls not in alternatives]:
        alternatives.insert(0, reduce(lambda union, cls: union | cls, typed))
    structs: dict[Any, None] = {}
    _collect_structs(type, structs)
    schemas, definitions = msgspec.json.schema_components([*alternatives, *structs])
    schemas, references = schemas[: len(alternatives)], schemas[len(alternatives) :]
    for cls, reference in zip(structs, references, strict=True):
        _describe(cls, definitions[_referenced(reference)])
    schema = schemas[0] if len(schemas) == 1 else {"anyOf": list(schemas)}
    # msgspec sees an `InternedStr` as an enum, although it accepts every string.
    definitions.pop("InternedStr", None)
    result: dict[str, Any] = _inlined({**schema, "$defs": definitions}, {"InternedStr": {"type": "string"}})
    return result


def self_contained_schema(type: type[AWSStruct]) -> dict[str, Any]:
    """Return the JSON Schema of a class without references, for a document that has definitions of its own."""
    schema = schema_of(type)
    result: dict[str, Any] = _inlined(schema, schema.pop("$defs"))
    return result


def _referenced(schema: dict[str, Any]) -> str:
    """Return the name of the definition that a schema refers to; ``""`` if it is not a reference."""
    reference = schema.get("$ref")
    return reference.rpartition("/")[2] if isinstance(reference, str) else ""


def _inlined(schema: dict[str, Any] | list[Any] | str | float | None, definitions: dict[str, Any]) -> Any:
    """Return a schema with its references to `definitions` replaced by them."""
    if isinstance(schema, list):
        return [_inlined(item, definitions) for item in schema]
    if isinstance(schema, dict):
        if (name := _referenced(schema)) in definitions:
            schema = {**definitions[name], **schema}
            del schema["$ref"]
        return {key: _inlined(value, definitions) for key, value in schema.items()}
    return schema


def _collect_structs(annotation: Any, found: dict[Any, None]) -> None:
    """Add the Structs in a type to `found`, nested ones included."""
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct) and annotation not in found:
        found[annotation] = None
        for field in msgspec.structs.fields(annotation):
            _collect_structs(field.type, found)
    for argument in get_args(annotation):
        _collect_structs(argument, found)


def _describe(cls: Any, schema: dict[str, Any]) -> None:
    """Add the docstrings of a class and its fields to its schema, each on one line and without ReST's quotes."""
    docs = {"detail_type": EventBridgeEvent.detail_type.__doc__, **docstrings(cls)}
    names = {field.encode_name: field.name for field in msgspec.structs.fields(cls)}
    for key, value in schema["properties"].items():
        if doc := docs.get(names.get(key, "detail_type")):
            value["description"] = _one_line(doc)
    if "description" in schema:
        schema["description"] = _one_line(schema["description"])


def _one_line(doc: str) -> str:
    return " ".join(doc.replace("``", "`").split())
