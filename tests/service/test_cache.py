import contextlib
import sys
import threading
import time
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

import pytest

from ecr_events.service.cache import ABSENT, Cache

pytestmark = pytest.mark.timeout(10)


class Fetch:
    """A fetch that records its calls."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.calls: list[list[str]] = []
        self.clock = clock

    def __call__(self, keys: list[str]) -> Iterator[tuple[float, dict[str, str | Exception | None]]]:
        """Yield each key in upper case; for one with an exclamation mark an exception, with a question mark None."""
        self.calls.append(keys)
        for key in keys:
            values = {"!": ValueError(key), "?": None}
            yield self.clock(), {key: values.get(key[0], key.upper())}


def now(values: dict[str, Any]) -> tuple[float, dict[str, Any]]:
    """Return values that are requested now."""
    return time.monotonic(), values


class Clock:
    """A clock that a test sets."""

    now = 0.0

    def time(self) -> float:
        """Return the time in seconds."""
        return self.now


def test_a_value_expires_after_its_ttl() -> None:
    """The time to live counts from the fetch of each key."""
    clock = Clock()
    fetch = Fetch(clock.time)
    cache: Cache[str, str | Exception | None] = Cache(ttl=10, max_size=9, clock=clock.time, monotonic=clock.time)
    assert cache.get(["a"], fetch) == {"a": "A"}
    clock.now = 9.9
    assert cache.get(["b", "a", "b"], fetch) == {"b": "B", "a": "A"}
    clock.now = 10.0
    cache.get(["a", "b"], fetch)
    assert fetch.calls == [["a"], ["b"], ["a"]]


def test_a_missing_resource_expires_earlier() -> None:
    """After a tenth of the time: images and repositories are looked up before they exist."""
    clock = Clock()
    fetch = Fetch(clock.time)
    cache: Cache[str, str | Exception | None] = Cache(ttl=60, max_size=9, clock=clock.time, monotonic=clock.time)
    for clock.now in (0.0, 5.9, 6.0, 59.9, 60.0):
        assert cache.get(["a", "?"], fetch) == {"a": "A", "?": None}
    assert fetch.calls == [["a", "?"], ["?"], ["?"], ["a"]]


@pytest.mark.parametrize("step", [-3600, -1, 1, 3600])
def test_a_clock_that_is_set_expires_values(step: float) -> None:
    """Nobody knows any more how old they are, nor whether they are older than an event."""
    clock, monotonic = Clock(), Clock()
    fetch = Fetch(monotonic.time)
    cache: Cache[str, str | Exception | None] = Cache(ttl=60, max_size=9, clock=clock.time, monotonic=monotonic.time)
    clock.now = 1_000_000.0
    cache.get("a", fetch)
    clock.now += 0.5
    monotonic.now += 0.5
    cache.get("a", fetch)
    assert fetch.calls == [["a"]]
    clock.now += step
    cache.get("a", fetch)
    monotonic.now += 1
    cache.get("a", fetch)
    assert fetch.calls == [["a"]] * 3


@pytest.mark.parametrize("seconds", [0.05, 0.5, 0.99])
def test_a_clock_that_stood_still_does_not_make_values_recent(seconds: float) -> None:
    """The monotonic clock of a machine that was paused: the value was requested too long ago for a new event."""
    clock, monotonic = Clock(), Clock()
    cache: Cache[str, str | Exception | None] = Cache(ttl=60, max_size=9, clock=clock.time, monotonic=monotonic.time)
    clock.now = 1_000_000.25
    assert cache.get("a", Fetch(monotonic.time), since=1_000_000) == {"a": "A"}
    clock.now += 0.0625
    monotonic.now += 0.0625
    assert cache.peek("a", since=1_000_000) == "A"
    clock.now += seconds
    assert cache.peek("a", since=1_000_000) is ABSENT


def test_a_clock_that_is_set_during_a_request_expires_its_values() -> None:
    """The time of the request is one of the old clock."""
    clock, monotonic = Clock(), Clock()
    cache: Cache[str, str] = Cache(ttl=60, max_size=9, clock=clock.time, monotonic=monotonic.time)
    clock.now = 1_000_000.0

    def fetch(keys: list[str]) -> Iterator[tuple[float, dict[str, str]]]:
        clock.now -= 100
        yield monotonic.now, dict.fromkeys(keys, "old")

    assert cache.get("a", fetch) == {"a": "old"}
    assert cache.peek("a") is ABSENT


@pytest.mark.parametrize("step", [-3600, 3600])
def test_a_clock_that_is_set_and_set_right_during_a_request(step: float) -> None:
    """The value is as old as it is, and shows no change that came after it."""
    clock, monotonic = Clock(), Clock()
    cache: Cache[str, str] = Cache(ttl=60, max_size=9, clock=clock.time, monotonic=monotonic.time)
    clock.now = 1_000_000.0

    def fetch(keys: list[str]) -> Iterator[tuple[float, dict[str, str]]]:
        clock.now += step
        yield monotonic.now, dict.fromkeys(keys, "old")
        clock.now -= step

    assert cache.get("a", fetch) == {"a": "old"}
    for _ in range(59):
        clock.now += 1
        monotonic.now += 1
        assert cache.peek("a") == "old"
        assert cache.peek("a", since=1_000_000.0) is ABSENT
    clock.now += 1
    monotonic.now += 1
    assert cache.peek("a") is ABSENT


def test_a_clock_that_is_set_while_another_thread_waits() -> None:
    """The value was requested before the change, though this machine's clock was ahead of it then."""
    clock = Clock()
    cache: Cache[str, str] = Cache(ttl=60, max_size=9, clock=clock.time)
    clock.now = 1_000_000.0
    started, proceed = threading.Event(), threading.Event()

    def fetch_slowly(_: list[str]) -> Iterator[tuple[float, dict[str, str]]]:
        sent = time.monotonic()
        started.set()
        proceed.wait()
        yield sent, {"a": "old"}

    def fetch(keys: list[str]) -> Iterator[tuple[float, dict[str, str]]]:
        yield now(dict.fromkeys(keys, "new"))

    thread = threading.Thread(target=cache.get, args=("a", fetch_slowly))
    thread.start()
    started.wait()
    clock.now -= 1_000
    threading.Timer(0.1, proceed.set).start()
    assert cache.get("a", fetch, since=clock.now) == {"a": "new"}
    thread.join()


def test_a_value_requested_for_the_future_shows_no_change_of_the_past() -> None:
    """An event's time may be forged. Others of the future share the value, as a burst of them does."""
    clock = Clock()
    fetch = Fetch(clock.time)
    cache: Cache[str, str | Exception | None] = Cache(ttl=60, max_size=9, clock=clock.time, monotonic=clock.time)
    clock.now = 100.0
    cache.get("a", fetch, since=1_000.0)
    clock.now = 100.05
    assert cache.peek("a", since=1_000.0) == "A"
    assert cache.peek("a", since=100.02) is ABSENT
    assert cache.peek("a", since=99.0) is ABSENT


@pytest.mark.parametrize(
    ("since", "asked", "is_shared"),
    [
        (97.9, 101.0, True),  # requested 2 s after it
        (98.1, 101.0, False),
        (98.1, 100.05, True),  # requested less than 0.1 s ago, for a change that is not older
        (98.1, 100.15, False),
        (99.0, 100.05, True),
        (99.1, 100.05, False),  # requested for an older change
        (200.0, 100.0, False),
    ],
)
def test_a_value_is_shared_with_changes_that_it_shows(since: float, asked: float, *, is_shared: bool) -> None:
    """It was requested at 100, for a change at 99."""
    clock = Clock()
    fetch = Fetch(clock.time)
    cache: Cache[str, str | Exception | None] = Cache(ttl=60, max_size=9, clock=clock.time, monotonic=clock.time)
    clock.now = 100.0
    cache.get("a", fetch, since=99.0)
    clock.now = asked
    assert (cache.peek("a", since) == "A") is is_shared
    cache.get("a", fetch, since=since)
    assert fetch.calls == [["a"]] * (1 if is_shared else 2)


@pytest.mark.parametrize("function", ["_forget", "_resolve"])
def test_an_interrupt_while_a_claim_ends_leaves_nobody_waiting(function: str) -> None:
    """Another thread takes over, also if the keys are not released."""
    cache: Cache[str, str | Exception | None] = Cache(ttl=60, max_size=9)
    owner = threading.get_ident()

    def interrupt(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code.co_name == function and threading.get_ident() == owner:
            sys.setprofile(None)
            raise KeyboardInterrupt

    def interrupted(_: list[str]) -> Iterator[tuple[float, dict[str, str | Exception | None]]]:
        sys.setprofile(interrupt)
        yield now({"a": "A"})

    with pytest.raises(KeyboardInterrupt):
        cache.get("ab", interrupted)
    fetch = Fetch()
    assert cache.get("abc", fetch) == {"a": "A", "b": "B", "c": "C"}
    assert {"b", "c"} <= {key for keys in fetch.calls for key in keys}


def test_the_deadline_ends_the_wait_for_another_thread() -> None:
    """Missing values are left out; the other thread is not disturbed."""
    cache: Cache[str, str | Exception | None] = Cache(ttl=10, max_size=9)
    started, proceed = threading.Event(), threading.Event()

    def fetch_slowly(_: list[str]) -> Iterator[tuple[float, dict[str, str | Exception | None]]]:
        started.set()
        proceed.wait()
        yield now({"a": "A"})

    thread = threading.Thread(target=cache.get, args=("a", fetch_slowly))
    thread.start()
    started.wait()
    assert cache.get("ab", Fetch(), deadline=time.monotonic() + 0.05) == {"b": "B"}
    proceed.set()
    thread.join()
    assert cache.peek("a") == "A"


def test_the_oldest_entry_is_evicted() -> None:
    """A lookup of more keys than fit returns all values, and leaves the last ones in the cache."""
    fetch = Fetch()
    cache: Cache[str, str | Exception | None] = Cache(ttl=10, max_size=2)
    assert cache.get("abc", fetch) == {"a": "A", "b": "B", "c": "C"}
    cache.get("bc", fetch)
    cache.get("a", fetch)
    cache.get("c", fetch)
    cache.get("b", fetch)
    assert fetch.calls == [["a", "b", "c"], ["a"], ["b"]]


def test_a_renewed_entry_is_evicted_last() -> None:
    """An expired entry that was fetched again is newer than the entries between its two fetches."""
    clock = Clock()
    fetch = Fetch(clock.time)
    cache: Cache[str, str | Exception | None] = Cache(ttl=10, max_size=2, clock=clock.time, monotonic=clock.time)
    for clock.now, key in ((0, "a"), (5, "b"), (10, "a"), (11, "c"), (12, "a"), (12, "b")):
        cache.get(key, fetch)
    assert fetch.calls == [["a"], ["b"], ["a"], ["c"], ["b"]]


def test_reading_an_entry_does_not_renew_it() -> None:
    """Eviction follows the order of the fetches, not of the reads."""
    fetch = Fetch()
    cache: Cache[str, str | Exception | None] = Cache(ttl=10, max_size=2)
    for key in "abaca":
        cache.get(key, fetch)
    assert fetch.calls == [["a"], ["b"], ["c"], ["a"]]


def test_an_exception_is_returned_but_not_cached() -> None:
    """The next lookup fetches the key again; values fetched with it are cached."""
    fetch = Fetch()
    cache: Cache[str, str | Exception | None] = Cache(ttl=10, max_size=9)
    for _ in range(2):
        values = cache.get(["!", "a"], fetch)
        assert isinstance(values["!"], ValueError)
        assert values["a"] == "A"
    assert fetch.calls == [["!", "a"], ["!"]]


def test_clear_removes_every_entry() -> None:
    """The next lookup fetches all keys."""
    fetch = Fetch()
    cache: Cache[str, str | Exception | None] = Cache(ttl=10, max_size=9)
    cache.get("ab", fetch)
    cache.clear()
    cache.get("ab", fetch)
    assert fetch.calls == [["a", "b"], ["a", "b"]]


def test_a_value_fetched_before_a_clear_is_not_cached() -> None:
    """Nor does it replace the value that was fetched after the clear."""
    cache: Cache[str, str] = Cache(ttl=10, max_size=9)

    def fetch_slowly(keys: list[str]) -> Iterator[tuple[float, dict[str, str]]]:
        cache.clear()
        assert cache.get(["a"], lambda _: [now({"a": "new"})]) == {"a": "new"}
        yield now(dict.fromkeys(keys, "old"))

    assert cache.get(["a"], fetch_slowly) == {"a": "old"}
    assert cache.get(["a"], lambda _: []) == {"a": "new"}


def test_a_fetch_abandoned_after_a_clear_leaves_later_fetches_pending() -> None:
    """A third lookup waits for the fetch that began after the clear."""
    cache: Cache[str, str | Exception | None] = Cache(ttl=10, max_size=9)
    started, proceed, fetch = threading.Event(), threading.Event(), Fetch()

    def fail(_: list[str]) -> Iterator[tuple[float, dict[str, str | Exception | None]]]:
        started.set()
        proceed.wait()
        raise LookupError

    def fetch_after_clear(_: list[str]) -> Iterator[tuple[float, dict[str, str | Exception | None]]]:
        proceed.set()
        abandoned.join()
        third.start()
        third.join(0.1)
        yield now({"a": "new"})

    def get_once() -> None:
        with contextlib.suppress(LookupError):
            cache.get("a", fail)

    abandoned = threading.Thread(target=get_once)
    third = threading.Thread(target=cache.get, args=("a", fetch))
    abandoned.start()
    started.wait()
    cache.clear()
    assert cache.get("a", fetch_after_clear) == {"a": "new"}
    third.join()
    assert fetch.calls == []


def test_each_piece_is_available_at_once() -> None:
    """A thread that waits for a part of a fetch does not wait for the rest."""
    cache: Cache[str, str] = Cache(ttl=10, max_size=9)
    first, proceed = threading.Event(), threading.Event()

    def fetch_slowly(_: list[str]) -> Iterator[tuple[float, dict[str, str]]]:
        yield now({"a": "A"})
        first.set()
        proceed.wait()
        yield now({"b": "B"})

    thread = threading.Thread(target=cache.get, args=("ab", fetch_slowly))
    thread.start()
    first.wait()
    assert cache.get("a", lambda _: []) == {"a": "A"}
    proceed.set()
    thread.join()


def test_an_abandoned_fetch_is_repeated_by_a_waiting_thread() -> None:
    """The waiting thread fetches all abandoned keys in one call."""
    cache: Cache[str, str | Exception | None] = Cache(ttl=10, max_size=9)
    started, proceed, fetch = threading.Event(), threading.Event(), Fetch()

    def fail(_: list[str]) -> Iterator[tuple[float, dict[str, str | Exception | None]]]:
        yield now({"a": "A"})
        started.set()
        proceed.wait()
        raise KeyboardInterrupt

    def interrupted() -> None:
        with contextlib.suppress(KeyboardInterrupt):
            cache.get("abc", fail)

    thread = threading.Thread(target=interrupted)
    thread.start()
    started.wait()
    threading.Timer(0.1, proceed.set).start()
    assert cache.get("abcd", fetch) == {"a": "A", "b": "B", "c": "C", "d": "D"}
    assert fetch.calls == [["d"], ["b", "c"]]
    thread.join()


def test_an_interrupted_claim_is_abandoned() -> None:
    """An interrupt between two keys does not leave the first one pending forever."""

    class InterruptingKey(str):
        """A key that is interrupted while the cache is locked."""

        __slots__ = ()

        def __hash__(self) -> int:
            if lock.locked():
                raise KeyboardInterrupt
            return super().__hash__()

    fetch = Fetch()
    cache: Cache[str, str | Exception | None] = Cache(ttl=10, max_size=9)
    lock = vars(cache)["_lock"]
    with pytest.raises(KeyboardInterrupt):
        cache.get(["a", InterruptingKey("b")], fetch)
    assert cache.get("ab", fetch) == {"a": "A", "b": "B"}
    assert fetch.calls == [["a", "b"]]


def test_a_waiting_thread_gets_values_that_are_not_cached() -> None:
    """Exceptions, and all values of a cache without a time to live, are not fetched twice."""
    cache: Cache[str, str | Exception | None] = Cache(ttl=0, max_size=9)
    started, proceed = threading.Event(), threading.Event()
    error, calls = ValueError("a"), list[list[str]]()

    def fetch_slowly(_: list[str]) -> Iterator[tuple[float, dict[str, str | Exception | None]]]:
        started.set()
        proceed.wait()
        yield now({"a": error, "b": "B"})

    def fetch_rest(keys: list[str]) -> Iterator[tuple[float, dict[str, str | Exception | None]]]:
        # The keys of the other thread are claimed by now.
        calls.append(keys)
        proceed.set()
        yield now({"c": "C"})

    thread = threading.Thread(target=cache.get, args=("ab", fetch_slowly))
    thread.start()
    started.wait()
    assert cache.get("abc", fetch_rest) == {"a": error, "b": "B", "c": "C"}
    assert calls == [["c"]]
    thread.join()
