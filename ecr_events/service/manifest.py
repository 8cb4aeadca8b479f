"""Image manifests.

Source: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_Image.html and
https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-manifest-formats.html
"""

from msgspec import field

from ecr_events.structs import CamelStruct

__all__ = ["MEDIA_TYPES", "ImageIdentifier", "Manifest"]

MEDIA_TYPES = (
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
"""The accepted media types: all of them, so that ECR converts none to another."""


class ImageIdentifier(CamelStruct, frozen=True, kw_only=True):
    """The digest and the tag of an image."""

    image_digest: str | None = None
    """The digest, ``sha256:...``."""

    image_tag: str | None = None
    """The tag, if the image was requested by tag."""


class Manifest(CamelStruct, frozen=True, kw_only=True):
    """The manifest of an image, or the index of a multi-architecture one."""

    registry_id: str
    """The AWS account that owns the registry, 12 digits."""

    repository_name: str
    """The name of the repository that holds the image."""

    image_id: ImageIdentifier
    """The digest of the image, and the tag it was requested by."""

    text: str = field(name="imageManifest")
    """The JSON exactly as pushed: its SHA-256 is the digest; ``imageManifest`` in ECR's API."""

    media_type: str | None = field(name="imageManifestMediaType", default=None)
    """The media type of the text, ``imageManifestMediaType`` in ECR's API."""
