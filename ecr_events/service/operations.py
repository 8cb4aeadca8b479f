"""DescribeImages and DescribeRepositories, as operations of a `Plan`.

How references map to the parameters of a call, its response back to names, and the text of ECR's errors to the name
that it mentions.

Source: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeImages.html and
https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeRepositories.html
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ecr_events.errors import AccessDeniedError, InvalidRequestError
from ecr_events.references import ImageReference, RepositoryReference
from ecr_events.service.api import API, next_token
from ecr_events.service.error_mapping import NotFoundError, UnresolvedNameError

if TYPE_CHECKING:
    from typing import TypeAlias

    from ecr_events.service.batching import Key
    from ecr_events.service.responses import (
        DescribeImagesResponse,
        DescribeRepositoriesResponse,
        Image,
        Repository,
    )

__all__ = ["PAGE_SIZE", "DescribeImages", "DescribeRepositories", "image_id", "repository_id"]

PAGE_SIZE = 1_000
"""ECR's maximum number of items on a page."""


class DescribeRepositories:
    """Repositories by name. A group is a registry in a region."""

    def __init__(self, api: API) -> None:
        self._api = api

    def key(self, reference: RepositoryReference) -> Key:
        """Return registry, region and name."""
        return (reference.registry_id, reference.region), reference.repository_name

    def check(self, key: Key) -> None:
        """Raise InvalidRequestError if no request may be sent for a key."""
        self._api.check(_repository(*key))

    def site(self, group: tuple[str, str]) -> tuple[str, str]:
        """Return the group, which is one."""
        return group

    def is_permanent(self, _name: str) -> bool:
        """Return True."""
        return True

    def describe(self, group: tuple[str, str], names: Sequence[str]) -> dict[str, Repository]:
        """Return repositories by name, at most 100, with one call.

        Raises:
            UnresolvedNameError: One of the names is missing, invalid or denied.
            ServiceError: The call failed for all names.
        """
        try:
            response = self._call(group, names[0], repositoryNames=list(names))
        except NotFoundError as error:
            raise UnresolvedNameError(
                _mentioned(r"repository with name '([^']+)'", error.message, names), None
            ) from error
        except InvalidRequestError as error:
            if _is_about_all_names(error):
                raise
            raise UnresolvedNameError(None, error) from error
        except AccessDeniedError as error:
            # IAM names the first repository that it denies, unless it denies the operation altogether.
            if re.search(r"on resource: (arn:\S*:repository/)?\*", error.reason):
                raise
            raise UnresolvedNameError(
                _mentioned(r"on resource: arn:\S*?:repository/(\S+)", error.reason, names), error
            ) from error
        return {repository.name: repository for repository in response.repositories}

    def page(self, group: tuple[str, str], token: str | None) -> tuple[dict[str, Repository], str | None]:
        """Return a page of all repositories by name, and the token of the next one, with one call."""
        response = self._call(group, "", maxResults=PAGE_SIZE, **next_token(token))
        return {repository.name: repository for repository in response.repositories}, response.next_token

    def _call(self, group: tuple[str, str], name: str, **parameters: Any) -> DescribeRepositoriesResponse:
        repository = _repository(group, name)
        response: DescribeRepositoriesResponse = self._api.call(
            repository, "describe_repositories", registryId=repository.registry_id, **parameters
        )
        return response


class DescribeImages:
    """Images by digest, else by tag, for a digest identifies one image for ever. A group is a repository."""

    def __init__(self, api: API) -> None:
        self._api = api

    def key(self, reference: ImageReference) -> Key:
        """Return the repository, and what follows it in the image's URI: ``@sha256:...``, else ``:1.4.2``."""
        digest, tag = reference.image_digest, reference.image_tag
        # Concatenation takes nothing but strings.
        return reference.repository, ":" + tag if digest is None else "@" + digest  # type: ignore[operator]

    def check(self, key: Key) -> None:
        """Raise InvalidRequestError if no request may be sent for a key."""
        self._api.check(_image(*key))

    def site(self, group: RepositoryReference) -> tuple[str, str]:
        """Return registry and region."""
        return group.registry_id, group.region

    def is_permanent(self, name: str) -> bool:
        """Return whether the name is a digest."""
        return name[0] == "@"

    def describe(self, group: RepositoryReference, names: Sequence[str]) -> dict[str, Image]:
        """Return images by name, at most 100, with one call.

        Raises NotFoundError if their repository is missing, and the errors of `DescribeRepositories.describe`.
        """
        try:
            response = self._call(group, imageIds=[image_id(_image(group, name)) for name in names])
        except NotFoundError as error:
            if error.code == "RepositoryNotFoundException":
                raise
            found = re.search(r"imageDigest:'([^']+)', imageTag:'([^']+)'", error.message)
            name = found and (f":{found[2]}" if found[1] == "null" else f"@{found[1]}")
            raise UnresolvedNameError(name if name in names else None, None) from error
        except InvalidRequestError as error:
            if _is_about_all_names(error):
                raise
            raise UnresolvedNameError(None, error) from error
        return _by_name(response)

    def page(self, group: RepositoryReference, token: str | None) -> tuple[dict[str, Image], str | None]:
        """Return a page of all images by name, archived ones included, and the token of the next one, with one call."""
        options = {"maxResults": PAGE_SIZE, "filter": {"imageStatus": "ANY"}}
        response = self._call(group, **options, **next_token(token))
        return _by_name(response), response.next_token

    def _call(self, group: RepositoryReference, **parameters: Any) -> DescribeImagesResponse:
        response: DescribeImagesResponse
        response = self._api.call(group, "describe_images", **repository_id(group), **parameters)
        return response


if TYPE_CHECKING:
    Operation: TypeAlias = DescribeImages | DescribeRepositories


def repository_id(repository: RepositoryReference) -> dict[str, str]:
    """Return the parameters that name a repository in ECR's API."""
    return {"registryId": repository.registry_id, "repositoryName": repository.repository_name}


def image_id(reference: ImageReference) -> dict[str, Any]:
    """Return the ``ImageIdentifier`` of ECR's API: the digest, else the tag."""
    if reference.image_digest is None:
        return {"imageTag": reference.image_tag}
    return {"imageDigest": reference.image_digest}


def _repository(group: tuple[str, str], name: str) -> RepositoryReference:
    registry_id, region = group
    return RepositoryReference(registry_id=registry_id, region=region, repository_name=name)


def _image(repository: RepositoryReference, name: str) -> ImageReference:
    return repository.image(digest=name[1:]) if name[0] == "@" else repository.image(tag=name[1:])


def _by_name(response: DescribeImagesResponse) -> dict[str, Image]:
    return {
        name: image
        for image in response.image_details
        for name in (f"@{image.digest}", *(f":{tag}" for tag in image.tags))
    }


def _mentioned(pattern: str, text: str, names: Sequence[str]) -> str | None:
    """Return the name that ECR's message mentions, if it was requested."""
    found = re.search(pattern, text)
    return found[1] if found and found[1] in names else None


def _is_about_all_names(error: InvalidRequestError) -> bool:
    """Return whether an error is about a parameter that all names share, not about one of the names."""
    is_shared = re.search(r"'(registryId|repositoryName)'", error.reason) is not None
    return is_shared or error.code not in {None, "InvalidParameterException"}
