"""The cache by itself, with a clock of its own."""

from collections.abc import Mapping

from ecr_events.service.cache import Cache


class Fetch:
    """Answers each key with itself in upper case, and notes what it was asked for."""

    def __init__(self) -> None:
        """Start with nothing asked."""
        self.asked: list[list[str]] = []

    def __call__(self, keys: list[str]) -> Mapping[str, str | Exception]:
        """Answer the keys; one that begins with an exclamation mark with an exception."""
        self.asked.append(keys)
        return {key: ValueError(key) if key.startswith("!") else key.upper() for key in keys}


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
