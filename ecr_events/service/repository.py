"""ECR's description of a repository.

Source: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_Repository.html
"""

from datetime import datetime

from msgspec import field

from ecr_events.structs import CamelStruct

__all__ = ["EncryptionConfiguration", "ImageScanningConfiguration", "ImageTagMutabilityExclusionFilter", "Repository"]


class ImageTagMutabilityExclusionFilter(CamelStruct, frozen=True, kw_only=True):
    """Tags excluded from the repository's tag mutability."""

    filter_type: str
    """``WILDCARD``."""

    filter: str
    """The pattern of the tags: ``dev-*``."""


class ImageScanningConfiguration(CamelStruct, frozen=True, kw_only=True):
    """The basic scanning of a repository."""

    scan_on_push: bool | None = None
    """Whether images are scanned when they are pushed."""


class EncryptionConfiguration(CamelStruct, frozen=True, kw_only=True):
    """The encryption at rest."""

    encryption_type: str
    """``AES256``, ``KMS`` or ``KMS_DSSE``."""

    kms_key: str | None = None
    """The ARN of the KMS key; absent with ``AES256``."""


class Repository(CamelStruct, frozen=True, kw_only=True):
    """A repository, with every field of ECR's ``Repository``."""

    arn: str = field(name="repositoryArn")
    """The Amazon resource name, ``repositoryArn`` in ECR's API."""

    registry_id: str
    """The AWS account that owns the registry, 12 digits."""

    name: str = field(name="repositoryName")
    """The name within the registry, ``repositoryName`` in ECR's API; it may hold slashes."""

    uri: str = field(name="repositoryUri")
    """The URI for ``docker pull``, ``repositoryUri`` in ECR's API."""

    created_at: datetime | None = None
    """When the repository was created; aware, in UTC."""

    image_tag_mutability: str | None = None
    """``MUTABLE``, ``IMMUTABLE``, or either with ``_WITH_EXCLUSION``."""

    image_tag_mutability_exclusion_filters: tuple[ImageTagMutabilityExclusionFilter, ...] = ()
    """The tags excluded from `image_tag_mutability`."""

    image_scanning_configuration: ImageScanningConfiguration | None = None
    """The basic scanning of pushed images."""

    encryption_configuration: EncryptionConfiguration | None = None
    """The encryption of the images at rest."""
