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
    """The result of a basic scan: its status and the number of findings."""

    scan_status: InternedStr
    """``COMPLETE`` or ``FAILED``."""

    repository_name: str
    """Name of the repository within the registry; may contain slashes."""

    finding_severity_counts: dict[str, int | float] | None = None
    """Number of findings by severity: ``{"CRITICAL": 10, "MEDIUM": 9}``.

    Severities are ``CRITICAL``, ``HIGH``, ``MEDIUM``, ``LOW``, ``INFORMATIONAL`` and
    ``UNDEFINED``. A severity without findings is usually omitted. None if the scan failed or has
    no findings.
    """

    image_digest: str | None = None
    """Digest of the scanned image; absent in one published sample."""

    image_tags: tuple[str, ...] | None = None
    """All tags of the scanned image; empty if untagged, absent in partial samples."""

    @property
    def image_tag(self) -> str | None:
        """The first tag, if any."""
        return first(self.image_tags)


class ECRImageScanEvent(ImageEvent, frozen=True, kw_only=True, tag_field="detail-type", tag="ECR Image Scan"):
    """A basic scan of an image ended. With enhanced scanning, `Inspector2ScanEvent` is sent instead."""

    source: Literal["aws.ecr"]
    detail: ECRImageScan
    """The result of the scan."""
