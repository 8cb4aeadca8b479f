"""The matching of events against an event pattern, as EventBridge does it.

A pattern with ``$or`` is expanded to rules without, as by EventBridge, so that all conditions on the objects of an
array hold for the same object.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html and
https://github.com/aws/event-ruler
"""

import re
from collections.abc import Callable, Iterator
from ipaddress import ip_address, ip_network
from operator import eq, ge, gt, le, lt
from typing import Any, TypeAlias, TypeGuard

__all__ = ["ABSENT", "Rule", "Test", "is_number", "test_of"]

Test: TypeAlias = Callable[[Any], bool]

ABSENT = {"exists": False}

_MAX_RULES = 1_000
"""Rules to which EventBridge expands one with ``$or``, at most."""


def _is_object(value: object) -> TypeGuard[dict[str, Any]]:
    return isinstance(value, dict)


def _is_array(value: object) -> TypeGuard[list[Any]]:
    return isinstance(value, list)


class _Absent:
    """The test of a field that must be absent, in all objects of an array."""

    def __init__(self, path: tuple[str, ...]) -> None:
        self.path = path


_Alternatives: TypeAlias = list["Test | _Absent"]
_Tree: TypeAlias = dict[str, Any]
"""Subtrees, and lists of `_Alternatives` that must all match."""


class Rule:
    """A parsed event pattern.

    Raises:
        ValueError: The pattern is invalid.
    """

    def __init__(self, document: dict[str, Any]) -> None:
        self._trees = _expand(document, ())

    def matches(self, document: Any) -> bool:
        """Return whether the pattern matches an event, as parsed JSON."""
        return any(_holds(tree, document, document) for tree in self._trees)


def _expand(pattern: Any, path: tuple[str, ...]) -> list[_Tree]:
    """Return the rules without ``$or`` of a part of a pattern."""
    place = ".".join(path) or "the pattern"
    if not pattern:
        raise ValueError(f"{place} is empty: an object needs at least one field")
    trees: list[_Tree] = [{}]
    for key, value in pattern.items():
        if key == "$or":
            options = _expand_or(value, path)
        elif _is_object(value):
            options = [{key: tree} for tree in _expand(value, (*path, key))]
        elif _is_array(value) and value:
            options = [{key: [_alternatives(value, (*path, key))]}]
        else:
            raise ValueError(f"{'.'.join((*path, key))} must be an object or an array with values, not {value!r:.200}")
        if len(trees) * len(options) > _MAX_RULES:
            raise ValueError(f"$or combines to more than {_MAX_RULES:,} rules, EventBridge's limit")
        trees = [_combine(tree, option, path) for tree in trees for option in options]
    return trees


def _expand_or(value: Any, path: tuple[str, ...]) -> list[_Tree]:
    match value:
        case [_, _, *_] if all(_is_object(item) for item in value):
            return [tree for item in value for tree in _expand(item, path)]
        case _:
            raise ValueError(f"$or must be an array of at least two objects, not {value!r:.200}")


def _combine(one: _Tree, other: _Tree, path: tuple[str, ...]) -> _Tree:
    """Return a rule with the conditions of both."""
    combined = dict(one)
    for key, value in other.items():
        before = combined.get(key)
        if before is None:
            combined[key] = value
        elif _is_object(before) and _is_object(value):
            combined[key] = _combine(before, value, (*path, key))
        elif _is_array(before) and _is_array(value):
            combined[key] = before + value
        else:
            raise ValueError(f"{'.'.join((*path, key))} is an object and an array: no event can match")
    return combined


def _alternatives(values: list[Any], path: tuple[str, ...]) -> _Alternatives:
    tests = [test_of(value, ".".join(path)) for value in values]
    return [_Absent(path) if value == ABSENT else test for value, test in zip(values, tests, strict=True)]


def _holds(tree: _Tree, node: Any, document: Any) -> bool:
    """Return whether an object, or one in an array, has all that a rule requires."""
    if _is_array(node):
        return any(_holds(tree, item, document) for item in node or [None])
    fields = node if _is_object(node) else {}
    for key, value in tree.items():
        if _is_object(value):
            if not _holds(value, fields.get(key), document):
                return False
            continue
        found = list(_scalars_at(fields, (key,)))
        for alternatives in value:
            if not any(_passes(test, found, document) for test in alternatives):
                return False
    return True


def _passes(test: Test | _Absent, values: list[Any], document: Any) -> bool:
    if isinstance(test, _Absent):
        return not any(True for _ in _scalars_at(document, test.path))
    return any(test(value) for value in values)


def _scalars_at(node: Any, path: tuple[str, ...]) -> Iterator[Any]:
    """Yield the values at a path, also in arrays. An object has none, since a pattern describes its fields."""
    if not path:
        yield from _flat(node)
    elif _is_array(node):
        for item in node:
            yield from _scalars_at(item, path)
    elif _is_object(node) and path[0] in node:
        yield from _scalars_at(node[path[0]], path[1:])


def _flat(value: Any) -> Iterator[Any]:
    if _is_array(value):
        for item in value:
            yield from _flat(item)
    elif not _is_object(value):
        yield value


def test_of(value: Any, name: str) -> Test:
    """Return the test of one alternative of a condition.

    Raises:
        ValueError: It is neither a JSON value nor an operator with a valid argument.
    """
    if value is None or isinstance(value, str | int | float):
        return _equals(value)
    if not _is_object(value) or len(value) != 1:
        raise ValueError(f"{name}: a condition is a string, number, boolean, null or one operator, not {value!r:.200}")
    [(operator, argument)] = value.items()
    if operator not in _OPERATORS:
        raise ValueError(f"{name}: unknown operator {operator!r:.200}: must be one of {', '.join(_OPERATORS)}")
    test = _OPERATORS[operator](argument)
    if test is None:
        raise ValueError(f"{name}: {operator} cannot take {argument!r:.200}: {_ARGUMENTS[operator]}")
    return test


def is_number(value: object) -> bool:
    """Return whether a value is a number in JSON."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _equals(expected: Any) -> Test:
    if expected is None or isinstance(expected, bool):
        return lambda value: value is expected
    if isinstance(expected, str):
        return lambda value: isinstance(value, str) and value == expected
    return lambda value: is_number(value) and value == expected


def _text(compare: Callable[[str, str], bool]) -> Callable[[Any], Test | None]:
    """Return a string operator whose argument is a string, or ``{"equals-ignore-case": ...}``."""

    def build(argument: Any) -> Test | None:
        match argument:
            case str():
                return lambda value: isinstance(value, str) and compare(value, argument)
            case {"equals-ignore-case": str(text)} if len(argument) == 1:
                folded = text.lower()
                return lambda value: isinstance(value, str) and compare(value.lower(), folded)
            case _:
                return None

    return build


def _equals_ignore_case(argument: Any) -> Test | None:
    return _text(eq)({"equals-ignore-case": argument})


def _wildcard(argument: Any) -> Test | None:
    r"""Return the test of a wildcard; None if it has ``**``, or a backslash before anything but ``*`` and ``\``."""
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

    def test(value: Any) -> bool:
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

    return test


def _exists(argument: Any) -> Test | None:
    return (lambda _: argument) if isinstance(argument, bool) else None


_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {"<": lt, "<=": le, "=": eq, ">=": ge, ">": gt}


def _numeric(argument: Any) -> Test | None:
    ranges = argument if _is_array(argument) else []
    pairs = list(zip(ranges[::2], ranges[1::2], strict=False))
    known = all(isinstance(sign, str) and sign in _COMPARISONS and is_number(bound) for sign, bound in pairs)
    if len(ranges) % 2 or not known or not _is_satisfiable(pairs):
        return None
    return lambda value: is_number(value) and all(_COMPARISONS[sign](value, bound) for sign, bound in pairs)


def _is_satisfiable(pairs: list[tuple[str, float]]) -> bool:
    """Return whether a range is a lower bound, an upper bound, both in this order with numbers between, or a number."""
    match pairs:
        case [_]:
            return True
        case [(">" | ">=" as low, least), ("<" | "<=" as high, most)]:
            return least < most or (least == most and low + high == ">=<=")
        case _:
            return False


def _cidr(argument: Any) -> Test | None:
    try:
        if not isinstance(argument, str) or "/" not in argument:
            return None
        network = ip_network(argument, strict=False)
    except ValueError:
        return None

    def test(value: Any) -> bool:
        try:
            return isinstance(value, str) and ip_address(value) in network
        except ValueError:
            return False

    return test


def _anything_but(argument: Any) -> Test | None:
    build: Callable[[Any], Test | None] = _equals
    match argument:
        case {"prefix": values} | {"suffix": values} | {"equals-ignore-case": values} | {"wildcard": values} if (
            len(argument) == 1
        ):
            build = _OPERATORS[next(iter(argument))]
        case values:
            pass
    alternatives: list[Any] = values if _is_array(values) else [values]
    are_texts = all(isinstance(value, str) for value in alternatives)
    if build is _equals and not are_texts and not all(map(is_number, alternatives)):
        return None
    tests = [test for value in alternatives if (test := build(value))]
    if not tests or len(tests) < len(alternatives):
        return None
    return lambda value: not any(test(value) for test in tests)


_OPERATORS: dict[str, Callable[[Any], Test | None]] = {
    "prefix": _text(str.startswith),
    "suffix": _text(str.endswith),
    "wildcard": _wildcard,
    "equals-ignore-case": _equals_ignore_case,
    "anything-but": _anything_but,
    "numeric": _numeric,
    "exists": _exists,
    "cidr": _cidr,
}

_ARGUMENTS = {
    "prefix": "it takes a string, or a string in equals-ignore-case",
    "suffix": "it takes a string, or a string in equals-ignore-case",
    "wildcard": r"it takes a string without **, in which a backslash precedes only * or \\",
    "equals-ignore-case": "it takes a string",
    "anything-but": "it takes strings, numbers, or one of prefix, suffix, wildcard and equals-ignore-case with strings",
    "numeric": "it takes a comparison and a number, or a lower and an upper bound with numbers between",
    "exists": "it takes true or false",
    "cidr": "it takes an IP block such as 10.0.0.0/24",
}
"""The arguments of the operators, for errors."""
