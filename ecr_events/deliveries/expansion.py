"""base64 and gzip, expanded up to a limit."""

import binascii

import msgspec

from ecr_events.errors import DecodeError
from ecr_events.gunzip import MAGIC, gunzip

__all__ = ["MAX_EXPANDED_SIZE", "ExpansionLimit", "expand"]

MAX_EXPANDED_SIZE = 256 * 1024 * 1024
"""Default limit of a delivery, in bytes."""


class ExpansionLimit(msgspec.Struct):
    """The bytes that base64 and gzip in one delivery expand to, and their limit."""

    limit: int
    consumed: int = 0

    def consume(self, count: int) -> None:
        """Charge `count` bytes.

        Raises:
            ValueError: The limit is exceeded.
        """
        self.consumed += count
        if self.consumed > self.limit:
            raise ValueError(f"expands to more than {self.limit:,} bytes")


def expand(data: str, limit: ExpansionLimit) -> bytes:
    """Return the bytes in base64, decompressed if they are gzip, as CloudWatch Logs sends them.

    Raises:
        ValueError: The base64 or the gzip is invalid, or exceeds the limit.
    """
    limit.consume(len(data) * 3 // 4)
    try:
        raw = binascii.a2b_base64(data, strict_mode=True)
    except ValueError as error:
        raise ValueError(f"invalid base64: {error}") from error
    return _decompress(raw, limit) if raw.startswith(MAGIC) else raw


def _decompress(compressed: bytes, limit: ExpansionLimit) -> bytes:
    pieces: list[bytes] = []
    try:
        for piece in gunzip([compressed]):
            limit.consume(len(piece))
            pieces.append(piece)
    except DecodeError as error:
        raise ValueError(f"invalid gzip: {error.reason}") from error
    return b"".join(pieces)
