"""The values that Python's json gives: what `decode` accepts in a dict, and no other.

msgspec accepts more: a set for an array, a `datetime` for text, an `IntEnum` for an integer, whatever has keys for an
object, and any value where a field may have any. And Python's json gives what no JSON has: NaN, and strings with lone
surrogates.

To check every value in Python takes three times as long as msgspec's conversion. So the fields of known types are
checked only where msgspec is more lenient than JSON, and their text is left to the encoder, which is written in C.
"""

import re
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial
from typing import Any, TypeAlias, get_args, get_origin

from msgspec import ValidationError, structs

from ecr_events.structs import AWSStruct

__all__ = ["FIELDS", "check_fields", "exact_text", "to_json_values"]

_MOST = 10**4300
"""The first integer that Python does not convert to digits by default, nor msgspec from them."""

_LEAST = -(10**4299)
"""The same below zero, where msgspec counts the sign as a digit."""

_SHOWN_KEY = re.compile(r"[\w-]{1,64}", re.ASCII)

_Check: TypeAlias = Callable[[Any], None]

_Fields: TypeAlias = "tuple[tuple[str, type | None, _Check | None], ...]"
"""Keys, each with the type that its value must have, None for any of JSON, and a check of what is in it."""

_Path: TypeAlias = "tuple[_Path, str | int] | None"


def check_fields(document: dict[str, Any], fields: _Fields) -> None:
    """Raise TypeError or ValueError unless the values of lenient fields are JSON's, apart from text."""
    for key, cls, check in fields:
        value = document.get(key)
        if value.__class__ is cls or cls is None:
            if check is not None:
                check(value)
        elif value is not None:
            raise TypeError


class _LenientFields(dict[type[AWSStruct], _Fields]):
    """The fields of each class for which msgspec accepts more than JSON has."""

    def __missing__(self, cls: type[AWSStruct]) -> _Fields:
        found = [(field.encode_name, _lenience(field.type)) for field in structs.fields(cls)]
        self[cls] = fields = tuple((key, *lenience) for key, lenience in found if lenience is not None)
        return fields


FIELDS = _LenientFields()


def _lenience(annotation: Any) -> tuple[type | None, _Check | None] | None:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if annotation in {Any, float, int}:
        return None, _check_value
    if annotation is datetime:
        return str, None
    if origin is tuple:
        return list, _each(_lenience(arguments[0]), iter)
    if origin is dict:
        return dict, _each(_lenience(arguments[1]), dict[str, Any].values)
    if isinstance(annotation, type) and issubclass(annotation, AWSStruct):
        fields = FIELDS[annotation]
        return dict, partial(check_fields, fields=fields) if fields else None
    # Annotated, or a union with None
    found = (_lenience(argument) for argument in arguments)
    return next((lenience for lenience in found if lenience is not None), None)


def _each(lenience: tuple[type | None, _Check | None] | None, values: Callable[[Any], Iterable[Any]]) -> _Check | None:
    """Return a check of the values in an array or an object."""
    if lenience is None:
        return None
    cls, check = lenience
    if check is _check_value:
        return lambda container: check_json(values(container))

    def check_each(container: Any) -> None:
        for value in values(container):
            if cls is not None and value.__class__ is not cls:
                raise TypeError
            if check is not None:
                check(value)

    return check_each


def _check_value(value: Any) -> None:
    check_json((value,))


def check_json(values: Iterable[Any]) -> None:
    """Raise TypeError or ValueError unless values, and the values in them, are of JSON's types, not of subclasses."""
    for value in values:
        cls = value.__class__
        if cls is str:
            value.encode()
        elif cls is dict:
            "".join(value).encode()
            check_json(value.values())
        elif cls is list:
            check_json(value)
        elif cls is int or cls is float:
            if not _LEAST < value < _MOST:
                raise ValueError
        elif value is not None and cls is not bool:
            raise TypeError


def to_json_values(value: Any, path: _Path = None) -> Any:
    """Return a copy of a parsed document in which all values are of JSON's types, also those of subclasses.

    A tuple is an array. Numbers of subclasses, such as those of numpy, are refused.

    Raises:
        ValidationError: A value is none of JSON's.
    """
    if isinstance(value, str):
        return _text(value, path)
    parts: Any = value
    if isinstance(value, dict):
        return {_key(key, path): to_json_values(item, (path, key)) for key, item in parts.items()}
    if isinstance(value, list | tuple):
        return [to_json_values(item, (path, index)) for index, item in enumerate(parts)]
    try:
        check_json((value,))
    except TypeError:
        reason = f"Expected a JSON value, got `{type(value).__qualname__}`"
    except ValueError:
        reason = "Expected a finite `float`" if isinstance(value, float) else "Integer value out of range"
    else:
        return value
    raise _error(reason, path)


def _key(key: Any, path: _Path) -> str:
    if not isinstance(key, str):
        raise _error(f"Expected `str`, got `{type(key).__qualname__}`", path, "`key` in ")
    return _text(key, path, "`key` in ")


def _text(text: str, path: _Path, place: str = "") -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise _error("Lone surrogate in a `str`", path, place) from None
    return str.__str__(text)


def _error(reason: str, path: _Path, place: str = "") -> ValidationError:
    """Return msgspec's error for a value, or for a key. The path shows keys that may be AWS's, and no others."""
    parts: list[str] = []
    while path is not None:
        path, key = path
        is_shown = isinstance(key, str) and _SHOWN_KEY.fullmatch(key)
        parts.append(f".{key}" if is_shown else "[...]" if isinstance(key, str) else f"[{key}]")
    return ValidationError(f"{reason} - at {place}`${''.join(reversed(parts))}`")


def exact_text(text: Any) -> Any:
    """Return a `str` for one of a subclass, which msgspec refuses or reads as a buffer; anything else as it is."""
    return str.__str__(text) if isinstance(text, str) else text
