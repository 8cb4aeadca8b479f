"""The repositories and images that exist after some events, as far as the events tell."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
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
    Inspector2Finding,
    Inspector2FindingEvent,
    Inspector2ScanEvent,
)
from ecr_events.references import ImageReference, RepositoryReference

__all__ = ["Contents", "FakeImage", "FakeScan", "contents_after"]

_SUCCEEDED = (None, "SUCCESS")

_EXISTS = ("RepositoryAlreadyExistsException", "ImageAlreadyExistsException")

_MAX_FINDINGS = 1_000
"""Findings of a severity that are made up; the count is that of the event."""


class FakeScan(msgspec.Struct):
    """The scan of an image."""

    status: str
    """``COMPLETE``, ``FAILED`` or ``ACTIVE``."""

    counts: Mapping[str, int | float]
    """Number of findings by severity, as the event of the scan counts them."""

    is_enhanced: bool

    known: dict[str, Inspector2Finding] = {}
    """The last state of each finding that has events of its own, by ARN."""

    def by_severity(self) -> Iterator[tuple[str, int, list[dict[str, Any]]]]:
        """Yield each severity with the number of its findings, and the findings with keys of ECR's API.

        Those that the scan counts and no event describes are made up.
        """
        findings = self.known.values() if self.is_enhanced else ()
        for severity in dict.fromkeys([*self.counts, *(finding.severity for finding in findings)]):
            known = [finding for finding in findings if finding.severity == severity]
            active = [_finding(finding) for finding in known if finding.status == "ACTIVE"]
            others = max(int(self.counts.get(severity, 0)) - len(known), 0)
            titles = [f"CVE-2026-{severity}-{number}" for number in range(min(others, _MAX_FINDINGS))]
            made_up = [{"name": title, "title": title, "severity": severity} for title in titles]
            yield severity, len(active) + others, active + made_up


class FakeImage(msgspec.Struct):
    """An image of a repository."""

    tags: list[str] = []
    manifest_media_type: str = "application/vnd.oci.image.manifest.v1+json"
    artifact_media_type: str | None = None
    scan: FakeScan | None = None
    status: str = "ACTIVE"
    last_archived_at: datetime | None = None
    last_activated_at: datetime | None = None

    @property
    def is_index(self) -> bool:
        """Whether the manifest lists others."""
        return "index" in self.manifest_media_type or "manifest.list" in self.manifest_media_type

    @property
    def artifact_type(self) -> str | None:
        """The media type of the artifact, by default that of a container image."""
        default = None if self.is_index else "application/vnd.oci.image.config.v1+json"
        return self.artifact_media_type or default


Contents: TypeAlias = dict[RepositoryReference, dict[str, FakeImage]]
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
                _remove(images, digest, reference.image_tag)
            elif reference not in absent:
                _update(images.setdefault(digest, FakeImage()), event)
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


def _digest_of_tag(images: dict[str, FakeImage], reference: ImageReference) -> str:
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


def _tag(images: dict[str, FakeImage], digest: str, tags: Iterable[str | None]) -> None:
    """Tag an image. A tag moves from the image that has it."""
    for tag in dict.fromkeys(tag for tag in tags if tag):
        for other, image in images.items():
            if tag in image.tags and other != digest:
                image.tags.remove(tag)
        if tag not in images[digest].tags:
            images[digest].tags.append(tag)


def _remove(images: dict[str, FakeImage], digest: str, tag: str | None) -> None:
    """Remove a tag, and the image with its last tag; without a tag the image."""
    image = images.get(digest, FakeImage())
    if tag in image.tags:
        image.tags.remove(tag)
    if not tag or not image.tags:
        images.pop(digest, None)


def _update(image: FakeImage, event: EventBridgeEvent) -> None:
    """Add what an event tells of an image."""
    known = image.scan.known if image.scan else {}
    match event:
        case ECRImageActionEvent(detail=detail) | ECRReferrerActionEvent(detail=detail):
            image.manifest_media_type = detail.manifest_media_type or image.manifest_media_type
            default = "application/vnd.oci.empty.v1+json" if isinstance(event, ECRReferrerActionEvent) else None
            image.artifact_media_type = detail.artifact_media_type or image.artifact_media_type or default
            if detail.target_storage_class == "ARCHIVE" and detail.result in _SUCCEEDED:
                image.status, image.last_archived_at = "ARCHIVED", event.time
            elif detail.target_storage_class == "STANDARD" and detail.result in _SUCCEEDED:
                image.status, image.last_activated_at = "ACTIVE", event.time
        case ECRImageScanEvent(detail=detail):
            image.scan = FakeScan(detail.scan_status, detail.severities, is_enhanced=False, known=known)
        case Inspector2ScanEvent(detail=detail):
            image.scan = FakeScan("ACTIVE", detail.severities, is_enhanced=True, known=known)
        case Inspector2FindingEvent(detail=detail):
            image.scan = image.scan or FakeScan("ACTIVE", {}, is_enhanced=True)
            image.scan.known[detail.finding_arn] = detail
        case _:
            pass


def _finding(finding: Inspector2Finding) -> dict[str, Any]:
    document: dict[str, Any] = msgspec.to_builtins(finding)
    document["score"] = document.pop("inspectorScore", None)
    # ECR's dates are numbers; those of Inspector's events are text in several formats.
    for key in ("firstObservedAt", "lastObservedAt", "updatedAt", "packageVulnerabilityDetails", "resources"):
        document.pop(key, None)
    return document
