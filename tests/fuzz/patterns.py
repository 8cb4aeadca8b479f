"""`EventPattern.parse` and `matches`."""

import ipaddress
import json
import pickle
import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from itertools import product
from math import prod
from operator import eq, ge, gt, le, lt
from random import Random
from typing import Any, get_args

from ecr_events import DecodeError, ECREvent, decode
from ecr_events.patterns import EventPattern
from fuzz.events import SAMPLES
from fuzz.mutation import changed_json, dump, mutate_text
from fuzz.plain_reading import read_json

__all__ = ["match_pattern", "match_seeds", "mutate_match", "mutate_pattern", "parse_pattern", "pattern_seeds"]

_EVENTS: list[Any] = [json.loads(sample) for sample in SAMPLES]


def _parse(rule: Any) -> EventPattern | None:
    """Return a pattern; None for the documented error. Any other error is a finding."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a long pattern
        try:
            return EventPattern.parse(rule)
        except ValueError as error:
            assert str(error)
            return None


def parse_pattern(data: bytes) -> None:
    """Check that a rule is a pattern or an error in every form, and that the pattern's own forms are equal to it."""
    pattern, reading = _parse(data), read_json(data)
    try:
        text = data.decode()
    except UnicodeDecodeError:
        assert pattern is None
    else:
        assert _parse(text) == pattern
    if reading.is_json and reading.is_exact and isinstance(reading.value, dict):
        assert _parse(reading.value) == pattern
    if pattern is None:
        return
    assert reading.is_json
    for form in (pattern.to_json(), pattern.to_json(indent=2), pattern.to_dict(), {"EventPattern": pattern.to_json()}):
        same = _parse(form)
        assert same == pattern
        assert hash(same) == hash(pattern)
    assert pickle.loads(pickle.dumps(pattern)) == pattern
    assert repr(pattern)
    for event in _EVENTS:
        pattern.matches(event)


def match_pattern(data: bytes) -> None:
    """Compare `matches` with a plain model, for an array of a pattern and an event."""
    reading = read_json(data)
    if not (reading.is_json and reading.is_exact and isinstance(reading.value, list) and len(reading.value) == 2):
        return
    rule, event = reading.value
    if not (isinstance(rule, dict) and isinstance(event, dict)) or "EventPattern" in rule or "Properties" in rule:
        return
    pattern = _parse(rule)
    if pattern is None:
        return
    matched, expected = pattern.matches(event), _matches(rule, event)
    assert expected in {None, matched}
    try:
        decoded = decode(event)
    except DecodeError:
        return
    pattern.matches(decoded)


_MAX_CHOICES = 20_000


def _matches(rule: Mapping[str, Any], event: Any) -> bool | None:
    """Return whether EventBridge would match an event: for each field some value, all from the same objects of arrays.

    None if there are too many choices of values.
    """
    values = list(_flatten(event, (), ()))
    for conditions in _rules(rule, ()):
        options: list[list[tuple[tuple[Any, ...], ...]]] = []
        for path, alternatives in conditions:
            present = [(place, value) for found, place, value in values if found == path]
            places = {place for place, value in present if any(_holds(it, value) for it in alternatives)}
            is_absent = not present
            if {"exists": False} in alternatives and is_absent:
                places.add(())
            options.append(sorted(places))
        if prod(map(len, options)) > _MAX_CHOICES:
            return None
        if any(_are_consistent(places) for places in product(*options)):
            return True
    return False


def _flatten(value: Any, path: tuple[str, ...], place: tuple[Any, ...]) -> Iterator[tuple[Any, Any, Any]]:
    """Yield the values of an event with their keys and with the objects of arrays that they are in."""
    match value:
        case list():
            for number, item in enumerate(_elements(value)):
                within = (*place, (path, number)) if isinstance(item, dict) else place
                yield from _flatten(item, path, within)
        case dict():
            for key, item in value.items():
                yield from _flatten(item, (*path, key), place)
        case _:
            yield path, place, value


def _elements(items: list[Any]) -> Iterator[Any]:
    for item in items:
        if isinstance(item, list):
            yield from _elements(item)
        else:
            yield item


def _are_consistent(places: tuple[tuple[Any, ...], ...]) -> bool:
    chosen: dict[Any, int] = {}
    return all(chosen.setdefault(path, number) == number for place in places for path, number in place)


def _rules(rule: Mapping[str, Any], path: tuple[str, ...]) -> list[list[tuple[tuple[str, ...], list[Any]]]]:
    """Return the conditions of a pattern, one list for each combination of the alternatives of $or."""
    found: list[list[Any]] = [[]]
    for key, value in rule.items():
        if key == "$or":
            options = [conditions for item in value for conditions in _rules(item, path)]
        elif isinstance(value, dict):
            options = _rules(value, (*path, key))
        else:
            options = [[((*path, key), value)]]
        found = [one + other for one in found for other in options]
    return found


def _holds(condition: Any, value: Any) -> bool:
    """Return whether a value satisfies one alternative of a condition."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if isinstance(condition, dict):
        [(operator, argument)] = condition.items()
        return _holds_for(operator, argument, value, is_number=is_number)
    if isinstance(condition, bool | None):
        return value is condition
    return (is_number or isinstance(value, str)) and bool(value == condition)


def _holds_for(operator: Any, argument: Any, value: Any, *, is_number: bool) -> bool:
    match operator:
        case "exists":
            return bool(argument)
        case "numeric":
            pairs = zip(argument[::2], argument[1::2], strict=True)
            return is_number and all(_COMPARE[sign](value, bound) for sign, bound in pairs)
        case "anything-but":
            name, texts = next(iter(argument.items())) if isinstance(argument, dict) else (None, argument)
            alternatives = texts if isinstance(texts, list) else [texts]
            return not any(_holds(text if name is None else {name: text}, value) for text in alternatives)
        case "cidr":
            return isinstance(value, str) and _is_in(value, argument)
        case _:
            return isinstance(value, str) and _holds_for_text(operator, argument, value)


_COMPARE: dict[str, Callable[[Any, Any], bool]] = {"<": lt, "<=": le, "=": eq, ">=": ge, ">": gt}


def _holds_for_text(name: Any, text: Any, value: str) -> bool:
    if isinstance(text, dict):
        text, value = text["equals-ignore-case"].lower(), value.lower()
    match name:
        case "prefix":
            return value.find(text) == 0
        case "suffix":
            return value[::-1].find(text[::-1]) == 0
        case "equals-ignore-case":
            return bool(value.lower() == text.lower())
        case "wildcard":
            parts = re.findall(r"\\.|.", text, re.DOTALL)
            expression = "".join(".*?" if part == "*" else re.escape(part[-1]) for part in parts)
            return re.fullmatch(expression, value, re.DOTALL) is not None
        case _:
            raise NotImplementedError(name)


def _is_in(address: str, block: str) -> bool:
    try:
        found = ipaddress.ip_interface(block).network
        return "%" not in address and ipaddress.ip_address(address) in found
    except ValueError:
        return False


_TEXTS = (
    *["a", "A", "ab", "b", "aB*", "team/app", "10.0.0.7", "10.0.1.7", "::1", "fe80::1%a", "İ", "ß", "*", "\\"],
    "",
    "\n",
)

_OPERATORS = r"""[{"prefix": ""}, {"prefix": "a"}, {"prefix": {"equals-ignore-case": "Ab"}}, {"prefix": ["a"]},
{"suffix": "b"},
{"suffix": ""}, {"suffix": {"equals-ignore-case": "B"}}, {"equals-ignore-case": "AB"}, {"equals-ignore-case": ""},
{"wildcard": "*"}, {"wildcard": "a*"}, {"wildcard": "*b"}, {"wildcard": "*a*"}, {"wildcard": "a*b*"},
{"wildcard": "aB\\*"}, {"wildcard": "**"}, {"wildcard": "\\"}, {"wildcard": "\\\\*"}, {"wildcard": "10.0.*.7"},
{"anything-but": ""}, {"anything-but": ["a", "b"]}, {"anything-but": [1, 2]}, {"anything-but": []},
{"anything-but": ["a", 1]}, {"anything-but": null}, {"anything-but": {"prefix": "a"}},
{"anything-but": {"suffix": ["a", "b"]}}, {"anything-but": {"wildcard": ["*a*", "b"]}},
{"anything-but": {"equals-ignore-case": ["A", "b"]}}, {"anything-but": {"prefix": ""}}, {"anything-but": {}},
{"numeric": ["<", 2]}, {"numeric": ["<=", 2.5]}, {"numeric": ["=", 2]}, {"numeric": [">=", -1]},
{"numeric": [">", 5e9]},
{"numeric": [">", 0, "<=", 5]}, {"numeric": ["<", 5, ">", 0]}, {"numeric": [">", 5, "<", 0]}, {"numeric": []},
{"numeric": ["!=", 1]}, {"numeric": 5}, {"exists": true}, {"exists": false}, {"exists": 1}, {"cidr": "10.0.0.0/24"},
{"cidr": "10.0.0.1/8"}, {"cidr": "0.0.0.0/0"}, {"cidr": "10.0.0.1/32"}, {"cidr": "::/64"}, {"cidr": "a/8"},
{"unknown": 1}]"""

_CONDITIONS: tuple[Any, ...] = (
    *(None, True, False, -1, 0, 2, 2.0, 2.5, 5, 5e9, 1e300, 10**30),
    *_TEXTS,
    *json.loads(_OPERATORS),
)

_PATTERN_VALUES: tuple[Any, ...] = (
    *_CONDITIONS,
    *([condition] for condition in _CONDITIONS),
    *json.loads('[[], {}, {"a": ["a"]}, [{"a": ["a"]}, {"b": [{"exists": false}]}], [{"a": [1]}]]'),
    [{"a": {"b": [1]}}, {"c": [None]}, {"a": {"c": ["b"]}}],
)

_KEYS = ("a", "b", "c", "$or", "detail", "source", "a.b", "", "prefix", "EventPattern", "detail-type", "exists")

_EVENT_VALUES: tuple[Any, ...] = (
    *(None, True, False, -1, 0, 2, 2.0, 2.5, 5, 1e300, 10**30, *_TEXTS),
    *json.loads('[[], {}, [[]], ["a", 1], [[1]], [{"b": 1}, {"c": "a"}], {"b": 1}, {"b": {"c": "a"}}]'),
    *json.loads('[[{"b": [{"c": 1}, {"c": 2}]}, {"b": {"c": "ab"}}], [[{"b": 1}], [{"c": 1}]]]'),
)


def _some_conditions(choose: Random) -> list[Any]:
    return choose.choices(_CONDITIONS, k=choose.choice((1, 1, 2)))


def _some_pattern(choose: Random) -> dict[str, Any]:
    return {key: _some_conditions(choose) for key in choose.sample("abc", 2)}


def mutate_pattern(data: bytes, choose: Random) -> bytes:
    """Return a pattern with changed conditions."""
    try:
        rule = json.loads(data)
    except (ValueError, RecursionError):
        return mutate_text(data, choose)
    if choose.random() < 0.1:
        return mutate_text(data, choose)
    if choose.random() < 0.1:
        rule = _some_pattern(choose)
    for _ in range(choose.choice((1, 1, 2, 3))):
        rule = changed_json(rule, choose, _PATTERN_VALUES, _KEYS)
    return dump(rule, choose)


def mutate_match(data: bytes, choose: Random) -> bytes:
    """Return a pattern and an event, one of them changed."""
    try:
        rule, event = json.loads(data)
    except (ValueError, TypeError, RecursionError):
        rule, event = _some_pattern(choose), {"a": 1}
    for _ in range(choose.choice((1, 1, 2, 3))):
        if choose.random() < 0.5:
            rule = changed_json(rule, choose, _PATTERN_VALUES, _KEYS)
        else:
            event = changed_json(event, choose, _EVENT_VALUES, _KEYS)
    if not isinstance(rule, dict):
        rule = _some_pattern(choose)
    return dump([rule, event if isinstance(event, dict) else {"a": event}], choose)


def _patterns() -> Iterator[Any]:
    for number, condition in enumerate(_CONDITIONS):
        yield {"abc"[number % 3]: [condition]} if number % 2 else {"detail": {"a": {"b": [condition, "a"]}}}
    yield {"$or": [{"a": ["a"]}, {"b": [{"exists": False}]}], "c": [1]}
    yield {"detail": {"$or": [{"a": {"b": [1]}}, {"c": ["a"]}]}, "source": ["aws.ecr"]}
    for cls in get_args(ECREvent):
        yield EventPattern(cls).to_dict()


def pattern_seeds() -> Iterator[bytes]:
    """Yield patterns with all operators, rules, and what is not a pattern."""
    for rule in _patterns():
        yield json.dumps(rule).encode()
    pattern = '{"source":["aws.ecr"]}'
    for rule in ({"EventPattern": pattern}, {"Properties": {"EventPattern": json.loads(pattern)}}, {}, [], {"a": []}):
        yield json.dumps(rule).encode()


def match_seeds() -> Iterator[bytes]:
    """Yield patterns with events that they match and do not match."""
    for number, rule in enumerate(_patterns()):
        value = _EVENT_VALUES[number % len(_EVENT_VALUES)]
        yield json.dumps([rule, {"a": value, "b": [value, 1], "detail": {"a": [{"b": value}, {"c": 1}]}}]).encode()
        if number < len(_EVENTS):
            yield json.dumps([rule, _EVENTS[number]]).encode()
