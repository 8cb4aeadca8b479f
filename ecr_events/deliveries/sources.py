"""One class per AWS source: how its records are recognised and unwrapped, and what it expects in response.

A record wraps one payload: an event, or JSON that another source delivered. To add a source, subclass `Source`, and add
an instance to `_SOURCES`, and to `_BATCHES` if its batches have a key of their own.

Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-services.html,
https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html,
https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html,
https://docs.aws.amazon.com/firehose/latest/dev/data-transformation.html and
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-event-source.html
"""

# Parsed JSON has no types.
# pyright: reportUnknownArgumentType=false, reportUnknownVariableType=false

import binascii
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal, TypeAlias

from ecr_events.codec import decode
from ecr_events.deliveries.expansion import ExpansionLimit, expand
from ecr_events.deliveries.records import NO_ATTRIBUTES, Record
from ecr_events.errors import DecodeError
from ecr_events.session import Session

__all__ = ["Firehose", "PartialBatchSource", "Response", "Source", "batch_of", "is_event", "open_delivery", "source_of"]

Response: TypeAlias = dict[str, list[dict[str, str]]]
"""``{"batchItemFailures": [...]}``, or Firehose's ``{"records": [...]}``."""


class Source:
    """An AWS source that expects no response."""

    key: ClassVar[str]
    """Key that distinguishes its records from those of other sources."""

    nested_in: ClassVar[str] = ""
    """Key of the object that has the id and the payload; empty if the record itself does."""

    id_key: ClassVar[str] = ""

    payload_key: ClassVar[str] = "data"

    is_base64: ClassVar[bool] = False
    """Whether the payload is base64, and possibly gzip in it."""

    attributes_key: ClassVar[str] = ""

    attribute_value_key: ClassVar[str] = ""

    batch_key: ClassVar[str] = "Records"

    def matches(self, record: dict[str, Any]) -> bool:
        """Return whether `record` is from this source."""
        return self.key in record

    def items(self, document: dict[str, Any]) -> list[Any] | None:
        """Return the records of a batch; None if `document` is not a batch of this source."""
        items = document.get(self.batch_key)
        return items if isinstance(items, list) else None

    def id(self, record: dict[str, Any]) -> str | None:
        """Return the id that the response refers to."""
        id_ = self._fields(record).get(self.id_key)
        return id_ if isinstance(id_, str) else None

    def response_id(self, item: Any) -> str:
        """Return the id of any item of a batch; Lambda treats an empty one as the failure of the whole batch."""
        return self.id(_as_dict(item)) or ""

    def payload(self, record: dict[str, Any], limit: ExpansionLimit, /) -> Any:
        """Return the wrapped JSON as text, bytes or parsed.

        Raises:
            ValueError: The payload is missing or malformed, or exceeds the limit.
        """
        payload = self._fields(record).get(self.payload_key)
        if isinstance(payload, str):
            return expand(payload, limit) if self.is_base64 else payload
        raise ValueError(f"expected `str` as `{self.payload_key}`")

    def attributes(self, record: dict[str, Any]) -> Mapping[str, str]:
        """Return the attributes that are strings."""
        attributes = _as_dict(self._fields(record).get(self.attributes_key))
        values = {name: _as_dict(value).get(self.attribute_value_key) for name, value in attributes.items()}
        return {name: value for name, value in values.items() if isinstance(value, str)} or NO_ATTRIBUTES

    def decode_plain(self, _item: Any, _session: Session | None, /) -> Record | None:
        """Return the record if its payload is an event: a fast path for common records. None takes the general path."""
        return None

    def _fields(self, record: dict[str, Any]) -> dict[str, Any]:
        return _as_dict(record.get(self.nested_in)) if self.nested_in else record


class PartialBatchSource(Source):
    """A source that expects the ids of the failed records."""

    def is_ordered(self, _items: Sequence[Any], /) -> bool:
        """Return whether the first failure ends the batch."""
        return True

    def response(self, failed: Sequence[Any]) -> Response:
        """Return the response for `failed`, which in an ordered batch includes all items after the first failure."""
        return {"batchItemFailures": [{"itemIdentifier": self.response_id(item)} for item in failed]}


class SNSRecord(Source):
    """A record of SNS in a Lambda batch."""

    key = "Sns"
    nested_in = "Sns"
    id_key = "MessageId"
    payload_key = "Message"
    attributes_key = "MessageAttributes"
    attribute_value_key = "Value"


_NOTIFICATION = ('{\n  "Type"', '{"Type"')
"""The first characters of a notification, as SNS writes it and without spaces."""


class SNSNotification(SNSRecord):
    """A notification of SNS over HTTP or in SQS."""

    key = "Type"
    nested_in = ""

    def matches(self, record: dict[str, Any]) -> bool:
        """Return whether `record` is a notification, not the confirmation of a subscription."""
        return record.get(self.key) == "Notification"


class SQSMessage(PartialBatchSource):
    """A message of SQS in a Lambda batch or from EventBridge Pipes."""

    key = "messageId"
    id_key = "messageId"
    payload_key = "body"
    attributes_key = "messageAttributes"
    attribute_value_key = "stringValue"
    system_attributes_key = "attributes"

    def matches(self, record: dict[str, Any]) -> bool:
        """Return whether `record` is a message, even if its id is missing."""
        return self.key in record or record.get("eventSource") == "aws:sqs"

    def is_ordered(self, items: Sequence[Any], /) -> bool:
        """Return whether the queue is a FIFO queue, by its name or, where messages lack it, by message groups."""
        messages = [_as_dict(item) for item in items]
        return any(
            str(message.get("eventSourceARN")).endswith(".fifo")
            or "MessageGroupId" in _as_dict(message.get(self.system_attributes_key))
            for message in messages
        )

    def decode_plain(self, item: Any, session: Session | None, /) -> Record | None:
        """Return the record if its body is an event, by far the most common record."""
        try:
            id_, body = item["messageId"], item["body"]
            if id_.__class__ is not str or body.__class__ is not str or body.startswith(_NOTIFICATION):
                return None
            event = decode(body) if session is None else decode(body, session=session)
        except (LookupError, TypeError, DecodeError):
            return None
        return Record(id_, event, self.attributes(item)) if item.get("messageAttributes") else Record(id_, event)


class ReceivedMessage(SQSMessage):
    """A message of SQS as boto3's ``receive_message`` returns it."""

    key = "Body"
    id_key = "MessageId"
    payload_key = "Body"
    attributes_key = "MessageAttributes"
    attribute_value_key = "StringValue"
    system_attributes_key = "Attributes"
    batch_key = "Messages"

    def items(self, document: dict[str, Any]) -> list[Any] | None:
        """Return the messages; the result for an empty queue does not have the key."""
        items = super().items(document)
        return [] if items is None and isinstance(document.get("ResponseMetadata"), dict) else items


class PipesKinesisRecord(PartialBatchSource):
    """A record of Kinesis from EventBridge Pipes."""

    key = "sequenceNumber"
    id_key = "eventID"
    is_base64 = True

    def response(self, failed: Sequence[Any]) -> Response:
        """Return the first id alone: the stream is delivered again from there on."""
        return super().response(failed[:1])


class KinesisRecord(PipesKinesisRecord):
    """A record of Kinesis in a Lambda batch."""

    key = "kinesis"
    nested_in = "kinesis"
    id_key = "sequenceNumber"


class Firehose(Source):
    """A record of a Firehose transformation."""

    key = "recordId"
    id_key = "recordId"
    is_base64 = True
    batch_key = "records"

    def transformed(
        self, item: Any, result: Literal["Ok", "Dropped", "ProcessingFailed"], data: bytes | None = None
    ) -> dict[str, str]:
        """Return the transformed record, with its original data if `data` is None."""
        original = _as_dict(item).get(self.payload_key)
        if data is not None:
            original = binascii.b2a_base64(data, newline=False).decode()
        return {
            "recordId": self.response_id(item),
            "result": result,
            "data": original if isinstance(original, str) else "",
        }


class LogsSubscription(Source):
    """A delivery of CloudWatch Logs to Lambda."""

    key = "awslogs"
    nested_in = "awslogs"
    is_base64 = True


class LogEvent(Source):
    """A log event in the document that CloudWatch Logs sends to Lambda, Kinesis and Firehose."""

    key = "message"
    id_key = "id"
    batch_key = "logEvents"

    def matches(self, record: dict[str, Any]) -> bool:
        """Return whether `record` is a log event, not any object with a message."""
        return self.key in record and "timestamp" in record

    def items(self, document: dict[str, Any]) -> list[Any] | None:
        """Return the log events; none for a control message, which only tests whether the destination is reachable."""
        return [] if document.get("messageType") == "CONTROL_MESSAGE" else super().items(document)

    def payload(self, record: dict[str, Any], _limit: ExpansionLimit, /) -> Any:
        """Return the message, which may be parsed already."""
        return record[self.key]


_SQS, _RECEIVED, _FIREHOSE, _LOG_EVENT = SQSMessage(), ReceivedMessage(), Firehose(), LogEvent()

_SOURCES: tuple[Source, ...] = (
    _SQS,
    SNSRecord(),
    KinesisRecord(),
    _FIREHOSE,
    PipesKinesisRecord(),
    _RECEIVED,
    SNSNotification(),
    LogsSubscription(),
    _LOG_EVENT,
)

_BATCHES: tuple[Source, ...] = (_SQS, _FIREHOSE, _RECEIVED, _LOG_EVENT)
"""One source per key of a batch."""


_NO_SOURCE = Source()


def source_of(document: Any) -> Source | None:
    """Return the source of a record; None for anything else."""
    if isinstance(document, dict):
        for source in _SOURCES:
            if source.matches(document):
                return source
    return None


def batch_of(document: Any) -> tuple[list[Any], Source] | None:
    """Return the records of a batch and a source with such batches; None for anything else."""
    if isinstance(document, dict):
        for source in _BATCHES:
            items = source.items(document)
            if items is not None:
                return items, source
    elif isinstance(document, list):
        return document, _SQS
    return None


def is_event(document: Any) -> bool:
    """Return whether a document is an event, valid or not."""
    return isinstance(document, dict) and "detail-type" in document


def open_delivery(document: Any) -> tuple[list[Any], Source]:
    """Return the records of a delivery and their source; one that is not a batch is its own only record."""
    if is_event(document):
        return [document], _NO_SOURCE
    batch = batch_of(document)
    if batch is None:
        return [document], source_of(document) or _NO_SOURCE
    items, owner = batch
    if owner is not _SQS or not items:
        return batch
    # Several sources have such batches: the first record that is recognised tells which one.
    for item in items:
        if source := source_of(item):
            return items, source
    return items, _NO_SOURCE


def _as_dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
