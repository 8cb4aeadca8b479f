"""Hypothesis strategies for events, built from the fields of the Structs by `msgspec.inspect`."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from hypothesis import strategies as st
from msgspec import inspect

from ecr_events import EventBridgeEvent
from ecr_events.events.interning import INTERNED

__all__ = ["JSON", "events"]

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


def events(type: type[EventBridgeEvent]) -> st.SearchStrategy[EventBridgeEvent]:
    """Return a strategy for all events of a class."""
    return _strategy(inspect.type_info(type))


def _strategy(info: inspect.Type) -> st.SearchStrategy[Any]:
    match info:
        case inspect.StructType():
            required = {field.name: _strategy(field.type) for field in info.fields if field.required}
            optional = {field.name: _strategy(field.type) for field in info.fields if not field.required}
            return st.fixed_dictionaries(required, optional=optional).map(lambda values: info.cls(**values))
        case inspect.UnionType(types=types):
            return st.one_of(*map(_strategy, types))
        case inspect.VarTupleType(item_type=item):
            return st.lists(_strategy(item), max_size=3).map(tuple)
        case inspect.DictType(key_type=key, value_type=value):
            return st.dictionaries(_strategy(key), _strategy(value), max_size=3)
        case _:
            return _SCALARS[type(info)](info)
