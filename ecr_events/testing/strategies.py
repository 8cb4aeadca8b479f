"""Strategies of hypothesis for events and their JSON, built from the fields of the Structs by `msgspec.inspect`."""

# Parsed JSON has no types.
# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from random import Random
from typing import Any, TypeVar

from hypothesis import strategies as st
from msgspec import inspect

from ecr_events.events import EventBridgeEvent
from ecr_events.events.interning import INTERNED

__all__ = ["JSON", "events", "malformed_payloads", "payloads"]

_Event = TypeVar("_Event", bound=EventBridgeEvent)

_INTEGERS = st.integers(-(2**63), 2**63 - 1)
_FLOATS = st.floats(allow_nan=False, allow_infinity=False)

JSON = st.recursive(
    st.none() | st.booleans() | _INTEGERS | _FLOATS | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
"""Parsed JSON of any type."""

# Naive, because hypothesis adds the zone; a day from the ends of the range for offsets from UTC.
_FIRST, _LAST = (
    datetime(year, month, day, tzinfo=UTC).replace(tzinfo=None) for year, month, day in [(1970, 1, 2), (9998, 12, 31)]
)

_ZONES = st.just(UTC) | st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))

_SCALARS: dict[type[inspect.Type], Callable[[Any], st.SearchStrategy[Any]]] = {
    inspect.AnyType: lambda _: JSON,
    inspect.NoneType: lambda _: st.none(),
    inspect.BoolType: lambda _: st.booleans(),
    inspect.IntType: lambda _: _INTEGERS,
    inspect.FloatType: lambda _: _FLOATS,
    inspect.StrType: lambda _: st.text(),
    inspect.EnumType: lambda _: st.sampled_from(INTERNED) | st.text(),  # an `InternedStr`
    inspect.LiteralType: lambda info: st.sampled_from(info.values),
    inspect.DateTimeType: lambda _: st.datetimes(_FIRST, _LAST, timezones=_ZONES),
}

_NOT_A_STRING: tuple[Any, ...] = (7, True, [], {})

_WRONG: dict[type[inspect.Type], tuple[Any, ...]] = {
    inspect.StructType: (7, "text", []),
    inspect.DictType: (7, "text", []),
    inspect.VarTupleType: (7, "text", {}),
    inspect.BoolType: (7, "true"),
    inspect.IntType: ("7", True, []),
    inspect.FloatType: ("7", True, []),
    inspect.StrType: _NOT_A_STRING,
    inspect.EnumType: _NOT_A_STRING,
    inspect.LiteralType: (*_NOT_A_STRING, "another"),
    inspect.DateTimeType: (*_NOT_A_STRING, "yesterday", "2023-02-29T00:00:00Z", "2026-01-01T00:00:00"),
}
"""Values that no field of a type accepts."""


def events(type: type[_Event]) -> st.SearchStrategy[_Event]:
    """Return a strategy for all events of a class, also for those that AWS would not send."""
    return _events(type)


@cache
def _events(type: type[EventBridgeEvent]) -> st.SearchStrategy[Any]:
    # Building a strategy takes longer than drawing from it.
    return _values(inspect.type_info(type))


def payloads(type: type[EventBridgeEvent]) -> st.SearchStrategy[bytes]:
    """Return a strategy for the JSON of all events of a class, with what `decode` has to tolerate.

    Keys are in any order, some are unknown, absent values may be ``null``, and there may be whitespace.
    """
    documents = st.builds(_shuffled, _events_as_json(type, unknown_keys=True), st.randoms())
    options = st.fixed_dictionaries({"indent": st.sampled_from((None, 0, 2)), "ensure_ascii": st.booleans()})
    return st.builds(_dumps, documents, options, st.sampled_from(("", "\n", " ")))


def malformed_payloads(type: type[EventBridgeEvent]) -> st.SearchStrategy[bytes]:
    """Return a strategy for payloads that `decode` refuses as this class.

    Events with a value of the wrong type or without a required field, and what is not the JSON of one object.
    """
    documents = _events_as_json(type, unknown_keys=False)
    whole = documents.map(lambda document: json.dumps(document).encode())
    return st.one_of(
        st.builds(_broken, st.just(inspect.type_info(type)), documents, st.randoms()),
        st.builds(_truncated, whole, st.integers(0)),
        st.builds(bytes.__add__, whole, st.sampled_from((b"}", b",", b"{}", b"\x00"))),
        st.builds(bytes.__add__, st.sampled_from((b"\xff", b"\xef\xbb\xbf", b"[", b"'")), whole),
        JSON.filter(lambda value: not isinstance(value, dict)).map(lambda value: json.dumps(value).encode()),
    )


@cache
def _events_as_json(type: type[EventBridgeEvent], *, unknown_keys: bool) -> st.SearchStrategy[dict[str, Any]]:
    return _documents(inspect.type_info(type), unknown_keys=unknown_keys)


def _values(info: inspect.Type) -> st.SearchStrategy[Any]:
    """Return a strategy for decoded values of a type."""
    if isinstance(info, inspect.StructType):
        return _fields(info, "name", _values).map(lambda values: info.cls(**values))
    return _either(info, _values, lambda items: items.map(tuple))


def _documents(info: inspect.Type, *, unknown_keys: bool) -> st.SearchStrategy[Any]:
    """Return a strategy for parsed JSON of a type."""

    def documents(info: inspect.Type) -> st.SearchStrategy[Any]:
        return _documents(info, unknown_keys=unknown_keys)

    if isinstance(info, inspect.DateTimeType):
        return _values(info).map(datetime.isoformat)
    if not isinstance(info, inspect.StructType):
        return _either(info, documents, lambda items: items)
    tag: dict[str, Any] = {info.tag_field: info.tag} if info.tag_field else {}
    fields = _fields(info, "encode_name", documents).map(lambda values: tag | values)
    if not unknown_keys:
        return fields
    known = {*tag, *(field.encode_name for field in info.fields)}
    unknown = st.dictionaries(st.text().filter(lambda key: key not in known), JSON, max_size=1)
    return st.builds(dict.__or__, unknown, fields)


def _fields(
    info: inspect.StructType, key: str, strategy: Callable[[inspect.Type], st.SearchStrategy[Any]]
) -> st.SearchStrategy[dict[str, Any]]:
    required = {getattr(field, key): strategy(field.type) for field in info.fields if field.required}
    optional = {getattr(field, key): strategy(field.type) for field in info.fields if not field.required}
    return st.fixed_dictionaries(required, optional=optional)


def _either(
    info: inspect.Type,
    strategy: Callable[[inspect.Type], st.SearchStrategy[Any]],
    array: Callable[[st.SearchStrategy[list[Any]]], st.SearchStrategy[Any]],
) -> st.SearchStrategy[Any]:
    """Return a strategy for a type other than a Struct."""
    match info:
        case inspect.UnionType(types=types):
            return st.one_of(*map(strategy, types))
        case inspect.VarTupleType(item_type=item):
            return array(st.lists(strategy(item), max_size=3))
        case inspect.DictType(key_type=key, value_type=value):
            return st.dictionaries(strategy(key), strategy(value), max_size=3)
        case _:
            return _SCALARS[type(info)](info)


def _shuffled(value: Any, random: Random) -> Any:
    """Return parsed JSON with the keys of all objects in another order."""
    if isinstance(value, list):
        return [_shuffled(item, random) for item in value]
    if not isinstance(value, dict):
        return value
    items = [(key, _shuffled(item, random)) for key, item in value.items()]
    random.shuffle(items)
    return dict(items)


def _dumps(document: Any, options: dict[str, Any], around: str) -> bytes:
    return f"{around}{json.dumps(document, **options)}{around}".encode()


def _truncated(text: bytes, end: int) -> bytes:
    return text[: end % len(text)]


def _broken(info: inspect.Type, document: dict[str, Any], random: Random) -> bytes:
    """Return the JSON of a document, after one value was replaced or removed."""
    container, key, type_, required = random.choice([*_typed(info, document)])
    wrong = _WRONG[type(type_)]
    choice = random.randrange(len(wrong) + required)
    if choice == len(wrong):
        del container[key]
    else:
        container[key] = wrong[choice]
    return json.dumps(document).encode()


def _typed(info: inspect.Type, value: Any) -> Iterator[tuple[Any, Any, inspect.Type, bool]]:
    """Yield all typed values in a document: the container, the key, the type, and whether it is required."""
    items: list[tuple[Any, inspect.Type, bool]] = []
    match info:
        case inspect.StructType(fields=fields):
            items = [(field.encode_name, field.type, field.required) for field in fields if field.encode_name in value]
        case inspect.VarTupleType(item_type=item):
            items = [(index, item, False) for index in range(len(value))]
        case inspect.DictType(value_type=item):
            items = [(key, item, False) for key in value]
        case _:
            pass
    for key, optional, required in items:
        types = optional.types if isinstance(optional, inspect.UnionType) else (optional,)
        type_ = next(each for each in types if not isinstance(each, inspect.NoneType))
        if isinstance(type_, inspect.AnyType):
            continue
        yield value, key, type_, required
        if value[key] is not None:
            yield from _typed(type_, value[key])
