import re
from typing import Any

import msgspec
import pytest

from ecr_events import UnknownEvent
from ecr_events.patterns import EventPattern
from ecr_events.samples import sample


def _nested(depth: int, value: Any) -> dict[str, Any]:
    for _ in range(depth):
        value = {"a": value}
    return {"a": value}


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("{}", "the pattern is empty"),
        ({"detail": {}}, "detail is empty"),
        ({"source": "aws.ecr"}, "source must be an object or an array with values, not 'aws.ecr'"),
        ({"source": []}, "source must be an object or an array with values, not []"),
        ({"a": {"x", "y"}}, "a must be an object or an array with values, not {"),
        ({"a": {1: ["x"]}}, "the name of a field must be a string, not 1"),
        ({"$or": [{"a": [1]}]}, "$or must be an array of at least two objects"),
        ({"$or": [{"a": [1]}, 1]}, "$or must be an array of at least two objects"),
        ({"$or": {"a": [1]}}, "$or must be an array of at least two objects"),
        ({"$or": [{"numeric": [1]}, {"a": [1]}]}, "numeric is in $or, where EventBridge reserves the name 'numeric'"),
        ({"$or": [{"a": {"regex": [1]}}, {"a": [1]}]}, "a.regex is in $or, where EventBridge reserves"),
        ({"$or": [{"a": [1]}, {"$or": [{"b": [1]}, {"<": [1]}]}]}, "< is in $or, where EventBridge reserves"),
        (_nested(100, [1]), "fields are nested deeper than 100 levels"),
        ({"$or": [{"a": [1]}, {"b": 1}]}, "b must be an object or an array"),
        ({"a": {"b": {}}}, "a.b is empty: an object needs at least one field"),
        (
            {key: {"$or": [{f"b{n}": [1]} for n in range(11)]} for key in "abc"},
            "$or combines to more than 1,000 rules",
        ),
    ],
)
def test_an_invalid_rule_is_an_error(rule: Any, message: str) -> None:
    """The error names the field."""
    with pytest.raises(ValueError, match=re.escape(message)):
        EventPattern.parse(rule)


@pytest.mark.parametrize(
    "name",
    [
        *("exactly", "=", "<", "<=", ">", ">=", "regex", "not-wildcard", "not-equals-ignore-case"),
        *("date-after", "date-on-or-after", "date-before", "date-on-or-before", "in-date-range"),
        *("ip-address-in-range", "ip-address-not-in-range"),
        *("prefix", "suffix", "wildcard", "equals-ignore-case", "anything-but", "numeric", "exists", "cidr"),
    ],
)
def test_a_reserved_name_in_alternatives_is_an_error(name: str) -> None:
    """EventBridge refuses such a rule."""
    with pytest.raises(ValueError, match=rf"{name} is in \$or, where EventBridge reserves the name '{name}'"):
        EventPattern.parse({"$or": [{"a": [1]}, {name: [1]}]})


def test_names_are_reserved_in_alternatives_only() -> None:
    """EventBridge takes them for operators there."""
    assert EventPattern.parse({"prefix": ["a"], "$or": [{"b": [1]}, {"c": [1]}]}).matches({"prefix": "a", "b": 1})


def test_a_deeply_nested_event_is_matched() -> None:
    """As deep as the pattern asks."""
    pattern = EventPattern.parse({"b": {"a": [{"exists": False}]}, "c": [1]})
    arrays: Any = 1
    for _ in range(3_000):
        arrays = [arrays]
    assert pattern.matches({"b": _nested(3_000, 1), "c": arrays})
    assert not pattern.matches({"b": {"a": arrays}, "c": 1})
    # Deeper than any version of Python encodes.
    deepest = msgspec.structs.replace(sample(UnknownEvent), detail=_nested(200_000, 1))
    with pytest.raises(ValueError, match=r"^event is nested too deeply$"):
        pattern.matches(deepest)


def test_absence_is_looked_for_once() -> None:
    """In an array of many objects the time is linear."""
    pattern = EventPattern.parse({"a": {"b": [{"exists": False}], "c": [1]}})
    event: dict[str, Any] = {"a": [{"c": 1}] * 20_000 + [{"b": 1}]}
    assert not pattern.matches(event)
    event["a"].pop()
    assert pattern.matches(event)


def test_absence_is_that_of_values() -> None:
    """Neither an object nor an empty array is a value. In an array of objects, the field must be absent in all."""
    pattern = EventPattern.parse({"a": {"b": [{"exists": False}]}})
    absent: list[dict[str, Any]] = [
        {},
        {"a": 1},
        {"a": {}},
        {"a": {"b": []}},
        {"a": {"b": {"c": 1}}},
        {"a": [{"c": 1}]},
        {"a": []},
    ]
    assert all(map(pattern.matches, absent))
    present: list[dict[str, Any]] = [
        {"a": {"b": 1}},
        {"a": {"b": None}},
        {"a": [{"c": 1}, {"b": 1}]},
        {"a": {"b": [{}, 1]}},
    ]
    assert not any(map(pattern.matches, present))


@pytest.mark.parametrize(
    ("pattern", "event"),
    [
        ({"a": {"b.c": [1]}}, {"a": {"b": {"c": 1}}}),
        ({"a": {"b": {"c": [1]}}}, {"a": {"b.c": 1}}),
        ({"a": {"c": [1], "d": [{"exists": False}]}}, {"a": [{"c": 1}, {"d": 1}]}),
    ],
)
def test_differences_from_eventbridge(pattern: dict[str, Any], event: dict[str, Any]) -> None:
    """It would match these."""
    assert not EventPattern.parse(pattern).matches(event)


def test_conditions_on_the_objects_of_an_array_hold_for_one_of_them() -> None:
    """Also if some of them are in an alternative."""
    together = EventPattern.parse({"r": {"type": ["image"], "id": ["1"]}})
    apart = EventPattern.parse({"r": {"type": ["image"]}, "$or": [{"r": {"id": ["1"]}}, {"x": [1]}]})
    for pattern in (together, apart):
        assert pattern.matches({"r": [{"type": "host", "id": "2"}, {"type": "image", "id": "1"}]})
        assert not pattern.matches({"r": [{"type": "image", "id": "2"}, {"type": "host", "id": "1"}]})


@pytest.mark.parametrize(
    ("rule", "field"),
    [
        ({"a": [{"prefix": "x"}], "$or": [{"a": [{"suffix": "y"}]}, {"b": [1]}]}, "a"),
        ({"$or": [{"a": {"b": [1]}}, {"c": [1]}], "a": {"b": [2]}}, "a.b"),
        ({"$or": [{"c": [1]}, {"a": [1], "$or": [{"a": [2]}, {"b": [1]}]}]}, "a"),
        ({"a": {"b": [1]}, "a.b": [2]}, "a.b"),
    ],
)
def test_a_field_with_several_conditions_is_an_error(rule: dict[str, Any], field: str) -> None:
    """EventBridge takes the last one, or refuses the rule."""
    with pytest.raises(ValueError, match=f"^{field} has several conditions, of which EventBridge takes only the last$"):
        EventPattern.parse(rule)


def test_a_field_may_have_conditions_in_several_alternatives() -> None:
    """They are separate rules to EventBridge."""
    pattern = EventPattern.parse({"$or": [{"a": [1], "b": [1]}, {"a": [2]}]})
    assert [pattern.matches({"a": a}) for a in (1, 2)] == [False, True]


def test_conditions_on_a_value_and_on_its_fields() -> None:
    """Both can hold in an array, or if the value must be absent."""
    value = EventPattern.parse({"a": [1], "$or": [{"a": {"b": [1]}}, {"c": [1]}]})
    assert value.matches({"a": 1, "c": 1})
    assert value.matches({"a": [1, {"b": 1}]})
    assert not value.matches({"a": {"b": 1}})
    absent = EventPattern.parse({"a": [{"exists": False}], "$or": [{"a": {"b": [1]}}, {"c": [1]}]})
    assert absent.matches({"a": {"b": 1}})
