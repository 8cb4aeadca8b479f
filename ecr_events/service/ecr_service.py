"""What ECR says now about what references name."""

import os
import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar
from weakref import WeakSet

from msgspec import structs

from ecr_events.errors import InvalidRequestError, ServiceError
from ecr_events.references import ImageReference, RepositoryReference
from ecr_events.service import responses
from ecr_events.service.api import Calls, refusal
from ecr_events.service.batching import Ask, OneIsInvalidError, OneIsMissingError, Outcomes, ask_places
from ecr_events.service.cache import Cache
from ecr_events.service.clients import Clients
from ecr_events.service.error_mapping import NotFoundError, of_image_failures
from ecr_events.service.image import Image
from ecr_events.service.manifest import MEDIA_TYPES, Manifest
from ecr_events.service.replication_status import ImageReplicationStatus
from ecr_events.service.repository import Repository
from ecr_events.service.scan_findings import ImageScanFindings
from ecr_events.session import Session

__all__ = ["ECRService"]

_Reference = TypeVar("_Reference", bound=RepositoryReference | ImageReference)
_Answer = TypeVar("_Answer")

_POOL = 10
"""botocore's own default for the size of a client's connection pool."""

_PAGE = 1_000
"""The most findings that ECR puts on a page."""

_services: "WeakSet[ECRService]" = WeakSet()


class ECRService:
    """Asks ECR about what references name, in few calls. Safe to use from many threads.

    A lookup goes to the region and the registry of its reference, whatever the session's own
    are. What does not exist is None; every other failure is a `ServiceError`. Answers of
    `repository`, `image`, `repositories` and `images` are kept for a while, also the answer
    that something does not exist; the other methods ask each time.

    Args:
        session: The boto3 session whose credentials are used; boto3's default without it.
        session_for: In place of a session, for registries of many accounts: called with
            account and region, it returns the session to use there. Called once for each
            pair, and again when AWS does not take the session's credentials any more.
        config: botocore's `Config`, for timeouts, retries and the size of a region's
            connection pool, in which calls wait for a place. Without it, botocore's defaults.
        lifetime: For how many seconds an answer is kept; 0 keeps none.
        size: How many answers are kept, the newest.
    """

    def __init__(
        self,
        session: Session | None = None,
        *,
        session_for: Callable[[str, str], Session] | None = None,
        config: object | None = None,
        lifetime: float = 60.0,
        size: int = 10_000,
    ) -> None:
        """Ask nothing yet, and do not import boto3 either."""
        self._session, self._session_for, self._config = session, session_for, config
        self._lifetime, self._size = lifetime, size
        self._threads: int = getattr(config, "max_pool_connections", _POOL)
        self.start_over()
        _services.add(self)

    def start_over(self) -> None:
        """Begin again with no clients and no answers.

        Done in a forked process by itself, for the connections and the locks are its parent's.
        """
        self._calls = Calls(Clients(self._session, self._session_for, self._config))
        self._cache: Cache[Any, Any] = Cache(lifetime=self._lifetime, size=self._size)

    def repository(self, reference: RepositoryReference) -> Repository | None:
        """Return the repository, or None if it does not exist.

        One call of DescribeRepositories, unless the answer is kept. IAM: ``ecr:DescribeRepositories``.

        Raises:
            ServiceError: ECR gave no answer.
            ImportError: boto3 is not installed.
        """
        return self.repositories([reference])[reference]

    def image(self, reference: ImageReference) -> Image | None:
        """Return the image, or None if it, or its repository, does not exist.

        One call of DescribeImages, unless the answer is kept. IAM: ``ecr:DescribeImages``.

        Raises:
            ServiceError: ECR gave no answer.
            ImportError: boto3 is not installed.
        """
        return self.images([reference])[reference]

    def repositories(self, references: Iterable[RepositoryReference]) -> dict[RepositoryReference, Repository | None]:
        """Return each repository by its reference, None if it does not exist.

        One call of DescribeRepositories for 100 repositories of a registry in a region, and
        one more for each that does not exist. IAM: ``ecr:DescribeRepositories``.

        Raises:
            ServiceError: ECR gave no answer about some; the error has the answers about the others.
            ImportError: boto3 is not installed.
        """

        def place_of(reference: RepositoryReference) -> Hashable:
            return reference.registry_id, reference.region

        names = {reference: reference for reference in references}
        return self._look_up(names, place_of, self._ask_repositories)

    def images(self, references: Iterable[ImageReference]) -> dict[ImageReference, Image | None]:
        """Return each image by its reference, None if it, or its repository, does not exist.

        A reference that has a digest is looked up by it, and by its tag otherwise. One call
        of DescribeImages for 100 images of a repository, and one more for each that does not
        exist. IAM: ``ecr:DescribeImages``.

        Raises:
            ServiceError: ECR gave no answer about some; the error has the answers about the others.
            ImportError: boto3 is not installed.
        """

        def place_of(reference: ImageReference) -> Hashable:
            return reference.repository

        return self._look_up(
            {reference: _by_one_name(reference) for reference in references}, place_of, self._ask_images
        )

    def tags(self, repository: RepositoryReference) -> dict[str, str] | None:
        """Return the AWS tags of a repository, or None if it does not exist.

        One call of ListTagsForResource. IAM: ``ecr:ListTagsForResource``.

        Raises:
            ServiceError: ECR gave no answer.
            ImportError: boto3 is not installed.
        """

        def ask() -> dict[str, str]:
            answer = self._calls.ask(
                repository, "list_tags_for_resource", responses.ListTagsForResource, resourceArn=repository.arn
            )
            return {tag.key: tag.value for tag in answer.tags}

        return _about(repository, ask)

    def manifest(self, image: ImageReference) -> Manifest | None:
        """Return the manifest of an image as it was pushed, or None if the image does not exist.

        One call of BatchGetImage, which ECR records as a pull. IAM: ``ecr:BatchGetImage``.

        Raises:
            ServiceError: ECR gave no answer.
            ImportError: boto3 is not installed.
        """

        def ask() -> Manifest:
            answer = self._calls.ask(
                image.repository,
                "batch_get_image",
                responses.BatchGetImage,
                **_in(image.repository),
                imageIds=[_id(image)],
                acceptedMediaTypes=MEDIA_TYPES,
            )
            for manifest in answer.images:
                return manifest
            raise of_image_failures(answer.failures)

        return _about(image, ask)

    def scan_findings(self, image: ImageReference) -> ImageScanFindings | None:
        """Return what the scan of an image found, or None if the image, or a scan of it, does not exist.

        One call of DescribeImageScanFindings for 1,000 findings. IAM: ``ecr:DescribeImageScanFindings``,
        and with enhanced scanning ``inspector2:ListFindings`` and ``inspector2:ListCoverage`` too.

        Raises:
            ServiceError: ECR gave no answer.
            ImportError: boto3 is not installed.
        """

        def ask() -> ImageScanFindings:
            pages = self._calls.ask_pages(
                image.repository,
                "describe_image_scan_findings",
                responses.DescribeImageScanFindings,
                **_in(image.repository),
                imageId=_id(image),
                PaginationConfig={"PageSize": _PAGE},
            )
            found = [page.image_scan_findings for page in pages]
            whole: dict[str, Any] = structs.asdict(found[0]) | {
                "findings": tuple(finding for part in found for finding in part.findings),
                "enhanced_findings": tuple(finding for part in found for finding in part.enhanced_findings),
            }
            return ImageScanFindings(image_scan_status=pages[0].image_scan_status, **whole)

        return _about(image, ask)

    def replication_status(self, image: ImageReference) -> tuple[ImageReplicationStatus, ...] | None:
        """Return how far an image is replicated to each destination, or None if it does not exist.

        Only the registry that the image comes from knows. One call of
        DescribeImageReplicationStatus. IAM: ``ecr:DescribeImageReplicationStatus``.

        Raises:
            ServiceError: ECR gave no answer.
            ImportError: boto3 is not installed.
        """

        def ask() -> tuple[ImageReplicationStatus, ...]:
            answer = self._calls.ask(
                image.repository,
                "describe_image_replication_status",
                responses.DescribeImageReplicationStatus,
                **_in(image.repository),
                imageId=_id(image),
            )
            return answer.replication_statuses

        return _about(image, ask)

    def clear(self) -> None:
        """Forget every answer that is kept, so that the next lookup asks ECR."""
        self._cache.clear()

    def _look_up(
        self,
        names: Mapping[_Reference, _Reference],
        place_of: Callable[[_Reference], Hashable],
        ask: Ask[_Reference, Any],
    ) -> dict[_Reference, Any]:
        """Return the outcome for each reference, which is looked up by the name it has in `names`."""

        def fetch(wanted: Iterable[_Reference]) -> Iterator[Outcomes[_Reference, Any]]:
            refused: Outcomes[_Reference, Any] = {name: error for name in wanted if (error := refusal(name))}
            yield refused
            asked = [name for name in wanted if name not in refused]
            yield from ask_places(asked, place_of, _site, ask, threads=self._threads)

        outcomes = self._cache.get(names.values(), fetch)
        results = {reference: outcomes[name] for reference, name in names.items()}
        errors = {reference: result for reference, result in results.items() if isinstance(result, ServiceError)}
        if errors:
            found = {reference: result for reference, result in results.items() if reference not in errors}
            raise ServiceError.of_many(errors, found)
        return results

    def _ask_repositories(self, asked: Sequence[RepositoryReference]) -> dict[RepositoryReference, Repository | None]:
        by_name = {reference.repository_name: reference for reference in asked}
        try:
            answer = self._calls.ask(
                asked[0],
                "describe_repositories",
                responses.DescribeRepositories,
                registryId=asked[0].registry_id,
                repositoryNames=list(by_name),
            )
        except NotFoundError as error:
            named = re.search(r"repository with name '([^']+)'", error.message)
            raise OneIsMissingError(named and by_name.get(named[1])) from error
        except InvalidRequestError as error:
            raise _about_one(error) from error.__cause__
        found = {repository.name: repository for repository in answer.repositories}
        return {reference: found.get(name) for name, reference in by_name.items()}

    def _ask_images(self, asked: Sequence[ImageReference]) -> dict[ImageReference, Image | None]:
        repository = asked[0].repository
        by_name = {reference.image_digest or reference.image_tag: reference for reference in asked}
        try:
            answer = self._calls.ask(
                repository,
                "describe_images",
                responses.DescribeImages,
                **_in(repository),
                imageIds=[_id(reference) for reference in asked],
            )
        except NotFoundError as error:
            if error.code == "RepositoryNotFoundException":
                return dict.fromkeys(asked)
            named = re.search(r"imageDigest:'([^']+)', imageTag:'([^']+)'", error.message)
            raise OneIsMissingError(named and by_name.get(named[2] if named[1] == "null" else named[1])) from error
        except InvalidRequestError as error:
            raise _about_one(error) from error.__cause__
        found = {name: image for image in answer.image_details for name in (image.digest, *image.tags)}
        return {reference: found.get(str(name)) for name, reference in by_name.items()}


def start_over_after_fork() -> None:
    """Have every service begin again; called in each forked process."""
    for service in list(_services):
        service.start_over()


if hasattr(os, "register_at_fork"):  # pragma: no branch - Windows has none
    os.register_at_fork(after_in_child=start_over_after_fork)


def _by_one_name(reference: ImageReference) -> ImageReference:
    """Return the reference with its digest alone, if it has one: the tag may be another image's by now."""
    if reference.image_digest is None:
        return reference
    return reference.repository.image(digest=reference.image_digest)


def _id(reference: ImageReference) -> dict[str, Any]:
    if reference.image_digest is None:
        return {"imageTag": reference.image_tag}
    return {"imageDigest": reference.image_digest}


def _in(repository: RepositoryReference) -> dict[str, str]:
    return {"registryId": repository.registry_id, "repositoryName": repository.repository_name}


def _site(reference: RepositoryReference | ImageReference) -> Hashable:
    """Return what decides about the credentials for a reference."""
    repository = reference.repository if isinstance(reference, ImageReference) else reference
    return repository.registry_id, repository.region


def _about_one(error: InvalidRequestError) -> Exception:
    """Return the error as one about a single id, unless it is about what all of them share."""
    shared = re.search(r"'(registryId|repositoryName)'", error.reason)
    return error if shared or error.code not in {None, "InvalidParameterException"} else OneIsInvalidError(error)


def _about(reference: RepositoryReference | ImageReference, ask: Callable[[], _Answer]) -> _Answer | None:
    """Return what `ask` does, None if what it asks about does not exist; its errors name the reference."""
    try:
        if refused := refusal(reference):
            raise refused
        return ask()
    except NotFoundError:
        return None
    except ServiceError as error:
        error.references = (reference,)
        raise
