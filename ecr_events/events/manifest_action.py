"""What ECR says when something is done to a manifest, be it of an image or of a referrer.

Source: https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-eventbridge.html
"""

from ecr_events.events.interning import InternedStr
from ecr_events.structs import KebabStruct

__all__ = ["ManifestAction"]


class ManifestAction(KebabStruct, frozen=True, kw_only=True):
    """The fields that `ECRImageAction` and `ECRReferrerAction` share."""

    action_type: InternedStr
    """What was done: ``PUSH``, ``DELETE`` or ``UPDATE_STORAGE_CLASS`` (archived or restored).

    A pull sends no event.
    """

    repository_name: str
    """The repository's name within the registry; it may hold slashes."""

    image_digest: str | None = None
    """The digest of the manifest, ``sha256:...``; ``""`` in failures, absent in some samples."""

    image_tag: str | None = None
    """The tag. Absent or ``""`` where the manifest was pushed without one, or is archived or restored."""

    manifest_media_type: InternedStr | None = None
    """The media type of the manifest: ``application/vnd.oci.image.manifest.v1+json``.

    Absent before 2023.
    """

    artifact_media_type: InternedStr | None = None
    """The media type of the artifact, for an image of its configuration:
    ``application/vnd.oci.image.config.v1+json``, ``text/sbom+json``. Absent before 2023.
    """

    target_storage_class: InternedStr | None = None
    """``ARCHIVE`` or ``STANDARD``; only with ``UPDATE_STORAGE_CLASS``."""

    last_activated_at: str | None = None
    """When an archived image was last restored, as ECR's own ISO 8601 text; only on a restore."""
