"""Events to Arrow and back."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import chain, islice, repeat
from typing import Any, cast

import msgspec
import pyarrow as pa

from ecr_events.codec import convert_document, decode, encode
from ecr_events.columns.rows import Columns, RowDecoders, row_decoders
from ecr_events.columns.schema import COUNTS, ERROR, TIME, Column, classes_from, columns_of, schema_of, select_columns
from ecr_events.errors import DecodeError
from ecr_events.events import ECREvent, EventBridgeEvent, UnknownEvent
from ecr_events.events.envelope import detail_type_of

__all__ = ["BATCH_SIZE", "BatchBuilder", "error_values", "from_arrow", "to_arrow"]

BATCH_SIZE = 2_048
"""Rows whose values fit into a processor's cache."""


_CLASSES = {detail_type_of(cls): cls for cls in classes_from(None)}
"""The classes of events; that of unknown ones by None."""

_decode_json = msgspec.json.Decoder().decode


class BatchBuilder:
    """Collects the columns of rows, and builds batches of them."""

    def __init__(self, columns: list[Column], *, dictionaries: bool, errors: bool) -> None:
        self.schema: pa.Schema = schema_of(columns, dictionaries=dictionaries, errors=errors)
        self._types = self.schema.types[: len(columns)]
        self._has_errors = errors
        self._parts: deque[Columns] = deque()
        self._count = 0

    def __len__(self) -> int:
        """Return the number of rows of which no batch has been built."""
        return self._count

    def add(self, columns: Columns) -> None:
        """Add rows."""
        self._parts.append(columns)
        self._count += len(columns)

    def take(self, count: int) -> pa.RecordBatch:
        """Return the batch of the first `count` rows, or of fewer if there are fewer, and remove them."""
        parts: list[Columns] = []
        while self._parts and count:
            part = self._parts.popleft()
            if len(part) > count:
                self._parts.appendleft(part.slice(count, None))
                part = part.slice(0, count)
            parts.append(part)
            count -= len(part)
        self._count -= sum(map(len, parts))
        by_column = zip(*(part.values for part in parts), strict=True) if parts else repeat(())
        arrays = [_build(values, type) for values, type in zip(by_column, self._types, strict=False)]
        if self._has_errors:
            errors = chain.from_iterable(part.errors for part in parts)
            arrays.append(pa.array([error and error_values(error) for error in errors], ERROR))
        batch: pa.RecordBatch = cast(Any, pa).record_batch(arrays, schema=self.schema)  # its stub is incomplete
        return batch


def _build(parts: tuple[Any, ...], type: pa.DataType) -> Any:
    """Return the array of the values of a column, which are those of some parts."""
    if type == TIME and parts:
        return pa.concat_arrays(parts)
    return pa.array([*chain.from_iterable(parts)], type)


def error_values(error: DecodeError) -> dict[str, Any]:
    """Return the values of the column ``error``."""
    file: str | None = getattr(error, "file", None)
    return {
        "file": None if file is None else os.fsencode(file).decode(errors="backslashreplace"),
        "offset": getattr(error, "offset", None),
        "line": getattr(error, "line", None),
        "path": error.path,
        "reason": error.reason,
        "payload": error.payload,
    }


def to_arrow(events: Iterable[EventBridgeEvent], columns: Iterable[str] | None = None) -> pa.Table:
    """Return a table with the columns of `arrow_schema`, in batches of 2,048 rows.

    Args:
        events: The events, in the order of the rows.
        columns: Names of the columns, in their order. Defaults to all of all events.

    Raises:
        TypeError: An element is not an event.
        ValueError: No event has one of the `columns`.
        DecodeError: An event cannot be a row: it was built with values that break its contract, it counts more than
            2**53 findings, or its time is out of range in UTC.
        UnicodeEncodeError: A string has a lone surrogate, as in `encode`.
    """
    selected = select_columns(classes_from(None), columns)
    decoders = row_decoders((None, tuple(selected)))
    builder = BatchBuilder(selected, dictionaries=True, errors=False)
    rows = (_row(decoders, event, index) for index, event in enumerate(events))
    batches: list[pa.RecordBatch] = []
    while batch := list(islice(rows, BATCH_SIZE)):
        for found in decoders.transpose(batch):
            builder.add(found)
        batches.append(builder.take(len(batch)))
    return pa.Table.from_batches(batches, builder.schema)


def _row(decoders: RowDecoders, event: object, index: int) -> Any:
    if not isinstance(event, EventBridgeEvent):
        raise TypeError(f"events[{index}] must be an event, not {type(event).__name__}")
    document = encode(event)
    if isinstance(event, UnknownEvent):
        return decoders.row_of(decode(document, type=UnknownEvent), document)
    return decoders.decode(document)


def from_arrow(batch: pa.RecordBatch | pa.Table | pa.RecordBatchReader) -> Iterator[ECREvent | UnknownEvent]:
    """Yield the events of a batch, a table or a stream that has all columns of its events.

    The events are equal to those that the columns came from. Other columns are ignored, and lists, maps and times may
    have the types that other engines give them; a time without a zone is in UTC.

    Raises:
        DecodeError: A row is not an event: it lacks a column, has a value of another type, or is an error. The path
            begins with the number of the row: ``$[7].detail``.
        TypeError: The column ``time`` has another type.
        OverflowError: A time is later than the year 9999.
    """
    for index, row in enumerate(_rows_of(batch)):
        document: dict[str, Any] = {}
        try:
            document, cls = _document(row)
            yield convert_document(document, cls)
        except ValueError as error:
            found = DecodeError.from_exception(error, document)
            raise DecodeError(found.reason, f"$[{index}]{found.path[1:]}", document) from error


def _rows_of(batch: pa.RecordBatch | pa.Table | pa.RecordBatchReader) -> Iterator[dict[str, Any]]:
    """Yield the values of the known columns of each row, by name."""
    known = {column.name for cls in _CLASSES.values() for column in columns_of(cls)} | {"error"}
    names = [name for name in batch.schema.names if name in known]
    parts: Any = [batch] if isinstance(batch, pa.RecordBatch) else batch
    for part in batch.to_batches() if isinstance(batch, pa.Table) else parts:
        for start in range(0, part.num_rows, BATCH_SIZE):
            yield from _with_times(part.slice(start, BATCH_SIZE).select(names)).to_pylist()


def _with_times(batch: Any) -> Any:
    """Return a batch whose times have the type of `arrow_schema`."""
    if "time" not in batch.schema.names:
        return batch
    times = batch.column("time")
    if not pa.types.is_timestamp(times.type):
        raise TypeError(f"column time must have timestamps, not {times.type}")
    return batch.set_column(batch.schema.names.index("time"), "time", times.cast(TIME))


def _document(row: dict[str, Any]) -> tuple[dict[str, Any], type[EventBridgeEvent]]:
    """Return the values of a row by AWS's keys, and the class of its event."""
    if row.get("error") is not None:
        raise ValueError("the row is an error, not an event")
    cls = UnknownEvent if row.get("detail") is not None else _CLASSES.get(row.get("detail_type"))
    if cls is None or row.get("detail_type") is None:
        raise ValueError(f"no event has detail_type {row.get('detail_type')!r:.200} and a null as its detail")
    detail: dict[str, Any] = {}
    document: dict[str, Any] = {"detail": detail}
    for column in columns_of(cls):
        value = row.get(column.name)
        if value is not None:
            try:
                if column.is_json:
                    value = _decode_json(value)
                elif column.type == COUNTS:
                    value = {severity: _number(count) for severity, count in dict(value).items()}
            except (TypeError, ValueError) as error:
                kind = "JSON text" if column.is_json else "a map of numbers"
                raise ValueError(f"column {column.name!r} must be {kind}, not {value!r:.200}") from error
            (detail if column.in_detail else document)[column.key] = value
    return document, cls


def _number(count: float) -> float:
    """Return a count as AWS sends it, as an integer if it is one."""
    return int(count) if float(count).is_integer() else count
