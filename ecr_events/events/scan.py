"""The fields and properties shared by basic and enhanced scans."""

from typing import TYPE_CHECKING

from ecr_events.events.image_event import ImageEvent, first
from ecr_events.events.interning import InternedStr
from ecr_events.hashing import HashIgnoringDicts
from ecr_events.severities import SeverityCounts
from ecr_events.structs import KebabStruct

__all__ = ["Scan", "ScanEvent"]


class Scan(HashIgnoringDicts, KebabStruct, frozen=True, kw_only=True):
    """Base class of `ECRImageScan` and `Inspector2Scan`."""

    scan_status: InternedStr
    """``COMPLETE`` or ``FAILED`` for a basic scan, ``INITIAL_SCAN_COMPLETE`` for an enhanced one."""

    repository_name: str
    """Name of the repository within the registry, or its ARN for an enhanced scan."""

    finding_severity_counts: dict[str, int | float] | None = None
    """Number of findings by severity, as sent by AWS: ``{"CRITICAL": 10, "MEDIUM": 9}``. See `severities`.

    A severity without findings is usually omitted. None if the scan failed or has no findings. Enhanced scans add
    ``TOTAL``, which may exceed the sum of the others, because some severities are not listed.
    """

    image_digest: str | None
    """Digest of the scanned image, ``sha256:...``."""

    image_tags: tuple[str, ...] | None = None
    """All tags of the scanned image; empty or absent if untagged."""

    @property
    def image_tag(self) -> str | None:
        """The first tag, if any."""
        return first(self.image_tags)

    @property
    def severities(self) -> SeverityCounts:
        """Number of findings by severity, 0 where absent. Empty if the scan failed: see `scan_status`."""
        return SeverityCounts(self.finding_severity_counts)


class ScanEvent(ImageEvent, frozen=True, kw_only=True):
    """Base class of `ECRImageScanEvent` and `Inspector2ScanEvent`, to match both."""

    if TYPE_CHECKING:
        detail: Scan
