import json
import pickle
import re
from typing import Any

import pytest
from documents import document

from ecr_events import ECRImageActionEvent
from ecr_events.patterns import EventPattern, prefix

PUSH = {"source": ["aws.ecr"], "detail-type": ["ECR Image Action"]}


def _cyclic() -> dict[str, Any]:
    value: dict[str, Any] = {}
    value["a"] = value
    return value


def test_patterns_are_values() -> None:
    """Compared, hashed, shown and pickled by their JSON."""
    pattern = EventPattern(ECRImageActionEvent, image_tag=["a", prefix("b")])
    assert pattern == EventPattern.parse(pattern.to_dict()) == EventPattern.parse(pattern.to_json())
    assert repr(pattern) == f"EventPattern.parse({pattern.to_json()!r})"
    assert hash(pattern) == hash(EventPattern.parse(pattern.to_json()))
    assert pattern != EventPattern(ECRImageActionEvent)
    assert pattern != pattern.to_dict()
    assert pickle.loads(pickle.dumps(pattern)) == pattern


def test_the_order_of_conditions_does_not_count() -> None:
    """The values of a set are sorted."""
    regions = ["ap-south-1", "eu-west-1", "us-east-1", "us-west-2"]
    one = EventPattern(ECRImageActionEvent, action_type="PUSH", region=regions)
    other = EventPattern(ECRImageActionEvent, region=set(regions), action_type="PUSH")
    assert one == other
    assert hash(one) == hash(other)


def test_an_existing_rule_is_parsed() -> None:
    """As JSON or a dict, also in the response of DescribeRule or in a resource of CloudFormation."""
    for rule in (
        PUSH,
        json.dumps(PUSH),
        json.dumps(PUSH).encode(),
        {"Name": "pushes", "EventPattern": json.dumps(PUSH)},
        {"EventPattern": PUSH},
        {"Type": "AWS::Events::Rule", "Properties": {"State": "ENABLED", "EventPattern": PUSH}},
        {key: tuple(values) for key, values in PUSH.items()},
    ):
        assert EventPattern.parse(rule) == EventPattern(ECRImageActionEvent)


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("{", "not JSON: Input data was truncated"),
        (b'{"a": ["\xff"]}', "not JSON: 'utf-8' codec can't decode"),
        ("[" * 100_000, "not an event pattern: nested too deeply"),
        (_cyclic(), "fields are nested deeper than 100 levels"),
        ("[]", "an event pattern is a JSON object, not []"),
        ({"EventPattern": None}, "an event pattern is a JSON object, not None"),
        (document(ECRImageActionEvent), "not an event pattern: version must be an object or an array with values"),
        ({"Name": "daily"}, "not an event pattern: Name must be"),
    ],
)
def test_another_document_is_an_error(rule: Any, message: str) -> None:
    """The error says what a rule is."""
    with pytest.raises(ValueError, match=re.escape(message)):
        EventPattern.parse(rule)


@pytest.mark.parametrize("event", [b"{}", "{}", [], None])
def test_only_events_and_dicts_are_matched(event: Any) -> None:
    """JSON has to be decoded: a pattern for absent fields would match any text."""
    with pytest.raises(TypeError, match="event must be an event or a dict, not "):
        EventPattern.parse({"a": [{"exists": False}]}).matches(event)
