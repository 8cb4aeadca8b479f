"""Answers that are kept for a while, and asked for once."""

import threading
import time
from collections.abc import Callable, Hashable, Iterable, Mapping
from concurrent.futures import CancelledError, Future
from typing import Generic, TypeAlias, TypeVar

__all__ = ["Cache", "Fetch"]

_Key = TypeVar("_Key", bound=Hashable)
_Answer = TypeVar("_Answer")

Fetch: TypeAlias = Callable[[list[_Key]], Iterable[Mapping[_Key, _Answer]]]
"""Yields the answers for the keys, in as many pieces as they come."""


class Cache(Generic[_Key, _Answer]):
    """Keeps up to `size` answers, each for `lifetime` seconds. Safe to use from many threads.

    Answers that are exceptions are handed to whoever waits for them, and not kept.
    """

    def __init__(self, *, lifetime: float, size: int, clock: Callable[[], float] = time.monotonic) -> None:
        """Start empty."""
        self._lifetime = lifetime
        self._size = size
        self._clock = clock
        self._kept: dict[_Key, tuple[_Answer, float]] = {}
        self._coming: dict[_Key, Future[_Answer]] = {}
        self._lock = threading.Lock()

    def get(self, keys: Iterable[_Key], fetch: Fetch[_Key, _Answer]) -> dict[_Key, _Answer]:
        """Return the answer for each of `keys`, in their order.

        `fetch` is called with those that are neither kept nor being fetched by another
        thread, which is waited for. Each piece that it yields is there for others at once.
        """
        wanted = list(dict.fromkeys(keys))
        answers: dict[_Key, _Answer] = {}
        while missing := [key for key in wanted if key not in answers]:
            mine: dict[_Key, Future[_Answer]] = {}
            theirs: dict[_Key, Future[_Answer]] = {}
            try:
                self._sort_out(missing, answers, mine, theirs)
                for some in fetch(list(mine)) if mine else ():
                    answers.update(some)
                    self._arrived(some, mine)
            finally:
                # Where the fetching was interrupted, those who wait for it have to do it.
                self._give_up(mine)
            for key, future in theirs.items():
                try:
                    answers[key] = future.result()
                except CancelledError:
                    continue
        return {key: answers[key] for key in wanted}

    def clear(self) -> None:
        """Forget every answer. What is being fetched still reaches those who wait for it, and is not kept."""
        with self._lock:
            self._kept.clear()
            self._coming.clear()

    def _sort_out(
        self,
        keys: Iterable[_Key],
        answers: dict[_Key, _Answer],
        mine: dict[_Key, Future[_Answer]],
        theirs: dict[_Key, Future[_Answer]],
    ) -> None:
        with self._lock:
            now = self._clock()
            for key in keys:
                answer, expires = self._kept.get(key, (None, now))
                if expires > now:
                    answers[key] = answer  # type: ignore[assignment]
                elif key in self._coming:
                    theirs[key] = self._coming[key]
                else:
                    mine[key] = self._coming[key] = Future()

    def _arrived(self, answers: Mapping[_Key, _Answer], mine: dict[_Key, Future[_Answer]]) -> None:
        with self._lock:
            expires = self._clock() + self._lifetime
            for key, answer in answers.items():
                # After a `clear` the answer may be older than that.
                if self._coming.get(key) is mine[key]:
                    del self._coming[key]
                    if not isinstance(answer, Exception):
                        self._keep(key, answer, expires)
        for key, answer in answers.items():
            mine[key].set_result(answer)

    def _keep(self, key: _Key, answer: _Answer, expires: float) -> None:
        self._kept.pop(key, None)
        self._kept[key] = (answer, expires)
        if len(self._kept) > self._size:
            del self._kept[next(iter(self._kept))]

    def _give_up(self, mine: dict[_Key, Future[_Answer]]) -> None:
        with self._lock:
            for key, future in mine.items():
                if self._coming.get(key) is future:
                    del self._coming[key]
        for future in mine.values():
            future.cancel()
