"""Hypothesis strategies, built from the Structs themselves by way of `msgspec.inspect`."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from hypothesis import strategies as st
from msgspec import inspect

from ecr_events import EventBridgeEvent
from ecr_events.events.interning import INTERNED

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)

_OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))

_SIMPLE: dict[type[inspect.Type], Callable[[], st.SearchStrategy[Any]]] = {
    inspect.AnyType: lambda: JSON,
    inspect.NoneType: st.none,
    inspect.BoolType: st.booleans,
    inspect.IntType: lambda: st.integers(-(2**63), 2**63 - 1),
    inspect.FloatType: lambda: st.floats(allow_nan=False, allow_infinity=False),
    inspect.StrType: st.text,
    inspect.DateTimeType: lambda: st.datetimes(
        datetime(1970, 1, 2),  # noqa: DTZ001 - hypothesis adds the zone
        datetime(9998, 12, 31),  # noqa: DTZ001 - hypothesis adds the zone
        timezones=st.just(UTC) | _OFFSETS,
    ),
}


def events(type: type[EventBridgeEvent]) -> st.SearchStrategy[EventBridgeEvent]:
    """Return a strategy for every value that a class of events can have."""
    return _strategy(inspect.type_info(type))


def _strategy(info: inspect.Type) -> st.SearchStrategy[Any]:  # noqa: PLR0911 - a case for each kind
    match info:
        case inspect.StructType():
            required = {field.name: _strategy(field.type) for field in info.fields if field.required}
            optional = {field.name: _strategy(field.type) for field in info.fields if not field.required}
            return st.fixed_dictionaries(required, optional=optional).map(lambda values: info.cls(**values))
        case inspect.UnionType(types=types):
            return st.one_of(*map(_strategy, types))
        case inspect.LiteralType(values=values):
            return st.sampled_from(values)
        case inspect.EnumType():  # a `InternedStr`
            return st.sampled_from(INTERNED) | _SIMPLE[inspect.StrType]()
        case inspect.VarTupleType(item_type=item):
            return st.lists(_strategy(item), max_size=3).map(tuple)
        case inspect.DictType(key_type=key, value_type=value):
            return st.dictionaries(_strategy(key), _strategy(value), max_size=3)
        case _:
            return _SIMPLE[type(info)]()
