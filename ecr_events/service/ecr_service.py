"""Lookups of repositories and images in ECR."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from functools import lru_cache, partial
from typing import Any
from weakref import WeakSet

from msgspec import structs

from ecr_events.references import ImageReference, RepositoryReference
from ecr_events.service import responses
from ecr_events.service.api import API
from ecr_events.service.cache import Cache
from ecr_events.service.clients import ClientPool
from ecr_events.service.error_mapping import error_from_failures
from ecr_events.service.image import Image
from ecr_events.service.lookup import BatchLookup, single_lookup
from ecr_events.service.manifest import MEDIA_TYPES, Manifest
from ecr_events.service.operations import DescribeImages, DescribeRepositories, image_id, repository_id
from ecr_events.service.replication_status import ImageReplicationStatus
from ecr_events.service.repository import Repository
from ecr_events.service.scan_findings import ImageScanFindings
from ecr_events.session import Session

__all__ = ["ECRService", "service_for"]

_MAX_POOL_CONNECTIONS = 10
"""botocore's default size of a client's connection pool."""

_PAGE_SIZE = 1_000
"""ECR's maximum number of findings on a page."""

_services: WeakSet[ECRService] = WeakSet()


class ECRService:
    """Looks up repositories and images in ECR, in few calls. Thread-safe.

    A lookup goes to the region and the registry of its reference, whatever the session's own
    are. A missing repository or image is None; every other failure is a `ServiceError`, or an
    ImportError without boto3. The results of `repository`, `image`, `repositories` and `images`
    are cached, including misses; the other methods call ECR each time.

    Args:
        session: The boto3 session that provides the credentials; None for boto3's default session.
        session_for: Instead of a session, for registries of several accounts: called with account
            and region, returns the session to use there. Called once for each pair, and again
            when AWS rejects the session's credentials, for example because they expired.
        config: botocore's `Config`, for timeouts, retries and the size of a region's connection
            pool, which bounds the number of concurrent calls; None for botocore's defaults.
        cache_ttl: Seconds that a result is cached; 0 disables the cache.
        cache_size: Maximum number of cached results. The oldest is evicted first.
    """

    def __init__(
        self,
        session: Session | None = None,
        *,
        session_for: Callable[[str, str], Session] | None = None,
        config: object | None = None,
        cache_ttl: float = 60.0,
        cache_size: int = 10_000,
    ) -> None:
        self._new_clients = partial(ClientPool, session, session_for, config)
        self._new_cache = partial(Cache[Any, Any], ttl=cache_ttl, max_size=cache_size)
        self._max_workers: int = getattr(config, "max_pool_connections", _MAX_POOL_CONNECTIONS)
        self._reset()
        _services.add(self)

    def _reset(self) -> None:
        """Drop clients and cached results.

        Runs after fork: connections and locks belong to the parent.
        """
        self._api = API(self._new_clients())
        self._cache = self._new_cache()
        self._repositories = BatchLookup(DescribeRepositories(self._api), self._cache, max_workers=self._max_workers)
        self._images = BatchLookup(DescribeImages(self._api), self._cache, max_workers=self._max_workers)

    def repository(self, reference: RepositoryReference) -> Repository | None:
        """Return the repository, or None if it is missing.

        One call of DescribeRepositories, unless cached. IAM: ``ecr:DescribeRepositories``.

        Raises:
            ServiceError: The lookup failed.
        """
        return self._repositories.one(reference)

    def image(self, reference: ImageReference) -> Image | None:
        """Return the image, or None if it or its repository is missing.

        A reference with a digest is looked up by digest, otherwise by tag. One call of
        DescribeImages, unless cached. IAM: ``ecr:DescribeImages``.

        Raises:
            ServiceError: The lookup failed.
        """
        return self._images.one(reference)

    def repositories(self, references: Iterable[RepositoryReference]) -> dict[RepositoryReference, Repository | None]:
        """Return each repository by its reference, None if it is missing.

        One call of DescribeRepositories for 100 repositories of a registry and region, and one
        more for each missing repository. IAM: ``ecr:DescribeRepositories``.

        Raises:
            BatchServiceError: Some lookups failed; the error has the results of the others.
        """
        return self._repositories.many(references)

    def images(self, references: Iterable[ImageReference]) -> dict[ImageReference, Image | None]:
        """Return each image by its reference, None if it or its repository is missing.

        References with a digest are looked up by digest, otherwise by tag. One call of
        DescribeImages for 100 images of a repository, and one more for each missing image.
        IAM: ``ecr:DescribeImages``.

        Raises:
            BatchServiceError: Some lookups failed; the error has the results of the others.
        """
        return self._images.many(references)

    def tags(self, repository: RepositoryReference) -> dict[str, str] | None:
        """Return the AWS tags of a repository, or None if it is missing.

        One call of ListTagsForResource. IAM: ``ecr:ListTagsForResource``.

        Raises:
            ServiceError: The lookup failed.
        """
        with single_lookup(repository):
            response = self._api.call(
                repository, "list_tags_for_resource", responses.ListTagsForResourceResponse, resourceArn=repository.arn
            )
            return {tag.key: tag.value for tag in response.tags}
        return None

    def manifest(self, image: ImageReference) -> Manifest | None:
        """Return the manifest of an image as it was pushed, or None if the image is missing.

        One call of BatchGetImage, which ECR records as a pull. IAM: ``ecr:BatchGetImage``.

        Raises:
            ServiceError: The lookup failed.
        """
        with single_lookup(image):
            response = self._api.call(
                image.repository,
                "batch_get_image",
                responses.BatchGetImageResponse,
                **repository_id(image.repository),
                imageIds=[image_id(image)],
                acceptedMediaTypes=MEDIA_TYPES,
            )
            if not response.images:
                raise error_from_failures(response.failures)
            return response.images[0]
        return None

    def scan_findings(self, image: ImageReference) -> ImageScanFindings | None:
        """Return all findings of an image's scan, or None if the image is missing or was never scanned.

        One call of DescribeImageScanFindings for 1,000 findings. IAM: ``ecr:DescribeImageScanFindings``,
        and with enhanced scanning ``inspector2:ListFindings`` and ``inspector2:ListCoverage`` too.

        Raises:
            ServiceError: The lookup failed.
        """
        with single_lookup(image):
            pages = self._api.paginate(
                image.repository,
                "describe_image_scan_findings",
                responses.DescribeImageScanFindingsResponse,
                **repository_id(image.repository),
                imageId=image_id(image),
                PaginationConfig={"PageSize": _PAGE_SIZE},
            )
            parts = [page.image_scan_findings for page in pages]
            fields: dict[str, Any] = structs.asdict(parts[0]) | {
                "findings": tuple(finding for part in parts for finding in part.findings),
                "enhanced_findings": tuple(finding for part in parts for finding in part.enhanced_findings),
            }
            return ImageScanFindings(image_scan_status=pages[0].image_scan_status, **fields)
        return None

    def replication_status(self, image: ImageReference) -> tuple[ImageReplicationStatus, ...] | None:
        """Return the replication status of each destination, or None if the image is missing.

        Only the source registry knows them. One call of DescribeImageReplicationStatus.
        IAM: ``ecr:DescribeImageReplicationStatus``.

        Raises:
            ServiceError: The lookup failed.
        """
        with single_lookup(image):
            response = self._api.call(
                image.repository,
                "describe_image_replication_status",
                responses.DescribeImageReplicationStatusResponse,
                **repository_id(image.repository),
                imageId=image_id(image),
            )
            return response.replication_statuses
        return None

    def clear_cache(self) -> None:
        """Remove every cached result, so that the next lookup calls ECR."""
        self._cache.clear()


@lru_cache(maxsize=32)
def service_for(session: Session | None) -> ECRService:
    """Return the service that all events bound to `session` share; None is boto3's default session.

    The services of the last 32 sessions are cached, with their own caches.
    """
    return ECRService(session)


def reset_after_fork() -> None:
    """Reset every service in a forked process."""
    for service in list(_services):
        service._reset()  # noqa: SLF001 - same module  # pyright: ignore[reportPrivateUsage]


if hasattr(os, "register_at_fork"):  # pragma: no branch - Windows has no fork
    os.register_at_fork(after_in_child=reset_after_fork)
