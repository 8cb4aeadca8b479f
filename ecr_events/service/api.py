"""Single calls of ECR's API, with typed responses."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, TypeVar, cast

from msgspec import ValidationError, convert
from msgspec.json import Decoder

from ecr_events.errors import CredentialsError, InvalidRequestError, UnavailableError
from ecr_events.references import ImageReference, RepositoryReference
from ecr_events.service.clients import ClientPool
from ecr_events.service.error_mapping import is_unreadable
from ecr_events.service.validation import Boundary, check_image, check_repository_name
from ecr_events.structs import build_once

__all__ = ["API"]

_Response = TypeVar("_Response")


class API:
    """Calls ECR in the region of a repository, with the credentials for its registry."""

    def __init__(self, clients: ClientPool, boundary: Boundary) -> None:
        self.clients = clients
        """Replaced after a fork."""
        self._boundary = boundary

    def check(self, reference: Any) -> None:
        """Raise InvalidRequestError for a malformed reference, or one outside of the service's boundary.

        Or a TypeError for anything but a reference.
        """
        repository = reference.repository if isinstance(reference, ImageReference) else reference
        if not isinstance(repository, RepositoryReference):
            raise TypeError(f"not a reference: {repository!r:.200}")
        try:
            self._boundary.check(repository.registry_id, repository.region)
            check_repository_name(repository.repository_name)
            if isinstance(reference, ImageReference):
                check_image(reference.image_digest, reference.image_tag)
        except InvalidRequestError as error:
            error.reference = reference
            raise

    def client(self, repository: RepositoryReference) -> Any:
        """Return boto3's client for a repository."""
        return self.clients.client(repository.registry_id, repository.region).boto3_client

    def call(
        self, repository: RepositoryReference, operation: str, response_type: type[_Response], **parameters: Any
    ) -> _Response:
        """Return the response of an operation, which has botocore's name, such as ``describe_images``.

        A truncated response is requested again once, and so is one to rejected credentials if there are new ones.

        Raises:
            ServiceError: The call failed.
            NotFoundError: The resource is missing.
            ImportError: boto3 is not installed.
        """
        try:
            return self._call(repository, operation, response_type, parameters)
        except UnavailableError as error:
            if not is_unreadable(error):
                raise
        return self._call(repository, operation, response_type, parameters)

    def pages(
        self, repository: RepositoryReference, operation: str, response_type: type[_Response], **parameters: Any
    ) -> Iterator[_Response]:
        """Yield every page of a response, one call each; raises the errors of `call`."""
        tokens: list[str] = []
        while True:
            token = next_token(tokens[-1]) if tokens else {}
            page: Any = self.call(repository, operation, response_type, **parameters, **token)
            yield page
            if page.next_token is None:
                return
            if page.next_token in tokens:
                raise UnavailableError(f"{response_type.__name__} repeats a nextToken")
            tokens.append(page.next_token)

    def _call(
        self, repository: RepositoryReference, operation: str, response_type: type[_Response], parameters: Any
    ) -> _Response:
        client = self.clients.client(repository.registry_id, repository.region)
        try:
            response = client.call(operation, parameters)
        except CredentialsError:
            # A role's credentials expire, and `session_for` can return new ones.
            if not self.clients.discard(client):
                raise
            response = self.clients.client(repository.registry_id, repository.region).call(operation, parameters)
        return _convert(response, response_type)


def next_token(token: str | None) -> dict[str, str]:
    """Return the parameter that requests the page of a token; none for the first page."""
    return {} if token is None else {"nextToken": token}


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
