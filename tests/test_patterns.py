import json
import math
import pickle
import random
import re
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, get_args

import pytest
from documents import document
from moto.events.models import EventPattern as MotoPattern

from ecr_events import (
    ECRAWSAPICallViaCloudTrailEvent,
    ECRAWSServiceEventViaCloudTrailEvent,
    ECREvent,
    ECRImageActionEvent,
    ECRImageScanEvent,
    ECRReferrerActionEvent,
    ECRReplicationActionEvent,
    ECRScanResourceChangeEvent,
    EventBridgeEvent,
    Inspector2FindingEvent,
    Inspector2ScanEvent,
    UnknownEvent,
    decode,
)
from ecr_events.patterns import (
    EventPattern,
    anything_but,
    cidr,
    equals_ignore_case,
    exists,
    numeric,
    prefix,
    suffix,
    wildcard,
)
from ecr_events.samples import sample, variants

CLASSES: tuple[type[EventBridgeEvent], ...] = get_args(ECREvent)
PUSH = {"source": ["aws.ecr"], "detail-type": ["ECR Image Action"]}


def _moto_matches(pattern: str, event: Any) -> bool:
    return MotoPattern.load(pattern).matches_event(event)


def _nested(depth: int, value: Any) -> dict[str, Any]:
    for _ in range(depth):
        value = {"a": value}
    return {"a": value}


def _cyclic() -> dict[str, Any]:
    value: dict[str, Any] = {}
    value["a"] = value
    return value


every_class = pytest.mark.parametrize("type", CLASSES, ids=lambda type: type.__name__)


@every_class
def test_a_pattern_without_conditions_matches_the_events_of_a_class_only(type: type[EventBridgeEvent]) -> None:
    """As instances and as parsed JSON; moto agrees."""
    pattern = EventPattern(type)
    assert [other for other in CLASSES if pattern.matches(sample(other))] == [type]
    assert [other for other in CLASSES if pattern.matches(document(other))] == [type]
    assert pattern.matches(document(type, {"new-key": 1}))


@pytest.mark.parametrize(
    ("type", "change"),
    [
        (Inspector2FindingEvent, {"resources": [{"type": "AWS_EC2_INSTANCE", "id": "i-0"}]}),
        (ECRAWSAPICallViaCloudTrailEvent, {"eventSource": "ec2.amazonaws.com"}),
        (ECRAWSServiceEventViaCloudTrailEvent, {"eventSource": "kms.amazonaws.com"}),
    ],
)
def test_a_pattern_is_restricted_to_ecr(type: type[EventBridgeEvent], change: dict[str, Any]) -> None:
    """Inspector and CloudTrail send the same detail-type for other services."""
    assert not EventPattern(type).matches(document(type, change))


@pytest.mark.parametrize(
    ("type", "conditions"),
    [
        (ECRImageActionEvent, {"source": anything_but("aws.rds")}),
        (ECRImageActionEvent, {"envelope": {"source": [prefix("aws."), exists()]}}),
        (ECRAWSAPICallViaCloudTrailEvent, {"event_source": suffix(".com")}),
        (Inspector2FindingEvent, {"resources": {"type": prefix("AWS_")}}),
    ],
)
def test_conditions_cannot_widen_the_restriction_to_ecr(
    type: type[EventBridgeEvent], conditions: dict[str, Any]
) -> None:
    """A wider condition is the value that it matches."""
    assert EventPattern(type, **conditions) == EventPattern(type)


def test_restrictions_are_in_the_alternatives_that_name_their_fields() -> None:
    """EventBridge refuses a field in and outside of $or."""
    pattern = EventPattern(
        Inspector2ScanEvent, or_=[{"repository_name": suffix("/a")}, {"image_tags": "latest", "source": prefix("aws")}]
    )
    assert pattern.to_dict() == {
        "detail-type": ["Inspector2 Scan"],
        "$or": [
            {"source": ["aws.inspector2"], "detail": {"repository-name": [{"suffix": "/a"}]}},
            {
                "source": ["aws.inspector2"],
                "detail": {"repository-name": [{"exists": True}], "image-tags": ["latest"]},
            },
        ],
    }
    with pytest.raises(ValueError, match=r"^detail\.action-type has several conditions"):
        EventPattern(ECRImageActionEvent, action_type="PUSH", or_=[{"action_type": "DELETE"}, {"result": "SUCCESS"}])


def test_a_scan_of_another_resource_does_not_match() -> None:
    """It has no repository."""
    assert not EventPattern(Inspector2ScanEvent).matches(document(Inspector2ScanEvent, missing=("repository-name",)))
    named = EventPattern(Inspector2ScanEvent, repository_name=suffix("repository/team/app"))
    assert named.to_dict()["detail"] == {"repository-name": [{"suffix": "repository/team/app"}]}
    assert named.matches(sample(Inspector2ScanEvent))


def test_conditions_are_on_the_detail_otherwise_on_the_envelope() -> None:
    """Several values are alternatives."""
    pattern = EventPattern(
        ECRImageActionEvent,
        action_type=["PUSH", "DELETE"],
        repository_name=wildcard("team/*"),
        region={"eu-west-1"},
        image_tag=(prefix("v", ignore_case=True), exists(False)),
    )
    assert pattern.to_dict() == {
        **PUSH,
        "detail": {
            "action-type": ["PUSH", "DELETE"],
            "repository-name": [{"wildcard": "team/*"}],
            "image-tag": [{"prefix": {"equals-ignore-case": "v"}}, {"exists": False}],
        },
        "region": ["eu-west-1"],
    }
    assert json.loads(pattern.to_json()) == json.loads(pattern.to_json(indent=2)) == pattern.to_dict()
    assert not pattern.matches(sample(ECRImageActionEvent))
    assert pattern.matches(document(ECRImageActionEvent, {"image-tag": "V1"}))
    assert pattern.matches(document(ECRImageActionEvent, missing=("image-tag",)))


def test_fields_have_the_names_of_the_class_or_of_aws() -> None:
    """A detail given by name has its fields only."""
    by_key: dict[str, Any] = {"action-type": "PUSH"}
    assert EventPattern(ECRImageActionEvent, **by_key) == EventPattern(ECRImageActionEvent, action_type="PUSH")
    assert EventPattern(ECRImageActionEvent, detail=by_key) == EventPattern(ECRImageActionEvent, action_type="PUSH")


def test_a_field_that_the_detail_has_too_is_that_of_the_detail() -> None:
    """The other one is in `envelope`."""
    arn = suffix(":repository/team/app")
    pattern = EventPattern(Inspector2FindingEvent, envelope={"resources": arn}, resources={"partition": "aws"})
    assert pattern.to_dict()["resources"] == [{"suffix": ":repository/team/app"}]
    assert pattern.to_dict()["detail"]["resources"] == {"partition": ["aws"], "type": ["AWS_ECR_CONTAINER_IMAGE"]}
    with pytest.raises(ValueError, match=r"; that of the envelope is 'envelope\.resources'$"):
        EventPattern(Inspector2FindingEvent, resources=arn)
    with pytest.raises(ValueError, match=r"^'envelope' has nested fields: conditions on them are a dict$"):
        EventPattern(Inspector2FindingEvent, envelope=arn)


@pytest.mark.parametrize(
    ("conditions", "name"),
    [
        ({"action-type": "PUSH", "action_type": "DELETE"}, "action_type"),
        ({"action_type": "PUSH", "detail": {"action_type": "PUSH"}}, "detail.action_type"),
        ({"region": "eu-west-1", "envelope": {"region": "eu-west-1"}}, "envelope.region"),
    ],
)
def test_a_field_under_two_names_is_an_error(conditions: dict[str, Any], name: str) -> None:
    """One of the conditions would be lost."""
    with pytest.raises(ValueError, match=f"^'{name}' has conditions under two names: use a list for alternatives$"):
        EventPattern(ECRImageActionEvent, **conditions)


def test_nested_fields_are_dicts() -> None:
    """In Structs, arrays of Structs, and maps; in CloudTrail's parameters any key is possible."""
    finding = EventPattern(
        Inspector2FindingEvent,
        type="PACKAGE_VULNERABILITY",
        inspector_score=numeric(">=", 7),
        resources={"details": {"aws_ecr_container_image": {"repository_name": "team/app"}}},
    )
    assert finding.to_dict()["detail"] == {
        "type": ["PACKAGE_VULNERABILITY"],
        "inspectorScore": [{"numeric": [">=", 7]}],
        "resources": {
            "type": ["AWS_ECR_CONTAINER_IMAGE"],
            "details": {"awsEcrContainerImage": {"repositoryName": ["team/app"]}},
        },
    }
    assert finding.matches(sample(Inspector2FindingEvent))
    assert EventPattern(ECRImageScanEvent, finding_severity_counts={"CRITICAL": numeric(">", 0)}).matches(
        sample(ECRImageScanEvent)
    )
    failed = EventPattern(
        ECRAWSAPICallViaCloudTrailEvent,
        error_code="RepositoryNotFoundException",
        read_only=False,
        response_elements=None,
        request_parameters={"repositoryName": "team/app", "imageIds": {"imageTag": anything_but("latest")}},
    )
    change: dict[str, Any] = {
        "errorCode": "RepositoryNotFoundException",
        "readOnly": False,
        "responseElements": None,
        "requestParameters": {"repositoryName": "team/app", "imageIds": [{"imageTag": "1"}]},
    }
    assert failed.matches(document(ECRAWSAPICallViaCloudTrailEvent, change))
    assert failed.matches(decode(document(ECRAWSAPICallViaCloudTrailEvent, change)))
    assert not failed.matches(document(ECRAWSAPICallViaCloudTrailEvent, change, missing=("responseElements",)))


def test_one_of_several_conditions() -> None:
    """`or_` is $or."""
    pattern = EventPattern(ECRImageActionEvent, or_=[{"action_type": "DELETE"}, {"region": "eu-west-1"}])
    assert pattern.to_dict() == {
        **PUSH,
        "$or": [{"detail": {"action-type": ["DELETE"]}}, {"region": ["eu-west-1"]}],
    }
    assert pattern.matches(sample(ECRImageActionEvent))
    assert not pattern.matches({**document(ECRImageActionEvent), "region": "us-east-1"})


@pytest.mark.parametrize("or_", [[], [{}, {}], {"region": "eu-west-1", "account": "1"}, "ab", [{"region": "a"}, "b"]])
def test_alternatives_are_dicts_with_conditions(or_: Any) -> None:
    """At least two."""
    with pytest.raises(ValueError, match=r"^or_ takes at least two dicts with conditions, not "):
        EventPattern(ECRImageActionEvent, or_=or_)


def test_a_time_is_text() -> None:
    """UTC, as EventBridge sends it; a date by its prefix."""
    time = sample(ECRImageActionEvent).time
    for zone in (UTC, timezone(timedelta(hours=2))):
        pattern = EventPattern(ECRImageActionEvent, time=time.astimezone(zone))
        assert pattern.to_dict()["time"] == ["2026-05-04T09:15:31Z"]
        assert pattern.matches(sample(ECRImageActionEvent))
    assert EventPattern(ECRImageActionEvent, time=prefix("2026-05-04")).matches(sample(ECRImageActionEvent))
    assert not EventPattern(ECRImageActionEvent, time=datetime(2026, 1, 1, tzinfo=UTC)).matches(
        sample(ECRImageActionEvent)
    )


@pytest.mark.parametrize(
    ("type", "conditions", "message"),
    [
        (ECRImageActionEvent, {"tag": 1}, "'tag' is not a field: those of ECRImageActionEvent are action_type,"),
        (ECRImageActionEvent, {"action_type": {"x": 1}}, "'action_type.x' is not a field: 'action_type' has no nested"),
        (Inspector2FindingEvent, {"epss": {"x": 1}}, "'epss.x' is not a field: those of Inspector2Epss are score"),
        (ECRAWSAPICallViaCloudTrailEvent, {"user_identity": "me"}, "'user_identity' has nested fields"),
        (ECRAWSAPICallViaCloudTrailEvent, {"user_identity": exists()}, "'user_identity' has nested fields"),
        (ECRImageActionEvent, {"source": "aws.rds"}, "'source' cannot be 'aws.rds': it is always 'aws.ecr'"),
        (ECRImageActionEvent, {"time": "soon"}, "'time' cannot be 'soon': it is UTC in whole seconds, as in 2026-"),
        (ECRImageActionEvent, {"time": numeric(">", 1)}, "'time' cannot be {'numeric': ['>', 1]}: it is UTC in whole"),
        (ECRImageActionEvent, {"time": "2026-05-04"}, "it is UTC in whole seconds"),
        (ECRImageActionEvent, {"time": "2026-05-04T09:15:31+02:00"}, "it is UTC in whole seconds"),
        (ECRImageActionEvent, {"time": "2026-05-04T09:15:99Z"}, "it is UTC in whole seconds"),
        (
            ECRImageActionEvent,
            {"time": datetime(2026, 5, 4, 9, 15, 31, 500_000, tzinfo=UTC)},
            "'time' cannot be '2026-05-04T09:15:31.500000Z': it is UTC in whole seconds",
        ),
        (
            ECRImageActionEvent,
            {"time": datetime(2026, 5, 4, tzinfo=UTC).replace(tzinfo=None)},
            "'time' cannot be a time without a timezone",
        ),
        (ECRImageActionEvent, {"image_tag": b"v1"}, "image_tag: a condition is a string,"),
        (ECRImageActionEvent, {"image_tag": object()}, "image_tag: a condition is a string,"),
        (ECRImageScanEvent, {"finding_severity_counts": {"HIGH": math.nan}}, "HIGH: nan is not a number in JSON"),
        (ECRImageScanEvent, {"finding_severity_counts": {"HIGH": numeric(">", math.inf)}}, "up to 5.0e9"),
        (Inspector2FindingEvent, {"resources": {"type": exists(False)}}, "it is always 'AWS_ECR_CONTAINER_IMAGE'"),
        (Inspector2ScanEvent, {"detail": {"repository_name": exists(False)}}, "is always present"),
        (
            ECRAWSAPICallViaCloudTrailEvent,
            {"request_parameters": {"a": 1}, "detail": {"request_parameters": {"a": {"b": 1}}}},
            "'detail.requestParameters.a' has conditions on the whole and on nested fields",
        ),
        (ECRAWSAPICallViaCloudTrailEvent, {"request_parameters": _cyclic()}, "conditions are nested too deeply"),
        (ECRImageActionEvent, {"image_tag": 1}, "'image_tag' cannot be 1: it is a string"),
        (ECRImageActionEvent, {"image_tag": numeric("=", 1)}, "it is a string"),
        (ECRImageActionEvent, {"image_tag": None}, "'image_tag' is never null"),
        (ECRImageActionEvent, {"action_type": exists(False)}, "'action_type' is always present"),
        (ECRImageActionEvent, {"action_type": []}, "'action_type' has no conditions"),
        (ECRImageActionEvent, {"action_type": {}}, "'action_type' has no conditions"),
        (ECRImageScanEvent, {"finding_severity_counts": {"HIGH": "1"}}, "it is a whole number"),
        (ECRImageScanEvent, {"finding_severity_counts": {"HIGH": True}}, "it is a whole number"),
        (ECRImageScanEvent, {"finding_severity_counts": {"HIGH": None}}, "is never null"),
        (ECRAWSAPICallViaCloudTrailEvent, {"read_only": "false"}, "it is a boolean"),
        (Inspector2FindingEvent, {"inspector_score": "7"}, "it is a number"),
        (ECRImageActionEvent, {"or_": [{"region": "eu-west-1"}]}, "or_ takes at least two dicts with conditions, not"),
    ],
)
def test_a_pattern_that_can_match_no_event_is_an_error(
    type: type[EventBridgeEvent], conditions: dict[str, Any], message: str
) -> None:
    """The rule would be valid, and never match."""
    with pytest.raises(ValueError, match=re.escape(message)):
        EventPattern(type, **conditions)


@pytest.mark.parametrize("type", [UnknownEvent, EventBridgeEvent])
def test_a_class_without_a_detail_type_is_an_error(type: type[EventBridgeEvent]) -> None:
    """Its events have nothing in common."""
    with pytest.raises(TypeError, match=f"^{type.__name__} has no detail-type to match$"):
        EventPattern(type)


@pytest.mark.parametrize("type", [ECREvent, "ECRImageActionEvent", None, sample(ECRImageActionEvent)])
def test_the_type_is_an_event_class(type: Any) -> None:
    """Not a union, name or event."""
    with pytest.raises(TypeError, match=r"^type must be an event class with a detail-type, not "):
        EventPattern(type)


@pytest.mark.parametrize(
    ("type", "conditions", "message"),
    [
        (ECRImageActionEvent, {"action_type": ["PUSH", "PULL"]}, "send 'PULL' as 'action_type' of ECR Image Action"),
        (
            ECRImageActionEvent,
            {"result": "FAILED"},
            "'FAILED' as 'result' of ECR Image Action, only SUCCESS",
        ),
        (ECRReplicationActionEvent, {"result": prefix("FAILU")}, "only SUCCESS, FAILED"),
        (
            ECRScanResourceChangeEvent,
            {"repositories": {"scan_frequency": "DAILY"}},
            "'DAILY' as 'repositories.scan_frequency'",
        ),
        (
            ECRReferrerActionEvent,
            {"resources": prefix("arn:")},
            "of ECR Referrer Action are always empty",
        ),
        (
            ECRImageActionEvent,
            {"repository_name": "team/*"},
            "'team/*' has a literal asterisk, unlike any 'repository_name': use wildcard()",
        ),
        (
            ECRAWSAPICallViaCloudTrailEvent,
            {"request_parameters": {"repositoryName": "team/*"}},
            "unlike any 'request_parameters.repositoryName'",
        ),
        (
            ECRImageActionEvent,
            {"image_tag": ["v" * 1_000, "w" * 1_000]},
            "the pattern is longer than 2,048 characters, EventBridge's default quota",
        ),
    ],
)
def test_a_value_that_aws_is_not_known_to_send_is_a_warning(
    type: type[EventBridgeEvent], conditions: dict[str, Any], message: str
) -> None:
    """It may send it tomorrow. The warning is about the caller's line."""
    with pytest.warns(UserWarning, match=re.escape(message)) as caught:
        EventPattern(type, **conditions)
    assert [warning.filename for warning in caught] == [__file__]


def test_other_conditions_are_no_warning() -> None:
    """Warnings are errors in this test run."""
    EventPattern(ECRImageActionEvent, action_type=prefix("PU"), resources=exists(False))
    EventPattern(ECRReferrerActionEvent, result="ANY", action_type=anything_but("PUSH"))
    EventPattern(ECRReplicationActionEvent, resources=suffix("/team/app"))


@every_class
def test_a_warning_about_resources_is_for_the_classes_that_have_none(type: type[EventBridgeEvent]) -> None:
    """In all samples."""
    has_resources = any(event.resources for event in variants(type).values())
    with nullcontext() if has_resources else pytest.warns(UserWarning, match="are always empty"):
        EventPattern(type, envelope={"resources": prefix("arn:")})


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
        ("{}", "the pattern is empty"),
        ({"detail": {}}, "detail is empty"),
        ({"source": "aws.ecr"}, "source must be an object or an array with values, not 'aws.ecr'"),
        ({"source": []}, "source must be an object or an array with values, not []"),
        ({"a": {"b": [[1]]}}, "a.b: a condition is a string, number, boolean, null or one operator, not [1]"),
        ({"a": [{"prefix": "b", "suffix": "c"}]}, "a: a condition is a string,"),
        ({"a": [{"like": "b"}]}, "a: unknown operator 'like': must be one of prefix, suffix, wildcard,"),
        ({"a": [{"prefix": 1}]}, "a: prefix cannot take 1: it takes a string"),
        ({"a": [{"prefix": ["b"]}]}, "a: prefix cannot take ['b']"),
        ({"a": [{"suffix": {"prefix": "b"}}]}, "a: suffix cannot take"),
        ({"a": [{"equals-ignore-case": ["b"]}]}, "a: equals-ignore-case cannot take ['b']: it takes a string"),
        ({"a": [{"wildcard": "a**"}]}, "a: wildcard cannot take 'a**'"),
        ({"a": [{"wildcard": r"a\b"}]}, "a: wildcard cannot take"),
        ({"a": [{"wildcard": 1}]}, "a: wildcard cannot take 1"),
        ({"a": [{"exists": 0}]}, "a: exists cannot take 0: it takes true or false"),
        ({"a": [{"exists": "false"}]}, "a: exists cannot take 'false'"),
        ({"a": [{"cidr": "10.0.0.0"}]}, "a: cidr cannot take '10.0.0.0': it takes an IP block such as"),
        ({"a": [{"cidr": "10.0.0.0/64"}]}, "a: cidr cannot take"),
        ({"a": [{"cidr": 1}]}, "a: cidr cannot take 1"),
        ({"a": [{"cidr": "10.0.0.0/32"}]}, "a: cidr cannot take"),
        ({"a": [{"cidr": "2001:db8::/128"}]}, "a: cidr cannot take"),
        ({"a": [{"cidr": "10.0.0.0/255.255.255.0"}]}, "a: cidr cannot take"),
        ({"a": [{"cidr": "fe80::1%eth0/64"}]}, "a: cidr cannot take"),
        ({"a": [{"numeric": []}]}, "a: numeric cannot take []: it takes a comparison and a number"),
        ({"a": [{"numeric": 1}]}, "a: numeric cannot take 1"),
        ({"a": [{"numeric": [">", 1, "<"]}]}, "a: numeric cannot take"),
        ({"a": [{"numeric": ["!=", 1]}]}, "a: numeric cannot take"),
        ({"a": [{"numeric": [[], 1]}]}, "a: numeric cannot take"),
        ({"a": [{"numeric": [">", "1"]}]}, "a: numeric cannot take"),
        ({"a": [{"numeric": [">", 5, "<", 3]}]}, "a: numeric cannot take ['>', 5, '<', 3]"),
        ({"a": [{"numeric": [">", 5, "<=", 5]}]}, "a: numeric cannot take"),
        ({"a": [{"numeric": [">=", 5, "<=", 5]}]}, 'one number is ["=", 5]'),
        ({"a": [{"numeric": [">", 5_000_000_001]}]}, "up to 5.0e9"),
        ({"a": [{"numeric": [">", math.inf]}]}, "up to 5.0e9"),
        ({"a": [{"numeric": ["<", 5, ">", 3]}]}, "a: numeric cannot take"),
        ({"a": [{"numeric": [">", 1, "<", 5, "<", 9]}]}, "a: numeric cannot take"),
        ({"a": [{"anything-but": []}]}, "a: anything-but cannot take []: it takes strings, numbers, or one of"),
        ({"a": [{"anything-but": ["b", 1]}]}, "a: anything-but cannot take"),
        ({"a": [{"anything-but": [True]}]}, "a: anything-but cannot take"),
        ({"a": [{"anything-but": {"numeric": ["=", 1]}}]}, "a: anything-but cannot take"),
        ({"a": [{"anything-but": {"prefix": ["b", 1]}}]}, "a: anything-but cannot take"),
        ({"a": [{"anything-but": {"prefix": ""}}]}, "which cannot be empty in prefix and suffix"),
        ({"a": [{"anything-but": {"suffix": ["b", ""]}}]}, "a: anything-but cannot take"),
        ({"a": [{"anything-but": {"prefix": {"equals-ignore-case": "b"}}}]}, "a: anything-but cannot take"),
        ({"a": [{"anything-but": {"wildcard": "b**"}}]}, "a: anything-but cannot take"),
        ({"a": [{"anything-but": {"wildcard": []}}]}, "a: anything-but cannot take"),
        ({"a": [math.nan]}, "a: nan is not a number in JSON"),
        ({"a": [b"x"]}, "a: a condition is a string, number, boolean, null or one operator, not b'x'"),
        ({"a": [object()]}, "a: a condition is a string,"),
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
        (
            {key: {"$or": [{f"b{n}": [1]} for n in range(11)]} for key in "abc"},
            "$or combines to more than 1,000 rules",
        ),
    ],
)
def test_an_invalid_rule_is_an_error(rule: Any, message: str) -> None:
    """The error names the place, the value and what would be right."""
    with pytest.raises(ValueError, match=re.escape(message)):
        EventPattern.parse(rule)


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
    unknown = document(ECRImageActionEvent) | {"detail-type": "New", "detail": _nested(3_000, 1)}
    with pytest.raises(ValueError, match=r"^event is nested too deeply$"):
        pattern.matches(decode(unknown))


def test_absence_is_looked_for_once() -> None:
    """In an array of many objects the time is linear."""
    pattern = EventPattern.parse({"a": {"b": [{"exists": False}], "c": [1]}})
    event: dict[str, Any] = {"a": [{"c": 1}] * 20_000 + [{"b": 1}]}
    assert not pattern.matches(event)
    event["a"].pop()
    assert pattern.matches(event)


@pytest.mark.parametrize("event", [b"{}", "{}", [], None])
def test_only_events_and_dicts_are_matched(event: Any) -> None:
    """JSON has to be decoded: a pattern for absent fields would match any text."""
    with pytest.raises(TypeError, match="event must be an event or a dict, not "):
        EventPattern.parse({"a": [{"exists": False}]}).matches(event)


def test_operators_are_checked_when_they_are_used() -> None:
    """By the same rules as an existing rule."""
    with pytest.raises(ValueError, match="repository_name: wildcard cannot take"):
        EventPattern(ECRImageActionEvent, repository_name=wildcard("a**"))
    with pytest.raises(ValueError, match="takes operators of one kind, not prefix and suffix"):
        anything_but(prefix("a"), suffix("b"))


@pytest.mark.parametrize(
    ("operator", "matching", "others"),
    [
        (prefix("a"), ["a", "ab"], ["A", "ba", "", 1, None]),
        (prefix("A", ignore_case=True), ["a", "AB"], ["ba"]),
        (suffix("a"), ["a", "ba"], ["bA", "ab"]),
        (suffix("A", ignore_case=True), ["a", "BA"], ["ab"]),
        (equals_ignore_case("Ab"), ["ab", "AB"], ["a", 1]),
        (wildcard("a*b*c"), ["abc", "axbxc", "a/b/bc", "a\nbc"], ["ab", "acb", "xabc", "abcx", 1]),
        (wildcard("*"), ["", "a"], [1, None]),
        (wildcard("ab*ba"), ["abba", "abxba"], ["aba"]),
        (wildcard("*a*"), ["a", "bab"], ["b"]),
        (wildcard("a"), ["a"], ["ab"]),
        (wildcard(r"a\*\\*"), ["a*\\", "a*\\x"], ["ab\\", "a*"]),
        (anything_but("a"), ["b", 1, None, ""], ["a"]),
        (anything_but("a", "b"), ["c"], ["a", "b"]),
        (anything_but(1, 2), [3, "1", True], [1, 2.0]),
        (anything_but(prefix("a"), prefix("b")), ["c", 1], ["a", "bc"]),
        (anything_but(suffix("a")), ["b"], ["ba"]),
        (anything_but(""), ["a"], [""]),
        (anything_but(equals_ignore_case(""), equals_ignore_case("A")), ["b"], ["", "a"]),
        (anything_but(wildcard("a*b")), ["a"], ["ab"]),
        (anything_but(equals_ignore_case("a")), ["b"], ["A"]),
        (numeric("=", 1), [1, 1.0], ["1", True, 2]),
        (numeric(">", 0, "<=", 5), [0.5, 5], [0, 6, None]),
        (numeric("<", 5), [-1], [5]),
        (cidr("10.0.0.0/24"), ["10.0.0.7"], ["10.0.1.7", "ecr.amazonaws.com", 1, "::1"]),
        (cidr("10.0.0.7/24"), ["10.0.0.1"], ["10.0.1.1"]),
        (cidr("2001:db8::/32"), ["2001:db8::1"], ["2001:db9::1", "2001:db8::1%eth0"]),
        (exists(), ["", None, 0], []),
        (True, [True], [1, "true"]),
        (None, [None], ["", False]),
        ("1", ["1"], [1]),
    ],
)
def test_an_operator_matches_as_documented(operator: Any, matching: list[Any], others: list[Any]) -> None:
    """A field that is absent matches none of them."""
    pattern = EventPattern(ECRAWSAPICallViaCloudTrailEvent, request_parameters={"x": operator})

    def match(parameters: dict[str, Any]) -> bool:
        return pattern.matches(document(ECRAWSAPICallViaCloudTrailEvent, {"requestParameters": parameters}))

    assert [value for value in matching + others if match({"x": value})] == matching
    assert [value for value in matching + others if match({"x": [[], [value]]})] == matching
    assert not match({})
    assert not match({"x": []})
    assert not match({"x": {"y": 1}})


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
