"""The answers of the operations of ECR's API that are used here.

A field that is required here is one without which an answer is not whole: botocore takes
what a broken connection has cut off for an empty answer, and not for an error.

Source: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_Operations.html
"""

from msgspec import Struct

from ecr_events.service.image import Image, ImageScanStatus
from ecr_events.service.manifest import ImageIdentifier, Manifest
from ecr_events.service.replication_status import ImageReplicationStatus
from ecr_events.service.repository import Repository
from ecr_events.service.scan_findings import Findings
from ecr_events.structs import CamelStruct

__all__ = [
    "BatchGetImage",
    "DescribeImageReplicationStatus",
    "DescribeImageScanFindings",
    "DescribeImages",
    "DescribeRepositories",
    "ImageFailure",
    "ListTagsForResource",
    "Tag",
]


class DescribeRepositories(CamelStruct, frozen=True, kw_only=True):
    """The repositories that were asked for."""

    repositories: tuple[Repository, ...]


class DescribeImages(CamelStruct, frozen=True, kw_only=True):
    """The images that were asked for."""

    image_details: tuple[Image, ...]


class Tag(Struct, frozen=True, kw_only=True, gc=False, rename="pascal"):
    """An AWS tag."""

    key: str
    value: str


class ListTagsForResource(CamelStruct, frozen=True, kw_only=True):
    """The AWS tags of a repository."""

    tags: tuple[Tag, ...]


class ImageFailure(CamelStruct, frozen=True, kw_only=True):
    """Why there is no manifest of an image."""

    image_id: ImageIdentifier = ImageIdentifier()
    failure_code: str
    failure_reason: str = ""


class BatchGetImage(CamelStruct, frozen=True, kw_only=True):
    """The manifests that were asked for, and why others are not among them."""

    images: tuple[Manifest, ...]
    failures: tuple[ImageFailure, ...]


class DescribeImageScanFindings(CamelStruct, frozen=True, kw_only=True):
    """A page of what the scan of an image found."""

    image_scan_status: ImageScanStatus
    image_scan_findings: Findings = Findings()


class DescribeImageReplicationStatus(CamelStruct, frozen=True, kw_only=True):
    """How far an image is replicated."""

    replication_statuses: tuple[ImageReplicationStatus, ...]
