"""The operators of event patterns, as predicates of values.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html and
https://github.com/aws/event-ruler
"""

import math
import re
from collections.abc import Callable
from ipaddress import ip_address, ip_network
from operator import eq, ge, gt, le, lt
from typing import Any, NamedTuple, TypeAlias, TypeGuard

__all__ = ["ABSENT", "OPERATORS", "Predicate", "is_array", "is_number", "is_object", "predicate_of"]

Predicate: TypeAlias = Callable[[Any], bool]

ABSENT = {"exists": False}

_MAX_NUMERIC = 5.0e9
"""Largest number that EventBridge compares."""


class _Operator(NamedTuple):
    predicate: Callable[[Any], Predicate | None]
    """Returns None for an invalid argument."""

    argument: str
    """The valid arguments, for errors."""


def predicate_of(value: Any, name: str) -> Predicate:
    """Return the predicate of one alternative of a condition.

    Raises:
        ValueError: It is neither a JSON value nor an operator with a valid argument.
    """
    if value is None or isinstance(value, str | bool) or _is_finite(value):
        return _equals(value)
    if is_number(value):
        raise ValueError(f"{name}: {value!r} is not a number in JSON")
    if not is_object(value) or len(value) != 1:
        raise ValueError(f"{name}: a condition is a string, number, boolean, null or one operator, not {value!r:.200}")
    [(operator, argument)] = value.items()
    if operator not in OPERATORS:
        raise ValueError(f"{name}: unknown operator {operator!r:.200}: must be one of {', '.join(OPERATORS)}")
    predicate = OPERATORS[operator].predicate(argument)
    if predicate is None:
        raise ValueError(f"{name}: {operator} cannot take {argument!r:.200}: it takes {OPERATORS[operator].argument}")
    return predicate


def is_object(value: object) -> TypeGuard[dict[str, Any]]:
    """Return whether a value is an object in JSON."""
    return isinstance(value, dict)


def is_array(value: object) -> TypeGuard[list[Any] | tuple[Any, ...]]:
    """Return whether a value is an array in JSON."""
    return isinstance(value, list | tuple)


def is_number(value: object) -> TypeGuard[int | float]:
    """Return whether a value is a number in JSON."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_finite(value: object) -> bool:
    return is_number(value) and abs(value) < math.inf


def _equals(expected: Any) -> Predicate:
    if expected is None or isinstance(expected, bool):
        return lambda value: value is expected
    if isinstance(expected, str):
        return lambda value: isinstance(value, str) and value == expected
    return lambda value: is_number(value) and value == expected


def _text(compare: Callable[[str, str], bool]) -> Callable[[Any], Predicate | None]:
    """Return a string operator whose argument is a string, or ``{"equals-ignore-case": ...}``."""

    def build(argument: Any) -> Predicate | None:
        match argument:
            case str():
                return lambda value: isinstance(value, str) and compare(value, argument)
            case {"equals-ignore-case": str(text)} if len(argument) == 1:
                folded = text.lower()
                return lambda value: isinstance(value, str) and compare(value.lower(), folded)
            case _:
                return None

    return build


def _equals_ignore_case(argument: Any) -> Predicate | None:
    return _text(eq)({"equals-ignore-case": argument})


def _wildcard(argument: Any) -> Predicate | None:
    r"""Return the predicate; None for ``**``, and for a backslash before anything but ``*`` and ``\``."""
    if not isinstance(argument, str) or not re.fullmatch(r"(\*(?!\*)|[^*\\]|\\[*\\])*", argument, re.DOTALL):
        return None
    parts = [""]
    for character in re.findall(r"\\.|.", argument, re.DOTALL):
        if character == "*":
            parts.append("")
        else:
            parts[-1] += character[-1]
    if len(parts) == 1:
        return _equals(parts[0])
    first, *middle, last = parts

    def predicate(value: Any) -> bool:
        # In one pass: a regular expression would backtrack, for each asterisk anew.
        if not (isinstance(value, str) and value.startswith(first) and value.endswith(last)):
            return False
        position, end = len(first), len(value) - len(last)
        for part in middle:
            found = value.find(part, position, end)
            if found < 0:
                return False
            position = found + len(part)
        return position <= end

    return predicate


def _exists(argument: Any) -> Predicate | None:
    return (lambda _: argument) if isinstance(argument, bool) else None


_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {"<": lt, "<=": le, "=": eq, ">=": ge, ">": gt}


def _numeric(argument: Any) -> Predicate | None:
    match argument:
        case [str(sign), bound] if sign in _COMPARISONS and _is_comparable(bound):
            compare = _COMPARISONS[sign]
            return lambda value: is_number(value) and compare(value, bound)
        case [">" | ">=" as low, least, "<" | "<=" as high, most] if (
            _is_comparable(least) and _is_comparable(most) and least < most
        ):
            above, below = _COMPARISONS[low], _COMPARISONS[high]
            return lambda value: is_number(value) and above(value, least) and below(value, most)
        case _:
            return None


def _is_comparable(value: object) -> TypeGuard[int | float]:
    return is_number(value) and -_MAX_NUMERIC <= value <= _MAX_NUMERIC


def _cidr(argument: Any) -> Predicate | None:
    try:
        if not isinstance(argument, str) or not re.fullmatch(r"([0-9.]+|[0-9a-fA-F:]+)/[0-9]+", argument):
            return None
        network = ip_network(argument, strict=False)
    except ValueError:
        return None

    def predicate(value: Any) -> bool:
        try:
            return isinstance(value, str) and "%" not in value and ip_address(value) in network
        except ValueError:
            return False

    return predicate if network.prefixlen < network.max_prefixlen else None


def _anything_but(argument: Any) -> Predicate | None:
    operator, values = None, argument
    if is_object(argument) and len(argument) == 1:
        [(operator, values)] = argument.items()
    alternatives = values if is_array(values) else [values]
    are_texts = all(isinstance(value, str) for value in alternatives)
    build: Callable[[Any], Predicate | None] = _equals
    match operator:
        case None if are_texts or all(map(_is_finite, alternatives)):
            pass
        case "prefix" | "suffix" if are_texts and all(alternatives):
            build = OPERATORS[operator].predicate
        case "equals-ignore-case" | "wildcard" if are_texts:
            build = OPERATORS[operator].predicate
        case _:
            return None
    predicates = [predicate for value in alternatives if (predicate := build(value)) is not None]
    if not predicates or len(predicates) < len(alternatives):
        return None
    return lambda value: not any(predicate(value) for predicate in predicates)


OPERATORS = {
    "prefix": _Operator(_text(str.startswith), "a string, or a string in equals-ignore-case"),
    "suffix": _Operator(_text(str.endswith), "a string, or a string in equals-ignore-case"),
    "wildcard": _Operator(_wildcard, r"a string without **, in which a backslash precedes only * or \\"),
    "equals-ignore-case": _Operator(_equals_ignore_case, "a string"),
    "anything-but": _Operator(
        _anything_but,
        "strings, numbers, or one of prefix, suffix, wildcard and equals-ignore-case with strings, "
        "which cannot be empty in prefix and suffix",
    ),
    "numeric": _Operator(
        _numeric,
        'a comparison and a number, or a lower bound and a greater upper one, up to 5.0e9; one number is ["=", 5]',
    ),
    "exists": _Operator(_exists, "true or false"),
    "cidr": _Operator(_cidr, "an IP block such as 10.0.0.0/24, larger than one address"),
}
"""The operators by EventBridge's names."""
