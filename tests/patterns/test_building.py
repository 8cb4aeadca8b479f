import json
import math
import re
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, get_args

import pytest
from documents import document

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
from ecr_events.patterns import EventPattern, anything_but, cidr, exists, numeric, prefix, suffix, wildcard
from ecr_events.samples import sample, variants

CLASSES: tuple[type[EventBridgeEvent], ...] = get_args(ECREvent)


PUSH = {"source": ["aws.ecr"], "detail-type": ["ECR Image Action"]}


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
        (
            ECRImageActionEvent,
            {"time": datetime.max.replace(tzinfo=timezone(timedelta(hours=-5)))},
            "'time' cannot be a time that is out of range in UTC",
        ),
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
        (ECRImageActionEvent, {"envelope": {"time": cidr("10.0.0.0/24")}}, "cannot be"),
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


SENT = {
    ECRImageActionEvent: {
        "action_type": "PUSH DELETE UPDATE_STORAGE_CLASS",
        "result": "SUCCESS FAILURE",
        "target_storage_class": "ARCHIVE STANDARD",
    },
    ECRReferrerActionEvent: {
        "action_type": "PUSH DELETE UPDATE_STORAGE_CLASS",
        "target_storage_class": "ARCHIVE STANDARD",
    },
    ECRImageScanEvent: {"scan_status": "COMPLETE FAILED"},
    ECRReplicationActionEvent: {"action_type": "REPLICATE", "result": "SUCCESS FAILED"},
    ECRScanResourceChangeEvent: {
        "action_type": "SCAN_FREQUENCY_CHANGE",
        "resource_type": "REPOSITORY",
        "scan_type": "ENHANCED BASIC",
        "repositories.scan_frequency": "SCAN_ON_PUSH CONTINUOUS_SCAN MANUAL",
        "repositories.previous_scan_frequency": "SCAN_ON_PUSH CONTINUOUS_SCAN MANUAL",
    },
    Inspector2ScanEvent: {"scan_status": "INITIAL_SCAN_COMPLETE"},
    Inspector2FindingEvent: {
        "severity": "CRITICAL HIGH MEDIUM LOW INFORMATIONAL UNTRIAGED",
        "status": "ACTIVE SUPPRESSED CLOSED",
        "type": "PACKAGE_VULNERABILITY",
        "fix_available": "YES NO PARTIAL",
        "exploit_available": "YES NO",
    },
}


@pytest.mark.parametrize(
    ("type", "field", "values"),
    [(type, field, values.split()) for type, fields in SENT.items() for field, values in fields.items()],
)
def test_a_value_that_aws_sends_is_no_warning(type: type[EventBridgeEvent], field: str, values: list[str]) -> None:
    """Warnings are errors in this test run. That of another value lists them."""

    def build(value: str) -> None:
        outer, _, inner = field.partition(".")
        conditions: dict[str, Any] = {outer: {inner: value} if inner else value}
        EventPattern(type, **conditions)

    for value in values:
        build(value)
    with pytest.warns(UserWarning, match=f", only {', '.join(values)}$"):
        build("OTHER")


@pytest.mark.parametrize(
    ("type", "field", "inner"),
    [
        (ECRImageActionEvent, "repository_name", ""),
        (ECRImageActionEvent, "image_tag", ""),
        (ECRImageScanEvent, "image_tags", ""),
        (ECRAWSAPICallViaCloudTrailEvent, "request_parameters", "repositoryName"),
        (ECRAWSAPICallViaCloudTrailEvent, "request_parameters", "imageTag"),
        (Inspector2FindingEvent, "resources", "imageTags"),
    ],
)
def test_a_literal_asterisk_in_a_name_is_a_warning(type: type[EventBridgeEvent], field: str, inner: str) -> None:
    """No repository and no tag has one."""
    value: Any = {inner: "a*"} if inner else "a*"
    if inner == "imageTags":
        value = {"details": {"awsEcrContainerImage": value}}
    with pytest.warns(UserWarning, match=r"'a\*' has a literal asterisk"):
        EventPattern(type, **{field: value})


def test_a_pattern_as_long_as_the_quota_is_no_warning() -> None:
    """The quota is that of what is sent to AWS."""
    rest = len(EventPattern(ECRImageActionEvent, image_tag="").to_json())
    assert len(EventPattern(ECRImageActionEvent, image_tag="v" * (2_048 - rest)).to_json()) == 2_048
    with pytest.warns(UserWarning, match="longer than 2,048 characters"):
        EventPattern(ECRImageActionEvent, image_tag="v" * (2_049 - rest))


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
