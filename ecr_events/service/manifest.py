"""Image manifests.

Source: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_Image.html,
https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-manifest-formats.html and
https://github.com/opencontainers/image-spec/blob/main/manifest.md
"""

from typing import Literal, TypeAlias

from msgspec import field
from msgspec.json import Decoder

from ecr_events.errors import DecodeError
from ecr_events.references import ImageReference
from ecr_events.structs import CamelStruct, build_once

__all__ = ["MEDIA_TYPES", "ImageIdentifier", "ImageManifest", "Kind", "Manifest"]

_INDEXES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)

MEDIA_TYPES = (
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
    *_INDEXES,
)
"""The accepted media types: all of them, so that ECR converts none to another."""

Kind: TypeAlias = Literal["image", "index", "signature", "sbom", "other"]

# By the start of the artifact type, or of a layer's media type.
_SIGNATURES = (
    "application/vnd.cncf.notary.signature",
    "application/vnd.dev.cosign.artifact.sig.",
    "application/vnd.dev.cosign.simplesigning.",
    "application/vnd.dev.sigstore.bundle.",
)
_SBOMS = (
    "application/spdx",
    "application/vnd.cyclonedx",
    "application/vnd.dev.cosign.artifact.sbom.",
    "application/vnd.syft+json",
    "text/spdx",
)
_ATTESTATIONS = ("application/vnd.in-toto+json", "application/vnd.dsse.envelope.")
_IMAGES = ("application/vnd.oci.image.config.v1+json", "application/vnd.docker.container.image.v1+json")


class _Descriptor(CamelStruct, frozen=True, kw_only=True):
    """A reference of a manifest to content."""

    media_type: str | None = None
    digest: str | None = None


class _Body(CamelStruct, frozen=True, kw_only=True):
    """The members of a manifest, or of an index, that tell what it is."""

    media_type: str | None = None
    artifact_type: str | None = None
    config: _Descriptor | None = None
    layers: tuple[_Descriptor, ...] = ()
    manifests: tuple[_Descriptor, ...] | None = None


_decoder = build_once(Decoder[_Body])


class ImageIdentifier(CamelStruct, frozen=True, kw_only=True):
    """The digest and the tag of an image."""

    image_digest: str | None = None
    """The digest, ``sha256:...``."""

    image_tag: str | None = None
    """The tag, if the image was requested by tag."""


class ImageManifest(CamelStruct, frozen=True, kw_only=True):
    """A manifest as ECR returns it, with every field of ECR's ``Image``."""

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


class Manifest(ImageManifest, frozen=True, kw_only=True):
    """The manifest of an image, or the index of a multi-architecture one.

    The properties parse the text. They raise a DecodeError if it is not a manifest.
    """

    reference: ImageReference
    """The reference that was looked up."""

    @property
    def artifact_type(self) -> str | None:
        """The type of the artifact, else the media type of its configuration, as OCI defines it."""
        body = self._body
        return body.artifact_type or (body.config.media_type if body.config else None)

    @property
    def kind(self) -> Kind:
        """The kind of artifact, by its media types.

        ``signature`` and ``sbom`` have an artifact type or a layer of that sort: Notary Project and Sigstore (cosign),
        whose bundles also hold attestations; SPDX, CycloneDX and Syft. ``index`` lists other manifests, ``image`` has
        the configuration of a container, and everything else is ``other``, such as in-toto attestations and Helm
        charts.
        """
        types = [self.artifact_type or "", *(layer.media_type or "" for layer in self._body.layers)]
        if any(type.startswith(_SIGNATURES) for type in types):
            return "signature"
        if any(type.startswith(_SBOMS) for type in types):
            return "sbom"
        if any(type.startswith(_ATTESTATIONS) for type in types):
            return "other"
        if self._body.manifests is not None or self.media_type in _INDEXES:
            return "index"
        return "image" if types[0] in _IMAGES else "other"

    @property
    def children(self) -> tuple[ImageReference, ...]:
        """References to the manifests that an index lists, in its order; empty for everything else.

        Beside an image for each platform, BuildKit lists its attestations there.
        """
        repository = self.reference.repository
        return tuple(repository.image(digest=child.digest) for child in self._body.manifests or () if child.digest)

    @property
    def _body(self) -> _Body:
        try:
            return _decoder(_Body).decode(self.text)
        except ValueError as error:
            raise DecodeError.from_exception(error, self.text) from error
