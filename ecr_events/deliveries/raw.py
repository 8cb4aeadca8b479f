"""The most common batches as JSON: only the keys that unwrapping needs are parsed, and base64 is decoded by the parser.

Any other text is left to the general parser.
"""

from collections.abc import Callable
from typing import Any, Literal, NamedTuple, NotRequired, TypedDict

import msgspec

from ecr_events.structs import build_once

__all__ = ["COMPACT_BATCHES", "parse_batch"]


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


class _Batch(NamedTuple):
    """A batch that is parsed."""

    start: bytes
    """Its first characters."""

    type_: Any
    """Its optional keys are those of other batches."""

    key: str
    """The key of its records."""

    record_type: Any
    """Its optional keys are those of other sources' records."""


COMPACT_BATCHES = (
    _Batch(b'{"Records":[{"messageId":', _Messages, "Records", _Message),
    _Batch(b'{"Records":[{"kinesis":{"', _KinesisRecords, "Records", _KinesisRecord),
    _Batch(b'{"invocationId":"', _FirehoseRecords, "records", _FirehoseRecord),
)


def parse_batch(text: bytes) -> dict[str, Any] | None:
    """Return a batch of SQS, Kinesis or Firehose parsed, with its data as bytes; None for anything else."""
    for start, type_, key, record_type in COMPACT_BATCHES:
        if text.startswith(start):
            try:
                batch: dict[str, Any] = _decoder(type_)(text)
            except (ValueError, RecursionError):
                return None
            first: list[dict[str, Any]] = batch[key][:1]
            if any(record.keys() & record_type.__optional_keys__ for record in first):
                return None
            return None if batch.keys() & type_.__optional_keys__ else batch
    return None


@build_once
def _decoder(type_: Any) -> Callable[[bytes], Any]:
    return msgspec.json.Decoder(type_).decode
