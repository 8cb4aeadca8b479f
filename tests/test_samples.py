import json
import re
from datetime import UTC, datetime
from typing import Any, get_args

import msgspec
import pytest
from documents import APP, DIGEST, document

from ecr_events import (
    DecodeError,
    ECRAWSAPICallViaCloudTrailEvent,
    ECREvent,
    ECRImageAction,
    ECRImageActionEvent,
    ECRImageScanEvent,
    ECRReplicationActionEvent,
    ECRScanResourceChangeEvent,
    EventBridgeEvent,
    Inspector2FindingEvent,
    Inspector2ScanEvent,
    UnknownEvent,
    decode,
    encode,
)
from ecr_events.samples import sample, sample_json, variants

every_class = pytest.mark.parametrize("type", [*get_args(ECREvent), UnknownEvent], ids=lambda type: type.__name__)


@every_class
def test_a_sample_is_decoded_from_its_json(type: type[EventBridgeEvent]) -> None:
    """`sample` and `sample_json` are the same event, of the given class."""
    event = sample(type)
    assert event.__class__ is type
    assert event == decode(sample_json(type))


@every_class
def test_a_sample_has_no_unknown_keys(type: type[EventBridgeEvent]) -> None:
    """Encoded again, it is the same document."""
    assert msgspec.json.decode(encode(sample(type))) == document(type)


@every_class
def test_a_sample_is_well_formed(type: type[EventBridgeEvent]) -> None:
    """Digests have 64 hexadecimal digits, accounts 12 digits, and keys are in EventBridge's order."""
    digests = re.findall(r"sha256:\w*", sample_json(type).decode())
    assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", digest) for digest in digests)
    parsed = document(type)
    assert re.fullmatch(r"\d{12}", parsed["account"])
    assert list(parsed) == [
        "version",
        "id",
        "detail-type",
        "source",
        "account",
        "time",
        "region",
        "resources",
        "detail",
    ]


@pytest.mark.parametrize("type", [EventBridgeEvent, ECRImageAction, "ECRImageActionEvent"], ids=str)
def test_what_is_no_event_class_has_no_sample(type: Any) -> None:
    """Such as a base class or the class of a detail."""
    for function in (sample, sample_json, variants):
        with pytest.raises(TypeError, match=r"event class, such as ECRImageActionEvent, not of .*E"):
            function(type)


# Overrides


def test_overrides_are_fields_of_the_detail_and_of_the_envelope() -> None:
    """By their Python names; None removes a field."""
    event = sample(ECRImageActionEvent, repository_name="team/web", image_tag=None, region="eu-central-1", id="1")
    assert event.detail.image_tag is None
    assert (event.id, event.region, event.detail.repository_name) == ("1", "eu-central-1", "team/web")
    assert b"image-tag" not in encode(event)


def test_a_name_in_both_is_that_of_the_detail() -> None:
    """As in event patterns."""
    event = sample(Inspector2ScanEvent, version="2.0")
    assert (event.version, event.detail.version) == ("0", "2.0")
    assert sample(Inspector2FindingEvent, type="NETWORK_REACHABILITY").detail.type == "NETWORK_REACHABILITY"


def test_sample_json_has_the_same_overrides() -> None:
    """It is indented, with and without overrides."""
    text = sample_json(ECRImageScanEvent, image_tags=())
    assert decode(text) == sample(ECRImageScanEvent, image_tags=())
    assert text.startswith(b'{\n  "version": "0"')


@pytest.mark.parametrize(
    "time", [datetime(2026, 1, 2, tzinfo=UTC), "2026-01-02T00:00:00Z", "2026-01-02T01:00:00+01:00"]
)
def test_the_time_is_a_datetime_or_text(time: Any) -> None:
    """Of any zone."""
    assert sample(ECRImageActionEvent, time=time).time == datetime(2026, 1, 2, tzinfo=UTC)


def test_values_are_structs_or_dicts() -> None:
    """Dicts have AWS's keys."""
    repositories = sample(ECRScanResourceChangeEvent).detail.repositories
    assert repositories is not None
    as_dicts = msgspec.to_builtins(repositories)
    events = [sample(ECRScanResourceChangeEvent, repositories=values) for values in (repositories[:1], as_dicts[:1])]
    assert [event.detail.repositories for event in events] == [repositories[:1]] * 2
    assert sample(UnknownEvent, detail={"a": 1}).detail == {"a": 1}
    assert sample(ECRImageActionEvent, detail=sample(ECRImageActionEvent).detail) == sample(ECRImageActionEvent)


def test_null_and_absent_are_told_apart() -> None:
    """A field that tells them apart may be null."""
    null = sample(ECRAWSAPICallViaCloudTrailEvent, response_elements=None)
    absent = sample(ECRAWSAPICallViaCloudTrailEvent, response_elements=msgspec.UNSET)
    assert (null.detail.response_elements, absent.detail.response_elements) == (None, msgspec.UNSET)


def test_the_account_follows_from_that_of_a_finding() -> None:
    """Which Inspector names twice."""
    event = sample(Inspector2FindingEvent, aws_account_id="999999999999")
    assert event.account == "999999999999"
    assert event.resources[0].split(":")[4] == "999999999999"


def test_what_ecr_returned_follows_from_what_was_requested() -> None:
    """Also the resources of a record of CloudTrail."""
    event = sample(ECRAWSAPICallViaCloudTrailEvent, request_parameters={"repositoryName": "a/b"})
    returned: Any = event.detail.response_elements
    assert returned["image"]["repositoryName"] == "a/b"
    assert [resource.arn for resource in event.detail.resources or ()] == [
        "arn:aws:ecr:eu-west-1:012345678901:repository/a/b"
    ]


@pytest.mark.parametrize(
    ("type", "overrides", "arn"),
    [
        (ECRImageScanEvent, {"repository_name": "a/b"}, "arn:aws:ecr:eu-west-1:012345678901:repository/a/b"),
        (
            ECRReplicationActionEvent,
            {"account": "999999999999", "region": "cn-north-1"},
            "arn:aws-cn:ecr:cn-north-1:999999999999:repository/team/app",
        ),
        (
            Inspector2ScanEvent,
            {"repository_name": "arn:aws:ecr:us-east-1:999999999999:repository/ab"},
            "arn:aws:ecr:us-east-1:999999999999:repository/ab",
        ),
        (
            Inspector2ScanEvent,
            {"region": "cn-north-1", "repository_name": "arn:aws-cn:ecr:cn-north-1:999999999999:repository/ab"},
            "arn:aws-cn:ecr:cn-north-1:999999999999:repository/ab",
        ),
        (Inspector2ScanEvent, {"repository_name": "ab"}, "arn:aws:ecr:eu-west-1:012345678901:repository/ab"),
        (Inspector2FindingEvent, {"region": "us-east-1"}, f"{APP.arn.replace('eu-west-1', 'us-east-1')}/{DIGEST}"),
        (ECRImageScanEvent, {"region": "nowhere"}, APP.arn.replace("eu-west-1", "nowhere")),
        (ECRImageScanEvent, {"resources": ["a"], "region": "us-east-1"}, "a"),
    ],
)
def test_resources_follow_from_overrides(type: type[EventBridgeEvent], overrides: dict[str, Any], arn: str) -> None:
    """A sample names the same repository everywhere, unless it is overridden there."""
    assert sample(type, **overrides).resources == (arn,)


def vulnerable(before: str, after: str) -> list[Any]:
    """Return the resources in the detail of a finding, with a text replaced."""
    text = encode(sample(Inspector2FindingEvent)).decode().replace(before, after)
    resources: list[Any] = json.loads(text)["detail"]["resources"]
    return resources


OTHER = f"sha256:{'0' * 64}"


@pytest.mark.parametrize(
    ("type", "overrides", "replaced"),
    [
        (Inspector2FindingEvent, {"aws_account_id": "999999999999"}, {"012345678901": "999999999999"}),
        (Inspector2FindingEvent, {"resources": vulnerable("01234567", "99")}, {"01234567": "99"}),
        (Inspector2FindingEvent, {"resources": vulnerable("team/app", "ab")}, {"team/app": "ab"}),
        (Inspector2FindingEvent, {"resources": vulnerable(DIGEST, OTHER)}, {DIGEST: OTHER}),
        (ECRAWSAPICallViaCloudTrailEvent, {"aws_region": "us-east-1"}, {"eu-west-1": "us-east-1"}),
        (Inspector2ScanEvent, {"repository_name": "ab"}, {"team/app": "ab"}),
        (Inspector2ScanEvent, {"repository_name": "ab", "region": "eu-west-2"}, {"team/app": "ab", "west-1": "west-2"}),
        (Inspector2ScanEvent, {"repository_name": "team/app"}, {}),
    ],
)
def test_all_that_repeats_an_override_follows(
    type: type[EventBridgeEvent], overrides: dict[str, Any], replaced: dict[str, str]
) -> None:
    """Whichever field of the event is overridden."""
    expected = sample_json(type).decode()
    for before, after in replaced.items():
        expected = expected.replace(before, after)
    assert json.loads(sample_json(type, **overrides)) == json.loads(expected)


def test_what_is_overridden_does_not_follow() -> None:
    """Both accounts of a finding are as given."""
    event = sample(Inspector2FindingEvent, account="999999999999", aws_account_id="012345678901")
    assert (event.account, event.detail.aws_account_id) == ("999999999999", "012345678901")
    assert event.resources[0].startswith("arn:aws:ecr:eu-west-1:999999999999:")


def test_what_a_detail_repeats_follows_from_overrides() -> None:
    """The record of CloudTrail repeats most; the source of a replication is independent of its destination."""
    parameters = {"repositoryName": "ab", "registryId": "999999999999"}
    event = sample(ECRAWSAPICallViaCloudTrailEvent, request_parameters=parameters, time="2026-01-02T00:00:00Z")
    assert event.detail.event_time == "2026-01-02T00:00:00Z"
    assert event.detail.resources is not None
    assert event.detail.resources[0].arn == "arn:aws:ecr:eu-west-1:012345678901:repository/ab"
    assert event.detail.request_parameters == parameters
    replication = sample(ECRReplicationActionEvent, account="999999999999")
    assert replication.detail.source_account == "012345678901"


SELF: dict[str, Any] = {}
SELF["self"] = SELF


@pytest.mark.parametrize(
    ("overrides", "error", "message"),
    [
        ({"image_tags": "a"}, TypeError, "ECRImageActionEvent has no field 'image_tags': did you mean 'image_tag'?"),
        ({"zzz": "a"}, TypeError, "no field 'zzz': known fields are version, .*, result"),
        ({"detail_type": "a"}, TypeError, "no field 'detail_type'"),
        ({"image_tag": object()}, TypeError, "image_tag cannot be <object"),
        ({"image_tag": "\ud800"}, TypeError, "image_tag cannot be"),
        ({"image_tag": 7}, DecodeError, r"got `int` at \$.detail.image-tag"),
        ({"repository_name": None}, DecodeError, "missing required field `repository-name`"),
        ({"region": None}, DecodeError, "missing required field `region`"),
        ({"source": "aws.rds"}, DecodeError, r"at \$.source"),
        ({"detail": None, "image_tag": "a"}, DecodeError, "missing required field `action-type`"),
        ({"detail": 7}, DecodeError, r"got `int` at \$.detail"),
        ({"detail": 7, "image_tag": "a"}, TypeError, "image_tag cannot be overridden in the detail 7"),
        ({"detail": "ab", "image_tag": "a"}, TypeError, "image_tag cannot be overridden in the detail 'ab'"),
        ({"detail": SELF}, TypeError, "nested too deeply"),
        ({"image_tag": SELF}, TypeError, "nested too deeply"),
    ],
)
def test_invalid_overrides(overrides: dict[str, Any], error: type[Exception], message: str) -> None:
    """The error names the field."""
    for function in (sample, sample_json):
        with pytest.raises(error, match=message):
            function(ECRImageActionEvent, **overrides)


# Variants


EVERY_VARIANT = [
    pytest.param(event, id=f"{type.__name__}-{name}")
    for type in (*get_args(ECREvent), UnknownEvent)
    for name, event in variants(type).items()
]


@pytest.mark.parametrize("event", EVERY_VARIANT)
def test_variants_are_events(event: EventBridgeEvent) -> None:
    """Of the class, also when it is not named, and with references."""
    decoded = decode(encode(event))
    assert (decoded.__class__, decoded) == (event.__class__, event)
    assert {reference.registry_id for reference in event.repository_references} <= {"012345678901", "999999999999"}
    assert all(image.repository in event.repository_references for image in event.image_references)


@every_class
def test_variants_differ(type: type[EventBridgeEvent]) -> None:
    """The first one is the sample, and no other is."""
    first, *others = variants(type).values()
    assert first == sample(type)
    assert len({encode(event) for event in (first, *others)}) == 1 + len(others) > 1


def test_an_inspector_scan_may_name_the_image_as_its_repository() -> None:
    """Its repository is that of the sample."""
    event = variants(Inspector2ScanEvent)["image_arn"]
    assert event.repository_reference == APP
    assert event.resources == (APP.arn,)
