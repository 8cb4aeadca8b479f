"""ECR Replication Action: an image was copied, or not, to another region or account.

Source: https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-eventbridge.html and
https://docs.aws.amazon.com/AmazonECR/latest/userguide/replication.html
"""

from typing import TYPE_CHECKING, Literal

from ecr_events.events.image_event import ImageEvent, optional_image
from ecr_events.events.interning import InternedStr
from ecr_events.references import ImageReference, RepositoryReference
from ecr_events.structs import KebabStruct

if TYPE_CHECKING:
    from ecr_events.service import Image, Repository

__all__ = ["ECRReplicationAction", "ECRReplicationActionEvent"]


class ECRReplicationAction(KebabStruct, frozen=True, kw_only=True):
    """Which image was replicated, from where, and whether it worked. ECR sends all seven fields."""

    result: InternedStr
    """``SUCCESS`` or ``FAILED``."""

    repository_name: str
    """The repository's name, the same at the source and at the destination."""

    image_digest: str
    """The digest of the replicated image, ``sha256:...``."""

    source_account: str
    """The AWS account of the registry that the image comes from, 12 digits."""

    action_type: InternedStr
    """``REPLICATE``."""

    source_region: InternedStr
    """The AWS region that the image comes from."""

    image_tag: str
    """The tag of the replicated image."""


class ECRReplicationActionEvent(
    ImageEvent, frozen=True, kw_only=True, tag_field="detail-type", tag="ECR Replication Action"
):
    """The replication of an image ended; sent in the destination's region.

    The envelope's account and region, and `repository`, `image` and their references, are
    the destination's; those of the source have names of their own.
    """

    source: Literal["aws.ecr"]
    detail: ECRReplicationAction
    """Which image was replicated, and from where."""

    @property
    def repository_references(self) -> tuple[RepositoryReference, ...]:
        """Where the repositories of both ends are, the destination's first. No network."""
        return tuple(dict.fromkeys((self.repository_reference, self.source_repository_reference)))

    @property
    def image_references(self) -> tuple[ImageReference, ...]:
        """Where the image is at both ends, the destination first. No network."""
        images = (self.image_reference, self.source_image_reference)
        return tuple(dict.fromkeys(image for image in images if image))

    @property
    def source_repository_reference(self) -> RepositoryReference:
        """Where the repository is that the image was copied from. No network."""
        return RepositoryReference(
            registry_id=self.detail.source_account,
            region=self.detail.source_region,
            repository_name=self.detail.repository_name,
        )

    @property
    def source_image_reference(self) -> ImageReference | None:
        """Where the image is that was copied; None if digest and tag are ``""``. No network."""
        return optional_image(self.source_repository_reference, self.detail.image_digest, self.detail.image_tag)

    @property
    def source_repository(self) -> "Repository | None":
        """The repository that the image was copied from, as ECR knows it now; None if there is none.

        Asks ECR as `repository` does, in the source's region and account.
        """
        return self._service.repository(self.source_repository_reference)

    @property
    def source_image(self) -> "Image | None":
        """The image that was copied, as ECR knows it now; None if there is none.

        Asks ECR as `image` does, in the source's region and account.
        """
        reference = self.source_image_reference
        return None if reference is None else self._service.image(reference)
