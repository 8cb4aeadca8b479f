"""Single calls of ECR's API, with typed responses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, cast

from msgspec import ValidationError, convert
from msgspec.json import Decoder

from ecr_events.errors import CredentialsError, UnavailableError
from ecr_events.references import RepositoryReference
from ecr_events.service.clients import ClientPool
from ecr_events.service.error_mapping import is_unreadable
from ecr_events.service.validation import Boundary
from ecr_events.structs import build_once

__all__ = ["API"]


class API:
    """Calls ECR in the region of a repository, with the credentials for its registry."""

    def __init__(self, clients: ClientPool, boundary: Boundary) -> None:
        self.clients = clients
        """Replaced after a fork."""
        self.check: Callable[..., None] = boundary.check

    def client(self, repository: RepositoryReference) -> Any:
        """Return boto3's client for a repository."""
        return self.clients.client(repository.registry_id, repository.region).boto3_client

    def call(self, repository: RepositoryReference, operation: str, **parameters: Any) -> Any:
        """Return the response of an operation, which has botocore's name, such as ``describe_images``.

        A truncated response is requested again once, and so is one to rejected credentials if there are new ones.

        Raises:
            ServiceError: The call failed.
            NotFoundError: The resource is missing.
            ImportError: boto3 is not installed.
        """
        try:
            return self._call(repository, operation, parameters)
        except UnavailableError as error:
            if not is_unreadable(error):
                raise
        return self._call(repository, operation, parameters)

    def pages(self, repository: RepositoryReference, operation: str, **parameters: Any) -> Iterator[Any]:
        """Yield every page of a response, one call each; raises the errors of `call`."""
        tokens: list[str] = []
        while True:
            token = next_token(tokens[-1]) if tokens else {}
            page = self.call(repository, operation, **parameters, **token)
            yield page
            if page.next_token is None:
                return
            if page.next_token in tokens:
                raise UnavailableError(f"{operation} repeats a nextToken")
            tokens.append(page.next_token)

    def _call(self, repository: RepositoryReference, operation: str, parameters: dict[str, Any]) -> Any:
        client = self.clients.client(repository.registry_id, repository.region)
        try:
            response = client.call(operation, parameters)
        except CredentialsError:
            # A role's credentials expire, and `session_for` can return new ones.
            if not self.clients.discard(client):
                raise
            response = self.clients.client(repository.registry_id, repository.region).call(operation, parameters)
        return _convert(response, f"{operation.title().replace('_', '')}Response")


def next_token(token: str | None) -> dict[str, str]:
    """Return the parameter that requests the page of a token; none for the first page."""
    return {} if token is None else {"nextToken": token}


_build_decoder = build_once(Decoder)
"""Prepare a type for `convert`."""


def _convert(response: Any, name: str) -> Any:
    """Return a response as the Struct of a name."""
    from ecr_events.service import responses

    response_type = getattr(responses, name)
    _build_decoder(response_type)
    try:
        return convert(_in_utc(response), response_type)
    except (ValidationError, OverflowError) as error:
        raise UnavailableError(f"{name} is truncated or malformed: {error}") from error


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
