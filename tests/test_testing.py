import gzip
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from runpy import run_path
from typing import Any, get_args

import boto3
import pytest
from documents import APP, DIGEST, IMAGE
from hypothesis import given, settings
from hypothesis import strategies as st
from moto import mock_aws
from readme import block

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
    InvalidReferenceError,
    ScanNotFoundError,
    UnknownEvent,
    decode,
    encode,
)
from ecr_events.deliveries import InvalidRecord, Record, unwrap
from ecr_events.samples import sample, variants
from ecr_events.service import ECRService, Image, ImageScanFindings
from ecr_events.service.ecr_service import service_for
from ecr_events.testing import SOURCES, deliver, events, fake_ecr, malformed_payloads, payloads
from ecr_events.testing.delivery import WITH_BASE64
from ecr_events.testing.wrappers import b64

CLASSES: tuple[type[EventBridgeEvent], ...] = (*get_args(ECREvent), UnknownEvent)

every_class = pytest.mark.parametrize("type", CLASSES, ids=lambda type: type.__name__)

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


INDEX = variants(ECRImageActionEvent)["index"]
SBOM = sample(ECRReferrerActionEvent)


@pytest.mark.parametrize(
    ("event", "kind", "artifact_type"),
    [
        (sample(ECRImageActionEvent), "image", "application/vnd.oci.image.config.v1+json"),
        (variants(ECRImageActionEvent)["before_2023"], "image", "application/vnd.oci.image.config.v1+json"),
        (sample(ECRImageScanEvent), "image", "application/vnd.oci.image.config.v1+json"),
        (INDEX, "index", None),
        (SBOM, "sbom", "application/spdx+json"),
        (
            sample(ECRReferrerActionEvent, artifact_media_type="application/vnd.dev.cosign.artifact.sig.v1+json"),
            "signature",
            "application/vnd.dev.cosign.artifact.sig.v1+json",
        ),
        (sample(ECRReferrerActionEvent, artifact_media_type=None), "other", "application/vnd.oci.empty.v1+json"),
    ],
    ids=["image", "image without types", "scanned", "index", "sbom", "signature", "referrer"],
)
def test_manifests_have_a_kind(event: EventBridgeEvent, kind: str, artifact_type: str | None) -> None:
    """It follows from the media type of the artifact, which the image has too."""
    assert event.image_reference is not None
    with fake_ecr([event]) as session:
        image = event.using(session).image
        manifest = ECRService(session).manifest(event.image_reference)
    assert manifest is not None
    assert (manifest.kind, manifest.artifact_type) == (kind, artifact_type)
    assert image is not None
    assert image.artifact_media_type == artifact_type


def test_images_are_archived_and_restored() -> None:
    """At the time of the event, unless the action failed."""
    archived, restored = variants(ECRImageActionEvent)["archived"], variants(ECRImageActionEvent)["restored"]
    failed = sample(ECRImageActionEvent, action_type="UPDATE_STORAGE_CLASS", target_storage_class="ARCHIVE", result="")
    assert archived.image_reference is not None
    images: list[Image] = []
    for given_events in ([failed], [archived], [archived, restored]):
        with fake_ecr(given_events) as session:
            images += filter(None, [archived.using(session).image])
    assert [(image.status, image.last_archived_at, image.last_activated_at) for image in images] == [
        ("ACTIVE", None, None),
        ("ARCHIVED", archived.time, None),
        ("ACTIVE", archived.time, restored.time),
    ]


def test_an_image_goes_with_its_last_tag() -> None:
    """Deleting a tag leaves the image with its others; deleting without a tag removes the image."""
    deleted, latest = variants(ECRImageActionEvent)["deleted"], sample(ECRImageActionEvent, image_tag="latest")
    without_tag = sample(ECRImageActionEvent, action_type="DELETE", image_tag=None)
    call = sample(
        ECRAWSAPICallViaCloudTrailEvent,
        event_name="BatchDeleteImage",
        request_parameters={"repositoryName": "team/app", "imageIds": [{"imageTag": "1.4.2"}]},
        response_elements=None,
    )
    tags: list[tuple[str, ...] | None] = []
    for removals in ([deleted], [call], [deleted, deleted], [deleted, sample(ECRImageActionEvent)], [without_tag]):
        with fake_ecr([PUSH, latest, *removals]) as session:
            image = latest.using(session).image
            tags.append(image.tags if image else None)
    assert tags == [("latest",), ("latest",), ("latest",), ("latest", "1.4.2"), None]


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
    """With the status of the event, which the image has too."""
    for name, status in [("clean", "COMPLETE"), ("failed", "FAILED")]:
        event = variants(ECRImageScanEvent)[name]
        found = findings(event)
        assert (found.image_scan_status.status, found.findings) == (status, ())
        with fake_ecr([event]) as session:
            image = event.using(session).image
        assert image is not None
        assert image.scan_status == found.image_scan_status


FINDING = sample(Inspector2FindingEvent)
ENHANCED_SCAN = sample(Inspector2ScanEvent)


def later(**overrides: Any) -> Inspector2FindingEvent:
    """Return a finding after `FINDING`, by default with the same ARN."""
    return sample(Inspector2FindingEvent, time="2026-06-01T00:00:00Z", **overrides)


@pytest.mark.parametrize(
    ("given_events", "titles"),
    [
        ([FINDING], [FINDING.detail.title]),
        ([ENHANCED_SCAN, FINDING], [FINDING.detail.title]),
        ([FINDING, sample(Inspector2ScanEvent, time="2026-06-01T00:00:00Z")], [FINDING.detail.title]),
        ([FINDING, FINDING], [FINDING.detail.title]),
        ([later(title="new"), FINDING], ["new"]),
        ([ENHANCED_SCAN, FINDING, later(title="new")], ["new"]),
        ([FINDING, later(finding_arn="other", title="other")], [FINDING.detail.title, "other"]),
        ([FINDING, later(severity="LOW")], []),
        ([FINDING, later(status="CLOSED")], []),
        ([ENHANCED_SCAN, FINDING, *[later(status="CLOSED")] * 2], []),
        ([FINDING, later(status="SUPPRESSED")], []),
        ([FINDING, later(status="CLOSED"), later()], [FINDING.detail.title]),
        ([sample(ECRImageScanEvent, finding_severity_counts={}), FINDING], []),
    ],
)
def test_a_finding_is_the_last_state_of_its_arn(given_events: list[EventBridgeEvent], titles: list[str]) -> None:
    """It replaces one that is made up; a closed one is not listed, and a basic scan has none of Inspector's."""
    found = findings(*given_events)
    assert [each.title for each in found.enhanced_findings if each.severity == "CRITICAL"] == titles
    assert found.severities["CRITICAL"] == len(titles)


@pytest.mark.parametrize("event", [sample(ECRImageScanEvent), ENHANCED_SCAN], ids=["basic", "enhanced"])
def test_the_example_of_scans_finds_critical_ones(event: EventBridgeEvent, tmp_path: Path) -> None:
    """Its image has a manifest with a kind, and a scan that has ended."""
    (tmp_path / "block.py").write_text(block("def critical_findings"))
    names = run_path(str(tmp_path / "block.py"))
    with fake_ecr([event]) as session:
        assert names["critical_findings"](ECRService(session), event.image_reference) == 1


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


def test_only_one_context_is_active() -> None:
    """Another one is an error, and leaves it as it is. One of moto may surround it."""
    with mock_aws(), fake_ecr([PUSH]) as session:
        with pytest.raises(RuntimeError, match="only one context at a time"), fake_ecr([]):
            raise AssertionError
        assert boto3.DEFAULT_SESSION is session
        assert PUSH.using(session).image is not None
    with mock_aws():
        for scanned in (PUSH, sample(ECRImageScanEvent)):
            with fake_ecr([scanned]) as session:
                assert PUSH.using(session).image is not None
        assert ECRService(session).scan_findings(IMAGE) is not None


def test_events_without_a_session_are_looked_up_in_the_context() -> None:
    """Also when an earlier context, or code before it, has looked up the same image."""
    other = sample(ECRImageActionEvent, repository_name="team/web")
    service = service_for(None)
    for named, image_exists in [([PUSH], True), ([other], False), ([PUSH], True)]:
        with fake_ecr(named):
            assert (decode(encode(PUSH)).image is not None) is image_exists
    assert service_for(None) is service


@pytest.mark.parametrize(
    "overrides",
    [{"repository_name": ""}, {"repository_name": "a"}, {"repository_name": "A"}, {"region": ""}, {"region": "moon-1"}],
)
def test_an_invalid_repository_or_region_is_an_error(overrides: dict[str, str]) -> None:
    """The message names the repository."""
    event = sample(ECRImageActionEvent, **overrides)
    with pytest.raises(InvalidReferenceError) as caught, fake_ecr([event]):
        raise AssertionError
    assert str(event.repository_reference) in caught.value.value


def test_no_events_are_an_empty_ecr() -> None:
    """In any account."""
    with fake_ecr([]) as session:
        assert session.client("ecr").describe_repositories()["repositories"] == []


# Deliveries


@pytest.mark.parametrize("source", SOURCES)
@settings(max_examples=settings().max_examples // 5)  # of each source
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
@pytest.mark.parametrize("payload", [b'{"detail-type": "ECR Image Action"}', "{", b"\xff", b"null", "7", b'"text"'])
def test_malformed_payloads_are_delivered(source: str, payload: Any) -> None:
    """As they are."""
    (record,) = unwrap(deliver([payload], source))
    assert isinstance(record, InvalidRecord)


@pytest.mark.parametrize("source", SOURCES)
def test_payloads_have_any_type(source: str) -> None:
    """Those that `decode` takes."""
    for payload in (encode(PUSH), bytearray(encode(PUSH)), memoryview(encode(PUSH)), json.loads(encode(PUSH))):
        assert deliver([payload], source) == deliver([PUSH], source)


@pytest.mark.parametrize("source", sorted(WITH_BASE64))
def test_bytes_are_delivered_in_base64(source: str) -> None:
    """As they are, where AWS carries them: such as compressed events of Kinesis."""
    payload = b'\xff{"a": "\xe9"}'
    assert b64(payload) in json.dumps(deliver([payload], source))
    (record,) = unwrap(deliver([gzip.compress(encode(PUSH))], "kinesis"))
    assert isinstance(record, Record)


@pytest.mark.parametrize("source", sorted({*SOURCES} - WITH_BASE64 - {"cloudwatch-logs"}))
def test_text_replaces_what_is_not_utf_8(source: str) -> None:
    """Such a source cannot deliver the bytes."""
    assert "\\ufffd{" in json.dumps(deliver([b"\xff{"], source))


@pytest.mark.parametrize("events", ["{}", b"{}", bytearray(b"{}"), memoryview(b"{}"), {}, PUSH, [7], [None]])
def test_what_is_not_a_list_of_events_is_an_error(events: Any) -> None:
    """One event or payload, and what is neither."""
    with pytest.raises(
        TypeError, match=r"events must be a list of events or payloads, not one \w+|neither an event nor a payload: "
    ):
        deliver(events, "sqs")


def test_an_unknown_source_is_an_error() -> None:
    """The message names the known ones."""
    with pytest.raises(ValueError, match=r"unknown source 'msk': must be one of eventbridge, .*kafka"):
        deliver([PUSH], "msk")


# Strategies


@every_class
@given(data=st.data())
def test_payloads_are_events(type: type[EventBridgeEvent], data: st.DataObject) -> None:
    """Of the class."""
    assert decode(data.draw(payloads(type)), type=type).__class__ is type


@every_class
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
    with pytest.raises(ImportError, match=f"{name} requires: pip install boto3 hypothesis moto"):
        getattr(ecr_events.testing, name)


def test_an_unknown_attribute_is_an_attribute_error() -> None:
    """The message is Python's own."""
    name = "fake_ec2"
    with pytest.raises(AttributeError, match=r"module 'ecr_events\.testing' has no attribute 'fake_ec2'"):
        getattr(ecr_events.testing, name)
