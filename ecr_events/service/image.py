"""An image, as ECR describes it.

Source: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ImageDetail.html
"""

from datetime import datetime

from msgspec import field

from ecr_events.hashing import HashIgnoringDicts
from ecr_events.structs import CamelStruct

__all__ = ["Image", "ImageScanFindingsSummary", "ImageScanStatus"]


class ImageScanStatus(CamelStruct, frozen=True, kw_only=True):
    """Where the scan of an image stands."""

    status: str | None = None
    """``COMPLETE``, ``FAILED``, ``IN_PROGRESS``, ``PENDING``, ``ACTIVE`` (enhanced scanning) ..."""

    description: str | None = None
    """Why, in words."""


class ImageScanFindingsSummary(HashIgnoringDicts, CamelStruct, frozen=True, kw_only=True):
    """What the last scan of an image found, in numbers."""

    image_scan_completed_at: datetime | None = None
    """When the scan ended; aware, in UTC."""

    vulnerability_source_updated_at: datetime | None = None
    """How fresh the data on vulnerabilities was; aware, in UTC."""

    finding_severity_counts: dict[str, int] | None = None
    """The number of findings by severity: ``{"CRITICAL": 1, "HIGH": 4}``."""


class Image(CamelStruct, frozen=True, kw_only=True):
    """An image. Every field of ECR's ``ImageDetail`` is here."""

    registry_id: str
    """The AWS account that owns the registry, 12 digits."""

    repository_name: str
    """The name of the repository that holds the image."""

    digest: str = field(name="imageDigest")
    """The digest of the manifest, ``imageDigest`` in ECR's API: ``sha256:`` and 64 hexadecimal digits."""

    tags: tuple[str, ...] = field(name="imageTags", default=())
    """All tags of the image, ``imageTags`` in ECR's API; empty for an untagged one."""

    size_bytes: int | None = field(name="imageSizeInBytes", default=None)
    """The size of the image as it is stored, compressed, in bytes; ``imageSizeInBytes`` in ECR's API."""

    pushed_at: datetime | None = field(name="imagePushedAt", default=None)
    """When the image was pushed, ``imagePushedAt`` in ECR's API; aware, in UTC."""

    scan_status: ImageScanStatus | None = field(name="imageScanStatus", default=None)
    """Where the scan of the image stands, ``imageScanStatus`` in ECR's API."""

    scan_findings_summary: ImageScanFindingsSummary | None = field(name="imageScanFindingsSummary", default=None)
    """What the last scan found, ``imageScanFindingsSummary`` in ECR's API."""

    manifest_media_type: str | None = field(name="imageManifestMediaType", default=None)
    """The media type of the manifest, ``imageManifestMediaType`` in ECR's API."""

    artifact_media_type: str | None = None
    """The media type of the artifact, for an image of its configuration."""

    last_recorded_pull_time: datetime | None = None
    """When the image was last pulled, to within a day; aware, in UTC."""

    subject_manifest_digest: str | None = None
    """For a referrer, such as a signature: the digest of the image that it refers to."""

    status: str | None = field(name="imageStatus", default=None)
    """``ACTIVE``, ``ARCHIVED`` or ``ACTIVATING``; ``imageStatus`` in ECR's API."""

    last_archived_at: datetime | None = None
    """When the image was last archived; aware, in UTC."""

    last_activated_at: datetime | None = None
    """When the image was last restored from the archive; aware, in UTC."""
