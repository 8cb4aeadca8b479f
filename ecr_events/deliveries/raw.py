"""The most common batches as JSON: only the keys that unwrapping needs are parsed, and base64 is decoded by the parser.

Any other text is left to the general parser.
"""

from collections.abc import Callable
from typing import Any, Literal, NotRequired, TypedDict

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
    eventSource: Literal["aws:kinesis"]
    # What records of other sources have
    messageId: NotRequired[Any]
    Sns: NotRequired[Any]
    Type: NotRequired[Any]


class _FirehoseRecord(TypedDict):
    recordId: str
    data: bytes
    kafkaRecordValue: NotRequired[Any]


# A document with a detail-type is an event, whatever else it has.
_Messages = TypedDict("_Messages", {"Records": list[_Message], "detail-type": NotRequired[Any]})
_KinesisRecords = TypedDict("_KinesisRecords", {"Records": list[_KinesisRecord], "detail-type": NotRequired[Any]})
_FirehoseRecords = TypedDict(
    "_FirehoseRecords",
    {
        "records": list[_FirehoseRecord],
        "detail-type": NotRequired[Any],
        # The keys of other batches
        "Records": NotRequired[Any],
        "Messages": NotRequired[Any],
        "messages": NotRequired[Any],
        "rmqMessagesByQueue": NotRequired[Any],
        "logEvents": NotRequired[Any],
    },
)

_BATCHES: tuple[tuple[bytes, Any, str, Any], ...] = (
    (b'{"Records":[{"messageId":', _Messages, "Records", _Message),
    (b'{"Records":[{"kinesis":{"', _KinesisRecords, "Records", _KinesisRecord),
    (b'{"invocationId":"', _FirehoseRecords, "records", _FirehoseRecord),
)
"""The first characters of batches, their types, the keys of their records, and the types of these."""


def parse_batch(text: bytes) -> dict[str, Any] | None:
    """Return a batch of SQS, Kinesis or Firehose parsed, with its data as bytes; None for anything else."""
    for start, type_, key, record_type in _BATCHES:
        if text.startswith(start):
            try:
                batch: dict[str, Any] = _decoder(type_)(text)
            except (ValueError, RecursionError):
                return None
            is_other = batch.keys() & type_.__optional_keys__
            is_other = is_other or any(record.keys() & record_type.__optional_keys__ for record in batch[key][:1])
            return None if is_other else batch
    return None


@build_once
def _decoder(type_: Any) -> Callable[[bytes], Any]:
    return msgspec.json.Decoder(type_).decode
