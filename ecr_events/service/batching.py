"""Many ids in few calls, although one bad id fails the whole call.

ECR answers a call for up to 100 images or repositories with an error when a single one of
them does not exist, and names one such at most.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import TypeAlias, TypeVar

from ecr_events.errors import CredentialsError, InvalidRequestError, ServiceError

__all__ = ["OneIsInvalidError", "OneIsMissingError", "ask_narrowing", "ask_places"]

CHUNK = 100
"""The most ids that ECR takes in one call."""

_Id = TypeVar("_Id", bound=Hashable)
_Answer = TypeVar("_Answer")

Ask: TypeAlias = Callable[[Sequence[_Id]], Mapping[_Id, _Answer]]
Outcomes: TypeAlias = dict[_Id, _Answer | ServiceError | None]


class OneIsMissingError(Exception):
    """One of the ids in a call does not exist: `missing`, where ECR says which one, else None."""

    def __init__(self, missing: object) -> None:
        """Keep what ECR named."""
        super().__init__(missing)
        self.missing = missing


class OneIsInvalidError(Exception):
    """ECR takes one of the ids in a call for malformed, and does not say which one."""

    def __init__(self, error: InvalidRequestError) -> None:
        """Keep what ECR says of it."""
        super().__init__(error)
        self.error = error


def ask_places(
    ids: Iterable[_Id],
    place_of: Callable[[_Id], Hashable],
    site_of: Callable[[_Id], Hashable],
    ask: Ask[_Id, _Answer],
    *,
    threads: int,
) -> Iterator[Outcomes[_Id, _Answer]]:
    """Yield the outcomes of the ids, call by call, asking for those of one place together.

    Calls run on up to `threads` threads. What a place fails with it is not asked for again:
    the error is the outcome of its other ids too, and of all ids of its site, where the
    credentials are the same, if it is about those.
    """
    places: defaultdict[Hashable, list[_Id]] = defaultdict(list)
    for id_ in ids:
        places[place_of(id_)].append(id_)
    failed: dict[Hashable, ServiceError] = {}

    def ask_chunk(chunk: list[_Id]) -> Outcomes[_Id, _Answer]:
        place, site = place_of(chunk[0]), site_of(chunk[0])
        known = failed.get(place) or failed.get(site)
        if known is not None:
            return dict.fromkeys(chunk, known)
        outcomes, error = ask_narrowing(chunk, ask)
        if error is not None:
            failed[site if isinstance(error, CredentialsError) else place] = error
        return outcomes

    jobs = [ids[start : start + CHUNK] for ids in places.values() for start in range(0, len(ids), CHUNK)]
    if len(jobs) == 1:
        yield ask_chunk(jobs[0])
        return
    with ThreadPoolExecutor(max_workers=threads) as pool:
        for job in as_completed([pool.submit(ask_chunk, chunk) for chunk in jobs]):
            yield job.result()


def ask_narrowing(ids: Sequence[_Id], ask: Ask[_Id, _Answer]) -> tuple[Outcomes[_Id, _Answer], ServiceError | None]:
    """Return for each id its answer, None if it does not exist, or its error; and the error that ended the asking.

    One call when all exist. A missing id costs one more call where ECR names it, and else
    as many as halving takes; so does an id that ECR takes for malformed. Any other error
    ends the asking, and is the outcome of every id that has none yet.
    """
    outcomes: Outcomes[_Id, _Answer] = {}
    waiting: list[Sequence[_Id]] = [ids]
    while waiting:
        asked = waiting.pop()
        try:
            outcomes.update(ask(asked))
        except OneIsMissingError as error:
            missing = asked if len(asked) == 1 else [id_ for id_ in asked if id_ == error.missing]
            outcomes.update(dict.fromkeys(missing))
            waiting.extend([[id_ for id_ in asked if id_ not in missing]] if missing else _halves(asked))
        except OneIsInvalidError as invalid:
            if len(asked) == 1:
                outcomes[asked[0]] = invalid.error
            else:
                waiting.extend(_halves(asked))
        except ServiceError as error:
            outcomes.update({id_: error for unanswered in (asked, *waiting) for id_ in unanswered})
            return outcomes, error
        waiting = [ids for ids in waiting if ids]
    return outcomes, None


def _halves(ids: Sequence[_Id]) -> list[Sequence[_Id]]:
    middle = len(ids) // 2
    return [ids[:middle], ids[middle:]]
