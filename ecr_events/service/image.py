"""ECR's description of an image.

Source: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ImageDetail.html
"""

from datetime import datetime

from msgspec import field

from ecr_events.hashing import HashIgnoringDicts
from ecr_events.severities import SeverityCounts
from ecr_events.structs import CamelStruct

__all__ = ["Image", "ImageScanFindingsSummary", "ImageScanStatus"]


class ImageScanStatus(CamelStruct, frozen=True, kw_only=True):
    """The status of an image's scan."""

    status: str | None = None
    """``COMPLETE``, ``FAILED``, ``IN_PROGRESS``, ``PENDING``, ``ACTIVE`` (enhanced scanning) ..."""

    description: str | None = None
    """The reason for the status, in prose."""


class ImageScanFindingsSummary(HashIgnoringDicts, CamelStruct, frozen=True, kw_only=True):
    """The number of findings of an image's last scan."""

    image_scan_completed_at: datetime | None = None
    """When the scan ended; aware, in UTC."""

    vulnerability_source_updated_at: datetime | None = None
    """When the vulnerability data was last updated; aware, in UTC."""

    finding_severity_counts: dict[str, int] | None = None
    """The number of findings by severity, as sent by ECR: ``{"CRITICAL": 1, "HIGH": 4}``. See `severities`."""

    @property
    def severities(self) -> SeverityCounts:
        """Number of findings by severity, 0 where absent."""
        return SeverityCounts(self.finding_severity_counts)


class Image(CamelStruct, frozen=True, kw_only=True):
    """An image, with every field of ECR's ``ImageDetail``."""

    registry_id: str
    """The AWS account that owns the registry, 12 digits."""

    repository_name: str
    """The name of the repository that holds the image."""

    digest: str = field(name="imageDigest")
    """The digest of the manifest, ``imageDigest`` in ECR's API: ``sha256:`` and 64 hexadecimal digits."""

    tags: tuple[str, ...] = field(name="imageTags", default=())
    """All tags of the image, ``imageTags`` in ECR's API; empty for an untagged one."""

    size_bytes: int | None = field(name="imageSizeInBytes", default=None)
    """The compressed size in the registry, in bytes; ``imageSizeInBytes`` in ECR's API."""

    pushed_at: datetime | None = field(name="imagePushedAt", default=None)
    """When the image was pushed, ``imagePushedAt`` in ECR's API; aware, in UTC."""

    scan_status: ImageScanStatus | None = field(name="imageScanStatus", default=None)
    """The status of the image's scan, ``imageScanStatus`` in ECR's API."""

    scan_findings_summary: ImageScanFindingsSummary | None = field(name="imageScanFindingsSummary", default=None)
    """The number of findings of the last scan, ``imageScanFindingsSummary`` in ECR's API.

    ECR leaves it out with enhanced scanning and with the newer basic scanning: see `ECRService.scan_findings`.
    """

    manifest_media_type: str | None = field(name="imageManifestMediaType", default=None)
    """The media type of the manifest, ``imageManifestMediaType`` in ECR's API."""

    artifact_media_type: str | None = None
    """The media type of the artifact; for a container image, of its configuration."""

    last_recorded_pull_time: datetime | None = None
    """When the image was last pulled, accurate to a day; aware, in UTC."""

    subject_manifest_digest: str | None = None
    """The digest of the image that a referrer, such as a signature, refers to."""

    status: str | None = field(name="imageStatus", default=None)
    """``ACTIVE``, ``ARCHIVED`` or ``ACTIVATING``; ``imageStatus`` in ECR's API."""

    last_archived_at: datetime | None = None
    """When the image was last archived; aware, in UTC."""

    last_activated_at: datetime | None = None
    """When the image was last restored from the archive; aware, in UTC."""

    @property
    def severities(self) -> SeverityCounts:
        """Number of findings of the last scan by severity; empty without `scan_findings_summary`."""
        return SeverityCounts() if self.scan_findings_summary is None else self.scan_findings_summary.severities
