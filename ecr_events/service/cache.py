"""A cache of responses that knows when each was requested, and in which each missing key is fetched once at a time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any, Final, Generic, TypeAlias, TypeVar

from msgspec import Struct

__all__ = ["ABSENT", "ANY_TIME", "Cache", "Fetch"]

ANY_TIME: Final = float("-inf")
"""As `since`, accepts every cached value."""

ABSENT: Final[Any] = object()
"""Stands for a value that is not cached, or too old."""

_CLOCK_SKEW = 2.0
"""Seconds after a change from which a request is known to have been sent after it.

An event has whole seconds, which may precede the change by almost one, and this machine's clock may be ahead of AWS's.
"""

_DELIVERY = 0.1
"""Seconds that every event takes at least, from the change to its consumer through ECR and EventBridge.

So a response that was requested less than this ago is newer than every event that has arrived. It also needs to have
been requested for an event that is not older than the one that asks: a consumer that made the change itself knows of
it without that delay.
"""

_MISS_TTL = 0.1
"""Lifetime of a missing resource, as a fraction of the others': ECR has images that are not there yet."""

_Key = TypeVar("_Key", bound=Hashable)
_Value = TypeVar("_Value")

Fetch: TypeAlias = Callable[[list[_Key]], Iterable[tuple[float, Mapping[_Key, _Value]]]]
"""Yields the values of the keys in any number of pieces, each with a time before which none of it was requested."""


class _Entry(Struct, frozen=True):
    """A value, when it was requested, and the time of the change that it was requested for."""

    value: Any
    sent: float
    since: float

    def shows(self, since: float, known: float) -> bool:
        """Return whether the value is certain to show a change at `since` that is known to the caller at `known`."""
        return (
            self.sent >= since + _CLOCK_SKEW
            or self.sent > known
            or (self.since >= since and known - self.sent < _DELIVERY)
        )


class _Pending:
    """A value that one thread fetches and others wait for."""

    def __init__(self) -> None:
        self.done = threading.Event()
        self.entry: _Entry | None = None
        """The value; None if the fetch was abandoned."""


class _Claim:
    """The keys of one lookup that are not cached, by where their values come from."""

    def __init__(self) -> None:
        self.own: dict[Any, _Pending] = {}
        """The keys that this thread fetches."""
        self.others: dict[Any, _Pending] = {}
        """The keys that other threads are fetching."""


class Cache(Generic[_Key, _Value]):
    """Thread-safe cache of fetched values. The oldest entry is evicted first.

    Values that are exceptions are returned to every waiting thread, but not cached.

    Args:
        ttl: Seconds until a value expires, counted from its request; None, a missing resource, expires earlier.
        max_size: Maximum number of entries.
        clock: Returns the time in seconds since the epoch: values are compared with the times of events.
    """

    def __init__(self, *, ttl: float, max_size: int, clock: Callable[[], float] = time.time) -> None:
        self._ttl = ttl
        self._max_size = max_size
        self._clock = clock
        self._entries: dict[_Key, _Entry] = {}
        self._pending: dict[_Key, _Pending] = {}
        self._lock = threading.Lock()

    def peek(self, key: _Key, since: float = ANY_TIME) -> Any:
        """Return the value of a key if it is cached and shows a change at `since`, else `ABSENT`. Takes no lock."""
        now = self._clock()
        return self._cached(key, since, now, now)

    def get(
        self,
        keys: Iterable[_Key],
        fetch: Fetch[_Key, _Value],
        since: float = ANY_TIME,
        deadline: float | None = None,
    ) -> dict[_Key, _Value]:
        """Return the value of each of `keys`, in their order, that shows a change at `since`.

        Calls `fetch` with the keys that are neither cached nor being fetched by another thread, and waits for the
        latter. Each piece that `fetch` yields is available to other threads at once. After `deadline`, by
        `time.monotonic`, values that have not arrived are left out.
        """
        wanted = list(dict.fromkeys(keys))
        called = self._clock()
        values: dict[_Key, _Value] = {}
        while missing := [key for key in wanted if key not in values]:
            claim: _Claim = _Claim()
            try:
                self._claim(claim, missing, values, since, called)
                for sent, fetched in fetch(list(claim.own)) if claim.own else ():
                    values.update(fetched)
                    self._resolve(claim, fetched, sent, since)
            finally:
                # If the fetch was interrupted, waiting threads have to fetch the rest.
                if claim.own:
                    self._abandon(claim)
            for key, pending in claim.others.items():
                pending.done.wait(None if deadline is None else max(0.0, deadline - time.monotonic()))
                if pending.entry is not None and pending.entry.shows(since, called):
                    values[key] = pending.entry.value
            if deadline is not None and time.monotonic() >= deadline:
                break
        return {key: values[key] for key in wanted if key in values}

    def clear(self) -> None:
        """Remove every entry. A fetch in progress still reaches its waiting threads, but is not cached."""
        with self._lock:
            self._entries.clear()
            self._pending.clear()

    def _cached(self, key: _Key, since: float, known: float, now: float) -> Any:
        entry = self._entries.get(key)
        if entry is None:
            return ABSENT
        ttl = self._ttl if entry.value is not None else self._ttl * _MISS_TTL
        # After the clock was set back, entries seem to come from the future.
        return entry.value if 0 <= now - entry.sent < ttl and entry.shows(since, known) else ABSENT

    def _claim(
        self, claim: _Claim, keys: Iterable[_Key], values: dict[_Key, _Value], since: float, known: float
    ) -> None:
        """Add the cached values of `keys` to `values`, and claim those that no other thread is fetching."""
        with self._lock:
            now = self._clock()
            for key in keys:
                value = self._cached(key, since, known, now)
                if value is not ABSENT:
                    values[key] = value
                elif (pending := self._pending.get(key)) is not None:
                    claim.others[key] = pending
                else:
                    claim.own[key] = self._pending[key] = _Pending()

    def _resolve(self, claim: _Claim, values: Mapping[_Key, _Value], sent: float, since: float) -> None:
        """Cache fetched values and hand them to waiting threads."""
        entries = {key: _Entry(value, sent, since) for key, value in values.items()}
        with self._lock:
            for key, entry in entries.items():
                # `clear` drops the claim: the value may predate it.
                if self._pending.get(key) is claim.own[key]:
                    del self._pending[key]
                    if not isinstance(entry.value, Exception):
                        # Dicts are ordered by insertion: a renewed entry has to be inserted anew.
                        self._entries.pop(key, None)
                        self._entries[key] = entry
            while len(self._entries) > self._max_size:
                del self._entries[next(iter(self._entries))]
        for key, entry in entries.items():
            claim.own[key].entry = entry
            claim.own[key].done.set()

    def _abandon(self, claim: _Claim) -> None:
        """Release the claimed keys that have not been fetched."""
        with self._lock:
            for key, pending in claim.own.items():
                if self._pending.get(key) is pending:
                    del self._pending[key]
        for pending in claim.own.values():
            pending.done.set()
