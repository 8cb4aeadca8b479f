"""Events decoded to rows: Structs whose first fields are the columns, in the same order for every class of event.

The detail is a Struct of its own, as in JSON. Columns that a class lacks are fields under keys that no event has. So
the values of all rows are tuples, which `zip` turns into columns at a third of the cost of reading attributes. The time
stays text, which Arrow parses in a fifth of the time.
"""

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
import pyarrow as pa
from msgspec import UNSET, Meta, structs

from ecr_events.archives.file_reader import Decoders
from ecr_events.codec import decode, encode
from ecr_events.columns.schema import TIME, Column, detail_class
from ecr_events.errors import DecodeError
from ecr_events.events import EventBridgeEvent, UnknownEvent
from ecr_events.structs import build_once

__all__ = ["RowDecoders", "row_decoders", "transpose"]

_EXACT = 1 << 53
"""Integers up to this one are exact as floats."""

_COUNT = Annotated[int, Meta(ge=-_EXACT, le=_EXACT)]

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
"""A time as AWS writes it."""


class RowDecoders(Decoders):
    """The decoders of documents to rows with some columns, and of whole contracts only with all columns."""

    def __init__(self, wanted: frozenset[type[EventBridgeEvent]] | None, columns: Iterable[Column]) -> None:
        self._columns = list(columns)
        self._rows: dict[Any, Any] = {None: _row_class(None, self._columns)}
        super().__init__(wanted)
        self._decode_row = self.decode_known
        self.decode_known = self._decode_and_check

    def struct_of(self, cls: type[EventBridgeEvent]) -> type[Any]:
        """Return the class of the rows for the events of a class."""
        key = None if issubclass(cls, UnknownEvent) else cls
        if key not in self._rows:
            self._rows[key] = _row_class(key, self._columns)
        row_class: type[Any] = self._rows[key]
        return row_class

    def decode_run(self, text: memoryview, separator: bytes) -> list[Any] | None:
        """Return the rows of all documents in `text`; None if it contains anything but valid events of known types."""
        rows = super().decode_run(text, separator)
        return rows if rows is not None and _have_valid_times(self.select(rows)) else None

    def decode_other(self, document: bytes) -> Any:
        """Return the row of a document that `decode_known` refused. Raises DecodeError."""
        return self.row_of(decode(document))

    def decode_all(self, documents: list[Any], handle: Callable[[DecodeError], list[Any]]) -> list[Any]:
        """Return the wanted rows of some documents, of which each is one event, and the rows for errors."""
        rows: list[Any] = []
        for document in documents:
            try:
                rows.append(self._decode_row(document))
            except (ValueError, TypeError, RecursionError):
                break
        else:
            if _have_valid_times(self.select(rows)):
                return self.select(rows)
        rows = []
        for document in documents:
            try:
                rows += self.select([self.decode(b"null" if document is None else document)])
            except DecodeError as error:
                rows += handle(error)
        return rows

    def row_of(self, event: EventBridgeEvent) -> Any:
        """Return the row of an event. Raises DecodeError."""
        document = encode(event)
        try:
            row = self._unknown(event) if isinstance(event, UnknownEvent) else self._decode_row(document)
            if row.__class__ in self._rows.values():
                row.time = event.time.astimezone(UTC).isoformat()
        except ValueError as error:
            raise DecodeError.from_exception(error, document) from error
        except OverflowError as error:
            raise DecodeError("out of range in UTC", "$.time", document) from error
        return row

    def error_row(self, error: DecodeError) -> Any:
        """Return the row of what could not be decoded."""
        return self._rows[None](error=error)

    def _unknown(self, event: UnknownEvent) -> Any:
        names = [column.name for column in self._columns if not column.in_detail]
        return self._rows[None](**{name: getattr(event, name) for name in names})

    def _decode_and_check(self, document: bytes) -> Any:
        row = self._decode_row(document)
        selected: Any
        for selected in self.select([row]):
            if not _TIME.fullmatch(selected.time):
                raise ValueError("unusual time")
            datetime.fromisoformat(selected.time)
        return row


@build_once
def row_decoders(arguments: tuple[frozenset[type[EventBridgeEvent]] | None, tuple[Column, ...]]) -> RowDecoders:
    """Return the decoders for wanted events, or for all, and for some columns."""
    return RowDecoders(*arguments)


def transpose(rows: list[Any], columns: list[Column]) -> tuple[list[tuple[Any, ...]], tuple[Any, ...]]:
    """Return the values of the columns of some rows, at least one, and the errors."""
    envelope = zip(*map(structs.astuple, rows), strict=False)
    values = {column.name: next(envelope) for column in columns if not column.in_detail}
    errors, details = next(envelope), zip(*map(structs.astuple, next(envelope)), strict=False)
    values |= {column.name: next(details) for column in columns if column.in_detail}
    return [values[column.name] for column in columns], errors


def _row_class(cls: type[EventBridgeEvent] | None, columns: list[Column]) -> type[Any]:
    """Return the class of the rows for the events of a class; for unknown events and errors without one."""
    outer = [column for column in columns if not column.in_detail]
    inner = _struct(cls and detail_class(cls), [column for column in columns if column.in_detail])
    others: list[Any] = [("error", None, None)]
    if cls is not None:
        others.append(("detail_row", inner, msgspec.field(name="detail")))
    else:
        others.append(("detail_row", None, msgspec.field(default_factory=inner)))
        if all(column.name != "time" for column in outer):
            others.append(("time", None, None))
    return _struct(cls, outer, others)


def _struct(cls: Any, columns: list[Column], others: Iterable[Any] = ()) -> type[Any]:
    """Return a Struct of some columns, of others, and of the required fields of `cls` that are not among them."""
    own = {info.name: info for info in structs.fields(cls) if info.name != "detail"} if cls else {}
    config = cls.__struct_config__ if cls else None
    fields: list[Any] = []
    for column in columns:
        if info := own.pop(column.field, None):
            fields.append((column.name, _row_type(info), _wire_field(info)))
        else:
            absent = UNSET if column.has_null else config.tag if config and column.name == "detail_type" else None
            # The key begins like none of AWS's. A document that has it is refused, and decoded as an event.
            fields.append((column.name, None, msgspec.field(name=f"-{column.name}", default=absent)))
    fields += others
    fields += [(info.name, _row_type(info), _wire_field(info)) for info in own.values() if info.required]
    return msgspec.defstruct(
        "Row",
        fields,
        tag_field=config and config.tag_field,
        tag=config and config.tag,
        kw_only=True,
        gc=False,
    )


def _wire_field(info: structs.FieldInfo) -> Any:
    """Return a field with AWS's key, which is required if that of the event is."""
    if info.required:
        return msgspec.field(name=info.encode_name)
    return msgspec.field(name=info.encode_name, default=info.default)


def _row_type(info: structs.FieldInfo) -> Any:
    if info.name == "time":
        return str
    if info.name == "finding_severity_counts":
        return dict[str, _COUNT | float] | None
    return info.type


def _have_valid_times(rows: list[Any]) -> bool:
    """Return whether all times have AWS's form. Arrow accepts forms that msgspec refuses, and the reverse."""
    texts = [row.time for row in rows]
    if not texts:
        return True
    try:
        pa.array(texts, pa.string()).cast(TIME)
    except pa.ArrowInvalid:
        return False
    return {*map(len, texts)} == {len("2026-05-04T09:15:31Z")} and min(texts) >= "0001"
