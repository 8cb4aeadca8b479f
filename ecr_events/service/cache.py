"""Answers that are kept for a while, and asked for once."""

import threading
import time
from collections.abc import Callable, Hashable, Iterable, Mapping
from concurrent.futures import CancelledError, Future
from typing import Generic, TypeVar

__all__ = ["Cache"]

_Key = TypeVar("_Key", bound=Hashable)
_Answer = TypeVar("_Answer")


class _Entry(Generic[_Answer]):
    """An answer, or the promise of one that some thread is fetching."""

    def __init__(self) -> None:
        self.answer: Future[_Answer] = Future()
        self.expires = float("inf")


class Cache(Generic[_Key, _Answer]):
    """Keeps up to `size` answers, each for `lifetime` seconds. Safe to use from many threads.

    Answers that are exceptions are handed to whoever waits for them, and not kept.
    """

    def __init__(self, *, lifetime: float, size: int, clock: Callable[[], float] = time.monotonic) -> None:
        """Start empty."""
        self._lifetime = lifetime
        self._size = size
        self._clock = clock
        self._entries: dict[_Key, _Entry[_Answer]] = {}
        self._lock = threading.Lock()

    def get(self, keys: Iterable[_Key], fetch: Callable[[list[_Key]], Mapping[_Key, _Answer]]) -> dict[_Key, _Answer]:
        """Return the answer for each of `keys`, in their order.

        `fetch` is called once at most, with those keys that are not here, and returns an
        answer for each of them. What another thread is fetching already is waited for.
        """
        keys = list(dict.fromkeys(keys))
        mine: dict[_Key, _Entry[_Answer]] = {}
        entries: dict[_Key, _Entry[_Answer]] = {}
        with self._lock:
            now = self._clock()
            for key in keys:
                entry = self._entries.get(key)
                if entry is None or entry.expires <= now:
                    entry = mine[key] = _Entry()
                    self._keep(key, entry)
                entries[key] = entry
        if mine:
            self._fulfil(mine, fetch)
        return {key: self._wait(key, entry, fetch) for key, entry in entries.items()}

    def clear(self) -> None:
        """Forget every answer. What is being fetched still reaches those who wait for it."""
        with self._lock:
            self._entries.clear()

    def _keep(self, key: _Key, entry: _Entry[_Answer]) -> None:
        self._entries.pop(key, None)
        self._entries[key] = entry
        if len(self._entries) > self._size:
            del self._entries[next(iter(self._entries))]

    def _fulfil(self, mine: dict[_Key, _Entry[_Answer]], fetch: Callable[[list[_Key]], Mapping[_Key, _Answer]]) -> None:
        answers: Mapping[_Key, _Answer] = {}
        try:
            answers = fetch(list(mine))
        finally:
            with self._lock:
                expires = self._clock() + self._lifetime
                for key, entry in mine.items():
                    entry.expires = expires
                    unkept = key not in answers or isinstance(answers[key], Exception)
                    if unkept and self._entries.get(key) is entry:
                        del self._entries[key]
            for key, entry in mine.items():
                if key in answers:
                    entry.answer.set_result(answers[key])
                else:
                    # The fetch was interrupted: whoever waits has to fetch again.
                    entry.answer.cancel()

    def _wait(
        self, key: _Key, entry: _Entry[_Answer], fetch: Callable[[list[_Key]], Mapping[_Key, _Answer]]
    ) -> _Answer:
        try:
            return entry.answer.result()
        except CancelledError:
            return self.get([key], fetch)[key]
