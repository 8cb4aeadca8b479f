"""The base of all sources: recognition and unwrapping of records, and the response that the source expects."""

# Parsed JSON has no types.
# pyright: reportUnknownArgumentType=false, reportUnknownVariableType=false

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, Literal, TypeAlias, TypeVar

import msgspec

from ecr_events import codec
from ecr_events.deliveries.expansion import UNMEASURED, ExpansionLimit, expand
from ecr_events.deliveries.records import NO_ATTRIBUTES, Record
from ecr_events.events.envelope import bind
from ecr_events.session import EventSession

__all__ = [
    "REFUSED",
    "NoSource",
    "Opened",
    "Outcome",
    "PartialBatchSource",
    "Response",
    "Source",
    "TransformSource",
    "UnwrapItem",
    "as_dict",
    "decode_bytes",
    "flatten",
    "json_bytes",
    "text_values",
]

Response: TypeAlias = dict[str, Any]
"""A response as AWS expects it: ``{"batchItemFailures": [...]}``, ``{"records": [...]}`` or ``{"statusCode": 200}``."""

Outcome = TypeVar("Outcome")

UnwrapItem: TypeAlias = Callable[["Source", Any, EventSession | None, ExpansionLimit], Iterable[Outcome]]
"""Unwraps an item of any form in a batch of the source."""

REFUSED = (LookupError, TypeError, ValueError, AttributeError, RuntimeError, BufferError)
"""Errors by which Python and msgspec refuse content that does not have the form expected."""

_TEXT, _PARSED = (str, bytes), (dict, list)

_ATTRIBUTE_VALUES = ("stringValue", "StringValue", "Value")
"""The keys of an attribute's value, in Lambda's, boto3's and SNS's spelling."""


class Source:
    """A source that expects no response.

    A record wraps one payload: an event, or what another source delivered.
    """

    name: ClassVar[str] = ""
    """The name of its deliveries and records in errors; empty if nothing is from it."""

    key: ClassVar[str]
    """Key that distinguishes its records from those of other sources."""

    nested_in: ClassVar[str] = ""
    """Key of the object that has the id and the payload; empty if the record itself does."""

    id_key: ClassVar[str] = ""

    payload_key: ClassVar[str] = "data"

    is_base64: ClassVar[bool] = False
    """Whether payloads are base64, and possibly gzip in it."""

    attributes_key: ClassVar[str] = ""

    batch_key: ClassVar[str] = "Records"

    decodes_payloads: ClassVar[bool] = True
    """Whether `unwrap` tries to decode payloads as they are; not in a subclass that has a `payload` of its own."""

    success: ClassVar[Response | None] = None
    """Response after all events have been processed."""

    def __init_subclass__(cls) -> None:
        if "payload" in vars(cls):
            cls.decodes_payloads = False

    def matches(self, record: dict[str, Any], /) -> bool:
        """Return whether `record` is from this source."""
        return self.key in record

    def is_record(self, item: dict[str, Any]) -> bool:
        """Return whether an item of a batch is one of its records, although it may lack what else tells them."""
        return self.matches(item) or (self.decodes_payloads and self.payload_key in self.fields(item))

    def items(self, document: dict[str, Any]) -> list[Any] | None:
        """Return the records of a batch; None if `document` is not a batch of this source."""
        items = document.get(self.batch_key)
        return items if isinstance(items, list) else None

    def id(self, record: dict[str, Any]) -> str | None:
        """Return the id that the response refers to."""
        id_ = self.fields(record).get(self.id_key)
        return id_ if isinstance(id_, str) else None

    def payload(self, record: dict[str, Any], limit: ExpansionLimit, /) -> Any:
        """Return the wrapped JSON as text, bytes or parsed.

        Raises:
            ValueError: The payload is missing or malformed, or exceeds the limit.
        """
        payload = self.fields(record).get(self.payload_key)
        if isinstance(payload, _TEXT):
            return self.decode_text(payload, limit)
        if isinstance(payload, _PARSED):  # parsed by what delivers it
            return payload
        raise ValueError(f"expected `str` as `{self.payload_key}`")

    def decode_text(self, text: str | bytes, limit: ExpansionLimit, /) -> str | bytes:
        """Return the JSON in a payload that is text or bytes. Raises ValueError."""
        return expand(text, limit) if self.is_base64 else text

    def attributes(self, record: dict[str, Any]) -> Mapping[str, str]:
        """Return the attributes that are text."""
        values = self.fields(record).get(self.attributes_key) if self.attributes_key else None
        return text_values(values) if values else NO_ATTRIBUTES

    def unwrap(
        self,
        items: Sequence[Any],
        session: EventSession | None,
        max_expanded_size: int,
        unwrap_item: UnwrapItem[Outcome],
    ) -> Iterator[Record | Outcome]:
        """Yield the record in each item. What is not a plain event of a known type is left to `unwrap_item`."""
        decode, convert, unmeasured = codec.decode_known, msgspec.convert, max_expanded_size // UNMEASURED
        nested_in, id_key, payload_key, is_base64 = self.nested_in, self.id_key, self.payload_key, self.is_base64
        limit, has_attributes = None, bool(self.attributes_key) or type(self).attributes is not Source.attributes
        decodes = self.decodes_payloads
        for item in items:
            charged = 0
            try:
                if not decodes:
                    raise TypeError
                fields = item[nested_in] if nested_in else item
                data = fields[payload_key]
                id_ = fields[id_key] if id_key else self.id(item)
                text = convert(data, bytes) if is_base64 and data.__class__ is str else data
                unmeasured -= len(text)
                if unmeasured < 0:
                    limit = limit or ExpansionLimit.of(max_expanded_size)
                    charged = limit.consume_json(text)
                if id_.__class__ is not str and id_ is not None:
                    raise TypeError
                event = decode(text)
                record = Record(id_, event, self.attributes(item)) if has_attributes else Record(id_, event)
            except REFUSED:
                limit = limit or ExpansionLimit.of(max_expanded_size)
                limit.remaining += charged
                yield from unwrap_item(self, item, session, limit)
            else:
                if session is not None:
                    bind(record.event, session)
                yield record

    def fields(self, record: dict[str, Any]) -> dict[str, Any]:
        """Return the object that has the id and the payload."""
        return as_dict(record.get(self.nested_in)) if self.nested_in else record


class NoSource(Source):
    """The source of what is not wrapped, or not recognised."""

    decodes_payloads = False

    def matches(self, _record: dict[str, Any], /) -> bool:
        """Return False."""
        return False


class PartialBatchSource(Source):
    """A source that expects the ids of the failed records."""

    def id_in_response(self, item: Any) -> Any:
        """Return the id of any item of a batch. Lambda takes an empty one for the failure of the whole batch."""
        return self.id(as_dict(item)) or ""

    def order(self, items: Sequence[Any]) -> Sequence[str | None]:
        """Return the group of each item: after a failure, later items of its group are not processed, to stay in order.

        By default all items are one group. None is not a group.
        """
        return [""] * len(items)

    def response(self, failed: Iterable[Any]) -> Response:
        """Return the response for the items that failed or were held back."""
        return {"batchItemFailures": [{"itemIdentifier": self.id_in_response(item)} for item in failed]}


class TransformSource(Source):
    """A source that expects data in response."""

    def transformed(
        self, item: Any, result: Literal["Ok", "Dropped", "ProcessingFailed"], data: bytes | None = None
    ) -> dict[str, str]:
        """Return the response for an item, with its original data if `data` is None."""
        record = as_dict(item)
        return {
            "recordId": self.id(record) or "",
            "result": result,
            self.payload_key: _encode(record.get(self.payload_key) if data is None else data),
        }


class Opened(msgspec.Struct, frozen=True):
    """The items of a delivery and their source. A delivery that is not a batch is its own only item."""

    items: list[Any]
    """A list of its own: a handler may change that of the delivery."""

    source: Source
    max_expanded_size: int
    """The part of it that opening the delivery leaves."""


def as_dict(value: Any) -> dict[str, Any]:
    """Return a dict as it is, and an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def text_values(values: Any) -> Mapping[str, str]:
    """Return the values of a dict that are text, or attributes of SQS or SNS with text."""
    named: dict[Any, Any] = as_dict(values)
    found = {name: _text_in(value) for name, value in named.items() if isinstance(name, str)}
    return {name: text for name, text in found.items() if text is not None} or NO_ATTRIBUTES


def _text_in(value: Any) -> str | None:
    if isinstance(value, dict):
        value = next((value[key] for key in _ATTRIBUTE_VALUES if key in value), None)
    return value if isinstance(value, str) else None


def decode_bytes(numbers: Any) -> str | None:
    """Return the text in an array of bytes, signed as Java's; None if it is not UTF-8."""
    try:
        return bytes(number & 0xFF for number in numbers).decode()
    except (TypeError, ValueError):
        return None


def flatten(lists: Any) -> list[Any] | None:
    """Return the items of a dict of lists in one list, with what is not a list as an item; None if it is not a dict."""
    if not isinstance(lists, dict):
        return None
    return [item for items in lists.values() for item in (items if isinstance(items, list) else [items])]


def json_bytes(document: Any) -> bytes:
    """Return parsed JSON as JSON, whatever a parser other than ours made of it."""
    import json

    return json.dumps(document, separators=(",", ":"), skipkeys=True, default=str).encode()


def _encode(data: Any) -> str:
    """Return data in base64, as text is already."""
    if isinstance(data, str):
        return data
    from binascii import b2a_base64

    if isinstance(data, dict | list):  # parsed by what delivers it
        try:
            data = json_bytes(data)
        except RecursionError:
            return ""
    return b2a_base64(data, newline=False).decode() if isinstance(data, bytes | bytearray) else ""
