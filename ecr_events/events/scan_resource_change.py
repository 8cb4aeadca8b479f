"""ECR Scan Resource Change: the scan frequency of some repositories changed.

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
    """A repository and its scan frequency."""

    repository_name: str
    """Name of the repository within the registry; may contain slashes."""

    repository_arn: str | None = None
    """ARN of the repository."""

    scan_frequency: InternedStr | None = None
    """New scan frequency: ``SCAN_ON_PUSH``, ``CONTINUOUS_SCAN`` or ``MANUAL``."""

    previous_scan_frequency: InternedStr | None = None
    """Old scan frequency; absent if there was none."""


class ECRScanResourceChange(KebabStruct, frozen=True, kw_only=True):
    """The repositories whose scan frequency changed."""

    action_type: InternedStr
    """``SCAN_FREQUENCY_CHANGE``, the only published value."""

    resource_type: InternedStr
    """``REPOSITORY``, the only published value."""

    scan_type: InternedStr | None = None
    """``ENHANCED``."""

    repositories: tuple[ScanResourceChangeRepository, ...] | None = None
    """The repositories, if `resource_type` is ``REPOSITORY``."""


class ECRScanResourceChangeEvent(
    EventBridgeEvent, frozen=True, kw_only=True, tag_field="detail-type", tag="ECR Scan Resource Change"
):
    """The scan frequency of some repositories changed. Sent with enhanced scanning."""

    source: Literal["aws.ecr"]

    detail: ECRScanResourceChange
    """The repositories and their scan frequencies."""

    @property
    def repository_references(self) -> tuple[RepositoryReference, ...]:
        """References to the repositories, in the event's order and without duplicates."""
        repositories = self.detail.repositories or ()
        found = (self._repository_reference(repository.repository_name) for repository in repositories)
        return tuple(dict.fromkeys(found))
