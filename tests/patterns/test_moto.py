import json
import random
from typing import Any, get_args

import pytest
from documents import document
from moto.events.models import EventPattern as MotoPattern

from ecr_events import ECREvent, EventBridgeEvent
from ecr_events.patterns import EventPattern
from ecr_events.samples import sample

CLASSES: tuple[type[EventBridgeEvent], ...] = get_args(ECREvent)


def _moto_matches(pattern: str, event: Any) -> bool:
    return MotoPattern.load(pattern).matches_event(event)


every_class = pytest.mark.parametrize("type", CLASSES, ids=lambda type: type.__name__)


DOCUMENTED: dict[str, Any] = {
    "time": "2017-10-02T18:43:48Z",
    "source": "aws.ec2",
    "region": "us-west-1",
    "resources": ["arn:aws:ec2:us-east-1:123456789012:instance/i-000000aaaaaa00000"],
    "detail": {
        "state": "running",
        "source-ip": "10.0.0.33",
        "c-count": 3,
        "d-count": 7,
        "x-limit": 301.8,
        "responseElements": None,
        "eventVersion": "",
        "FilePath": "dir/img/a.png",
    },
}


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ({"time": [{"prefix": "2017-10-02"}]}, True),
        ({"region": [{"prefix": "us-"}]}, True),
        ({"region": [{"anything-but": {"prefix": "us-"}}]}, False),
        ({"resources": [{"suffix": "00000"}]}, True),
        ({"detail": {"state": [{"anything-but": "initializing"}]}}, True),
        ({"detail": {"state": [{"anything-but": ["stopped", "overloaded"]}]}}, True),
        ({"detail": {"state": [{"anything-but": {"equals-ignore-case": ["RUNNING", "stopped"]}}]}}, False),
        ({"detail": {"x-limit": [{"anything-but": [100, 200, 300]}]}}, True),
        ({"detail": {"x-limit": [{"numeric": ["=", 3.018e2]}]}}, True),
        ({"detail": {"c-count": [{"numeric": [">", 0, "<=", 5]}], "d-count": [{"numeric": ["<", 10]}]}}, True),
        ({"detail": {"source-ip": [{"cidr": "10.0.0.0/24"}]}}, True),
        ({"detail": {"responseElements": [None], "eventVersion": [""]}}, True),
        ({"detail": {"FilePath": [{"wildcard": "dir/*.png"}]}}, True),
        ({"detail": {"FilePath": [{"anything-but": {"wildcard": "*/img/*"}}]}}, False),
        ({"detail": {"state": [{"exists": True}], "stopped": [{"exists": False}]}}, True),
        ({"detail": {"$or": [{"c-count": [{"numeric": [">", 9]}]}, {"d-count": [{"numeric": ["<", 10]}]}]}}, True),
        ({"source": ["aws.s3"], "$or": [{"region": ["us-west-1"]}, {"detail": {"c-count": [3]}}]}, False),
    ],
)
def test_documented_examples(pattern: dict[str, Any], *, expected: bool) -> None:
    """The operators of AWS's documentation; moto agrees."""
    assert EventPattern.parse(pattern).matches(DOCUMENTED) is expected
    assert _moto_matches(json.dumps(pattern), DOCUMENTED) is expected


WORDS = ("", "a", "A", "ab", "b", "aB*", "team/app", "10.0.0.7", "10.0.1.7")


NUMBERS = (-1, 0, 2, 2.0, 2.5, 5)


KEYS = ("a", "b", "c")


def _random_value(chance: random.Random) -> Any:
    return chance.choice((chance.choice(WORDS), chance.choice(WORDS), chance.choice(NUMBERS), None))


def _random_document(chance: random.Random, depth: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = {"z": 1}  # moto takes an empty object for a value
    for key in KEYS:
        kind = chance.random()
        if kind < 0.2 and depth < 2:
            found[key] = _random_document(chance, depth + 1)
        elif kind < 0.35:
            found[key] = [_random_value(chance) for _ in range(chance.randint(1, 3))]
        elif kind < 0.85:
            found[key] = _random_value(chance)
    return found


def _random_condition(chance: random.Random) -> Any:
    text, other = chance.choice(WORDS), chance.choice(WORDS)
    low, high = sorted(chance.sample(NUMBERS, 2))
    return chance.choice(
        (
            _random_value(chance),
            {"prefix": text},
            {"prefix": {"equals-ignore-case": text}},
            {"suffix": text},
            {"suffix": {"equals-ignore-case": text}},
            {"equals-ignore-case": text},
            {"wildcard": chance.choice(("*", "a*", "*b", "*a*", "a*b", r"aB\*", "t*/*p", "10.0.*.7"))},
            {"anything-but": text},
            {"anything-but": [text, other]},
            {"anything-but": [low, high]},
            {"anything-but": {"prefix": [text or "a", other or "b"]}},
            {"anything-but": {"suffix": text or "a"}},
            {"anything-but": {"equals-ignore-case": [text, other]}},
            {"anything-but": {"wildcard": "*a*"}},
            {"numeric": [">=", low, "<=", high + 1]},
            {"numeric": [chance.choice(("<", "<=", "=", ">=", ">")), low]},
            {"exists": True},
            {"exists": False},
            {"cidr": chance.choice(("10.0.0.0/24", "10.0.0.0/8"))},
        )
    )


def _random_pattern(chance: random.Random, depth: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key in chance.sample(KEYS, chance.randint(1, 2)):
        if chance.random() < 0.3 and depth < 2:
            found[key] = _random_pattern(chance, depth + 1)
        else:
            found[key] = [_random_condition(chance) for _ in range(chance.randint(1, 2))]
    if chance.random() < 0.2 and depth < 2:
        found["$or"] = [{key: [_random_condition(chance)]} for key in "xab"[: chance.randint(2, 3)]]
        for alternative in found["$or"]:
            if alternative.keys() & found.keys():
                del found[next(iter(alternative))]
    return found


@pytest.mark.parametrize("seed", range(20))
def test_generated_patterns_match_as_by_moto(seed: int) -> None:
    """300 pairs a seed, of which both outcomes are many."""
    chance = random.Random(seed)
    outcomes = []
    for _ in range(300):
        pattern, event = _random_pattern(chance), _random_document(chance)
        expected = _moto_matches(json.dumps(pattern), event)
        assert EventPattern.parse(pattern).matches(event) is expected, (pattern, event)
        outcomes.append(expected)
    assert 30 < sum(outcomes) < 270


@pytest.mark.parametrize(
    ("pattern", "event", "expected"),
    [
        ({"a": [True]}, {"a": 1}, False),
        ({"a": {"b": [1]}}, {"a": [{"b": 1}]}, True),
        ({"a": [{"exists": True}]}, {"a": []}, False),
        ({"a": [{"exists": True}]}, {"a": {}}, False),
        ({"a": [1]}, {"a": [[1]]}, True),
        ({"a": [{"wildcard": "*"}]}, {"a": "\n"}, True),
        ({"a": [{"cidr": "10.0.0.1/24"}]}, {"a": "10.0.0.2"}, True),
        ({"a": [{"anything-but": "x"}]}, {"a": [{"b": 1}]}, False),
    ],
)
def test_moto_differs_from_eventbridge(pattern: dict[str, Any], event: dict[str, Any], *, expected: bool) -> None:
    """The documentation or EventBridge's own engine says otherwise; generated pairs avoid these."""
    assert EventPattern.parse(pattern).matches(event) is expected
    assert _moto_matches(json.dumps(pattern), event) is not expected


@every_class
def test_a_pattern_for_each_text_of_a_sample_matches_it(type: type[EventBridgeEvent]) -> None:
    """Every field of a detail can be named, and moto agrees."""
    encoded = document(type)
    for key, value in encoded["detail"].items():
        if isinstance(value, str | int) and key != "eventSource":
            conditions: dict[str, Any] = {key: value}
            pattern = EventPattern(type, **conditions)
            assert pattern.matches(encoded)
            assert pattern.matches(sample(type))
            restriction = pattern.to_dict()["detail"].pop("resources", None)
            if restriction is None:
                assert _moto_matches(pattern.to_json(), encoded)
            assert not pattern.matches(encoded | {"detail": {}})
