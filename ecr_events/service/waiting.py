"""Waiting for what ECR does after an event: scans and replications.

Source: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ImageScanStatus.html and
https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ImageReplicationStatus.html
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar

from ecr_events.errors import ScanNotFoundError, ServiceError, ServiceTimeoutError, ThrottledError, UnavailableError
from ecr_events.references import ImageReference, RepositoryReference
from ecr_events.service.replication_status import ImageReplicationStatus
from ecr_events.service.scan_findings import ImageScanFindings
from ecr_events.service.validation import check_region

__all__ = ["wait_for_replication", "wait_for_scan"]

_FIRST_INTERVAL, _BACKOFF, _LONGEST_INTERVAL = 1.0, 1.5, 15.0
"""Seconds between two polls, and by how much each wait is longer than the one before."""

SCANNED = frozenset({"COMPLETE", "ACTIVE"})
"""Statuses of a scan with findings. ``ACTIVE`` is that of continuous scanning, which never completes."""

NOT_SCANNED = frozenset(
    {
        "FAILED",
        "FINDINGS_UNAVAILABLE",
        "IMAGE_ARCHIVED",
        "IMAGE_SIZE_EXCEEDED",
        "LIMIT_EXCEEDED",
        "SCAN_ELIGIBILITY_EXPIRED",
        "UNSUPPORTED_IMAGE",
    }
)
"""Statuses of a scan that ended without findings."""

_Result = TypeVar("_Result")


def wait_for_scan(
    scan_findings: Callable[[ImageReference], ImageScanFindings | None], image: ImageReference, timeout: float
) -> ImageScanFindings:
    """Return the findings once there are some, or a scan that found nothing; see `ECRService.wait_for_scan`."""

    def poll() -> ImageScanFindings | str:
        try:
            findings = scan_findings(image)
        except ScanNotFoundError:
            return "never scanned"
        if findings is None:
            raise _missing(image)
        status = findings.image_scan_status
        if status.status in NOT_SCANNED:
            reason = f"the scan ended as {status.status}: {status.description}"
            raise ServiceError(reason, code=status.status, reference=image)
        # The status can precede the findings, which come with the time or the counts.
        is_complete = findings.image_scan_completed_at is not None or findings.finding_severity_counts
        has_findings = is_complete or findings.findings or findings.enhanced_findings
        return findings if status.status in SCANNED and has_findings else f"scan status {status.status}"

    return _wait(poll, image, timeout)


def wait_for_replication(
    replication_status: Callable[[ImageReference], tuple[ImageReplicationStatus, ...] | None],
    image: ImageReference,
    destination: Any,
    timeout: float,
) -> tuple[ImageReplicationStatus, ...]:
    """Return the statuses once all are ``COMPLETE``; see `ECRService.wait_for_replication`."""
    if isinstance(destination, str):
        check_region(destination)
    elif not isinstance(destination, RepositoryReference | None):
        raise TypeError(f"destination must be a region or a RepositoryReference, not {destination!r:.200}")
    region = destination.region if isinstance(destination, RepositoryReference) else destination
    registry_id = destination.registry_id if isinstance(destination, RepositoryReference) else None

    def poll() -> tuple[ImageReplicationStatus, ...] | str:
        statuses = replication_status(image)
        if statuses is None:
            raise _missing(image)
        statuses = tuple(
            status
            for status in statuses
            if region in {None, status.region} and registry_id in {None, status.registry_id}
        )
        for status in statuses:
            if status.status == "FAILED":
                reason = f"the replication to {status.region} of {status.registry_id} failed: {status.failure_code}"
                raise ServiceError(reason, code=status.failure_code, reference=image)
        if statuses and all(status.status == "COMPLETE" for status in statuses):
            return statuses
        return ", ".join(f"{status.status} in {status.region}" for status in statuses) or "no replication is listed"

    return _wait(poll, image, timeout)


def _wait(poll: Callable[[], _Result | str], image: ImageReference, timeout: float) -> _Result:
    """Return the first result of `poll` that is not a text; a text says why to wait.

    Throttling and outages do not end the wait. `time.sleep` can be interrupted.
    """
    deadline = time.monotonic() + timeout
    interval = _FIRST_INTERVAL
    while True:
        cause: ServiceError | None = None
        try:
            result = poll()
        except (ThrottledError, UnavailableError) as error:
            result, cause = error.reason, error
        if not isinstance(result, str):
            return result
        remaining = deadline - time.monotonic()
        if remaining <= 0:
            raise ServiceTimeoutError(f"still waiting after {timeout:g} s: {result}", reference=image) from cause
        time.sleep(min(interval, remaining))
        interval = min(interval * _BACKOFF, _LONGEST_INTERVAL)


def _missing(image: ImageReference) -> ServiceError:
    return ServiceError("the image does not exist", code="ImageNotFoundException", reference=image)
