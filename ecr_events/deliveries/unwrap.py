"""Events inside the deliveries of AWS, through all sources that are nested in each other."""

# Parsed JSON has no types.
# pyright: reportUnknownArgumentType=false, reportUnknownVariableType=false

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

import msgspec

from ecr_events.codec import decode
from ecr_events.deliveries.expansion import MAX_EXPANDED_SIZE, ExpansionLimit
from ecr_events.deliveries.records import NO_ATTRIBUTES, InvalidRecord, Record
from ecr_events.deliveries.sources import batch_of, is_event, open_delivery, source_of
from ecr_events.errors import DecodeError
from ecr_events.session import Session

__all__ = ["Delivery", "parse_delivery", "unwrap", "unwrap_item"]

Delivery: TypeAlias = bytes | bytearray | memoryview | str | dict[str, Any] | list[Any]
"""JSON that AWS delivers to a consumer, as text or parsed."""

_MAX_DEPTH = 8
"""Maximum number of batches and records around an event, the delivery itself not counted if it is a batch."""

_RECORD_SIZE = 512
"""Bytes charged per record of a nested batch, about its size in memory: compressed arrays can hold millions."""

_TEXT = (str, bytes, bytearray, memoryview)


def unwrap(
    delivery: Delivery, *, session: Session | None = None, max_expanded_size: int = MAX_EXPANDED_SIZE
) -> Iterator[Record | InvalidRecord]:
    """Yield a record for each event in a delivery, in order.

    A record that is malformed, or not an event, yields an `InvalidRecord` and does not affect others.

    Args:
        delivery: The event that Lambda passes to a function, the result of ``receive_message`` or the body of an HTTP
            request; JSON text or parsed.
        session: The boto3 session that lookups on the events go through.
        max_expanded_size: The maximum number of bytes that base64 and gzip in the delivery may expand to.

    Raises:
        TypeError: The delivery is not of a type listed above. Its content never raises.
    """
    items, source = open_delivery(parse_delivery(delivery))
    limit = ExpansionLimit(max_expanded_size)
    decode_plain = source.decode_plain
    for item in items:
        record = decode_plain(item, session)
        if record is None:
            yield from unwrap_item(item, session, limit)
        else:
            yield record


def parse_delivery(delivery: Any) -> Any:
    """Return a delivery as parsed JSON, malformed text unchanged.

    Raises:
        TypeError: It is not a `Delivery`.
    """
    if isinstance(delivery, (dict, list)):
        return delivery
    if isinstance(delivery, _TEXT):
        return _parse_json(delivery)
    raise TypeError(f"a delivery is JSON text, a dict or a list, not {type(delivery).__name__}")


def unwrap_item(item: Any, session: Session | None, limit: ExpansionLimit) -> Iterator[Record | InvalidRecord]:
    """Yield a record for each event in one record of a delivery."""
    return _unwrap(_Wrapped(None, item), session, limit, 0)


class _Wrapped(msgspec.Struct, frozen=True):
    """Content that is not decoded yet, with the id and the attributes of the records around it."""

    id: str | None
    content: Any
    attributes: Mapping[str, str] = NO_ATTRIBUTES


def _unwrap(
    wrapped: _Wrapped, session: Session | None, limit: ExpansionLimit, depth: int
) -> Iterator[Record | InvalidRecord]:
    id_, content, attributes = wrapped.id, wrapped.content, wrapped.attributes
    invalid = None
    if isinstance(content, _TEXT) or is_event(content):
        try:
            event = decode(_exact(content), session=session)
        except DecodeError as error:
            invalid = InvalidRecord(id_, error, attributes)
        else:
            yield Record(id_, event, attributes)
            return
    inner = _unwrap_once(wrapped, limit) if depth < _MAX_DEPTH else None
    if isinstance(inner, list):
        for part in inner:
            yield from _unwrap(part, session, limit, depth + 1)
    else:
        no_event = DecodeError("neither an event nor a delivery of one", "$", content)
        yield inner or invalid or InvalidRecord(id_, no_event, attributes)


def _unwrap_once(wrapped: _Wrapped, limit: ExpansionLimit) -> list[_Wrapped] | InvalidRecord | None:
    """Return the content of a batch or a record, None if `wrapped` is neither."""
    id_, content, attributes = wrapped.id, wrapped.content, wrapped.attributes
    document = _parse_json(content) if isinstance(content, _TEXT) else content
    if is_event(document):
        return None
    try:
        batch = batch_of(document)
        if batch is not None:
            limit.consume(len(batch[0]) * _RECORD_SIZE)
            return [_Wrapped(id_, item, attributes) for item in batch[0]]
        source = source_of(document)
        if source is None:
            return None
        id_, attributes = id_ or source.id(document), source.attributes(document) or attributes
        return [_Wrapped(id_, source.payload(document, limit), attributes)]
    except ValueError as error:
        return InvalidRecord(id_, DecodeError(str(error), "$", content), attributes)


def _parse_json(text: Any) -> Any:
    """Return text as parsed JSON, malformed text unchanged."""
    try:
        return msgspec.json.decode(_exact(text))
    except (ValueError, RecursionError, BufferError):
        return text


def _exact(content: Any) -> Any:
    """Return an instance of a subclass of str as str, since msgspec rejects subclasses."""
    return str.__str__(content) if isinstance(content, str) else content
