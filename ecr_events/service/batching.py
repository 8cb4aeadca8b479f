"""Batch requests and isolate bad ids.

ECR accepts up to 100 ids in a call of DescribeImages or DescribeRepositories. If one of them
is missing or invalid, the whole call fails, and the error names at most one id.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Protocol, TypeAlias, TypeVar

from ecr_events.errors import CredentialsError, InvalidRequestError, ServiceError

__all__ = [
    "MAX_IDS",
    "BatchOperation",
    "InvalidIdError",
    "MissingIdError",
    "Outcomes",
    "bisect_failures",
    "run_batches",
]

MAX_IDS = 100
"""Maximum number of ids in a call."""

_Id = TypeVar("_Id", bound=Hashable)
_Resource = TypeVar("_Resource")
_Resource_co = TypeVar("_Resource_co", covariant=True)

Outcomes: TypeAlias = dict[_Id, _Resource | ServiceError | None]
"""The resource of each id, None for a missing one, or its error."""


class MissingIdError(Exception):
    """One id of a call is missing: `missing`, or None if ECR does not name it."""

    def __init__(self, missing: object) -> None:
        super().__init__(missing)
        self.missing = missing


class InvalidIdError(Exception):
    """One id of a call is invalid. ECR does not name it."""

    def __init__(self, error: InvalidRequestError) -> None:
        super().__init__(error)
        self.error = error


class BatchOperation(Protocol[_Id, _Resource_co]):
    """An operation of ECR's API that takes many ids in a call."""

    def canonical(self, id_: _Id, /) -> _Id:
        """Return the id to look up, equal for all ids of one resource where that is known."""
        ...

    def group_key(self, id_: _Id, /) -> Hashable:
        """Return a key that is equal for ids that fit into one call."""
        ...

    def credentials_key(self, id_: _Id, /) -> Hashable:
        """Return a key that is equal for ids that are looked up with the same credentials."""
        ...

    def call(self, ids: Sequence[_Id], /) -> Mapping[_Id, _Resource_co | None]:
        """Return the resource of each id, None for a missing one. The ids are of one group, at most 100.

        Raises:
            MissingIdError: One id is missing.
            InvalidIdError: One id is invalid.
            ServiceError: The call failed for all ids.
        """
        ...


def run_batches(
    operation: BatchOperation[_Id, _Resource], ids: Iterable[_Id], *, max_workers: int
) -> Iterator[Outcomes[_Id, _Resource]]:
    """Yield the outcomes of `ids`, call by call, with up to `max_workers` calls at a time.

    After a group fails, its remaining ids get the same error without a call. After credentials
    fail, so do the remaining ids that need them.
    """
    groups: defaultdict[Hashable, list[_Id]] = defaultdict(list)
    for id_ in ids:
        groups[operation.group_key(id_)].append(id_)
    failed: dict[Hashable, ServiceError] = {}

    def run_batch(batch: list[_Id]) -> Outcomes[_Id, _Resource]:
        group, credentials = operation.group_key(batch[0]), operation.credentials_key(batch[0])
        known = failed.get(group) or failed.get(credentials)
        if known is not None:
            return dict.fromkeys(batch, known)
        outcomes, error = bisect_failures(operation, batch)
        if error is not None:
            failed[credentials if isinstance(error, CredentialsError) else group] = error
        return outcomes

    batches = [group[start : start + MAX_IDS] for group in groups.values() for start in range(0, len(group), MAX_IDS)]
    if len(batches) == 1:
        yield run_batch(batches[0])
        return
    # An import of 15 ms, most of it logging, that decoding events does not need.
    from concurrent.futures import ThreadPoolExecutor, as_completed

    with ThreadPoolExecutor(max_workers=max_workers) as pool:
        for future in as_completed([pool.submit(run_batch, batch) for batch in batches]):
            yield future.result()


def bisect_failures(
    operation: BatchOperation[_Id, _Resource], ids: Sequence[_Id]
) -> tuple[Outcomes[_Id, _Resource], ServiceError | None]:
    """Return the outcome of each id, and the error that failed all remaining ones, if any.

    Costs one call if all ids exist, and one more for each missing id that ECR names. Otherwise
    the batch is bisected: 14 more calls for one missing or invalid id in 100.
    """
    outcomes: Outcomes[_Id, _Resource] = {}
    remaining: list[Sequence[_Id]] = [ids]
    while remaining:
        batch = remaining.pop()
        try:
            outcomes.update(operation.call(batch))
        except MissingIdError as error:
            missing = batch if len(batch) == 1 else [id_ for id_ in batch if id_ == error.missing]
            outcomes.update(dict.fromkeys(missing))
            remaining.extend([[id_ for id_ in batch if id_ not in missing]] if missing else _halves(batch))
        except InvalidIdError as invalid:
            if len(batch) == 1:
                outcomes[batch[0]] = invalid.error
            else:
                remaining.extend(_halves(batch))
        except ServiceError as error:
            outcomes.update({id_: error for unresolved in (batch, *remaining) for id_ in unresolved})
            return outcomes, error
        remaining = [batch for batch in remaining if batch]
    return outcomes, None


def _halves(ids: Sequence[_Id]) -> list[Sequence[_Id]]:
    middle = len(ids) // 2
    return [ids[:middle], ids[middle:]]
