"""``sample``, ``schema`` and ``pattern``: what events look like, for tests, tools and rules."""

import argparse
from datetime import datetime
from typing import Any

import msgspec
from msgspec import inspect

from ecr_events.cli.inputs import event_class
from ecr_events.cli.terminal import Commands, add_command, complain, write_json
from ecr_events.codec import json_schema
from ecr_events.events import EventBridgeEvent, UnknownEvent
from ecr_events.samples import sample_json

__all__ = ["add_to"]


def add_to(commands: Commands) -> None:
    """Add the commands."""
    command = add_command(commands, "sample", "print a sample event as JSON", "ecr-events sample image-action")
    command.add_argument("type", type=event_class, metavar="TYPE")
    command.set_defaults(run=_sample)
    command = add_command(
        commands,
        "schema",
        "print the JSON Schema of a type of events, or of all",
        "ecr-events schema replication-action",
    )
    command.add_argument("type", type=event_class, metavar="TYPE", nargs="?")
    command.set_defaults(run=_schema)
    command = add_command(
        commands,
        "pattern",
        "print the event pattern of an EventBridge rule for a type of events",
        "ecr-events pattern image-action action-type=PUSH result=SUCCESS 'repository-name=team/*'",
    )
    command.add_argument("type", type=event_class, metavar="TYPE")
    command.add_argument(
        "conditions",
        nargs="*",
        metavar="FIELD=VALUE",
        help="a field of the detail, else of the envelope, such as account and region; a.b for a field in a field; "
        "repeated for one of several values; a * at the end for a prefix",
    )
    command.set_defaults(run=_pattern)


def _sample(options: argparse.Namespace) -> int:
    write_json(sample_json(options.type).rstrip())
    return 0


def _schema(options: argparse.Namespace) -> int:
    schema = json_schema(options.type) if options.type else json_schema()
    write_json(msgspec.json.format(msgspec.json.encode(schema), indent=2))
    return 0


def _pattern(options: argparse.Namespace) -> int:
    try:
        pattern = event_pattern(options.type, options.conditions)
    except ValueError as error:
        complain(error)
        return 2
    write_json(msgspec.json.format(msgspec.json.encode(pattern), indent=2))
    return 0


def event_pattern(type: type[EventBridgeEvent], conditions: list[str]) -> dict[str, Any]:
    """Return the event pattern for events of a type that fulfil conditions like ``action-type=PUSH``.

    Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern.html

    Raises:
        ValueError: A condition is none, its field is none of the type's, or its value cannot be one.
    """
    if type is UnknownEvent:
        raise ValueError("an unknown event has no pattern")
    envelope: Any = inspect.type_info(type)
    (source,) = (field.type for field in envelope.fields if field.name == "source")
    detail = {field.encode_name for field in envelope.fields[-1].type.fields}
    pattern: dict[str, Any] = {"source": list(source.values), "detail-type": [type.__struct_config__.tag]}
    for condition in conditions:
        name, equals, value = condition.partition("=")
        if not equals:
            raise ValueError(f"not of the form FIELD=VALUE: {condition!r}")
        keys = name.split(".")
        if keys[0] in detail or keys[0] not in {field.encode_name for field in envelope.fields}:
            keys.insert(0, "detail")
        place, inside = pattern, envelope
        for depth, key in enumerate(keys):
            inside = _field(inside, key, name, type)
            if depth < len(keys) - 1:
                place = place.setdefault(key, {})
        place.setdefault(keys[-1], []).append(_value(inside, value, name))
    return pattern


def _field(info: Any, key: str, name: str, type: type[EventBridgeEvent]) -> Any:
    """Return the type of a field, through what may be absent, and through arrays, which patterns look into."""
    if isinstance(info, inspect.DictType):
        return info.value_type
    known: dict[str, Any] = {}
    if isinstance(info, inspect.StructType):
        known = {field.encode_name: field.type for field in info.fields}
    if key not in known:
        there = f"it has {', '.join(known)}" if known else "there is nothing in it"
        raise ValueError(f"{type.__name__} has no field {name!r}: no {key!r} there, {there}")
    return _inner(known[key])


def _inner(info: Any) -> Any:
    while True:
        match info:
            case inspect.UnionType(types=types):
                info = next(kind for kind in types if not isinstance(kind, inspect.NoneType))
            case inspect.VarTupleType(item_type=item):
                info = item
            case _:
                return info


def _value(info: Any, value: str, name: str) -> Any:
    match info:
        case inspect.StructType() | inspect.DictType():
            raise ValueError(f"{name!r} holds fields, and no value")
        case inspect.LiteralType(values=values):
            raise ValueError(f"{name!r} is {', '.join(map(repr, values))} in every event of this type")
        case inspect.StrType() | inspect.EnumType():  # a `InternedStr`
            return _prefix_or_text(value)
        case inspect.DateTimeType():
            try:
                datetime.fromisoformat(value.removesuffix("*"))
            except ValueError as error:
                raise ValueError(f"{name!r} cannot be {value!r}: no date and no time") from error
            return _prefix_or_text(value)
        case inspect.AnyType():
            try:
                return msgspec.json.decode(value)
            except msgspec.DecodeError:
                return _prefix_or_text(value)
        case _:
            try:
                return msgspec.json.decode(value, type=_python_type(info))
            except msgspec.DecodeError as error:
                raise ValueError(f"{name!r} cannot be {value!r}: {error}") from error


def _prefix_or_text(value: str) -> Any:
    return {"prefix": value[:-1]} if value.endswith("*") else value


def _python_type(info: Any) -> Any:
    return {inspect.BoolType: bool, inspect.IntType: int, inspect.FloatType: float}.get(info.__class__, Any)
