"""The repositories and images that exist after some events, as far as the events tell."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeAlias

import msgspec

from ecr_events.events import (
    ECRAWSAPICallViaCloudTrailEvent,
    ECRAWSServiceEventViaCloudTrailEvent,
    ECRImageActionEvent,
    ECRImageScanEvent,
    ECRPullThroughCacheActionEvent,
    ECRReferrerActionEvent,
    ECRReplicationActionEvent,
    EventBridgeEvent,
    Inspector2FindingEvent,
    Inspector2ScanEvent,
)
from ecr_events.references import ImageReference, RepositoryReference

__all__ = ["Contents", "Image", "Scan", "contents_after"]

_SUCCEEDED = (None, "SUCCESS")

_EXISTS = ("RepositoryAlreadyExistsException", "ImageAlreadyExistsException")

_MAX_FINDINGS = 1_000
"""Findings of a severity that are made up; the count is that of the event."""


class Scan(msgspec.Struct):
    """The scan of an image."""

    status: str
    """``COMPLETE``, ``FAILED`` or ``ACTIVE``."""

    counts: dict[str, int]
    """Number of findings by severity."""

    findings: list[dict[str, Any]]
    """The findings, with keys of ECR's API. Those of which only the severity is known are made up."""

    is_enhanced: bool


class Image(msgspec.Struct):
    """An image of a repository."""

    tags: list[str] = []
    media_type: str = "application/vnd.oci.image.manifest.v1+json"
    scan: Scan | None = None


Contents: TypeAlias = dict[RepositoryReference, dict[str, Image]]
"""The images of each repository, by digest."""


def contents_after(events: Iterable[EventBridgeEvent]) -> Contents:
    """Return what exists after the last event by time."""
    contents: Contents = {}
    for event in sorted(events, key=lambda event: event.time):
        removed = _removed(event)
        absent = {*removed, *_not_arrived(event)}
        for repository in event.repository_references:
            if repository in removed:
                contents.pop(repository, None)
            elif repository not in absent:
                contents.setdefault(repository, {})
        for reference in event.image_references:
            images = contents.get(reference.repository, {})
            digest = reference.image_digest or _digest_of_tag(images, reference)
            if reference in removed:
                images.pop(digest, None)
            elif reference not in absent:
                _tell(images.setdefault(digest, Image()), event)
                _tag(images, digest, (reference.image_tag, *_tags(event, digest)))
    return contents


def _removed(event: EventBridgeEvent) -> Sequence[RepositoryReference | ImageReference]:
    """Return the references to what an event says does not exist any more."""
    match event:
        case ECRImageActionEvent(detail=detail) | ECRReferrerActionEvent(detail=detail):
            if detail.action_type == "DELETE" and detail.result in _SUCCEEDED:
                return event.image_references
        case ECRAWSServiceEventViaCloudTrailEvent(detail=detail) if detail.event_name == "PolicyExecutionEvent":
            details = detail.service_event_details
            actions = (details and details.lifecycle_event_image_actions) or ()
            expired = {action.lifecycle_event_image.digest for action in actions if action.lifecycle_event_image}
            return [image for image in event.image_references if image.image_digest in expired]
        case ECRAWSAPICallViaCloudTrailEvent(detail=detail):
            match detail.event_name, detail.error_code:
                case ("DeleteRepository", None) | (_, "RepositoryNotFoundException"):
                    return (*event.repository_references, *event.image_references)
                case ("BatchDeleteImage", None) | (_, "ImageNotFoundException"):
                    return event.image_references
                case _:
                    pass
        case _:
            pass
    return ()


def _not_arrived(event: EventBridgeEvent) -> Sequence[RepositoryReference | ImageReference]:
    """Return the references to what an action that failed did not create. It may exist by another one."""
    match event:
        case ECRImageActionEvent(detail=detail) | ECRReferrerActionEvent(detail=detail):
            if detail.action_type == "PUSH" and detail.result not in _SUCCEEDED:
                return event.image_references
        case ECRReplicationActionEvent(image_reference=ImageReference() as image) if event.detail.result != "SUCCESS":
            return (image,)
        case ECRPullThroughCacheActionEvent(detail=detail) if detail.sync_status != "SUCCESS":
            return event.image_references
        case ECRAWSAPICallViaCloudTrailEvent(detail=detail) if detail.error_code not in (None, *_EXISTS):
            if detail.event_name == "CreateRepository":
                return event.repository_references
            if detail.event_name == "PutImage":
                return event.image_references
        case _:
            pass
    return ()


def _digest_of_tag(images: dict[str, Image], reference: ImageReference) -> str:
    """Return the digest of the image with the reference's tag, or one that is made up."""
    for digest, image in images.items():
        if reference.image_tag in image.tags:
            return digest
    return f"sha256:{hashlib.sha256(str(reference).encode()).hexdigest()}"


def _tags(event: EventBridgeEvent, digest: str) -> Iterator[str]:
    """Yield the tags of an image beside that of its reference."""
    match event:
        case ECRImageScanEvent(detail=detail) | Inspector2ScanEvent(detail=detail):
            yield from detail.image_tags or ()
        case Inspector2FindingEvent(detail=detail):
            for resource in detail.resources:
                yield from resource.details.aws_ecr_container_image.image_tags or ()
        case ECRAWSServiceEventViaCloudTrailEvent(detail=detail) if detail.service_event_details:
            details = detail.service_event_details
            actions = details.lifecycle_event_image_actions or (), details.lifecycle_event_failure_details or ()
            for image in (action.lifecycle_event_image for each in actions for action in each):
                if image and image.digest == digest:
                    yield from image.tag_list or ()
        case _:
            pass


def _tag(images: dict[str, Image], digest: str, tags: Iterable[str | None]) -> None:
    """Tag an image. A tag moves from the image that has it."""
    for tag in dict.fromkeys(tag for tag in tags if tag):
        for other, image in images.items():
            if tag in image.tags and other != digest:
                image.tags.remove(tag)
        if tag not in images[digest].tags:
            images[digest].tags.append(tag)


def _tell(image: Image, event: EventBridgeEvent) -> None:
    """Add what an event tells of an image."""
    match event:
        case ECRImageActionEvent(detail=detail) | ECRReferrerActionEvent(detail=detail):
            image.media_type = detail.manifest_media_type or image.media_type
        case ECRImageScanEvent(detail=detail):
            image.scan = _scan(detail.scan_status, detail.finding_severity_counts, is_enhanced=False)
        case Inspector2ScanEvent(detail=detail):
            image.scan = _scan("ACTIVE", detail.finding_severity_counts, is_enhanced=True)
        case Inspector2FindingEvent(detail=detail):
            image.scan = image.scan or _scan("ACTIVE", None, is_enhanced=True)
            if detail.status == "ACTIVE" and image.scan.is_enhanced:
                _add_finding(image.scan, event)
        case _:
            pass


def _scan(status: str, counts: dict[str, int | float] | None, *, is_enhanced: bool) -> Scan:
    whole = {severity: int(count) for severity, count in (counts or {}).items() if severity != "TOTAL"}
    findings = [
        {"name": f"CVE-2026-{severity}-{number}", "title": f"CVE-2026-{severity}-{number}", "severity": severity}
        for severity, count in whole.items()
        for number in range(min(count, _MAX_FINDINGS))
    ]
    return Scan(status, whole, findings, is_enhanced)


def _add_finding(scan: Scan, event: Inspector2FindingEvent) -> None:
    """Add the finding of an event; it replaces a made-up one of the same severity."""
    finding: dict[str, Any] = msgspec.to_builtins(event.detail)
    finding["score"] = finding.pop("inspectorScore", None)
    # ECR's dates are numbers; those of Inspector's events are text in several formats.
    for key in ("firstObservedAt", "lastObservedAt", "updatedAt", "packageVulnerabilityDetails", "resources"):
        finding.pop(key, None)
    made_up = [other for other in scan.findings if other["severity"] == event.detail.severity and "name" in other]
    if made_up:
        scan.findings.remove(made_up[0])
    else:
        scan.counts[event.detail.severity] = scan.counts.get(event.detail.severity, 0) + 1
    scan.findings.append(finding)
