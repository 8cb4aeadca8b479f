"""A second reading of JSON and of events, by Python's json and the types of fields alone, to compare with."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction
from functools import cache
from typing import Any, NamedTuple, get_args

from msgspec import NODEFAULT, UNSET, inspect

from ecr_events import ECREvent, EventBridgeEvent, UnknownEvent
from ecr_events.events.envelope import detail_type_of, matches

__all__ = ["CLASSES", "Reading", "agrees", "expected_class", "fits", "info_of", "is_deep", "read_json"]

CLASSES: dict[str, type[EventBridgeEvent]] = {str(detail_type_of(cls)): cls for cls in get_args(ECREvent)}

_MAX_DEPTH = 100
"""Levels of arrays and objects that every parser accepts."""

_MAX_NUMBER = 1e300
"""A number that every parser accepts."""

_MAX_DIGITS = 4_000
"""Digits of an integer that Python converts."""

_TIME = re.compile(
    r"(?P<start>\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d)(\.(?P<fraction>\d+))?"
    r"([Zz]|(?P<sign>[+-])(?P<hours>\d\d):?(?P<minutes>\d\d))",
    re.ASCII,
)


class Reading(NamedTuple):
    """JSON as Python reads it."""

    is_json: bool

    value: Any = None

    is_exact: bool = True
    """Whether every parser reads the same.

    msgspec refuses lone surrogates and numbers out of range, ignores invalid UTF-8 in what it skips, and tells the
    detail-type from the first of repeated keys.
    """


def read_json(text: bytes | str) -> Reading:
    """Return what a text says, which is not exact if it is nested too deeply to tell."""
    if isinstance(text, bytes):
        text = text.decode("utf-8", "surrogateescape")
    if is_deep(text) or re.search(rf"[0-9]{{{_MAX_DIGITS}}}", text):
        return Reading(is_json=True, is_exact=False)
    has_repeated_keys = False

    def from_pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal has_repeated_keys
        found = dict(pairs)
        has_repeated_keys |= len(found) < len(pairs)
        return found

    try:
        value = json.loads(text, parse_constant=_refuse, object_pairs_hook=from_pairs)
    except ValueError:
        return Reading(is_json=False)
    return Reading(is_json=True, value=value, is_exact=not has_repeated_keys and _is_common(value))


def is_deep(text: str) -> bool:
    """Return whether JSON may be nested more deeply than every parser accepts."""
    depth = deepest = 0
    for bracket in re.findall(r"[\[{\]}]", text):
        depth += 1 if bracket in "[{" else -1
        deepest = max(deepest, depth)
    return deepest > _MAX_DEPTH


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _is_common(value: Any) -> bool:
    match value:
        case str():
            return not re.search("[\ud800-\udfff]", value)
        case list():
            return all(map(_is_common, value))
        case dict():
            return all(_is_common(key) and _is_common(item) for key, item in value.items())
        case float():
            return abs(value) < _MAX_NUMBER
        case _:
            return True


@cache
def info_of(cls: type) -> Any:
    """Return msgspec's description of a class."""
    return inspect.type_info(cls)


def expected_class(document: Any) -> type[EventBridgeEvent] | None:
    """Return the class of the event in parsed JSON; None if it is not an event or breaks its contract."""
    detail_type = document.get("detail-type") if isinstance(document, dict) else None
    if not isinstance(detail_type, str):
        return None
    known = CLASSES.get(detail_type)
    if known is not None:
        if fits(document, info_of(known)):
            return known
        if matches(known, document):
            return None
    return UnknownEvent if fits(document, info_of(UnknownEvent)) else None


def fits(value: Any, info: Any) -> bool:
    """Return whether parsed JSON has a type."""
    return _FITS[info.__class__](value, info)


def _fits_struct(value: Any, info: Any) -> bool:
    return isinstance(value, dict) and all(
        fits(value[field.encode_name], field.type) if field.encode_name in value else not field.required
        for field in info.fields
    )


def _is_number(value: Any, types: Any) -> bool:
    return isinstance(value, types) and not isinstance(value, bool)


_FITS: dict[type, Callable[[Any, Any], bool]] = {
    inspect.AnyType: lambda _value, _: True,
    inspect.NoneType: lambda value, _: value is None,
    inspect.BoolType: lambda value, _: isinstance(value, bool),
    inspect.IntType: lambda value, _: _is_number(value, int),
    inspect.FloatType: lambda value, _: _is_number(value, int | float),
    inspect.StrType: lambda value, _: isinstance(value, str),
    inspect.EnumType: lambda value, _: isinstance(value, str),  # an `InternedStr`
    inspect.LiteralType: lambda value, info: value in info.values,
    inspect.DateTimeType: lambda value, _: isinstance(value, str) and _instant(value) is not None,
    inspect.VarTupleType: lambda value, info: (
        isinstance(value, list) and all(fits(item, info.item_type) for item in value)
    ),
    inspect.DictType: lambda value, info: (
        isinstance(value, dict) and all(fits(item, info.value_type) for item in value.values())
    ),
    inspect.UnionType: lambda value, info: any(fits(value, kind) for kind in info.types),
    inspect.StructType: _fits_struct,
}


def agrees(found: Any, value: Any, info: Any) -> bool:
    """Return whether what was decoded says the same as the parsed JSON that it was decoded from."""
    match info:
        case inspect.StructType(fields=fields, cls=cls):
            return found.__class__ is cls and all(
                agrees(getattr(found, field.name), value[field.encode_name], field.type)
                if field.encode_name in value
                else getattr(found, field.name) is (UNSET if field.default is NODEFAULT else field.default)
                for field in fields
            )
        case inspect.VarTupleType(item_type=item):
            return (
                isinstance(found, tuple)
                and len(found) == len(value)
                and all(agrees(element, other, item) for element, other in zip(found, value, strict=True))
            )
        case inspect.UnionType(types=types):
            return any(fits(value, kind) and agrees(found, value, kind) for kind in types)
        case inspect.DateTimeType():
            return isinstance(found, datetime) and found.tzinfo is not None and found - _EPOCH == _instant(value)
        case _:
            return _is_identical(found, value)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _instant(text: str) -> timedelta | None:
    """Return the instant of a timestamp with a time zone, rounded to microseconds; None if it is malformed."""
    found = _TIME.fullmatch(text)
    if found is None:
        return None
    hours, minutes = int(found["hours"] or 0), int(found["minutes"] or 0)
    if hours >= 24 or minutes >= 60:
        return None
    offset = timedelta(hours=hours, minutes=minutes) * (-1 if found["sign"] == "-" else 1)
    microseconds = round(Fraction(f"0.{found['fraction'] or 0}") * 1_000_000)
    try:
        start = datetime.fromisoformat(found["start"].upper()) + timedelta(microseconds=microseconds)
    except (ValueError, OverflowError):
        return None
    return start.replace(tzinfo=timezone(offset)) - _EPOCH


def _is_identical(found: Any, value: Any) -> bool:
    """Return whether values are equal and have equal types, except integers in place of floats."""
    match found:
        case dict():
            return (
                isinstance(value, dict)
                and found.keys() == value.keys()
                and all(_is_identical(item, value[key]) for key, item in found.items())
            )
        case list():
            return isinstance(value, list) and len(found) == len(value) and all(map(_is_identical, found, value))
        case float():
            return isinstance(value, int | float) and not isinstance(value, bool) and found == float(value)
        case _:
            return found.__class__ is value.__class__ and bool(found == value)
