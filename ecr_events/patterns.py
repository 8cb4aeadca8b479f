"""Event patterns of EventBridge rules, checked against the fields of an event class.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern.html
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec
from msgspec import inspect

from ecr_events.events import EventBridgeEvent
from ecr_events.events.envelope import detail_type_of

__all__ = ["event_pattern"]

_JSON_TYPES: dict[type[inspect.Type], Any] = {
    inspect.BoolType: bool,
    inspect.IntType: int,
    inspect.FloatType: float,
}


def event_pattern(type: type[EventBridgeEvent], conditions: Iterable[str]) -> dict[str, Any]:
    """Return the event pattern that matches the events of a class under all `conditions`.

    A condition has the form ``action-type=PUSH``. The field belongs to the detail, otherwise to
    the envelope; ``a.b`` names a nested field. Conditions on the same field are alternatives. A value
    that ends in ``*`` matches a prefix.

    Raises:
        ValueError: `type` has no detail-type, or a condition is malformed, names a field that the class
            does not have, or a value that the field cannot have.
    """
    detail_type = detail_type_of(type)
    if detail_type is None:
        raise ValueError(f"{type.__name__} has no detail-type to match")
    envelope: Any = inspect.type_info(type)
    fields = {field.encode_name: field.type for field in envelope.fields}
    detail = {field.encode_name for field in fields["detail"].fields}
    pattern: dict[str, Any] = {"source": list(fields["source"].values), "detail-type": [detail_type]}
    for condition in conditions:
        name, equals, value = condition.partition("=")
        if not equals:
            raise ValueError(f"condition {condition!r} is not of the form FIELD=VALUE")
        keys = name.split(".")
        if keys[0] in detail or keys[0] not in fields:
            keys.insert(0, "detail")
        parent, info = pattern, envelope
        for key in keys[:-1]:
            info = _field_type(info, key, name, type)
            parent = parent.setdefault(key, {})
        info = _field_type(info, keys[-1], name, type)
        parent.setdefault(keys[-1], []).append(_match_value(info, value, name))
    return pattern


def _field_type(info: Any, key: str, name: str, type: type[EventBridgeEvent]) -> Any:
    """Return the type of a field. Patterns match the elements of an array, so an array gives its element type."""
    if isinstance(info, inspect.DictType):
        return info.value_type
    fields: dict[str, Any] = {}
    if isinstance(info, inspect.StructType):
        fields = {field.encode_name: field.type for field in info.fields}
    if key not in fields:
        known = f"known fields are {', '.join(fields)}" if fields else "it has no nested fields"
        raise ValueError(f"{type.__name__} has no field {name!r}: unknown {key!r}, {known}")
    return _element_type(fields[key])


def _element_type(info: Any) -> Any:
    """Return the type without None, and of an array the type of its elements."""
    while True:
        match info:
            case inspect.UnionType(types=types):
                info = next(kind for kind in types if not isinstance(kind, inspect.NoneType))
            case inspect.VarTupleType(item_type=item):
                info = item
            case _:
                return info


def _match_value(info: Any, value: str, name: str) -> Any:
    """Return what a pattern has for `value` in a field of type `info`."""
    match info:
        case inspect.StructType() | inspect.DictType():
            raise ValueError(f"{name!r} has nested fields: name one of them, as in {name}.FIELD=VALUE")
        case inspect.LiteralType(values=values):
            raise ValueError(f"{name!r} is always {', '.join(map(repr, values))}")
        case inspect.StrType() | inspect.EnumType():  # InternedStr is an enum to msgspec
            return _prefix_or_text(value)
        case inspect.DateTimeType():
            try:
                datetime.fromisoformat(value.removesuffix("*"))
            except ValueError as error:
                raise ValueError(f"{name!r} cannot be {value!r}: invalid date") from error
            return _prefix_or_text(value)
        case inspect.AnyType():
            try:
                return msgspec.json.decode(value)
            except msgspec.DecodeError:
                return _prefix_or_text(value)
        case _:
            try:
                return msgspec.json.decode(value, type=_JSON_TYPES.get(info.__class__, Any))
            except msgspec.DecodeError as error:
                raise ValueError(f"{name!r} cannot be {value!r}: {error}") from error


def _prefix_or_text(value: str) -> Any:
    return {"prefix": value[:-1]} if value.endswith("*") else value
