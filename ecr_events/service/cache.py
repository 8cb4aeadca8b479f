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
"""Lifetime of a missing resource, as a fraction of the others': images are looked up before they are pushed."""

_POLL = 0.05
"""Seconds until a waiting thread looks again for values of a fetch that goes on."""

_Key = TypeVar("_Key", bound=Hashable)
_Value = TypeVar("_Value")

Fetch: TypeAlias = Callable[[list[_Key]], Iterable[tuple[float, Mapping[_Key, _Value]]]]
"""Yields the values of the keys in any number of pieces.

Each has a time, by the monotonic clock, before which none of it was requested.
"""


class _Entry(Struct, frozen=True):
    """A value, when it was requested, and the time of the change that it was requested for."""

    value: Any
    sent: float
    """By the monotonic clock, as `known` below."""
    since: float
    clocks: float
    """Seconds by which the other clock was ahead of it before the request."""

    def shows(self, since: float, known: float, clocks: float) -> bool:
        """Return whether the value is certain to show a change at `since` that is known to the caller at `known`."""
        if self.sent > known:
            return True
        if abs(clocks - self.clocks) >= _CLOCK_SKEW / 2:
            # A clock was set or stood still: nobody knows any more when the request was sent.
            return False
        if self.sent + self.clocks >= since + _CLOCK_SKEW:
            return True
        # A clock that stood still for a moment shows too low an age.
        is_recent = self.since >= since and known - self.sent + max(0.0, clocks - self.clocks) < _DELIVERY
        # What was requested for a change in the future, which nobody has seen, shows no change of the past.
        return is_recent and (self.since <= self.sent + self.clocks or since > known + self.clocks)


class _Claim:
    """Keys that one thread fetches while others wait. An interrupt at any point leaves no other thread waiting."""

    def __init__(self) -> None:
        self.entries: dict[Any, _Entry] = {}
        """The values fetched so far."""
        self.is_over = False
        self.held = threading.Lock()
        """Held until the fetch is over."""
        self.held.acquire()

    def wait_for(self, key: Any, deadline: float | None) -> _Entry | None:
        """Return the value of a key once it is fetched; None if the fetch ended without it, or at the deadline."""
        while key not in self.entries and not self.is_over:
            remaining = _POLL if deadline is None else min(_POLL, deadline - time.monotonic())
            if remaining <= 0:
                break
            if self.held.acquire(timeout=remaining):
                self.held.release()
        return self.entries.get(key)


class Cache(Generic[_Key, _Value]):
    """Thread-safe cache of fetched values. The oldest entry is evicted first.

    Values that are exceptions are returned to every waiting thread, but not cached.

    Args:
        ttl: Seconds until a value expires, counted from its request; None, a missing resource, expires earlier.
        max_size: Maximum number of entries.
        clock: Returns the time in seconds since the epoch, which is compared with the times of events.
        monotonic: A clock that cannot be set, by which values age. Where the two disagree, one was set or stood still:
            values expire.
    """

    def __init__(
        self,
        *,
        ttl: float,
        max_size: int,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ttl = ttl
        self._max_size = max_size
        self._clock = clock
        self._monotonic = monotonic
        self._entries: dict[_Key, _Entry] = {}
        self._claims: dict[_Key, _Claim] = {}
        self._lock = threading.Lock()

    def peek(self, key: _Key, since: float = ANY_TIME) -> Any:
        """Return the value of a key if it is cached and shows a change at `since`, else `ABSENT`. Takes no lock."""
        now = self._monotonic()
        return self._cached(key, since, now, now, self._clock() - now)

    def get(
        self,
        keys: Iterable[_Key],
        fetch: Fetch[_Key, _Value],
        since: float = ANY_TIME,
        deadline: float | None = None,
    ) -> dict[_Key, _Value]:
        """Return the value of each of `keys`, in their order, that shows a change at `since`.

        Calls `fetch` with the keys that are neither cached nor being fetched by another thread, and waits for the
        latter. Each piece that `fetch` yields is soon available to other threads. After `deadline`, by
        `time.monotonic`, values that have not arrived are left out.
        """
        wanted = list(dict.fromkeys(keys))
        called = self._monotonic()
        values: dict[_Key, _Value] = {}
        while missing := [key for key in wanted if key not in values]:
            own, others = _Claim(), dict[_Key, _Claim]()
            clocks = self._clocks()
            try:
                cached, claimed, others = self._claim(own, missing, since, called)
                values.update(cached)
                for sent, fetched in fetch(claimed) if claimed else ():
                    values.update(fetched)
                    self._resolve(own, fetched, sent, since, clocks)
            finally:
                own.is_over = True  # first, since an interrupt may prevent the rest
                own.held.release()
                self._forget(own, missing)
            for key, claim in others.items():
                entry = claim.wait_for(key, deadline)
                if entry is not None and entry.shows(since, called, self._clocks()):
                    values[key] = entry.value
            if deadline is not None and time.monotonic() >= deadline:
                break
        return {key: values[key] for key in wanted if key in values}

    def clear(self) -> None:
        """Remove every entry. A fetch in progress still reaches its waiting threads, but is not cached."""
        with self._lock:
            self._entries.clear()
            self._claims.clear()

    def _clocks(self) -> float:
        """Return how far the clock is ahead of the monotonic one."""
        return self._clock() - self._monotonic()

    def _cached(self, key: _Key, since: float, known: float, now: float, clocks: float) -> Any:
        entry = self._entries.get(key)
        if entry is None:
            return ABSENT
        ttl = self._ttl if entry.value is not None else self._ttl * _MISS_TTL
        return entry.value if now - entry.sent < ttl and entry.shows(since, known, clocks) else ABSENT

    def _claim(
        self, own: _Claim, keys: Iterable[_Key], since: float, known: float
    ) -> tuple[dict[_Key, _Value], list[_Key], dict[_Key, _Claim]]:
        """Return the cached values of `keys`, those claimed to be fetched, and the claims of other threads."""
        cached, claimed, others = dict[_Key, _Value](), list[_Key](), dict[_Key, _Claim]()
        with self._lock:
            now = self._monotonic()
            clocks = self._clock() - now
            for key in keys:
                value = self._cached(key, since, known, now, clocks)
                claim = self._claims.get(key)
                if value is not ABSENT:
                    cached[key] = value
                elif claim is not None and not claim.is_over:
                    others[key] = claim
                else:
                    self._claims[key] = own
                    claimed.append(key)
        return cached, claimed, others

    def _resolve(self, own: _Claim, values: Mapping[_Key, _Value], sent: float, since: float, clocks: float) -> None:
        """Cache fetched values and hand them to waiting threads."""
        entries = {key: _Entry(value, sent, since, clocks) for key, value in values.items()}
        own.entries.update(entries)
        with self._lock:
            for key, entry in entries.items():
                # `clear` drops the claim: the value may predate it.
                if self._claims.get(key) is own:
                    del self._claims[key]
                    if not isinstance(entry.value, Exception):
                        # Dicts are ordered by insertion: a renewed entry has to be inserted anew.
                        self._entries.pop(key, None)
                        self._entries[key] = entry
            while len(self._entries) > self._max_size:
                del self._entries[next(iter(self._entries))]

    def _forget(self, own: _Claim, keys: Iterable[_Key]) -> None:
        """Remove what is left of a claim that is over."""
        with self._lock:
            for key in keys:
                if self._claims.get(key) is own:
                    del self._claims[key]
