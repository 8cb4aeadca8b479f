"""ECR Image Scan: a basic scan of an image ended.

Source: https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-eventbridge.html and
https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-scanning-basic.html
"""

from typing import Literal

from ecr_events.events.image_event import ImageEvent, first
from ecr_events.events.interning import InternedStr
from ecr_events.hashing import HashIgnoringDicts
from ecr_events.structs import KebabStruct

__all__ = ["ECRImageScan", "ECRImageScanEvent"]


class ECRImageScan(HashIgnoringDicts, KebabStruct, frozen=True, kw_only=True):
    """How a basic scan ended and how many findings it has, by severity."""

    scan_status: InternedStr
    """``COMPLETE`` or ``FAILED``."""

    repository_name: str
    """The repository's name within the registry; it may hold slashes."""

    finding_severity_counts: dict[str, int | float] | None = None
    """The number of findings by severity: ``{"CRITICAL": 10, "MEDIUM": 9}``.

    The severities are ``CRITICAL``, ``HIGH``, ``MEDIUM``, ``LOW``, ``INFORMATIONAL`` and
    ``UNDEFINED``; one without findings is usually left out. Absent altogether where the
    scan failed or found nothing.
    """

    image_digest: str | None = None
    """The digest of the scanned image; absent in one published sample."""

    image_tags: tuple[str, ...] | None = None
    """All tags of the scanned image; empty for an untagged one, absent in partial samples."""

    @property
    def image_tag(self) -> str | None:
        """The first of the tags; None where there is none."""
        return first(self.image_tags)


class ECRImageScanEvent(ImageEvent, frozen=True, kw_only=True, tag_field="detail-type", tag="ECR Image Scan"):
    """A basic scan of an image ended. Enhanced scanning sends `Inspector2ScanEvent` in its place."""

    source: Literal["aws.ecr"]
    detail: ECRImageScan
    """How the scan ended."""
