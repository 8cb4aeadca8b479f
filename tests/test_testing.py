import os
import sys
from collections.abc import Sequence
from typing import Any, get_args

import boto3
import pytest
from documents import APP, DIGEST, IMAGE
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto import mock_aws

import ecr_events.testing
from ecr_events import (
    DecodeError,
    ECRAWSAPICallViaCloudTrailEvent,
    ECRAWSServiceEventViaCloudTrailEvent,
    ECREvent,
    ECRImageActionEvent,
    ECRImageScanEvent,
    ECRPullThroughCacheActionEvent,
    ECRReferrerActionEvent,
    ECRReplicationActionEvent,
    ECRScanResourceChangeEvent,
    EventBridgeEvent,
    Inspector2FindingEvent,
    Inspector2ScanEvent,
    ScanNotFoundError,
    UnknownEvent,
    decode,
)
from ecr_events.deliveries import InvalidRecord, Record, unwrap
from ecr_events.samples import sample, variants
from ecr_events.service import ECRService, ImageScanFindings
from ecr_events.testing import SOURCES, deliver, events, fake_ecr, malformed_payloads, payloads

CLASSES: tuple[type[EventBridgeEvent], ...] = (*get_args(ECREvent), UnknownEvent)

every_class = pytest.mark.parametrize("type", CLASSES, ids=lambda type: type.__name__)

PATIENT = settings(suppress_health_check=[HealthCheck.too_slow])
"""The first draw builds the strategy."""

# Fake ECR


def test_everything_exists_that_events_name() -> None:
    """In every region and account, by one session."""
    named = [sample(ECRReplicationActionEvent, account="999999999999"), sample(ECRScanResourceChangeEvent)]
    with fake_ecr(named) as session:
        for event in (each.using(session) for each in named):
            assert [repository and repository.arn for repository in event.repositories.values()] == [
                reference.arn for reference in event.repository_references
            ]
            assert [image and image.digest for image in event.images.values()] == [DIGEST] * len(event.images)


def test_images_have_tags_media_types_and_sizes() -> None:
    """As far as the events tell; a tag is that of the last image that had it."""
    old = sample(ECRImageActionEvent, image_digest=f"sha256:{'0' * 64}", time="2026-05-01T00:00:00Z")
    index = variants(ECRImageActionEvent)["index"]
    with fake_ecr([index, sample(ECRImageScanEvent), old]) as session:
        image, old_image = index.using(session).image, old.using(session).image
    assert image is not None
    assert (image.tags, image.size_bytes) == (("1.4.2", "latest"), None)
    assert image.manifest_media_type == "application/vnd.oci.image.index.v1+json"
    assert old_image is not None
    assert (old_image.tags, old_image.size_bytes) == ((), 3_370_706)


def test_an_image_without_a_digest_is_found_by_its_tag() -> None:
    """It is the image with the tag, otherwise one with a digest that is made up."""
    event = variants(ECRImageScanEvent)["no_digest"]
    with fake_ecr([event]) as session:
        image = event.using(session).image
        assert image is not None
        assert image.digest != DIGEST
    other = sample(ECRImageActionEvent, image_digest=f"sha256:{'0' * 64}", image_tag="1")
    with fake_ecr([other, sample(ECRImageActionEvent), event]) as session:
        image = event.using(session).image
        assert image is not None
        assert image.digest == DIGEST


PUSH = sample(ECRImageActionEvent, time="2026-05-01T00:00:00Z")


@pytest.mark.parametrize(
    "event",
    [
        variants(ECRImageActionEvent)["deleted"],
        sample(ECRAWSAPICallViaCloudTrailEvent, event_name="BatchDeleteImage"),
        sample(ECRAWSAPICallViaCloudTrailEvent, event_name="BatchGetImage", error_code="ImageNotFoundException"),
        sample(
            ECRAWSServiceEventViaCloudTrailEvent,
            service_event_details={
                "repositoryName": "team/app",
                "lifecycleEventImageActions": [{"lifecycleEventImage": {"digest": DIGEST}}, {}],
            },
        ),
    ],
    ids=["deleted", "deleted by call", "not found", "expired"],
)
def test_a_removed_image_is_missing(event: EventBridgeEvent) -> None:
    """After it was pushed, in any order of the events; its repository exists."""
    for given_events in ([event], [PUSH, event], [event, PUSH]):
        with fake_ecr(given_events) as session:
            assert PUSH.using(session).image is None
            assert PUSH.using(session).repository is not None


@pytest.mark.parametrize(
    "event",
    [
        variants(ECRImageActionEvent)["failed"],
        variants(ECRReplicationActionEvent)["failed"],
        variants(ECRPullThroughCacheActionEvent)["failed"],
        variants(ECRAWSAPICallViaCloudTrailEvent)["no_permission"],
    ],
    ids=lambda event: event.detail_type,
)
def test_an_image_that_never_arrived_is_missing(event: EventBridgeEvent) -> None:
    """Unless another event tells that it exists."""
    with fake_ecr([event]) as session:
        bound = event.using(session)
        assert (bound.image, bound.repository is not None) == (None, True)
        if isinstance(bound, ECRReplicationActionEvent):
            assert bound.source_image is not None
    with fake_ecr([PUSH, event]) as session:
        assert PUSH.using(session).image is not None


@pytest.mark.parametrize(
    ("event", "exists"),
    [
        (variants(ECRAWSAPICallViaCloudTrailEvent)["repository_not_found"], False),
        (sample(ECRAWSAPICallViaCloudTrailEvent, event_name="DeleteRepository"), False),
        (sample(ECRAWSAPICallViaCloudTrailEvent, event_name="CreateRepository", error_code="AccessDenied"), False),
        (
            sample(
                ECRAWSAPICallViaCloudTrailEvent,
                event_name="CreateRepository",
                error_code="RepositoryAlreadyExistsException",
            ),
            True,
        ),
        (sample(ECRAWSAPICallViaCloudTrailEvent, event_name="BatchGetImage", error_code="AccessDenied"), True),
        (variants(ECRAWSAPICallViaCloudTrailEvent)["create_repository"], True),
    ],
    ids=["not found", "deleted", "not created", "created before", "not read", "created"],
)
def test_a_repository_exists_or_is_missing(event: EventBridgeEvent, *, exists: bool) -> None:
    """As the call of the API tells."""
    with fake_ecr([event]) as session:
        assert (event.using(session).repository is not None) is exists


@pytest.mark.parametrize(
    "event",
    [
        variants(ECRAWSServiceEventViaCloudTrailEvent)["dry_run"],
        variants(ECRAWSServiceEventViaCloudTrailEvent)["failures"],
        variants(ECRAWSServiceEventViaCloudTrailEvent)["activated"],
        variants(ECRReferrerActionEvent)["no_result"],
        sample(ECRImageActionEvent, action_type="DELETE", result="FAILURE"),
    ],
    ids=["dry run", "not expired", "activated", "referrer", "not deleted"],
)
def test_an_image_that_was_not_removed_exists(event: EventBridgeEvent) -> None:
    """Lifecycle policies name images that stay."""
    with fake_ecr([event]) as session:
        assert event.using(session).image is not None


def findings(*given_events: EventBridgeEvent) -> ImageScanFindings:
    """Return the findings of the image of the events."""
    with fake_ecr(given_events) as session:
        found = given_events[0].using(session).scan_findings
        by_tag = ECRService(session).scan_findings(APP.image(tag="latest"))
    assert found is not None
    assert by_tag == found
    return found


def test_findings_are_those_of_the_scan() -> None:
    """As many of each severity as the event counts, by digest and by tag."""
    basic = findings(sample(ECRImageScanEvent))
    assert basic.finding_severity_counts == sample(ECRImageScanEvent).detail.finding_severity_counts
    assert [finding.severity for finding in basic.findings].count("HIGH") == 4
    enhanced = findings(sample(Inspector2ScanEvent))
    assert enhanced.finding_severity_counts == {"CRITICAL": 1, "HIGH": 6, "MEDIUM": 14}
    assert [finding.severity for finding in enhanced.enhanced_findings].count("HIGH") == 6
    many = findings(sample(ECRImageScanEvent, finding_severity_counts={"LOW": 5_000}))
    assert (many.finding_severity_counts, len(many.findings)) == ({"LOW": 5_000}, 1_000)


def test_a_clean_and_a_failed_scan_have_no_findings() -> None:
    """With the status of the event."""
    for name, status in [("clean", "COMPLETE"), ("failed", "FAILED")]:
        found = findings(variants(ECRImageScanEvent)[name])
        assert (found.image_scan_status.status, found.findings) == (status, ())


def test_a_finding_is_one_of_the_scan() -> None:
    """It replaces one that is made up; a closed one is not listed, and a basic scan has none of Inspector's."""
    finding, scan = sample(Inspector2FindingEvent), sample(Inspector2ScanEvent)
    for found in (findings(finding), findings(scan, finding)):
        titles = [each.title for each in found.enhanced_findings if each.severity == "CRITICAL"]
        assert titles == [finding.detail.title]
        assert found.finding_severity_counts is not None
        assert found.finding_severity_counts["CRITICAL"] == 1
    assert findings(variants(Inspector2FindingEvent)["closed"]).enhanced_findings == ()
    assert findings(sample(ECRImageScanEvent), finding).enhanced_findings == ()


def test_an_image_without_a_scan_has_no_findings() -> None:
    """As in ECR, this is an error."""
    with fake_ecr([PUSH]) as session, pytest.raises(ScanNotFoundError):
        _ = PUSH.using(session).scan_findings


def test_the_environment_is_restored(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting for AWS applies inside, and boto3's default session is that of the fake ECR."""
    monkeypatch.setenv("AWS_PROFILE", "nonexistent")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("MOTO_ACCOUNT_ID", "999999999999")
    before, session_before = dict(os.environ), boto3.DEFAULT_SESSION
    with fake_ecr([PUSH]):
        assert "AWS_PROFILE" not in os.environ
        for client in (boto3.client("ecr"), boto3.Session(region_name="eu-west-1").client("ecr")):
            (image,) = client.describe_images(repositoryName="team/app")["imageDetails"]
            assert image["imageDigest"] == DIGEST
    assert (dict(os.environ), boto3.DEFAULT_SESSION) == (before, session_before)


def test_contexts_may_be_nested() -> None:
    """In one of moto, and in another fake ECR, whose images stay."""
    other = sample(ECRImageActionEvent, region="us-east-1")
    with mock_aws(), fake_ecr([PUSH]) as outer:
        with fake_ecr([other, sample(ECRImageScanEvent)]) as inner:
            service = ECRService(inner)
            assert None not in service.images([*PUSH.image_references, *other.image_references]).values()
            assert service.scan_findings(IMAGE) is not None
        assert PUSH.using(outer).image is not None


def test_no_events_are_an_empty_ecr() -> None:
    """In any account."""
    with fake_ecr([]) as session:
        assert session.client("ecr").describe_repositories()["repositories"] == []


# Deliveries


@pytest.mark.parametrize("source", SOURCES)
@settings(PATIENT, max_examples=20)
@given(given_events=st.lists(st.sampled_from(CLASSES).flatmap(events), max_size=3))
def test_what_is_delivered_is_unwrapped(source: str, given_events: Sequence[EventBridgeEvent]) -> None:
    """In order, with distinct ids."""
    try:
        delivery = deliver(given_events, source)
    except ValueError as error:
        assert str(error) == f"{source} delivers exactly one event, not {len(given_events)}"
        delivery, given_events = deliver([PUSH], source), [PUSH]
    records = list(unwrap(delivery))
    assert [record.event for record in records if isinstance(record, Record)] == list(given_events)
    ids = [record.id for record in records if record.id is not None]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("payload", [b'{"detail-type": "ECR Image Action"}', "{", b"\xff"])
def test_malformed_payloads_are_delivered(source: str, payload: Any) -> None:
    """As they are."""
    (record,) = unwrap(deliver([payload], source))
    assert isinstance(record, InvalidRecord)


def test_an_unknown_source_is_an_error() -> None:
    """The message names the known ones."""
    with pytest.raises(ValueError, match=r"unknown source 'msk': must be one of eventbridge, .*kafka"):
        deliver([PUSH], "msk")


# Strategies


@every_class
@settings(PATIENT)
@given(data=st.data())
def test_payloads_are_events(type: type[EventBridgeEvent], data: st.DataObject) -> None:
    """Of the class."""
    assert decode(data.draw(payloads(type)), type=type).__class__ is type


@every_class
@settings(PATIENT)
@given(data=st.data())
def test_malformed_payloads_are_refused(type: type[EventBridgeEvent], data: st.DataObject) -> None:
    """Every one."""
    with pytest.raises(DecodeError):
        decode(data.draw(malformed_payloads(type)), type=type)


# Imports


@pytest.mark.parametrize(("name", "package"), [("fake_ecr", "moto"), ("fake_ecr", "boto3"), ("events", "hypothesis")])
def test_a_missing_dependency_is_an_import_error(name: str, package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message names the extra to install."""
    for module in ("registry", "strategies"):
        monkeypatch.delitem(sys.modules, f"ecr_events.testing.{module}", raising=False)
    for module in list(sys.modules):
        if module.partition(".")[0] == package:
            monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ImportError, match=rf"{name} requires: pip install 'ecr_events\[testing\]'"):
        getattr(ecr_events.testing, name)


def test_an_unknown_attribute_is_an_attribute_error() -> None:
    """The message is Python's own."""
    name = "fake_ec2"
    with pytest.raises(AttributeError, match=r"module 'ecr_events\.testing' has no attribute 'fake_ec2'"):
        getattr(ecr_events.testing, name)
