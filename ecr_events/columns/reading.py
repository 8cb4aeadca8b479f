"""Archives, and columns of JSON, to batches of columns."""

from collections.abc import Callable, Generator, Iterable, Iterator
from typing import Any, Literal, TypeAlias

import pyarrow as pa

from ecr_events.archives.file_reader import FileReader
from ecr_events.archives.reader import check_on_error, check_types
from ecr_events.archives.sources import Source, check_source, open_source
from ecr_events.columns.batches import BATCH_SIZE, BatchBuilder
from ecr_events.columns.rows import Columns, RowDecoders, row_decoders
from ecr_events.columns.schema import classes_from, select_columns
from ecr_events.errors import DecodeError
from ecr_events.events import EventBridgeEvent

__all__ = ["build_batches", "decode_batches", "read_arrow", "read_columns", "read_sources"]

_BINARY = {
    pa.binary(): pa.binary(),
    pa.string(): pa.binary(),
    pa.large_binary(): pa.large_binary(),
    pa.large_string(): pa.large_binary(),
    pa.binary_view(): pa.binary_view(),
    pa.string_view(): pa.binary_view(),
}
"""The types of JSON, each with the type of its bytes: Spark's strings may be invalid UTF-8."""

_MAX_SIZE = 1 << 23
"""Bytes of JSON in a batch: its events may take ten times as much memory."""

OnRowError: TypeAlias = Literal["raise", "skip", "row"] | Callable[[Any], object]
"""The handling of what cannot be decoded: as in `read`, or as a row with the column ``error``."""


def read_arrow(
    source: Source,
    *,
    types: Iterable[type[EventBridgeEvent]] | None = None,
    columns: Iterable[str] | None = None,
    batch_size: int = BATCH_SIZE,
    on_error: OnRowError = "raise",
    dictionaries: bool = True,
) -> pa.RecordBatchReader:
    """Return an iterator of the record batches of an archive, in the order of its events and in constant memory.

    Arrow's libraries take it as a stream: ``duckdb.sql("select ... from reader")``, ``polars.from_arrow(reader)``,
    `pyarrow.parquet.ParquetWriter`. It accepts the same archives and events as `read`, except events that count more
    than 2**53 findings, or whose time is out of range in UTC. With some `columns` only, fields
    that are neither among them nor required are parsed but not checked.

    Args:
        source: As in `read`.
        types: The classes of the events that become rows, as in `read`. Others are skipped.
        columns: Names of the columns, in their order. Defaults to all of the types; see `arrow_schema`.
        batch_size: Rows per batch, except the last one. Less if the events are long, or before an error is raised.
        on_error: ``raise``, ``skip`` or a callable, as in `read`; or ``row``: a row that has only the column ``error``,
            a struct with file, offset, line, path, reason and payload. So nothing of the archive is lost.
        dictionaries: Whether strings that repeat are dictionary-encoded. Each batch has dictionaries of its own, which
            Parquet and Arrow's stream format accept, and Arrow's file format does not.

    Raises:
        ArchiveError: An entry could not be decoded. Raised by the iteration.
        OSError: A file cannot be read or does not exist. Raised by the iteration.
        TypeError: An argument has the wrong type.
        ValueError: No event has one of the `columns`, or another argument is invalid.
    """
    check_source(source)
    return read_sources(
        [source], types=types, columns=columns, batch_size=batch_size, on_error=on_error, dictionaries=dictionaries
    )


def read_sources(
    sources: Iterable[Source],
    *,
    types: Iterable[type[EventBridgeEvent]] | None,
    columns: Iterable[str] | None,
    batch_size: int,
    on_error: OnRowError,
    dictionaries: bool,
) -> pa.RecordBatchReader:
    """Return an iterator of the record batches of several archives: `read_arrow` without its check of the source."""
    decoders, builder = _prepare(types, columns, on_error, dictionaries=dictionaries)
    _check_batch_size(batch_size)
    found = (columns for source in sources for columns in read_columns(source, decoders, on_error))
    return pa.RecordBatchReader.from_batches(builder.schema, build_batches(found, builder, batch_size))


def decode_batches(
    batches: Iterable[pa.RecordBatch],
    *,
    types: Iterable[type[EventBridgeEvent]] | None = None,
    columns: Iterable[str] | None = None,
    on_error: OnRowError = "raise",
    dictionaries: bool = False,
) -> Iterator[pa.RecordBatch]:
    """Yield the events of record batches with one binary or string column, one JSON document per row, as columns.

    What Spark's ``mapInArrow`` calls, and for one table ``map_batches`` of Ray Data. Top-level, so that it can be
    pickled, also in a `functools.partial` with its options.

    Args:
        batches: Batches of JSON documents.
        types: The classes of the events that become rows, as in `read`. Others are skipped.
        columns: Names of the columns, in their order. Defaults to all of the types; see `arrow_schema`.
        on_error: As in `read_arrow`, with a `DecodeError` for each document and for each null.
        dictionaries: Whether strings that repeat are dictionary-encoded, which Spark does not accept.

    Raises:
        DecodeError: A document could not be decoded, or is null.
        TypeError: A batch has another number of columns, or a column of another type; or an argument has.
        ValueError: No event has one of the `columns`, or another argument is invalid.
    """
    decoders, builder = _prepare(types, columns, on_error, dictionaries=dictionaries)
    return _decode_batches(batches, decoders, builder, on_error)


def _prepare(
    types: Iterable[type[EventBridgeEvent]] | None,
    columns: Iterable[str] | None,
    on_error: OnRowError,
    *,
    dictionaries: bool,
) -> tuple[RowDecoders, BatchBuilder]:
    check_on_error(on_error, ("raise", "skip", "row"))
    wanted = None if types is None else check_types(types)
    selected = select_columns(classes_from(wanted), columns)
    builder = BatchBuilder(selected, dictionaries=dictionaries, errors=on_error == "row")
    return row_decoders((wanted, tuple(selected))), builder


def _check_batch_size(size: object) -> None:
    if not (isinstance(size, int) and size > 0):
        raise ValueError(f"batch_size must be a positive integer, not {size!r:.200}")


def read_columns(source: Source, decoders: RowDecoders, on_error: OnRowError) -> Generator[tuple[list[Columns], int]]:
    """Yield columns, with the number of bytes of text that were received with them."""
    for name, file in open_source(source):
        reader, counted = FileReader(name, file, decoders), 0
        found: Any
        for found in reader.batches():
            size, counted = reader.received - counted, reader.received
            yield found if isinstance(found, list) else decoders.transpose(_handle(found, decoders, on_error)), size


def _handle(error: DecodeError, decoders: RowDecoders, on_error: OnRowError) -> list[Any]:
    """Return the row of an error, if it becomes one."""
    if on_error == "row":
        return [decoders.error_row(error)]
    if on_error == "raise":
        raise error from error.__cause__
    if on_error != "skip":
        on_error(error)
    return []


def build_batches(
    lists: Iterable[tuple[list[Columns], int]], builder: BatchBuilder, batch_size: int
) -> Iterator[pa.RecordBatch]:
    """Yield batches of columns that come with numbers of bytes, as from `read_columns`. Long events make fewer rows."""
    received = 0
    try:
        for found, size in lists:
            for columns in found:
                builder.add(columns)
            received += size
            while len(builder) >= batch_size or (len(builder) and received >= _MAX_SIZE):
                yield builder.take(batch_size)
                received = 0
    except Exception:
        if len(builder):
            yield builder.take(batch_size)  # what precedes the error is not lost
        raise
    if len(builder):
        yield builder.take(batch_size)


def _decode_batches(
    batches: Iterable[pa.RecordBatch], decoders: RowDecoders, builder: BatchBuilder, on_error: OnRowError
) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        column = _only_column(batch)
        size = max(1, min(BATCH_SIZE, _MAX_SIZE * len(column) // max(1, _size_of(column))))
        for start in range(0, len(column), size):
            documents = column.slice(start, size).to_pylist()
            for columns in decoders.decode_all(documents, lambda error: _handle(error, decoders, on_error)):
                builder.add(columns)
            yield builder.take(len(builder))


def _only_column(batch: Any) -> Any:
    if not isinstance(batch, pa.RecordBatch):
        raise TypeError(f"batches must be an iterable of pyarrow.RecordBatch, not of {type(batch).__name__}")
    if batch.num_columns != 1:
        raise TypeError(f"a batch must have one column of JSON, not {batch.num_columns}: {batch.schema.names!r:.200}")
    record_batch: Any = batch
    column = record_batch.column(0)
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if column.type not in _BINARY:
        raise TypeError(f"column {batch.schema.names[0]!r:.200} must be binary or string, not {column.type}")
    return column.cast(_BINARY[column.type])


def _size_of(column: Any) -> int:
    """Return the bytes of a column. pyarrow before 24 does not know those of a part of a view, but of the whole."""
    return int(column.get_total_buffer_size() if column.type in _VIEWS else column.nbytes)


_VIEWS = pa.binary_view(), pa.string_view()
