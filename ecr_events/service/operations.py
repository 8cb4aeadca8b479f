"""DescribeImages and DescribeRepositories, for batches.

How references map to the parameters of a call, its response back to references, and the text
of ECR's errors to the reference they name.

Source: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeImages.html and
https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeRepositories.html
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence
from typing import Any

from ecr_events.errors import InvalidRequestError
from ecr_events.references import ImageReference, RepositoryReference
from ecr_events.service.api import API
from ecr_events.service.batching import InvalidIdError, MissingIdError
from ecr_events.service.error_mapping import NotFoundError
from ecr_events.service.image import Image
from ecr_events.service.repository import Repository
from ecr_events.service.responses import DescribeImagesResponse, DescribeRepositoriesResponse

__all__ = ["DescribeImages", "DescribeRepositories", "image_id", "repository_id"]


class DescribeRepositories:
    """Repositories by name, for `run_batches`: a call takes those of one registry and region."""

    def __init__(self, api: API) -> None:
        self._api = api

    def canonical(self, reference: RepositoryReference) -> RepositoryReference:
        """Return `reference` itself."""
        return reference

    def group_key(self, reference: RepositoryReference) -> Hashable:
        """Return registry and region."""
        return reference.registry_id, reference.region

    credentials_key = group_key

    def call(self, references: Sequence[RepositoryReference]) -> dict[RepositoryReference, Repository | None]:
        """Call DescribeRepositories once."""
        by_name = {reference.repository_name: reference for reference in references}
        try:
            response = self._api.call(
                references[0],
                "describe_repositories",
                DescribeRepositoriesResponse,
                registryId=references[0].registry_id,
                repositoryNames=list(by_name),
            )
        except NotFoundError as error:
            named = re.search(r"repository with name '([^']+)'", error.message)
            raise MissingIdError(named and by_name.get(named[1])) from error
        except InvalidRequestError as error:
            if _is_about_one_id(error):
                raise InvalidIdError(error) from error
            raise
        repositories = {repository.name: repository for repository in response.repositories}
        return {reference: repositories.get(name) for name, reference in by_name.items()}


class DescribeImages:
    """Images by digest, else by tag, for `run_batches`: a call takes those of one repository."""

    def __init__(self, api: API) -> None:
        self._api = api

    def canonical(self, reference: ImageReference) -> ImageReference:
        """Return the digest alone, if there is one: the tag may have moved to another image."""
        if reference.image_digest is None or reference.image_tag is None:
            return reference
        return reference.repository.image(digest=reference.image_digest)

    def group_key(self, reference: ImageReference) -> Hashable:
        """Return the repository."""
        return reference.repository

    def credentials_key(self, reference: ImageReference) -> Hashable:
        """Return registry and region."""
        return reference.repository.registry_id, reference.repository.region

    def call(self, references: Sequence[ImageReference]) -> dict[ImageReference, Image | None]:
        """Call DescribeImages once."""
        repository = references[0].repository
        by_id = {reference.image_digest or reference.image_tag: reference for reference in references}
        try:
            response = self._api.call(
                repository,
                "describe_images",
                DescribeImagesResponse,
                **repository_id(repository),
                imageIds=[image_id(reference) for reference in references],
            )
        except NotFoundError as error:
            if error.code == "RepositoryNotFoundException":
                return dict.fromkeys(references)
            named = re.search(r"imageDigest:'([^']+)', imageTag:'([^']+)'", error.message)
            raise MissingIdError(named and by_id.get(named[2] if named[1] == "null" else named[1])) from error
        except InvalidRequestError as error:
            if _is_about_one_id(error):
                raise InvalidIdError(error) from error
            raise
        images = {id_: image for image in response.image_details for id_ in (image.digest, *image.tags)}
        return {reference: images.get(str(id_)) for id_, reference in by_id.items()}


def repository_id(repository: RepositoryReference) -> dict[str, str]:
    """Return the parameters that name a repository in ECR's API."""
    return {"registryId": repository.registry_id, "repositoryName": repository.repository_name}


def image_id(reference: ImageReference) -> dict[str, Any]:
    """Return the ``ImageIdentifier`` of ECR's API: the digest, else the tag."""
    if reference.image_digest is None:
        return {"imageTag": reference.image_tag}
    return {"imageDigest": reference.image_digest}


def _is_about_one_id(error: InvalidRequestError) -> bool:
    """Return whether one of the ids is invalid, and not a parameter that all of them share."""
    shared = re.search(r"'(registryId|repositoryName)'", error.reason)
    return not shared and error.code in {None, "InvalidParameterException"}
