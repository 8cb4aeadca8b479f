"""ECR Replication Action: the replication of an image to another region or account ended.

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
    """A replication: the image, its source and the result. All seven fields are always present."""

    result: InternedStr
    """``SUCCESS`` or ``FAILED``."""

    repository_name: str
    """Name of the repository, the same at the source and at the destination."""

    image_digest: str
    """Digest of the replicated image, ``sha256:...``."""

    source_account: str
    """AWS account of the source registry, 12 digits."""

    action_type: InternedStr
    """``REPLICATE``."""

    source_region: InternedStr
    """AWS region of the source."""

    image_tag: str
    """Tag of the replicated image."""


class ECRReplicationActionEvent(
    ImageEvent, frozen=True, kw_only=True, tag_field="detail-type", tag="ECR Replication Action"
):
    """The replication of an image ended. Sent in the destination's region.

    The envelope's account and region, `repository`, `image` and their references are those of the
    destination. The properties named ``source_*`` are those of the source.
    """

    source: Literal["aws.ecr"]

    detail: ECRReplicationAction
    """The image, its source and the result."""

    @property
    def repository_references(self) -> tuple[RepositoryReference, ...]:
        """References to the repositories at the destination and at the source, without duplicates."""
        return tuple(dict.fromkeys((self.repository_reference, self.source_repository_reference)))

    @property
    def image_references(self) -> tuple[ImageReference, ...]:
        """References to the image at the destination and at the source, without duplicates."""
        images = (self.image_reference, self.source_image_reference)
        return tuple(dict.fromkeys(image for image in images if image))

    @property
    def source_repository_reference(self) -> RepositoryReference:
        """Reference to the source repository."""
        return RepositoryReference(
            registry_id=self.detail.source_account,
            region=self.detail.source_region,
            repository_name=self.detail.repository_name,
        )

    @property
    def source_image_reference(self) -> ImageReference | None:
        """Reference to the source image; None if digest and tag are both ``""``."""
        return optional_image(self.source_repository_reference, self.detail.image_digest, self.detail.image_tag)

    @property
    def source_repository(self) -> "Repository | None":
        """The source repository, from ECR; None if it does not exist.

        Looked up like `repository`, in the source's region and account.
        """
        return self._service.repository(self.source_repository_reference, self.time)

    @property
    def source_image(self) -> "Image | None":
        """The source image, from ECR; None if it does not exist.

        Looked up like `image`, in the source's region and account.
        """
        reference = self.source_image_reference
        return None if reference is None else self._service.image(reference, self.time)
