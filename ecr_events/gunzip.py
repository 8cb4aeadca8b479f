"""Decompression of gzip in pieces of bounded size, for archives and deliveries."""

import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

from ecr_events.errors import DecodeError

__all__ = ["MAGIC", "PIECE", "gunzip"]

MAGIC = b"\x1f\x8b"
"""The first two bytes of every gzip file."""

PIECE = 1 << 18
"""Default limit of a decompressed piece, in bytes."""

_WBITS = 16 + zlib.MAX_WBITS


def gunzip(pieces: Iterable[bytes], *, size: int = PIECE) -> Iterator[bytes]:
    """Yield the decompressed bytes of gzip, lazily, in pieces of at most `size` bytes.

    The input may consist of several members, each followed by any number of zero bytes, and
    may be split anywhere. Some pieces are empty.

    Raises:
        DecodeError: The gzip is damaged or truncated. All bytes before that have been yielded.
    """
    member: Any = None
    for piece in pieces:
        compressed = piece
        while compressed := compressed if member else compressed.lstrip(b"\0"):
            member = member or zlib.decompressobj(_WBITS)
            before = member.copy()
            try:
                decompressed = member.decompress(compressed, size)
            except zlib.error as error:
                yield from _salvage(before, compressed)
                raise DecodeError.from_exception(error, b"") from error
            yield decompressed
            compressed = member.unconsumed_tail
            if member.eof:
                compressed, member = member.unused_data, None
    if member:
        yield member.flush()
        raise DecodeError("gzip is truncated", "$", b"")


def _salvage(member: Any, compressed: bytes) -> Iterator[bytes]:
    """Yield the bytes that precede damage in `compressed`, which `zlib` discards along with the error."""
    with suppress(zlib.error):
        for position in range(len(compressed)):  # pragma: no branch - the damage ends the loop
            yield member.decompress(compressed[position : position + 1])
