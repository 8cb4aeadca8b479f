"""Lookups of references: validated before any call, with the reference named on every error."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

from ecr_events.errors import BatchServiceError, InvalidRequestError, ServiceError
from ecr_events.references import ImageReference, RepositoryReference
from ecr_events.service.api import validate
from ecr_events.service.batching import BatchOperation, Outcomes, run_batches
from ecr_events.service.cache import Cache
from ecr_events.service.error_mapping import NotFoundError

__all__ = ["BatchLookup", "single_lookup"]

_Reference = TypeVar("_Reference", RepositoryReference, ImageReference)
_Resource = TypeVar("_Resource")


class BatchLookup(Generic[_Reference, _Resource]):
    """Cached lookups through a batch operation.

    Args:
        operation: The operation to call.
        cache: May be shared by several operations, whose references have different types.
        max_workers: Maximum number of concurrent calls.
    """

    def __init__(
        self, operation: BatchOperation[_Reference, _Resource], cache: Cache[Any, Any], *, max_workers: int
    ) -> None:
        self._operation: BatchOperation[_Reference, _Resource] = operation
        self._cache = cache
        self._max_workers = max_workers

    def one(self, reference: _Reference) -> _Resource | None:
        """Return the resource, or None if it is missing.

        Raises:
            ServiceError: The lookup failed.
        """
        key = self._operation.canonical(reference)
        outcome: _Resource | ServiceError | None = self._cache.get([key], self._fetch)[key]
        if isinstance(outcome, ServiceError):
            raise _with_reference(outcome, reference)
        return outcome

    def many(self, references: Iterable[_Reference]) -> dict[_Reference, _Resource | None]:
        """Return the resource of each reference, None for a missing one.

        Raises:
            BatchServiceError: Some lookups failed; the error has the results of the others.
        """
        keys = {reference: self._operation.canonical(reference) for reference in references}
        outcomes: Outcomes[_Reference, _Resource] = self._cache.get(keys.values(), self._fetch)
        results: dict[_Reference, _Resource | None] = {}
        errors: dict[_Reference, ServiceError] = {}
        for reference, key in keys.items():
            outcome = outcomes[key]
            if isinstance(outcome, ServiceError):
                errors[reference] = _with_reference(outcome, reference)
            else:
                results[reference] = outcome
        if errors:
            raise BatchServiceError(errors, results)
        return results

    def _fetch(self, references: list[_Reference]) -> Iterator[Outcomes[_Reference, _Resource]]:
        valid: list[_Reference] = []
        for reference in references:
            try:
                validate(reference)
                valid.append(reference)
            except InvalidRequestError as error:
                yield {reference: error}
        yield from run_batches(self._operation, valid, max_workers=self._max_workers)


@contextmanager
def single_lookup(reference: RepositoryReference | ImageReference) -> Generator[None]:
    """Validate `reference`, name it on every ServiceError, and suppress NotFoundError."""
    try:
        validate(reference)
        yield
    except NotFoundError:
        return
    except ServiceError as error:
        error.reference = reference
        raise


def _with_reference(error: ServiceError, reference: RepositoryReference | ImageReference) -> ServiceError:
    """Return a copy of `error`, which several lookups may share, for one of them."""
    copy = type(error)(error.reason, code=error.code, reference=reference)
    copy.__cause__ = error.__cause__
    return copy
