"""Events inside what AWS hands to a consumer.

Recognised, and nested in each other as AWS nests them: the event itself; a Lambda batch from
SQS, SNS or Kinesis; a Firehose transformation; an array from EventBridge Pipes; a CloudWatch
Logs subscription; an SNS notification over HTTP or in SQS; what boto3's ``receive_message``
returns; a message of an EventBridge dead-letter queue.

Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-services.html and
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-event-source.html
"""

# Parsed JSON is taken apart here, of which pyright knows that nothing is known.
# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false

import binascii
import zlib
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, TypeAlias, cast

import msgspec

from ecr_events.codec import decode
from ecr_events.errors import DecodeError
from ecr_events.events import ECREvent, UnknownEvent
from ecr_events.session import Session

__all__ = ["LIMIT", "Budget", "Delivery", "Record", "batch", "parsed", "records", "unwrap"]

Delivery: TypeAlias = bytes | bytearray | memoryview | str | dict[str, Any] | list[Any]
"""What a consumer is handed: as JSON text, or as Lambda has parsed it."""

LIMIT = 256 * 1024 * 1024
"""The most bytes that base64 and gzip in a delivery may expand to, unless the caller says otherwise."""

_DEEPEST = 8
"""More wrappings in each other than AWS makes; what goes deeper was made to do harm."""

_RECORD = 512
"""What a record costs of the limit: about its size in memory, for compressed lists can hold very many."""

_NOTIFICATION = ('{\n  "Type"', '{"Type"')
"""How a notification of SNS begins, as SNS writes it and without its spaces."""

_NO_ATTRIBUTES: Mapping[str, str] = MappingProxyType({})

_GZIP = 16 + zlib.MAX_WBITS


class Record(msgspec.Struct, frozen=True):
    """One event of a delivery, or why there is none."""

    id: str | None
    """What the delivery calls the record: ``messageId``, ``sequenceNumber``, ``recordId`` ...

    The outermost one, which an answer to AWS has to name; None where there is none. A record
    that holds several events has its id on each of them.
    """

    event: ECREvent | UnknownEvent | None = None
    """The event; None where there is an error."""

    error: DecodeError | None = None
    """Why there is no event."""

    attributes: Mapping[str, str] = _NO_ATTRIBUTES
    """The attributes of the SQS or SNS message, those that are strings.

    In a dead-letter queue of EventBridge they are ``ERROR_CODE``, ``ERROR_MESSAGE``, ``RULE_ARN``,
    ``TARGET_ARN`` and ``RETRY_ATTEMPTS``.
    """


class _Part(msgspec.Struct, frozen=True):
    """What is in a wrapping, not decoded yet, and what the wrapping says of it."""

    id: str | None
    content: Any
    attributes: Mapping[str, str] = _NO_ATTRIBUTES


def unwrap(delivery: Delivery, *, session: Session | None = None, limit: int = LIMIT) -> Iterator[Record]:
    """Yield a record for each event in a delivery, in its order. Touches no network.

    A record that is no event, or that breaks a contract, has an `error` in place of its
    event, and the others are not lost with it.

    Args:
        delivery: What Lambda hands to a function, or a queue to a worker; parsed, or as text.
        session: The boto3 session that lookups on the events go through.
        limit: The most bytes that base64 and gzip in the delivery may expand to.

    Raises:
        TypeError: The delivery is not of a type listed above. Nothing is raised for what it holds.
    """
    budget = Budget(limit)
    for item in batch(parsed(delivery)):
        record = _message(item, session)
        if record is None:
            yield from _records(_Part(None, item), session, budget, 0)
        else:
            yield record


class Budget:
    """How many bytes may still come out of base64 and gzip in a delivery."""

    def __init__(self, limit: int) -> None:
        """Nothing has come out yet."""
        self.limit: int = limit
        self.left: int = limit

    def spend(self, count: int) -> None:
        """Take so many bytes.

        Raises:
            ValueError: There are not so many left.
        """
        self.left -= count
        if self.left < 0:
            raise ValueError(f"expands to more than {self.limit:,} bytes")


def parsed(delivery: Delivery) -> Any:
    """Return a delivery as parsed JSON; as it is, if it is no JSON."""
    if isinstance(delivery, dict | list):
        return delivery
    try:
        return msgspec.json.decode(delivery)
    except (ValueError, RecursionError, BufferError):
        return delivery


def batch(document: Any) -> list[Any]:
    """Return the records of a delivery as AWS batched them; the delivery itself if it is no batch."""
    items = _items(document)
    return [document] if items is None else items


def records(item: Any, session: Session | None, budget: Budget) -> Iterator[Record]:
    """Yield a record for each event in one record of a delivery, through all that they are wrapped in."""
    record = _message(item, session)
    return _records(_Part(None, item), session, budget, 0) if record is None else iter((record,))


def _message(item: Any, session: Session | None) -> Record | None:
    """Return the event in a message of SQS, by far the most common record; None if it is anything else."""
    if item.__class__ is not dict:
        return None
    body = item.get("body")
    if body.__class__ is not str or body.startswith(_NOTIFICATION):
        return None
    try:
        event = decode(body) if session is None else decode(body, session=session)
    except DecodeError:
        return None
    attributes = item.get("messageAttributes")
    if attributes:
        return Record(item.get("messageId"), event, None, _sqs_attributes(item))
    return Record(item.get("messageId"), event)


def _records(part: _Part, session: Session | None, budget: Budget, depth: int) -> Iterator[Record]:
    content = part.content
    inside: list[_Part] | None = None
    try:
        if not _is_wrapping(content):
            yield Record(part.id, decode(content, session=session), None, part.attributes)
            return
        error = DecodeError("neither an event nor a delivery of one", "$", content)
    except DecodeError as refused:
        error = refused
    if depth < _DEEPEST:
        try:
            inside = _open(content, budget)
        except ValueError as broken:
            error = DecodeError.from_exception(broken, content)
    if inside is None:
        yield Record(part.id, None, error, part.attributes)
        return
    for inner in inside:
        deeper = _Part(part.id or inner.id, inner.content, inner.attributes or part.attributes)
        yield from _records(deeper, session, budget, depth + 1)


def _is_wrapping(content: object) -> bool:
    """Return whether `content` is parsed JSON that is no event."""
    return not isinstance(content, bytes | bytearray | memoryview | str | dict) or (
        isinstance(content, dict) and "detail-type" not in content
    )


def _items(document: Any) -> list[Any] | None:
    """Return the records of a batch: an array of Pipes, or what SQS, SNS, Kinesis and Firehose call them."""
    if isinstance(document, list):
        return document
    if not isinstance(document, dict):
        return None
    for key in ("Records", "records", "Messages"):
        items = document.get(key)
        if isinstance(items, list):
            return items
    # What `receive_message` returns of an empty queue.
    return [] if isinstance(document.get("ResponseMetadata"), dict) else None


def _open(content: Any, budget: Budget) -> list[_Part] | None:  # noqa: C901, PLR0911, PLR0912 - a case for each wrapping
    """Return what is in a wrapping; None if it is none.

    Raises:
        ValueError: What is in it cannot be read, or is too large.
    """
    if not isinstance(content, dict | list):
        try:
            content = msgspec.json.decode(content)
        except (ValueError, TypeError, RecursionError, BufferError):
            return None
    items = _items(content)
    if items is not None:
        budget.spend(len(items) * _RECORD)
        return [_Part(None, item) for item in items]
    match content:
        # A record of SQS, in a Lambda batch and in Pipes, and as `receive_message` returns it.
        case {"messageId": str(id_), "body": str(body)}:
            return [_Part(id_, body, _sqs_attributes(content))]
        case {"MessageId": str(id_), "Body": str(body)}:
            return [_Part(id_, body, _attributes(content.get("MessageAttributes"), "StringValue"))]
        # A notification of SNS, in a Lambda batch, and over HTTP or in SQS.
        case {"Sns": {"MessageId": str(id_), "Message": str(message)}}:
            return [_Part(id_, message, _attributes(content["Sns"].get("MessageAttributes"), "Value"))]
        case {"Type": "Notification", "MessageId": str(id_), "Message": str(message)}:
            return [_Part(id_, message, _attributes(content.get("MessageAttributes"), "Value"))]
        # A record of Kinesis, in a Lambda batch, and in Pipes, which answers by another id.
        case {"kinesis": {"sequenceNumber": str(id_), "data": str(data)}}:
            return [_Part(id_, _expanded(data, budget))]
        case {"eventID": str(id_), "sequenceNumber": str(), "data": str(data)}:
            return [_Part(id_, _expanded(data, budget))]
        # A record of Firehose.
        case {"recordId": str(id_), "data": str(data)}:
            return [_Part(id_, _expanded(data, budget))]
        # A subscription of CloudWatch Logs, as Lambda gets it, and what is in it.
        case {"awslogs": {"data": str(data)}}:
            return [_Part(None, _expanded(data, budget))]
        case {"messageType": str(kind), "logEvents": [*log_events]}:
            budget.spend(len(log_events) * _RECORD)
            return [_log_event(item) for item in log_events] if kind == "DATA_MESSAGE" else []
        case _:
            return None


def _log_event(item: Any) -> _Part:
    match item:
        case {"id": str(id_), "message": message}:
            return _Part(id_, message)
        case _:
            return _Part(None, item)


def _sqs_attributes(message: dict[str, Any]) -> Mapping[str, str]:
    return _attributes(message.get("messageAttributes"), "stringValue")


def _attributes(attributes: Any, key: str) -> Mapping[str, str]:
    if not attributes or not isinstance(attributes, dict):
        return _NO_ATTRIBUTES
    items = cast("dict[str, Any]", attributes).items()
    return {name: value[key] for name, value in items if isinstance(value, dict) and isinstance(value.get(key), str)}


def _expanded(data: str, budget: Budget) -> bytes:
    """Return what is in base64, and in gzip in it, as CloudWatch Logs writes to a stream."""
    budget.spend(len(data) * 3 // 4)
    raw = binascii.a2b_base64(data, strict_mode=True)
    if not raw.startswith(b"\x1f\x8b"):
        return raw
    whole = b""
    while raw:
        inflater = zlib.decompressobj(_GZIP)
        try:
            text = inflater.decompress(raw, budget.left + 1)
        except zlib.error as error:
            raise ValueError(f"not gzip: {error}") from error
        budget.spend(len(text))
        if not inflater.eof:
            raise ValueError("not gzip: it is cut off")
        whole += text
        raw = inflater.unused_data
    return whole
