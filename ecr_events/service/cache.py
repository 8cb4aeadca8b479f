"""A cache with a time to live, in which each missing key is fetched once at a time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Generic, TypeAlias, TypeVar

__all__ = ["Cache", "Fetch"]

_Key = TypeVar("_Key", bound=Hashable)
_Value = TypeVar("_Value")

Fetch: TypeAlias = Callable[[list[_Key]], Iterable[Mapping[_Key, _Value]]]
"""Yields the values of the keys, in any number of pieces."""


class _Pending(Generic[_Value]):
    """A value that one thread fetches and others wait for."""

    def __init__(self) -> None:
        self.done = threading.Event()
        self.result: tuple[_Value] | None = None
        """The value; None if the fetch was abandoned."""


class _Claim(Generic[_Key, _Value]):
    """The keys of one lookup, by where their values come from."""

    def __init__(self) -> None:
        self.cached: dict[_Key, _Value] = {}
        self.own: dict[_Key, _Pending[_Value]] = {}
        """The keys that this thread fetches."""
        self.others: dict[_Key, _Pending[_Value]] = {}
        """The keys that other threads are fetching."""


class Cache(Generic[_Key, _Value]):
    """Thread-safe cache of fetched values. The oldest entry is evicted first.

    Values that are exceptions are returned to every waiting thread, but not cached.

    Args:
        ttl: Seconds until a value expires.
        max_size: Maximum number of entries.
        clock: Returns the time in seconds.
    """

    def __init__(self, *, ttl: float, max_size: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._ttl = ttl
        self._max_size = max_size
        self._clock = clock
        self._entries: dict[_Key, tuple[_Value, float]] = {}
        self._pending: dict[_Key, _Pending[_Value]] = {}
        self._lock = threading.Lock()

    def get(self, keys: Iterable[_Key], fetch: Fetch[_Key, _Value]) -> dict[_Key, _Value]:
        """Return the value of each of `keys`, in their order.

        Calls `fetch` with the keys that are neither cached nor being fetched by another thread,
        and waits for the latter. Each piece that `fetch` yields is available to other threads
        at once.
        """
        wanted = list(dict.fromkeys(keys))
        values: dict[_Key, _Value] = {}
        while missing := [key for key in wanted if key not in values]:
            claim = self._claim(missing)
            try:
                values.update(claim.cached)
                for fetched in fetch(list(claim.own)) if claim.own else ():
                    values.update(fetched)
                    self._resolve(claim, fetched)
            finally:
                # If the fetch was interrupted, waiting threads have to fetch the rest.
                if claim.own:
                    self._abandon(claim)
            for key, pending in claim.others.items():
                pending.done.wait()
                if pending.result is not None:
                    values[key] = pending.result[0]
        return {key: values[key] for key in wanted}

    def clear(self) -> None:
        """Remove every entry. A fetch in progress still reaches its waiting threads, but is not cached."""
        with self._lock:
            self._entries.clear()
            self._pending.clear()

    def _claim(self, keys: Iterable[_Key]) -> _Claim[_Key, _Value]:
        """Return the cached values of `keys`, and claim those that no other thread is fetching."""
        claim: _Claim[_Key, _Value] = _Claim()
        try:
            with self._lock:
                now = self._clock()
                for key in keys:
                    entry = self._entries.get(key)
                    if entry is not None and now < entry[1]:
                        claim.cached[key] = entry[0]
                    elif (pending := self._pending.get(key)) is not None:
                        claim.others[key] = pending
                    else:
                        claim.own[key] = self._pending[key] = _Pending()
        except BaseException:
            # Includes KeyboardInterrupt: a claim that nobody holds would block other threads forever.
            self._abandon(claim)
            raise
        return claim

    def _resolve(self, claim: _Claim[_Key, _Value], values: Mapping[_Key, _Value]) -> None:
        """Cache fetched values and hand them to waiting threads."""
        with self._lock:
            expires = self._clock() + self._ttl
            for key, value in values.items():
                # `clear` drops the claim: the value may predate it.
                if self._pending.get(key) is claim.own[key]:
                    del self._pending[key]
                    if not isinstance(value, Exception):
                        # Dicts are ordered by insertion: a renewed entry has to be inserted anew.
                        self._entries.pop(key, None)
                        self._entries[key] = (value, expires)
            while len(self._entries) > self._max_size:
                del self._entries[next(iter(self._entries))]
        for key, value in values.items():
            claim.own[key].result = (value,)
            claim.own[key].done.set()

    def _abandon(self, claim: _Claim[_Key, _Value]) -> None:
        """Release the claimed keys that have not been fetched."""
        with self._lock:
            for key, pending in claim.own.items():
                if self._pending.get(key) is pending:
                    del self._pending[key]
        for pending in claim.own.values():
            pending.done.set()
