"""Lookups of repositories and images in ECR."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import datetime
from functools import partial
from math import inf
from typing import TYPE_CHECKING, Any, NoReturn
from weakref import WeakSet

from msgspec import structs

from ecr_events.errors import ServiceError, UnavailableError
from ecr_events.references import ImageReference, RepositoryReference
from ecr_events.service.api import API
from ecr_events.service.cache import Cache
from ecr_events.service.clients import ClientPool
from ecr_events.service.error_mapping import NotFoundError, error_from_failures
from ecr_events.service.lookup import Lookup, check_timeout, single_lookup
from ecr_events.service.operations import PAGE_SIZE, DescribeImages, DescribeRepositories, image_id, repository_id
from ecr_events.service.validation import Boundary
from ecr_events.session import Session, is_session

if TYPE_CHECKING:
    from ecr_events.service.responses import Image, ImageReplicationStatus, ImageScanFindings, Manifest, Repository

__all__ = ["ECRService", "service_for"]

_MAX_POOL_CONNECTIONS = 10
"""botocore's default size of a client's connection pool."""

_MAX_CLIENTS = 256
"""Clients in use, unless there are more of `accounts` in `regions`. The least recently used is dropped first."""

_services: WeakSet[ECRService] = WeakSet()


class ECRService:
    """Looks up repositories and images in ECR, in few calls. Thread-safe.

    A lookup goes to the region and the registry of its reference, whatever the session's own are. A missing repository
    or image is None; every other failure raises a `ServiceError`, or an ImportError without boto3. A reference with a
    digest is looked up by digest, otherwise by tag.

    The results of `repository`, `image`, `repositories` and `images` are cached, misses for a tenth of the time; the
    other methods call ECR each time. With `since`, the aware time of a change such as an event's, a cached result is
    used only if it was requested 2 s after the change or later, because events have whole seconds and clocks differ;
    or less than 0.1 s ago, for a change at the same time or later, because an event takes longer than that to arrive.
    Callers share cached results: do not change the dicts in them.

    Args:
        session: The boto3 session that provides the credentials; None for boto3's default session.
        session_for: Instead of a session, for registries of several accounts: called with account and region, returns
            the session to use there. Called once for each pair, and again when AWS rejects the session's credentials,
            for example because they expired, or after 256 other pairs, or all of `accounts` in `regions`.
        config: botocore's `Config`, for timeouts, retries and the size of a region's connection pool, which bounds the
            number of concurrent calls there; None for botocore's defaults, with timeouts of 5 s to connect and 10 s to
            read.
        accounts: The accounts whose registries may be looked up, 12 digits each; None for all. Others are refused
            before any request, also before `session_for` is called.
        regions: The regions that may be looked up; None for all of AWS's.
        cache_ttl: Seconds that a result is cached; 0 disables the cache.
        cache_size: Maximum number of cached results. The oldest is evicted first.

    Raises:
        TypeError: An argument has the wrong type, or both `session` and `session_for` are given.
        ValueError: An account, a region, `cache_ttl` or `cache_size` is invalid.
    """

    def __init__(
        self,
        session: Session | None = None,
        *,
        session_for: Callable[[str, str], Session] | None = None,
        config: object | None = None,
        accounts: Collection[str] | None = None,
        regions: Collection[str] | None = None,
        cache_ttl: float = 60.0,
        cache_size: int = 10_000,
    ) -> None:
        if session is not None and not is_session(session):
            raise TypeError(f"session must be a boto3 Session, not {session!r:.200}")
        if session is not None and session_for is not None:
            raise TypeError("session and session_for are mutually exclusive")
        if session_for is not None and not callable(session_for):
            raise TypeError(f"session_for must be callable, not {session_for!r:.200}")
        max_in_flight: Any = _MAX_POOL_CONNECTIONS if config is None else getattr(config, "max_pool_connections", None)
        if not isinstance(max_in_flight, int):
            raise TypeError(f"config must be a botocore.config.Config, not {config!r:.200}")
        if max_in_flight < 1:
            raise ValueError(f"max_pool_connections must be 1 or more, not {max_in_flight}")
        self._max_in_flight = max_in_flight
        if not 0 <= cache_ttl < inf:
            raise ValueError(f"cache_ttl must be a number of seconds, 0 or more, not {cache_ttl!r}")
        if cache_size < 1:
            raise ValueError(f"cache_size must be 1 or more, not {cache_size!r}; cache_ttl=0 disables the cache")
        boundary = Boundary(accounts, regions)
        max_clients = max(_MAX_CLIENTS, len(accounts or ()) * len(regions or (None,)))
        self._new_clients = partial(ClientPool, session, session_for, config, max_clients=max_clients)
        self._new_cache = partial(Cache[Any, Any], ttl=cache_ttl, max_size=cache_size)
        self._api = API(self._new_clients(), boundary)
        self._reset()
        _services.add(self)

    def __reduce__(self) -> NoReturn:
        raise TypeError("an ECRService has connections and cannot be copied or pickled: create one in each process")

    def _reset(self) -> None:
        """Drop clients and cached results.

        Runs after fork: connections and locks belong to the parent.
        """
        self._api.clients = self._new_clients()
        self._cache = self._new_cache()
        new_lookup = partial(Lookup[Any, Any], cache=self._cache, max_in_flight=self._max_in_flight)
        self._repositories: Lookup[RepositoryReference, Repository] = new_lookup(DescribeRepositories(self._api))
        self._images: Lookup[ImageReference, Image] = new_lookup(DescribeImages(self._api))

    def repository(self, reference: RepositoryReference, since: datetime | None = None) -> Repository | None:
        """Return the repository, or None if it is missing.

        One call of DescribeRepositories, unless cached. IAM: ``ecr:DescribeRepositories``.
        """
        return self._repositories.one(reference, since)

    def image(self, reference: ImageReference, since: datetime | None = None) -> Image | None:
        """Return the image, or None if it or its repository is missing.

        One call of DescribeImages, unless cached. IAM: ``ecr:DescribeImages``.
        """
        return self._images.one(reference, since)

    def repositories(
        self, references: Iterable[RepositoryReference], since: datetime | None = None, timeout: float | None = None
    ) -> dict[RepositoryReference, Repository | None]:
        """Return each repository by its reference, None if it is missing.

        One call of DescribeRepositories for 100 repositories of a registry and region, and one more for each missing
        or denied repository. Instead of many missing ones, one call for each 1,000 repositories of the registry, if
        IAM allows ``ecr:DescribeRepositories`` for all of them.

        Raises:
            BatchServiceError: Some lookups failed, or had no result within `timeout` seconds; the error has the results
                of the others.
        """
        return self._repositories.many(references, since, timeout)

    def images(
        self, references: Iterable[ImageReference], since: datetime | None = None, timeout: float | None = None
    ) -> dict[ImageReference, Image | None]:
        """Return each image by its reference, None if it or its repository is missing.

        One call of DescribeImages for 100 images of a repository, and one more for each missing image. Instead of many
        missing ones, one call for each 1,000 images of the repository. IAM: ``ecr:DescribeImages``.

        Raises:
            BatchServiceError: Some lookups failed, or had no result within `timeout` seconds; the error has the results
                of the others.
        """
        return self._images.many(references, since, timeout)

    def list_images(
        self, repository: RepositoryReference, *, tag_status: str = "ANY", image_status: str = "ACTIVE"
    ) -> Iterator[Image]:
        """Yield the images of a repository, in ECR's order.

        One call of DescribeImages for 1,000 images, made when the first of them is needed. IAM: ``ecr:DescribeImages``.

        Args:
            repository: The repository.
            tag_status: ``TAGGED``, ``UNTAGGED`` or ``ANY``.
            image_status: ``ACTIVE``, ``ARCHIVED``, ``ACTIVATING`` or ``ANY``.

        Raises:
            ServiceError: The call failed, or the repository is missing: its code is ``RepositoryNotFoundException``.
        """
        self._api.check(repository, RepositoryReference)
        return self._list_images(repository, {"tagStatus": tag_status, "imageStatus": image_status})

    def _list_images(self, repository: RepositoryReference, filters: dict[str, str]) -> Iterator[Image]:
        parameters = {**repository_id(repository), "maxResults": PAGE_SIZE, "filter": filters}
        with single_lookup(self._api, repository):
            try:
                for page in self._api.pages(repository, "describe_images", **parameters):
                    yield from page.image_details
            except NotFoundError as error:
                raise ServiceError(error.message, code=error.code) from error

    def tags(self, repository: RepositoryReference) -> dict[str, str] | None:
        """Return the AWS tags of a repository, or None if it is missing.

        One call of ListTagsForResource. IAM: ``ecr:ListTagsForResource``.
        """
        with single_lookup(self._api, repository, RepositoryReference):
            response = self._api.call(repository, "list_tags_for_resource", resourceArn=repository.arn)
            return {tag.key: tag.value for tag in response.tags}
        return None

    def manifest(self, image: ImageReference) -> Manifest | None:
        """Return the manifest of an image as it was pushed, or None if the image is missing.

        One call of BatchGetImage, which ECR records as a pull. IAM: ``ecr:BatchGetImage``.
        """
        from ecr_events.service.manifest import MEDIA_TYPES, Manifest

        with single_lookup(self._api, image, ImageReference):
            parameters = {**repository_id(image.repository), "acceptedMediaTypes": MEDIA_TYPES}
            response = self._api.call(image.repository, "batch_get_image", **parameters, imageIds=[image_id(image)])
            if not response.images:
                raise error_from_failures(response.failures)
            return Manifest(**structs.asdict(response.images[0]), reference=image)
        return None

    def scan_findings(self, image: ImageReference) -> ImageScanFindings | None:
        """Return all findings of an image's scan, or None if the image is missing.

        One call of DescribeImageScanFindings for 1,000 findings, and once more if the image is scanned again meanwhile.
        IAM: ``ecr:DescribeImageScanFindings``, and with enhanced scanning ``inspector2:ListFindings`` and
        ``inspector2:ListCoverage`` too.

        Raises:
            ScanNotFoundError: The image was never scanned.
        """
        from ecr_events.service.scan_findings import ImageScanFindings

        with single_lookup(self._api, image, ImageReference):
            parameters = {**repository_id(image.repository), "imageId": image_id(image), "maxResults": PAGE_SIZE}
            pages = list(self._api.pages(image.repository, "describe_image_scan_findings", **parameters))
            if _have_two_scans(pages):
                pages = list(self._api.pages(image.repository, "describe_image_scan_findings", **parameters))
            digests = {page.image_id.image_digest for page in pages}
            if len(digests) > 1:
                raise UnavailableError(f"the tag moved while its findings were read: {', '.join(map(str, digests))}")
            if _have_two_scans(pages):
                raise UnavailableError("the image was scanned again and again while its findings were read")
            parts = [page.image_scan_findings for page in pages]
            fields: dict[str, Any] = structs.asdict(parts[0]) | {
                "findings": tuple(finding for part in parts for finding in part.findings),
                "enhanced_findings": tuple(finding for part in parts for finding in part.enhanced_findings),
            }
            return ImageScanFindings(image_scan_status=pages[0].image_scan_status, **fields)
        return None

    def wait_for_scan(self, image: ImageReference, *, timeout: float = 300.0) -> ImageScanFindings:
        """Wait until an image is scanned, and return all findings.

        Continuous scanning counts as ended with its first findings, or the time of a scan without any. Polls like
        `scan_findings`, for `timeout` seconds and one call: after 1 s, and ever more slowly, up to each 15 s.

        Raises:
            ServiceTimeoutError: The scan has not ended, or not begun; the reason has its status.
            ServiceError: The scan ended without findings: the code is its status, such as ``UNSUPPORTED_IMAGE``. Or
                the image is missing: the code is ``ImageNotFoundException``.
        """
        from ecr_events.service.waiting import wait_for_scan

        return wait_for_scan(self.scan_findings, image, check_timeout(timeout))

    def replication_status(self, image: ImageReference) -> tuple[ImageReplicationStatus, ...] | None:
        """Return the replication status of each destination, or None if the image is missing.

        Only the source registry knows them. One call of DescribeImageReplicationStatus.
        IAM: ``ecr:DescribeImageReplicationStatus``.
        """
        with single_lookup(self._api, image, ImageReference):
            parameters = {**repository_id(image.repository), "imageId": image_id(image)}
            response = self._api.call(image.repository, "describe_image_replication_status", **parameters)
            statuses: tuple[ImageReplicationStatus, ...] = response.replication_statuses
            return statuses
        return None

    def wait_for_replication(
        self, image: ImageReference, *, destination: str | RepositoryReference | None = None, timeout: float = 300.0
    ) -> tuple[ImageReplicationStatus, ...]:
        """Wait until an image of the source registry is replicated, and return the status of each destination.

        Polls like `replication_status`, as `wait_for_scan` does.

        Args:
            image: The image in the source registry.
            destination: A region; or a repository, for its registry and region; None for all that ECR lists.
            timeout: Seconds to wait.

        Raises:
            ServiceTimeoutError: A replication has not ended, or ECR lists none; the reason says which.
            ServiceError: A replication failed, or the image is missing.
        """
        from ecr_events.service.waiting import wait_for_replication

        return wait_for_replication(self.replication_status, image, destination, check_timeout(timeout))

    def client_for(self, reference: RepositoryReference | ImageReference) -> Any:
        """Return boto3's ECR client for the region and the account of a reference, to call what is not wrapped here.

        No call. Pass the reference's `registry_id` to the client's methods.
        """
        with single_lookup(self._api, reference):
            return self._api.client(reference.repository if isinstance(reference, ImageReference) else reference)

    def clear_cache(self) -> None:
        """Remove every cached result, so that the next lookup calls ECR."""
        self._cache.clear()


def _have_two_scans(pages: list[Any]) -> bool:
    """Return whether pages of findings have different scans: not every page need have the time of its scan."""
    statuses = {page.image_scan_status.status for page in pages}
    times = {page.image_scan_findings.image_scan_completed_at for page in pages}
    return len(statuses) > 1 or len(times - {None}) > 1


def service_for(session: Session | ECRService | None) -> ECRService:
    """Return the service for events bound to `session`: itself, or the one that all events of the session share.

    None is boto3's default session. The services of the last 16 sessions are cached, with their own caches.
    """
    if isinstance(session, ECRService):
        return session
    service = _shared_services.get(session)
    if service is None:
        service = _shared_services.setdefault(session, ECRService(session))
        for oldest in list(_shared_services)[:-_MAX_SHARED]:
            _shared_services.pop(oldest, None)
    return service


_MAX_SHARED = 16
"""Each has a client for each region, of 9 MiB."""

_shared_services: dict[Session | None, ECRService] = {}


def reset_after_fork() -> None:
    """Reset every service in a forked process."""
    for service in list(_services):
        service._reset()  # noqa: SLF001 - same module  # pyright: ignore[reportPrivateUsage]


if hasattr(os, "register_at_fork"):  # pragma: no branch - Windows has no fork
    os.register_at_fork(after_in_child=reset_after_fork)
