"""A repository, as ECR describes it.

Source: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_Repository.html
"""

from datetime import datetime

from msgspec import field

from ecr_events.structs import CamelStruct

__all__ = ["EncryptionConfiguration", "ImageScanningConfiguration", "ImageTagMutabilityExclusionFilter", "Repository"]


class ImageTagMutabilityExclusionFilter(CamelStruct, frozen=True, kw_only=True):
    """Tags that are an exception to the repository's tag mutability."""

    filter_type: str
    """``WILDCARD``."""

    filter: str
    """The pattern of the tags: ``dev-*``."""


class ImageScanningConfiguration(CamelStruct, frozen=True, kw_only=True):
    """Whether images are scanned when they are pushed."""

    scan_on_push: bool | None = None
    """True if every pushed image is scanned."""


class EncryptionConfiguration(CamelStruct, frozen=True, kw_only=True):
    """How the images are encrypted at rest."""

    encryption_type: str
    """``AES256``, ``KMS`` or ``KMS_DSSE``."""

    kms_key: str | None = None
    """The ARN of the KMS key; absent with ``AES256``."""


class Repository(CamelStruct, frozen=True, kw_only=True):
    """A repository. Every field of ECR's own description is here."""

    arn: str = field(name="repositoryArn")
    """The Amazon resource name, ``repositoryArn`` in ECR's API."""

    registry_id: str
    """The AWS account that owns the registry, 12 digits."""

    name: str = field(name="repositoryName")
    """The name within the registry, ``repositoryName`` in ECR's API; it may hold slashes."""

    uri: str = field(name="repositoryUri")
    """What docker pulls from, ``repositoryUri`` in ECR's API."""

    created_at: datetime | None = None
    """When the repository was created; aware, in UTC."""

    image_tag_mutability: str | None = None
    """``MUTABLE``, ``IMMUTABLE``, or either with ``_WITH_EXCLUSION``."""

    image_tag_mutability_exclusion_filters: tuple[ImageTagMutabilityExclusionFilter, ...] = ()
    """The tags that are an exception to that."""

    image_scanning_configuration: ImageScanningConfiguration | None = None
    """Whether images are scanned when they are pushed."""

    encryption_configuration: EncryptionConfiguration | None = None
    """How the images are encrypted at rest."""
