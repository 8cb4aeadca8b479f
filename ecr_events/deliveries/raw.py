"""The most common batches as JSON: only the keys that unwrapping needs are parsed, and base64 is decoded by the parser.

Any other text is left to the general parser.
"""

from collections.abc import Callable
from typing import Any, NotRequired, TypedDict

import msgspec

from ecr_events.structs import build_once

__all__ = ["parse_batch"]


class _Message(TypedDict):
    messageId: str
    body: str
    messageAttributes: dict[str, Any]


class _KinesisData(TypedDict):
    sequenceNumber: str
    data: bytes


class _KinesisRecord(TypedDict):
    kinesis: _KinesisData


class _FirehoseRecord(TypedDict):
    recordId: str
    data: bytes


# A document with a detail-type is an event, whatever else it has.
_Messages = TypedDict("_Messages", {"Records": list[_Message], "detail-type": NotRequired[Any]})
_KinesisRecords = TypedDict("_KinesisRecords", {"Records": list[_KinesisRecord], "detail-type": NotRequired[Any]})
_FirehoseRecords = TypedDict("_FirehoseRecords", {"records": list[_FirehoseRecord], "detail-type": NotRequired[Any]})

_BATCHES: tuple[tuple[bytes, Any], ...] = (
    (b'{"Records":[{"messageId":', _Messages),
    (b'{"Records":[{"kinesis":{"', _KinesisRecords),
    (b'{"invocationId":"', _FirehoseRecords),
)
"""The first characters of batches, and their types."""


def parse_batch(text: bytes) -> dict[str, Any] | None:
    """Return a batch of SQS, Kinesis or Firehose parsed, with its data as bytes; None for anything else."""
    for start, type_ in _BATCHES:
        if text.startswith(start):
            try:
                batch: dict[str, Any] = _decoder(type_)(text)
            except (ValueError, RecursionError):
                return None
            return None if "detail-type" in batch else batch
    return None


@build_once
def _decoder(type_: Any) -> Callable[[bytes], Any]:
    return msgspec.json.Decoder(type_).decode
