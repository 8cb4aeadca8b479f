"""Many ids in few calls, although one bad id fails the whole call.

ECR answers a call for up to 100 images or repositories with an error when a single one of
them does not exist, and names one such at most.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeAlias, TypeVar

from ecr_events.errors import InvalidRequestError, ServiceError

__all__ = ["OneIsMissingError", "ask_narrowing", "ask_places"]

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


def ask_places(
    ids: Iterable[_Id], place_of: Callable[[_Id], Hashable], ask: Ask[_Id, _Answer], *, threads: int
) -> Outcomes[_Id, _Answer]:
    """Return the outcome of each id, asking for those of one place together, 100 at most in a call.

    Calls run on up to `threads` threads. What a place fails with, other than an id of its
    own, it is not asked for again: the error is the outcome of its other ids too.
    """
    places: defaultdict[Hashable, list[_Id]] = defaultdict(list)
    for id_ in ids:
        places[place_of(id_)].append(id_)
    failed: dict[Hashable, ServiceError] = {}

    def ask_chunk(job: tuple[Hashable, list[_Id]]) -> Outcomes[_Id, _Answer]:
        place, chunk = job
        if place in failed:
            return dict.fromkeys(chunk, failed[place])
        outcomes = ask_narrowing(chunk, ask)
        for outcome in outcomes.values():
            if isinstance(outcome, ServiceError) and not isinstance(outcome, InvalidRequestError):
                failed[place] = outcome
        return outcomes

    jobs = [(place, ids[start : start + CHUNK]) for place, ids in places.items() for start in range(0, len(ids), CHUNK)]
    if len(jobs) == 1:
        return ask_chunk(jobs[0])
    with ThreadPoolExecutor(max_workers=threads) as pool:
        return {id_: outcome for outcomes in pool.map(ask_chunk, jobs) for id_, outcome in outcomes.items()}


def ask_narrowing(ids: Sequence[_Id], ask: Ask[_Id, _Answer]) -> Outcomes[_Id, _Answer]:
    """Return for each id its answer, None if it does not exist, or the error that it met.

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
        except InvalidRequestError as error:
            if len(asked) == 1:
                outcomes[asked[0]] = error
            else:
                waiting.extend(_halves(asked))
        except ServiceError as error:
            outcomes.update({id_: error for unanswered in (asked, *waiting) for id_ in unanswered})
            break
        waiting = [ids for ids in waiting if ids]
    return outcomes


def _halves(ids: Sequence[_Id]) -> list[Sequence[_Id]]:
    middle = len(ids) // 2
    return [ids[:middle], ids[middle:]]
