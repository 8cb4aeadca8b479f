"""Responses of ECR's API, and what they hold; imported by the first call.

Required fields detect truncated responses: botocore parses a body that was cut off as an
empty response, without an error.

Source: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_Operations.html
"""

from msgspec import Struct

from ecr_events.service.image import Image, ImageScanStatus
from ecr_events.service.manifest import ImageIdentifier, ImageManifest, Manifest
from ecr_events.service.replication_status import ImageReplicationStatus
from ecr_events.service.repository import Repository
from ecr_events.service.scan_findings import Findings, ImageScanFindings
from ecr_events.structs import CamelStruct

__all__ = [
    "BatchGetImageResponse",
    "DescribeImageReplicationStatusResponse",
    "DescribeImageScanFindingsResponse",
    "DescribeImagesResponse",
    "DescribeRepositoriesResponse",
    "Image",
    "ImageFailure",
    "ImageReplicationStatus",
    "ImageScanFindings",
    "ListTagsForResourceResponse",
    "Manifest",
    "Repository",
    "Tag",
]


class DescribeRepositoriesResponse(CamelStruct, frozen=True, kw_only=True):
    """The repositories requested, in any order, or a page of all."""

    repositories: tuple[Repository, ...]
    next_token: str | None = None


class DescribeImagesResponse(CamelStruct, frozen=True, kw_only=True):
    """The images requested, in any order, each once, or a page of all."""

    image_details: tuple[Image, ...]
    next_token: str | None = None


class Tag(Struct, frozen=True, kw_only=True, gc=False, rename="pascal"):
    """An AWS tag."""

    key: str
    value: str


class ListTagsForResourceResponse(CamelStruct, frozen=True, kw_only=True):
    """The AWS tags of a repository."""

    tags: tuple[Tag, ...]


class ImageFailure(CamelStruct, frozen=True, kw_only=True):
    """The reason that BatchGetImage returned no image for an id."""

    image_id: ImageIdentifier = ImageIdentifier()
    failure_code: str
    failure_reason: str = ""


class BatchGetImageResponse(CamelStruct, frozen=True, kw_only=True):
    """The images found, and a failure for each other id."""

    images: tuple[ImageManifest, ...]
    failures: tuple[ImageFailure, ...]


class DescribeImageScanFindingsResponse(CamelStruct, frozen=True, kw_only=True):
    """A page of the findings."""

    image_id: ImageIdentifier = ImageIdentifier()
    image_scan_status: ImageScanStatus
    image_scan_findings: Findings = Findings()
    next_token: str | None = None


class DescribeImageReplicationStatusResponse(CamelStruct, frozen=True, kw_only=True):
    """The status of each destination."""

    replication_statuses: tuple[ImageReplicationStatus, ...]
