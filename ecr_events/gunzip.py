"""gzip, decompressed piece by piece, up to any damage.

Archives and deliveries both read it here.
"""

import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

from ecr_events.errors import DecodeError

__all__ = ["MAGIC", "gunzip"]

MAGIC = b"\x1f\x8b"
"""The first two bytes of gzip."""

PIECE = 1 << 18
"""Default size of a decompressed piece, in bytes."""

_WBITS = 16 + zlib.MAX_WBITS


def gunzip(pieces: Iterable[bytes], *, size: int = PIECE) -> Iterator[bytes]:
    """Yield the decompressed bytes of gzip, possibly of several members, in pieces of at most `size` bytes.

    Members may be followed by zero padding. Some pieces are empty. All bytes before damage are yielded.

    Raises:
        DecodeError: The gzip is damaged or truncated.
    """
    inflater, begun = zlib.decompressobj(_WBITS), False
    for piece in pieces:
        compressed = piece
        while compressed:
            before, begun = inflater.copy(), True
            try:
                text = inflater.decompress(compressed, size)
            except zlib.error as error:
                yield _salvage(before, compressed)
                raise DecodeError.from_exception(error, b"") from error
            yield text
            compressed = inflater.unconsumed_tail
            if inflater.eof:
                compressed = inflater.unused_data.lstrip(b"\0")
                inflater, begun = zlib.decompressobj(_WBITS), False
    yield inflater.flush()
    if begun and not inflater.eof:
        raise DecodeError("compressed text is cut off", "$", b"")


def _salvage(inflater: Any, compressed: bytes) -> bytes:
    """Return the decompressed bytes before the damage, found by feeding `compressed` byte by byte."""
    text = bytearray()
    with suppress(zlib.error):
        for begin in range(len(compressed)):  # pragma: no branch - it ends with the error
            text += inflater.decompress(compressed[begin : begin + 1])
    return bytes(text)
