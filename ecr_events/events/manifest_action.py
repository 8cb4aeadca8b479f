"""The fields shared by image actions and referrer actions.

Source: https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-eventbridge.html
"""

from ecr_events.events.interning import InternedStr
from ecr_events.structs import KebabStruct

__all__ = ["ManifestAction"]


class ManifestAction(KebabStruct, frozen=True, kw_only=True):
    """Base class of `ECRImageAction` and `ECRReferrerAction`."""

    action_type: InternedStr
    """``PUSH``, ``DELETE`` or ``UPDATE_STORAGE_CLASS`` (archive or restore). Pulls send no event."""

    repository_name: str
    """Name of the repository within the registry; may contain slashes."""

    image_digest: str | None = None
    """Digest of the manifest, ``sha256:...``; ``""`` in failures, absent in some samples."""

    image_tag: str | None = None
    """Tag of the manifest; absent or ``""`` if it was pushed untagged, archived or restored."""

    manifest_media_type: InternedStr | None = None
    """Media type of the manifest: ``application/vnd.oci.image.manifest.v1+json``. Absent before 2023."""

    artifact_media_type: InternedStr | None = None
    """Media type of the artifact: ``application/vnd.oci.image.config.v1+json``, ``text/sbom+json``.

    For an image this is the media type of its configuration. Absent before 2023.
    """

    target_storage_class: InternedStr | None = None
    """``ARCHIVE`` or ``STANDARD``; only with ``UPDATE_STORAGE_CLASS``."""

    last_activated_at: str | None = None
    """Time of the last restore from the archive, as ECR's ISO 8601 text; only on a restore."""
