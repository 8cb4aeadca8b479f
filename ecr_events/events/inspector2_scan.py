"""Inspector2 Scan: enhanced scanning scanned an image for the first time.

Source: https://docs.aws.amazon.com/inspector/latest/user/eventbridge-integration.html and
https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-scanning-enhanced-events.html
"""

from typing import Any, Literal

from ecr_events.events.image_event import ImageEvent, first
from ecr_events.events.interning import InternedStr
from ecr_events.hashing import HashIgnoringDicts
from ecr_events.references import RepositoryReference
from ecr_events.structs import KebabStruct

__all__ = ["Inspector2Scan", "Inspector2ScanEvent"]


class Inspector2Scan(HashIgnoringDicts, KebabStruct, frozen=True, kw_only=True):
    """How an enhanced scan ended and how many findings it has, by severity."""

    scan_status: InternedStr
    """``INITIAL_SCAN_COMPLETE``."""

    repository_name: str
    """The ARN of the repository, in spite of the field's name."""

    image_digest: str
    """The digest of the scanned image, ``sha256:...``."""

    finding_severity_counts: dict[str, int | float] | None = None
    """The number of findings by severity: ``{"CRITICAL": 7, "HIGH": 61, "TOTAL": 158}``.

    ``TOTAL`` is not the sum of the others, which do not list every severity.
    """

    image_tags: tuple[str, ...] | None = None
    """All tags of the scanned image; empty or absent for an untagged one."""

    version: InternedStr | None = None
    """The version of the detail: ``1.0``. Absent before 2023."""

    @property
    def image_tag(self) -> str | None:
        """The first of the tags; None where there is none."""
        return first(self.image_tags)


class Inspector2ScanEvent(ImageEvent, frozen=True, kw_only=True, tag_field="detail-type", tag="Inspector2 Scan"):
    """The first enhanced scan of an image ended.

    Inspector's scans of other things, such as EC2 instances, are each an `UnknownEvent`.
    """

    source: Literal["aws.inspector2"]
    detail: Inspector2Scan
    """How the scan ended."""

    @property
    def repository_reference(self) -> RepositoryReference:
        """Where the repository of the scanned image is. No network.

        Raises:
            InvalidReferenceError: the event has the ARN of something else.
        """
        if self.detail.repository_name.startswith("arn:"):
            return RepositoryReference.parse(self.detail.repository_name)
        return super().repository_reference

    @classmethod
    def claims(cls, document: dict[str, Any]) -> bool:
        """Return whether Inspector speaks of a repository, in the detail or in the resources."""
        if document.get("source") != "aws.inspector2":
            return False
        match document:
            case {"detail": {"repository-name": _}}:
                return True
            case {"resources": [str(arn), *_]}:
                return arn.split(":")[2:3] == ["ecr"]
            case _:
                return False
