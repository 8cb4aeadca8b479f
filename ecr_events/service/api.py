"""Single calls of ECR's API, with answers that are whole and errors that are this library's own."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar, cast

from msgspec import ValidationError, convert

from ecr_events.errors import CredentialsError, InvalidReferenceError, InvalidRequestError, UnavailableError
from ecr_events.references import ImageReference, RepositoryReference
from ecr_events.service.clients import Clients
from ecr_events.service.error_mapping import translated

__all__ = ["Calls", "refusal"]

_Answer = TypeVar("_Answer")

# The pattern of ECR's API, and its bounds.
_REPOSITORY_NAME = r"(?=.{2,256}\Z)[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*"
_ACCOUNT = "[0-9]{12}"


def refusal(reference: RepositoryReference | ImageReference) -> InvalidRequestError | None:
    """Return why no request should be made for a reference; None if nothing speaks against it.

    An event is somebody else's word: neither its region nor its account may lead anywhere
    but to AWS.
    """
    repository = reference.repository if isinstance(reference, ImageReference) else reference
    try:
        _ = repository.partition
    except InvalidReferenceError as error:
        refused = InvalidRequestError(str(error))
        refused.__cause__ = error
        return refused
    if not re.fullmatch(_ACCOUNT, repository.registry_id):
        return InvalidRequestError(f"not an AWS account: {repository.registry_id[:200]!r}")
    if not re.fullmatch(_REPOSITORY_NAME, repository.repository_name):
        return InvalidRequestError(f"not the name of a repository: {repository.repository_name[:200]!r}")
    return None


class Calls:
    """Makes calls in the region, and with the credentials, that a repository needs."""

    def __init__(self, clients: Clients) -> None:
        """Call nothing yet."""
        self._clients = clients

    def ask(self, about: RepositoryReference, operation: str, answer: type[_Answer], **parameters: Any) -> _Answer:
        """Return the answer of an operation, which has botocore's name, like ``describe_images``.

        Raises:
            ServiceError: ECR gave no answer, or none that is whole.
            NotFoundError: What was asked about does not exist.
        """

        def call(client: Any) -> _Answer:
            return _read(getattr(client, operation)(**parameters), answer)

        return self._call(about, call)

    def ask_pages(
        self, about: RepositoryReference, operation: str, answer: type[_Answer], **parameters: Any
    ) -> list[_Answer]:
        """Return every page of the answer of an operation; raises what `ask` does."""

        def call(client: Any) -> list[_Answer]:
            return [_read(page, answer) for page in client.get_paginator(operation).paginate(**parameters)]

        return self._call(about, call)

    def _call(self, about: RepositoryReference, call: Callable[[Any], _Answer]) -> _Answer:
        """Return what `call` does with a client, in one of the connections of its pool."""
        with translated():
            client = self._clients.client(about.registry_id, about.region)
        try:
            with client.places, translated():
                return call(client.boto3)
        except CredentialsError:
            # The credentials of a role expire; who gave them can give others.
            if not self._clients.renew(about.registry_id, about.region, client):
                raise
        with translated():
            client = self._clients.client(about.registry_id, about.region)
        with client.places, translated():
            return call(client.boto3)


def _read(given: Any, answer: type[_Answer]) -> _Answer:
    try:
        return convert(_in_utc(given), answer)
    except ValidationError as error:
        raise UnavailableError(f"ECR's answer to {answer.__name__} is not whole: {error}") from error


def _in_utc(value: Any) -> Any:
    """Return `value` with every timestamp in UTC; botocore gives them in the machine's own zone."""
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    if isinstance(value, dict):
        items = cast(Any, value).items()
        return {key: _in_utc(item) for key, item in items}
    if isinstance(value, list):
        return [_in_utc(item) for item in cast(Any, value)]
    return value
