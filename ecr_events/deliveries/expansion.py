"""The memory that a delivery may take: what base64, gzip and JSON in it expand to, up to a limit.

Everything is charged before it is expanded, for the most that it can expand to. Measuring a text takes about as
long as decoding it, so a part of the limit is set aside for as much text as deliveries usually have.
"""

import io
from collections.abc import Sized
from typing import Self

import msgspec

from ecr_events.errors import DecodeError

__all__ = ["MAX_EXPANDED_SIZE", "UNMEASURED", "ExpansionLimit", "expand", "expand_if_encoded"]

MAX_EXPANDED_SIZE = 256 * 1024 * 1024
"""Default limit of a delivery, in bytes."""

_MAX_GROWTH = 48
"""Bytes that a byte of JSON takes at most once parsed, as measured for nested arrays."""

UNMEASURED = 8 * _MAX_GROWTH
"""The limit divided by this is the size of all texts that are not measured, on each of two paths."""

_RECORD_SIZE = 1_024
"""Bytes charged per record of a batch, the most that an `InvalidRecord` takes: arrays can hold millions of them."""

_QUOTED = 1 << 24
"""Size of text from which the copies count that msgspec's errors quote of a string."""

_ENCODED = ("ey", "ew", "W", "H4sI", "C", "D", "I")
"""The first characters of base64 of an object, an array, gzip, or whitespace."""


class ExpansionLimit(msgspec.Struct):
    """The bytes that a delivery may still take."""

    remaining: int

    unmeasured: int = 0
    """Size of the texts that need not be measured, since what they take is set aside."""

    @classmethod
    def of(cls, max_expanded_size: int) -> Self:
        """Return the limit of texts beside those that a source decodes on its own."""
        unmeasured = max_expanded_size // UNMEASURED
        return cls(max_expanded_size - 2 * _MAX_GROWTH * unmeasured, unmeasured)

    def consume(self, count: int) -> None:
        """Charge `count` bytes.

        Raises:
            ValueError: The limit is exceeded.
        """
        if count > self.remaining:
            raise ValueError("takes more memory than `max_expanded_size`")
        self.remaining -= count

    def consume_records(self, records: Sized) -> None:
        """Charge the records of a batch. Raises ValueError."""
        self.consume(len(records) * _RECORD_SIZE)

    def consume_json(self, text: str | bytes) -> int:
        """Charge JSON that is going to be parsed. Return the bytes charged. Raises ValueError."""
        if len(text) <= self.unmeasured:
            self.unmeasured -= len(text)
            return 0
        size = _parsed_size(text)
        self.consume(size)
        return size


def _parsed_size(text: str | bytes) -> int:
    """Return an upper bound of the bytes that JSON takes once parsed.

    Every value but the outermost follows a comma or is the first one in an object or an array. An object takes up to
    208 bytes with its first member, an array up to 104 with its first item, and another member up to 136. Strings take
    a byte per character, up to 4 if one of them is not ASCII, and as much again for a copy in UTF-8 of the text.
    """
    if isinstance(text, str):
        counts, escaped = (text.count(","), text.count("{"), text.count("[")), "\\u" in text
    else:
        counts, escaped = (text.count(b","), text.count(b"{"), text.count(b"[")), b"\\u" in text
    commas, braces, brackets = counts
    width = (4 if escaped or len(text) > _QUOTED else 1) if text.isascii() else 8
    return 128 + width * len(text) + 136 * commas + 208 * braces + 104 * brackets


def expand(data: str | bytes, limit: ExpansionLimit) -> bytes:
    """Return the bytes in base64, or bytes as they are, decompressed if they are gzip.

    CloudWatch Logs compresses what it sends.

    Raises:
        ValueError: The base64 or the gzip is invalid, or exceeds the limit.
    """
    if isinstance(data, str):
        limit.consume(len(data) * 3 // 4)
        data = _decode_base64(data)
    from ecr_events.gunzip import MAGIC

    return _decompress(data, limit) if data.startswith(MAGIC) else data


def expand_if_encoded(text: str | bytes, limit: ExpansionLimit) -> str | bytes:
    """Return `text`, decoded if it is base64 of JSON or gzip, as senders of compressed messages encode it.

    Raises:
        ValueError: The gzip in the base64 is invalid, or exceeds the limit.
    """
    if not isinstance(text, str) or not text.startswith(_ENCODED):
        return text
    from ecr_events.gunzip import MAGIC

    limit.consume(len(text) * 3 // 4)
    try:
        data = msgspec.convert(text, bytes)
    except ValueError:
        return text
    return expand(data, limit) if data.lstrip().startswith((b"{", b"[", MAGIC)) else text


def _decode_base64(text: str) -> bytes:
    try:
        return msgspec.convert(text, bytes)
    except ValueError:
        # Its error names the reason, and it accepts padding that is not needed.
        from binascii import a2b_base64

        try:
            return a2b_base64(text, strict_mode=True)
        except ValueError as error:
            raise ValueError(f"invalid base64: {error}") from error


def _decompress(compressed: bytes, limit: ExpansionLimit) -> bytes:
    from ecr_events.gunzip import gunzip

    decompressed = io.BytesIO()
    try:
        for piece in gunzip([compressed]):
            limit.consume(len(piece))
            decompressed.write(piece)
    except DecodeError as error:
        raise ValueError(error.reason) from error
    return decompressed.getvalue()
