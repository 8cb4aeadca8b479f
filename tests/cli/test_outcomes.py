from collections.abc import Hashable
from typing import Any

import msgspec
import pytest
from command_line import EVENTS

from ecr_events import (
    ECRAWSAPICallViaCloudTrailEvent,
    ECRImageActionEvent,
    ECRImageScanEvent,
    ECRPullThroughCacheActionEvent,
    ECRReplicationActionEvent,
    EventBridgeEvent,
    Inspector2FindingEvent,
    Inspector2ScanEvent,
)
from ecr_events.cli.outcomes import Outcome, outcome_key, outcome_of
from ecr_events.events.image_event import ImageEvent
from ecr_events.events.inspector2_finding import Inspector2EcrContainerImage
from ecr_events.samples import sample
from ecr_events.structs import KebabStruct

APP = ("team/app",)


def with_detail(type: type[EventBridgeEvent], **changes: Any) -> EventBridgeEvent:
    """Return the sample of a class with some fields of its detail changed."""
    event: Any = sample(type)
    changed: EventBridgeEvent = msgspec.structs.replace(event, detail=msgspec.structs.replace(event.detail, **changes))
    return changed


def test_the_outcome_of_every_sample_is_found() -> None:
    """In AWS's own values, with the repositories."""
    assert [outcome_of(event) for event in EVENTS] == [
        Outcome("ECR Image Action", "PUSH SUCCESS", False, APP),
        Outcome("ECR Image Scan", "COMPLETE, critical", True, APP),
        Outcome("ECR Replication Action", "REPLICATE SUCCESS", False, APP),
        Outcome("ECR Referrer Action", "UPDATE_STORAGE_CLASS SUCCESS", False, APP),
        Outcome("ECR Scan Resource Change", "SCAN_FREQUENCY_CHANGE", False, ("team/app", "team/worker")),
        Outcome("ECR Pull Through Cache Action", "SUCCESS", False, ("docker-hub/library/alpine",)),
        Outcome("AWS API Call via CloudTrail", "PutImage", False, APP),
        Outcome("AWS Service Event via CloudTrail", "PolicyExecutionEvent", False, APP),
        Outcome("Inspector2 Scan", "INITIAL_SCAN_COMPLETE, critical", True, APP),
        Outcome("Inspector2 Finding", "CRITICAL ACTIVE", True, APP),
        Outcome("ECR Artifact Action", "", False, ()),
    ]


@pytest.mark.parametrize(
    ("event", "text", "needs_attention"),
    [
        (with_detail(ECRImageActionEvent, result="FAILURE"), "PUSH FAILURE", True),
        (with_detail(ECRReplicationActionEvent, result="FAILED"), "REPLICATE FAILED", True),
        (with_detail(ECRPullThroughCacheActionEvent, sync_status="FAILURE"), "FAILURE", True),
        (with_detail(ECRImageScanEvent, scan_status="FAILED", finding_severity_counts=None), "FAILED", True),
        (with_detail(ECRImageScanEvent, finding_severity_counts={"CRITICAL": 0, "HIGH": 3}), "COMPLETE", False),
        (
            with_detail(Inspector2ScanEvent, finding_severity_counts={"CRITICAL": 1}),
            "INITIAL_SCAN_COMPLETE, critical",
            True,
        ),
        (with_detail(Inspector2FindingEvent, status="CLOSED"), "CRITICAL CLOSED", False),
        (with_detail(Inspector2FindingEvent, severity="HIGH"), "HIGH ACTIVE", False),
    ],
)
def test_failures_and_critical_findings_need_attention(
    event: EventBridgeEvent, text: str, *, needs_attention: bool
) -> None:
    """Closed findings and lower severities do not."""
    outcome = outcome_of(event)
    assert (outcome.text, outcome.needs_attention) == (text, needs_attention)


def test_events_share_a_key_only_with_equal_outcomes() -> None:
    """Each detail-type, value, repository and alarm has a key of its own."""
    events = [
        *EVENTS,
        with_detail(ECRImageActionEvent, result="FAILURE"),
        with_detail(ECRImageActionEvent, repository_name="team/other"),
        with_detail(ECRImageScanEvent, finding_severity_counts=None),
        with_detail(Inspector2ScanEvent, finding_severity_counts=None),
        with_detail(Inspector2FindingEvent, status="CLOSED"),
    ]
    assert len({outcome_key(event) for event in events}) == len(events)
    assert len({outcome_of(event) for event in events}) == len(events)
    later = [msgspec.structs.replace(event, id="another", region="eu-central-1") for event in EVENTS]
    assert [outcome_key(event) for event in later] == [outcome_key(event) for event in EVENTS]


def found_in(*images: Inspector2EcrContainerImage) -> EventBridgeEvent:
    """Return a finding about images."""
    [resource] = sample(Inspector2FindingEvent).detail.resources
    details = [msgspec.structs.replace(resource.details, aws_ecr_container_image=image) for image in images]
    resources = tuple(msgspec.structs.replace(resource, details=detail) for detail in details)
    return with_detail(Inspector2FindingEvent, resources=resources)


def test_calls_and_findings_share_a_key_only_with_equal_outcomes() -> None:
    """Although the key of most has a name from one field."""
    image = sample(Inspector2FindingEvent).detail.resources[0].details.aws_ecr_container_image
    other = msgspec.structs.replace(image, repository_name="team/other")
    unnamed = msgspec.structs.replace(other, image_hash="", image_tags=None)
    parameters = [
        {"repositoryName": "team/app"},
        {"repositoryName": "team/other"},
        {"repositoryName": ""},
        {"repositoryName": ["team/other"]},
        {"repositoryNames": ["team/other"]},
        {"repositoryNames": ["team/app", "team/other"]},
        {},
        None,
        msgspec.UNSET,
    ]
    events = [
        *(with_detail(ECRAWSAPICallViaCloudTrailEvent, request_parameters=value) for value in parameters),
        with_detail(ECRAWSAPICallViaCloudTrailEvent, request_parameters={"repositoryName": ""}, resources=()),
        *(found_in(*images) for images in ([image], [other], [image, other], [image, unnamed], [unnamed], [])),
    ]
    outcomes: dict[Hashable, Outcome] = {}
    for event in events:
        assert outcomes.setdefault(outcome_key(event), outcome_of(event)) == outcome_of(event)
    assert {outcome.repositories for outcome in outcomes.values()} == {(), APP, ("team/other",), (*APP, "team/other")}


def test_a_new_detail_type_has_an_outcome() -> None:
    """Without code for it, if its fields have AWS's usual names."""

    class Signing(KebabStruct, frozen=True, kw_only=True):
        repository_name: str
        image_digest: str | None = None
        image_tag: str | None = None
        action_type: str
        result: str

    class SigningEvent(ImageEvent, frozen=True, kw_only=True, tag_field="detail-type", tag="ECR Signing Action"):
        detail: Signing

    envelope = {name: getattr(EVENTS[0], name) for name in EventBridgeEvent.__struct_fields__}
    detail = Signing(repository_name="team/app", action_type="SIGN", result="FAILED")
    event = SigningEvent(**envelope, detail=detail)
    assert outcome_of(event) == Outcome("ECR Signing Action", "SIGN FAILED", True, APP)
    assert outcome_key(event) != outcome_key(EVENTS[0])
