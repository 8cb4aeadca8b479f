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
from ecr_events.service import Session

__all__ = ["LIMIT", "Delivery", "Record", "batch", "collect", "parsed", "unwrap"]

Delivery: TypeAlias = bytes | bytearray | memoryview | str | dict[str, Any] | list[Any]
"""What a consumer is handed: as JSON text, or as Lambda has parsed it."""

LIMIT = 256 * 1024 * 1024
"""The most bytes that a record's base64 or gzip may expand to, unless the caller says otherwise."""

_DEEPEST = 8
"""More wrappings in each other than AWS makes; what goes deeper was made to do harm."""

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
    """Return a record for each event in a delivery, in its order. Touches no network.

    A record that is no event, or that breaks a contract, has an `error` in place of its
    event, and the others are not lost with it.

    Args:
        delivery: What Lambda hands to a function, or a queue to a worker; parsed, or as text.
        session: The boto3 session that lookups on the events go through.
        limit: The most bytes that the base64 or the gzip of a record may expand to.

    Raises:
        TypeError: The delivery is not of a type listed above. Nothing is raised for what it holds.
    """
    found: list[Record] = []
    for item in batch(parsed(delivery)):
        collect(item, found, session, limit)
    return iter(found)


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


def collect(item: Any, found: list[Record], session: Session | None, limit: int) -> None:
    """Add to `found` a record for each event in one record of a delivery, through all that they are wrapped in."""
    if item.__class__ is dict:
        body = item.get("body")
        if body.__class__ is str and not item.get("messageAttributes"):
            # By far the most common: a message of SQS, with an event in it.
            try:
                found.append(Record(item.get("messageId"), decode(body, session=session)))
            except DecodeError:
                pass
            else:
                return
    found += _records(_Part(None, item), session, limit, 0)


def _records(part: _Part, session: Session | None, limit: int, depth: int) -> list[Record]:
    content = part.content
    inside: list[_Part] | None = None
    try:
        if not _is_wrapping(content):
            return [Record(part.id, decode(content, session=session), None, part.attributes)]
        error = DecodeError("neither an event nor a delivery of one", "$", content)
    except DecodeError as refused:
        error = refused
    if depth < _DEEPEST:
        try:
            inside = _open(content, limit)
        except ValueError as broken:
            error = DecodeError.of(broken, content)
    if inside is None:
        return [Record(part.id, None, error, part.attributes)]
    found: list[Record] = []
    for inner in inside:
        deeper = _Part(part.id or inner.id, inner.content, inner.attributes or part.attributes)
        found += _records(deeper, session, limit, depth + 1)
    return found


def _is_wrapping(content: object) -> bool:
    """Return whether `content` is parsed JSON that is no event."""
    return not isinstance(content, bytes | bytearray | memoryview | str | dict) or (
        isinstance(content, dict) and "detail-type" not in content
    )


def _items(document: Any) -> list[Any] | None:
    """Return the records of a batch: an array of Pipes, or what SQS, SNS, Kinesis and Firehose call them."""
    if isinstance(document, list):
        return document
    match document:
        case {"Records": list(items)} | {"records": list(items)} | {"Messages": list(items)}:
            return items
        case _:
            return None


def _open(content: Any, limit: int) -> list[_Part] | None:  # noqa: C901, PLR0911, PLR0912 - a case for each wrapping
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
            return [_Part(id_, _expanded(data, limit))]
        case {"eventID": str(id_), "sequenceNumber": str(), "data": str(data)}:
            return [_Part(id_, _expanded(data, limit))]
        # A record of Firehose.
        case {"recordId": str(id_), "data": str(data)}:
            return [_Part(id_, _expanded(data, limit))]
        # A subscription of CloudWatch Logs, as Lambda gets it, and what is in it.
        case {"awslogs": {"data": str(data)}}:
            return [_Part(None, _expanded(data, limit))]
        case {"messageType": str(kind), "logEvents": [*log_events]}:
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


def _expanded(data: str, limit: int) -> bytes:
    """Return what is in base64, and in gzip in it, as CloudWatch Logs writes to a stream."""
    raw = binascii.a2b_base64(data, strict_mode=True)
    if raw.startswith(b"\x1f\x8b"):
        inflater = zlib.decompressobj(_GZIP)
        try:
            raw = inflater.decompress(raw, limit + 1)
        except zlib.error as error:
            raise ValueError(f"not gzip: {error}") from error
    if len(raw) > limit:
        raise ValueError(f"expands to more than {limit:,} bytes")
    return raw
