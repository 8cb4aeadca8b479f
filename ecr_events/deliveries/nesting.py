"""Deliveries of any form, through all sources that are nested in each other.

A document is parsed after the memory that it may take has been charged, and is then an event, a batch, a record of some
source, or invalid.
"""

# Parsed JSON has no types.
# pyright: reportUnknownArgumentType=false, reportUnknownVariableType=false

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from ecr_events import codec
from ecr_events.deliveries.expansion import ExpansionLimit
from ecr_events.deliveries.records import NO_ATTRIBUTES, InvalidRecord, Record, Unwrapped
from ecr_events.deliveries.sources.registry import NO_SOURCE, batch_of, is_control_message, is_event, source_of
from ecr_events.deliveries.sources.source import REFUSED, Opened, Source
from ecr_events.deliveries.sources.sqs import SQS, is_sqs_batch
from ecr_events.errors import DecodeError, detach
from ecr_events.events.envelope import bind
from ecr_events.json_values import exact_text
from ecr_events.session import EventSession

__all__ = ["open_document", "unwrap_item", "unwrap_records"]

_MAX_DEPTH = 8
"""Maximum number of wrappings around an event. A batch and a record of it are one wrapping."""

_TEXT = (str, bytes, bytearray, memoryview)


def open_document(delivery: Any, max_expanded_size: int) -> Opened:
    """Return the records of a delivery of any form.

    Raises:
        TypeError: It is not a `Delivery`.
    """
    limit = ExpansionLimit(max_expanded_size)
    document = delivery
    try:
        if isinstance(delivery, _TEXT):
            text = _exact(delivery)
            limit.consume_json(text)
            document = msgspec.json.decode(text)
            if is_sqs_batch(document):
                return Opened(document["Records"], SQS, limit.remaining)
        elif not isinstance(delivery, dict | list):
            raise TypeError(f"a delivery is JSON text, a dict or a list, not {type(delivery).__name__}")
        batch = None if is_event(document) else batch_of(document)
        if batch is not None:
            limit.consume_records(batch[0])
            return Opened([*batch[0]], batch[1], limit.remaining)
    except (ValueError, RuntimeError, BufferError):
        return Opened([delivery], NO_SOURCE, max_expanded_size)  # whose error `unwrap_item` finds
    source = NO_SOURCE if is_event(document) else source_of(document) or NO_SOURCE
    return Opened([document], source, limit.remaining)


def unwrap_records(
    source: Source, item: Any, session: EventSession | None, limit: ExpansionLimit
) -> Iterable[Record | InvalidRecord]:
    """Return the records in an item of a delivery; an iterator if there may be several."""
    unwrapped = unwrap_item(source, item, session, limit)
    if isinstance(unwrapped, tuple):  # of one
        ((record, _),) = unwrapped
        return () if record is None else (record,)
    return (record for record, _ in unwrapped if record is not None)


def unwrap_item(source: Source, item: Any, session: EventSession | None, limit: ExpansionLimit) -> Iterable[Unwrapped]:
    """Return the same, each with the content that it was decoded from."""
    return _unwrap_item(source, _Wrapped(item, depth=1), session, limit)


class _Wrapped(msgspec.Struct, frozen=True):
    """Content that is not decoded yet, and what is known of the records around it."""

    content: Any
    id: str | None = None
    attributes: Mapping[str, str] = NO_ATTRIBUTES
    depth: int = 0
    """Number of wrappings. A batch and its record are one."""
    charged: int | None = None
    """Bytes that the limit has been charged for its parsing; None if it has not been."""

    def payload(
        self, source: Source, record: dict[str, Any], depth: int, limit: ExpansionLimit
    ) -> "_Wrapped | InvalidRecord":
        """Return the payload of a record in it. A payload that exceeds the limit is not charged."""
        id_, attributes, remaining = self.id, self.attributes, limit.remaining
        try:
            id_ = source.id(record) if id_ is None else id_
            attributes = source.attributes(record) or attributes
            payload = source.payload(record, limit)
            charged = limit.consume_json(_exact(payload)) if isinstance(payload, _TEXT) else None
            return _Wrapped(payload, id_, attributes, depth, charged)
        except REFUSED as error:
            limit.remaining = remaining
            return _Wrapped(record, id_, attributes).invalid(error)

    def deeper(self) -> int:
        """Return the depth of what it wraps. Raises ValueError."""
        if self.depth == _MAX_DEPTH:
            raise ValueError(f"wrapped more than {_MAX_DEPTH} times")
        return self.depth + 1

    def event(self, event: Any, session: EventSession | None) -> Record:
        """Return the record of the event in it."""
        if session is not None:
            bind(event, session)
        return Record(self.id, event, self.attributes)

    def invalid(self, error: Exception) -> InvalidRecord:
        """Return the record of content that could not be decoded."""
        if isinstance(error, DecodeError) and error.payload is self.content:
            invalid = error
        else:
            invalid = DecodeError.from_exception(error, self.content)
            invalid.__cause__ = None if isinstance(error, UnicodeError) else error  # which holds a copy of the text
        detach(invalid)
        return InvalidRecord(self.id, invalid, self.attributes)


class _Batch(msgspec.Struct, frozen=True):
    """Items that are not unwrapped yet, and what is known of the records around them."""

    items: list[Any]
    source: Source
    id: str | None
    attributes: Mapping[str, str]
    depth: int


def _unwrap_item(
    source: Source, wrapped: _Wrapped, session: EventSession | None, limit: ExpansionLimit
) -> Iterable[Unwrapped]:
    """Return the records in an item of a batch from `source`, which need not be a record of it."""
    item = wrapped.content
    inner: _Wrapped | InvalidRecord = wrapped
    if isinstance(item, dict) and source.is_record(item):
        inner = wrapped.payload(source, item, wrapped.depth, limit)
    return _unwrap(inner, session, limit) if isinstance(inner, _Wrapped) else ((inner, item),)


def _unwrap_batch(batch: _Batch, session: EventSession | None, limit: ExpansionLimit) -> Iterator[Unwrapped]:
    for item in batch.items:
        wrapped = _Wrapped(item, batch.id, batch.attributes, batch.depth)
        yield from _unwrap_item(batch.source, wrapped, session, limit)


def _unwrap(wrapped: _Wrapped, session: EventSession | None, limit: ExpansionLimit) -> Iterable[Unwrapped]:
    """Return the records in content of any form."""
    while True:
        inner = _unwrap_once(wrapped, session, limit)
        if isinstance(inner, _Batch):
            return _unwrap_batch(inner, session, limit)
        if not isinstance(inner, _Wrapped):
            return ((inner, wrapped.content),)
        wrapped = inner


def _unwrap_once(
    wrapped: _Wrapped, session: EventSession | None, limit: ExpansionLimit
) -> Record | InvalidRecord | _Wrapped | _Batch | None:
    """Return the event, what the record wraps, the batch, or None for a control message."""
    document, remaining = wrapped.content, limit.remaining + (wrapped.charged or 0)
    try:
        if isinstance(document, _TEXT):
            text = _exact(document)
            if wrapped.charged is None:
                limit.consume_json(text)
            if _has_detail_type(text):
                try:
                    return wrapped.event(codec.decode_known(text), session)
                except REFUSED:
                    pass  # an event of an unknown type, malformed, or several
            document = msgspec.json.decode(text)
            if isinstance(document, str):  # encoded twice
                limit.remaining = remaining
                return _Wrapped(document, wrapped.id, wrapped.attributes, wrapped.deeper())
        if is_event(document):
            is_parsed_here = document is not wrapped.content
            return wrapped.event(
                codec.convert_document(document) if is_parsed_here else codec.decode(document), session
            )
        return _unwrap_document(wrapped, document, limit)
    except REFUSED as error:
        limit.remaining = remaining  # what was parsed is dropped
        return wrapped.invalid(error)


def _unwrap_document(
    wrapped: _Wrapped, document: Any, limit: ExpansionLimit
) -> InvalidRecord | _Wrapped | _Batch | None:
    """Return what a document wraps that is not an event; None for a control message. Raises ValueError."""
    if batch := batch_of(document):
        items, source = batch
        depth = wrapped.deeper()
        limit.consume_records(items)
        return _Batch(items, source, wrapped.id, wrapped.attributes, depth)
    if around := source_of(document):
        return wrapped.payload(around, document, wrapped.deeper(), limit)
    if is_control_message(document):
        return None
    raise ValueError("neither an event nor a delivery of one")


def _exact(text: Any) -> str | bytes:
    """Return text as str or bytes: msgspec rejects subclasses of str. Raises ValueError or BufferError."""
    return exact_text(text) if isinstance(text, str) else bytes(text)


def _has_detail_type(text: str | bytes) -> bool:
    return '"detail-type"' in text if isinstance(text, str) else b'"detail-type"' in text
