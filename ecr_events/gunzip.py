"""Decompression of gzip in pieces of bounded size, for archives and deliveries."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cache
from typing import Any

from ecr_events.errors import DecodeError

__all__ = ["MAGIC", "PIECE", "gunzip", "load_zlib"]

MAGIC = b"\x1f\x8b"
"""The first two bytes of every gzip file."""

PIECE = 1 << 18
"""Default limit of a decompressed piece, in bytes."""

_INPUT = 1 << 14
"""Compressed bytes per call of zlib, which copies what follows the end of a member."""

_WBITS = 16 + 15
"""zlib's number for gzip with a window of any size."""


def gunzip(pieces: Iterable[bytes], *, size: int = PIECE) -> Iterator[bytes]:
    """Yield the decompressed bytes of gzip, lazily, in pieces of at most `size` bytes.

    The input may consist of several members, each followed by any number of zero bytes, and
    may be split anywhere. Some pieces are empty. Uses zlib-ng if it is installed.

    Raises:
        DecodeError: The gzip is damaged or truncated. All bytes before that have been yielded.
    """
    zlib = load_zlib()
    member: Any = None
    for piece in _split(pieces):
        left = piece
        while compressed := left if member else left.lstrip(b"\0"):
            member = member or zlib.decompressobj(_WBITS)
            before, yielded, left = member.copy(), 0, compressed
            try:
                while left and not member.eof:
                    decompressed = member.decompress(left, size)
                    yielded += len(decompressed)
                    yield decompressed
                    left = member.unconsumed_tail
            except zlib.error as error:
                yield from _salvage(before, compressed, yielded, zlib.error)
                reason = str(error).rpartition(": ")[2]
                raise DecodeError(f"gzip is damaged: {reason}", "$", b"") from error
            if member.eof:
                left, member = member.unused_data, None
    if member:
        yield member.flush()
        raise DecodeError("gzip is truncated", "$", b"")


def _split(pieces: Iterable[bytes]) -> Iterator[bytes]:
    for piece in pieces:
        for start in range(0, len(piece), _INPUT):
            yield piece[start : start + _INPUT]


def _salvage(member: Any, compressed: bytes, yielded: int, error: type[Exception]) -> Iterator[bytes]:
    """Yield what precedes damage in `compressed`, but for the first bytes, which have been yielded.

    zlib discards it along with the error.
    """
    with suppress(error):
        for position in range(len(compressed)):  # pragma: no branch - the damage ends the loop
            decompressed = member.decompress(compressed[position : position + 1])
            yield decompressed[yielded:]
            yielded = max(0, yielded - len(decompressed))


@cache
def load_zlib() -> Any:
    """Return zlib-ng's module, which takes half of the time, else zlib's. They have the same functions."""
    try:
        from zlib_ng import zlib_ng
    except ImportError:
        import zlib

        return zlib
    return zlib_ng
