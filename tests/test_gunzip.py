import gzip
import random
import sys
from collections import deque
from collections.abc import Iterator

import pytest

from ecr_events import DecodeError
from ecr_events.gunzip import gunzip, load_zlib

TEXTS = [random.Random(3).randbytes(500) + bytes(500) for _ in range(3)]
MEMBERS = [gzip.compress(text, mtime=0) for text in TEXTS]


@pytest.fixture(params=["zlib", "zlib_ng"], autouse=True)
def library(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Decompress with zlib-ng, and without it."""
    if request.param == "zlib":
        monkeypatch.setitem(sys.modules, "zlib_ng", None)
    load_zlib.cache_clear()
    assert request.param in {load_zlib().__name__, load_zlib().__name__.partition(".")[0]}
    yield
    load_zlib.cache_clear()


def split(data: bytes, size: int) -> list[bytes]:
    """Return `data` in pieces of `size` bytes."""
    return [data[start : start + size] for start in range(0, len(data), size)]


def until_damage(pieces: Iterator[bytes], reason: str) -> bytes:
    """Return the bytes that are yielded before a DecodeError with `reason`, which must follow."""
    decompressed: list[bytes] = []
    with pytest.raises(DecodeError, match=reason) as caught:
        deque(map(decompressed.append, pieces))
    assert (caught.value.path, caught.value.payload) == ("$", b"")
    return b"".join(decompressed)


@pytest.mark.parametrize("padding", [b"", bytes(1), bytes(300)], ids=len)
@pytest.mark.parametrize("size", [1, 7, 100, 10_000])
def test_members_are_joined_wherever_the_pieces_end(padding: bytes, size: int) -> None:
    """Zero padding after each member is skipped, also where it continues in the next piece."""
    compressed = b"".join(member + padding for member in MEMBERS)
    assert b"".join(gunzip(split(compressed, size))) == b"".join(TEXTS)


def test_pieces_are_bounded_and_lazy() -> None:
    """A megabyte out of a kilobyte comes in pieces of the requested size, one at a time."""
    pieces = gunzip([gzip.compress(bytes(1_000_000))], size=1_000)
    assert next(pieces) == bytes(1_000)
    sizes = [len(piece) for piece in pieces]
    assert max(sizes) == 1_000
    assert sum(sizes) == 999_000


def test_nothing_is_decompressed_to_nothing() -> None:
    """Padding alone is not a member."""
    assert list(gunzip([])) == []
    assert list(gunzip([bytes(10), bytes(10)])) == []


@pytest.mark.parametrize("left", [1, 17, len(MEMBERS[1]) - 1])
def test_truncated_gzip_yields_all_that_is_there(left: int) -> None:
    """The members before the truncated one are whole."""
    text = until_damage(gunzip(split(MEMBERS[0] + MEMBERS[1][:left], 100)), "^gzip is truncated at")
    assert text.startswith(TEXTS[0])
    assert (TEXTS[0] + TEXTS[1]).startswith(text)


def test_bytes_before_damage_are_yielded() -> None:
    """Everything that zlib has decompressed up to the damaged byte, although it reports only the error."""
    damaged = bytearray(MEMBERS[0])
    damaged[-5] ^= 1  # in the checksum, behind all data
    assert until_damage(gunzip([bytes(damaged)]), "incorrect data check") == TEXTS[0]
    assert until_damage(gunzip(split(bytes(damaged), 50)), "incorrect data check") == TEXTS[0]


@pytest.mark.parametrize("garbage", [b"garbage", b"XX" + MEMBERS[1], b"\0X\0" + MEMBERS[1]])
def test_garbage_behind_a_member_is_damage(garbage: bytes) -> None:
    """Only zero bytes are padding."""
    assert until_damage(gunzip([MEMBERS[0] + garbage]), "incorrect header check") == TEXTS[0]
