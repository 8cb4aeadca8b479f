"""Lookups of references: cached, validated before any call, with the reference named on every error."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from math import inf
from types import UnionType
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ecr_events.errors import BatchServiceError, InvalidRequestError, ServiceError, ServiceTimeoutError
from ecr_events.references import ImageReference, RepositoryReference
from ecr_events.service.api import API
from ecr_events.service.cache import ABSENT, ANY_TIME, Cache
from ecr_events.service.error_mapping import NotFoundError

if TYPE_CHECKING:
    from ecr_events.service.batching import Key, Piece
    from ecr_events.service.operations import Operation

__all__ = ["Lookup", "check_timeout", "single_lookup"]

_Reference = TypeVar("_Reference", RepositoryReference, ImageReference)
_Resource = TypeVar("_Resource")


class Lookup(Generic[_Reference, _Resource]):
    """Cached lookups by an operation.

    Args:
        operation: The operation to call.
        cache: May be shared by several operations, whose keys differ.
        max_in_flight: Maximum number of concurrent calls to a region.
    """

    def __init__(self, operation: Operation, cache: Cache[Key, Any], *, max_in_flight: int) -> None:
        self._operation = operation
        self._key: Callable[[Any], Key] = operation.key
        self._cache = cache
        self._max_in_flight = max_in_flight

    def one(self, reference: _Reference, since: datetime | None) -> _Resource | None:
        """Return the resource, or None if it is missing.

        Raises:
            ServiceError: The lookup failed.
        """
        key, timestamp = self._key_of(reference), _timestamp(since)
        outcome: Any = self._cache.peek(key, timestamp)
        if outcome is ABSENT:
            outcome = self._cache.get([key], self._fetch, timestamp)[key]
            if isinstance(outcome, ServiceError):
                raise _with_reference(outcome, reference)
        return outcome  # type: ignore[no-any-return]

    def many(
        self, references: Iterable[_Reference], since: datetime | None, timeout: float | None
    ) -> dict[_Reference, _Resource | None]:
        """Return the resource of each reference, None for a missing one.

        Raises:
            BatchServiceError: Some lookups failed; the error has the results of the others.
        """
        timestamp = _timestamp(since)
        deadline = None if timeout is None else time.monotonic() + check_timeout(timeout)
        keys: dict[_Reference, Key] = {reference: self._key_of(reference) for reference in references}
        outcomes = self._cache.get(keys.values(), partial(self._fetch, deadline=deadline), timestamp, deadline)
        results: dict[_Reference, _Resource | None] = {}
        errors: dict[_Reference, ServiceError] = {}
        for reference, key in keys.items():
            outcome = outcomes.get(key, ABSENT)
            if outcome is ABSENT:
                outcome = ServiceTimeoutError(f"no result within {timeout:g} s")
            if isinstance(outcome, ServiceError):
                errors[reference] = _with_reference(outcome, reference)
            else:
                results[reference] = outcome
        if errors:
            raise BatchServiceError(errors, results)
        return results

    def _key_of(self, reference: _Reference) -> Key:
        try:
            return self._key(reference)
        except (AttributeError, TypeError):
            raise TypeError(f"not a reference of the expected type: {reference!r:.200}") from None

    def _fetch(self, keys: list[Key], deadline: float | None = None) -> Iterator[Piece]:
        valid: list[Key] = []
        for key in keys:
            try:
                self._operation.check(key)
                valid.append(key)
            except InvalidRequestError as error:
                yield ANY_TIME, {key: error}
        if valid:
            # Imports that cached lookups do not need.
            from ecr_events.service.batching import Plan
            from ecr_events.service.workers import run

            plan = Plan(self._operation, valid, max_in_flight=self._max_in_flight)
            yield from run(plan, deadline)


@contextmanager
def single_lookup(
    api: API,
    reference: RepositoryReference | ImageReference,
    expected: type | UnionType = RepositoryReference | ImageReference,
) -> Generator[None]:
    """Check `reference` and its type, name it on every ServiceError, and suppress NotFoundError."""
    try:
        api.check(reference, expected)
        yield
    except NotFoundError:
        return
    except ServiceError as error:
        error.reference = reference
        raise


def check_timeout(timeout: float) -> float:
    """Return `timeout`, or raise a ValueError unless it is a positive number of seconds."""
    if not 0 < timeout < inf:
        raise ValueError(f"timeout must be a positive number of seconds, not {timeout!r}")
    return timeout


def _timestamp(since: Any) -> float:
    if since is None:
        return ANY_TIME
    if not isinstance(since, datetime):
        raise TypeError(f"since must be a datetime, not {since!r:.200}")
    if since.tzinfo is None:
        raise ValueError(f"since must have a time zone: {since}")
    return since.timestamp()


def _with_reference(error: ServiceError, reference: RepositoryReference | ImageReference) -> ServiceError:
    """Return a copy of `error`, which several lookups may share, for one of them."""
    copy = type(error)(error.reason, code=error.code, reference=reference)
    copy.__cause__ = error.__cause__
    return copy
