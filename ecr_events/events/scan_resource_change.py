"""ECR Scan Resource Change: enhanced scanning scans some repositories at another frequency now.

Source: https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-eventbridge.html and
https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-scanning-enhanced-events.html
"""

from typing import Literal

from ecr_events.events.envelope import EventBridgeEvent
from ecr_events.events.interning import InternedStr
from ecr_events.references import RepositoryReference
from ecr_events.structs import KebabStruct

__all__ = ["ECRScanResourceChange", "ECRScanResourceChangeEvent", "ScanResourceChangeRepository"]


class ScanResourceChangeRepository(KebabStruct, frozen=True, kw_only=True):
    """One repository, and how often its images are scanned."""

    repository_name: str
    """The repository's name within the registry; it may hold slashes."""

    repository_arn: str | None = None
    """The repository's Amazon resource name."""

    scan_frequency: InternedStr | None = None
    """How often it is scanned now: ``SCAN_ON_PUSH``, ``CONTINUOUS_SCAN`` or ``MANUAL``."""

    previous_scan_frequency: InternedStr | None = None
    """How often it was scanned before; absent where there was no before."""


class ECRScanResourceChange(KebabStruct, frozen=True, kw_only=True):
    """Which repositories are scanned differently now."""

    action_type: InternedStr
    """``SCAN_FREQUENCY_CHANGE``, the only published value."""

    resource_type: InternedStr
    """``REPOSITORY``, the only published value."""

    scan_type: InternedStr | None = None
    """``ENHANCED``."""

    repositories: tuple[ScanResourceChangeRepository, ...] | None = None
    """The repositories, where the resource type is ``REPOSITORY``."""


class ECRScanResourceChangeEvent(
    EventBridgeEvent, frozen=True, kw_only=True, tag_field="detail-type", tag="ECR Scan Resource Change"
):
    """Enhanced scanning was turned on, off or to another frequency for some repositories."""

    source: Literal["aws.ecr"]
    detail: ECRScanResourceChange
    """Which repositories changed."""

    @property
    def repository_references(self) -> tuple[RepositoryReference, ...]:
        """Where the repositories are, in the event's order. No network."""
        repositories = self.detail.repositories or ()
        found = (self._repository_reference(repository.repository_name) for repository in repositories)
        return tuple(dict.fromkeys(found))
