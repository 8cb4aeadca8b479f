"""Single calls of ECR's API, with typed responses."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar, cast

from msgspec import ValidationError, convert
from msgspec.json import Decoder

from ecr_events.errors import CredentialsError, InvalidReferenceError, InvalidRequestError, UnavailableError
from ecr_events.references import ImageReference, RepositoryReference
from ecr_events.service.clients import ClientPool
from ecr_events.structs import build_once

__all__ = ["API", "validate"]

_Response = TypeVar("_Response")
_Result = TypeVar("_Result")

# ECR's own pattern of repository names, with its bounds.
_REPOSITORY_NAME = r"(?=.{2,256}\Z)[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*"
_ACCOUNT = "[0-9]{12}"


def validate(reference: RepositoryReference | ImageReference) -> None:
    """Raise InvalidRequestError for a malformed region, account or repository name.

    Event data is untrusted: never send requests outside AWS.
    """
    repository = reference.repository if isinstance(reference, ImageReference) else reference
    try:
        _ = repository.partition
    except InvalidReferenceError as error:
        raise InvalidRequestError(str(error)) from error
    if not re.fullmatch(_ACCOUNT, repository.registry_id):
        raise InvalidRequestError(f"not an AWS account: {repository.registry_id[:200]!r}")
    if not re.fullmatch(_REPOSITORY_NAME, repository.repository_name):
        raise InvalidRequestError(f"not a repository name: {repository.repository_name[:200]!r}")


class API:
    """Calls ECR in the region of a repository, with the credentials for its registry."""

    def __init__(self, clients: ClientPool) -> None:
        self._clients = clients

    def call(
        self, repository: RepositoryReference, operation: str, response_type: type[_Response], **parameters: Any
    ) -> _Response:
        """Return the response of an operation, which has botocore's name, such as ``describe_images``.

        Raises:
            ServiceError: The call failed, or its response is truncated.
            NotFoundError: The resource is missing.
            ImportError: boto3 is not installed.
        """

        def request(client: Any) -> _Response:
            return _convert(getattr(client, operation)(**parameters), response_type)

        return self._run(repository, request)

    def paginate(
        self, repository: RepositoryReference, operation: str, response_type: type[_Response], **parameters: Any
    ) -> list[_Response]:
        """Return every page of the response; raises the errors of `call`."""

        def request(client: Any) -> list[_Response]:
            return [_convert(page, response_type) for page in client.get_paginator(operation).paginate(**parameters)]

        return self._run(repository, request)

    def _run(self, repository: RepositoryReference, request: Callable[[Any], _Result]) -> _Result:
        client = self._clients.client(repository.registry_id, repository.region)
        try:
            return client.run(request)
        except CredentialsError:
            # A role's credentials expire, and `session_for` can return new ones.
            if not self._clients.discard(client):
                raise
        return self._clients.client(repository.registry_id, repository.region).run(request)


_build_decoder = build_once(Decoder)
"""Prepare a type for `convert`."""


def _convert(response: Any, response_type: type[_Response]) -> _Response:
    _build_decoder(response_type)
    try:
        return convert(_in_utc(response), response_type)
    except ValidationError as error:
        raise UnavailableError(f"{response_type.__name__} is truncated or malformed: {error}") from error


def _in_utc(value: Any) -> Any:
    """Return `value` with every timestamp in UTC; botocore's are in the local time zone."""
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    if isinstance(value, dict):
        items = cast(Any, value).items()
        return {key: _in_utc(item) for key, item in items}
    if isinstance(value, list):
        return [_in_utc(item) for item in cast(Any, value)]
    return value
