"""The cache by itself, with a clock of its own."""

import contextlib
import threading
from collections.abc import Iterator

from ecr_events.service.cache import Cache


class Fetch:
    """Answers each key with itself in upper case, and notes what it was asked for."""

    def __init__(self) -> None:
        """Start with nothing asked."""
        self.asked: list[list[str]] = []

    def __call__(self, keys: list[str]) -> Iterator[dict[str, str | Exception]]:
        """Answer the keys; one that begins with an exclamation mark with an exception."""
        self.asked.append(keys)
        for key in keys:
            yield {key: ValueError(key) if key.startswith("!") else key.upper()}


def test_an_answer_is_kept_until_it_expires() -> None:
    """Its lifetime counts from when it was fetched; another key's does not prolong it."""
    now, fetch = [0.0], Fetch()
    cache: Cache[str, str | Exception] = Cache(lifetime=10, size=9, clock=lambda: now[0])
    assert cache.get(["a"], fetch) == {"a": "A"}
    now[0] = 9.9
    assert cache.get(["b", "a", "b"], fetch) == {"b": "B", "a": "A"}
    now[0] = 10.0
    cache.get(["a", "b"], fetch)
    assert fetch.asked == [["a"], ["b"], ["a"]]


def test_the_oldest_answers_make_room() -> None:
    """No more than `size` are kept; a lookup of more than that still answers all."""
    fetch = Fetch()
    cache: Cache[str, str | Exception] = Cache(lifetime=10, size=2)
    assert cache.get("abc", fetch) == {"a": "A", "b": "B", "c": "C"}
    cache.get("bc", fetch)
    cache.get("a", fetch)
    cache.get("c", fetch)
    cache.get("b", fetch)
    assert fetch.asked == [["a", "b", "c"], ["a"], ["b"]]


def test_an_exception_is_handed_over_and_not_kept() -> None:
    """The next one to ask fetches again; what was fetched beside it is kept."""
    fetch = Fetch()
    cache: Cache[str, str | Exception] = Cache(lifetime=10, size=9)
    for _ in range(2):
        answers = cache.get(["!", "a"], fetch)
        assert isinstance(answers["!"], ValueError)
        assert answers["a"] == "A"
    assert fetch.asked == [["!", "a"], ["!"]]


def test_clear_forgets() -> None:
    """Everything."""
    fetch = Fetch()
    cache: Cache[str, str | Exception] = Cache(lifetime=10, size=9)
    cache.get("ab", fetch)
    cache.clear()
    cache.get("ab", fetch)
    assert fetch.asked == [["a", "b"], ["a", "b"]]


def test_a_fetch_that_is_older_than_a_clear_is_not_kept() -> None:
    """Nor does it take away what was fetched after the clear."""
    cache: Cache[str, str] = Cache(lifetime=10, size=9)

    def fetch_slowly(keys: list[str]) -> Iterator[dict[str, str]]:
        cache.clear()
        assert cache.get(["a"], lambda _: [{"a": "new"}]) == {"a": "new"}
        yield dict.fromkeys(keys, "old")

    assert cache.get(["a"], fetch_slowly) == {"a": "old"}
    assert cache.get(["a"], lambda _: []) == {"a": "new"}


def test_each_piece_is_there_at_once() -> None:
    """Who waits for a part of what is being fetched does not wait for the rest."""
    cache: Cache[str, str] = Cache(lifetime=10, size=9)
    first, go_on = threading.Event(), threading.Event()

    def fetch_slowly(_: list[str]) -> Iterator[dict[str, str]]:
        yield {"a": "A"}
        first.set()
        go_on.wait()
        yield {"b": "B"}

    thread = threading.Thread(target=cache.get, args=("ab", fetch_slowly))
    thread.start()
    first.wait()
    assert cache.get("a", lambda _: []) == {"a": "A"}
    go_on.set()
    thread.join()


def test_what_was_given_up_is_fetched_together() -> None:
    """By whoever waited for it, in one go."""
    cache: Cache[str, str] = Cache(lifetime=10, size=9)
    started, go_on, fetch = threading.Event(), threading.Event(), Fetch()

    def fail(_: list[str]) -> Iterator[dict[str, str]]:
        yield {"a": "A"}
        started.set()
        go_on.wait()
        raise KeyboardInterrupt

    def interrupted() -> None:
        with contextlib.suppress(KeyboardInterrupt):
            cache.get("abc", fail)

    thread = threading.Thread(target=interrupted)
    thread.start()
    started.wait()
    waiting = threading.Timer(0.1, go_on.set)
    waiting.start()
    assert cache.get("abcd", fetch) == {"a": "A", "b": "B", "c": "C", "d": "D"}  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    assert fetch.asked == [["d"], ["b", "c"]]
    thread.join()
