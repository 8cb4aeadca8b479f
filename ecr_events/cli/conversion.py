"""The work of ``convert``: rows to Parquet and Arrow files, and to the partitions of a table.

One file is written by the parent, which gets the rows as Arrow batches, in the order of the files.

A partitioned table is written in two steps, so that each partition has few files although its events are in many. The
first step splits the rows of some files by partition, and appends them to a file of runs. The second one reads the runs
of a partition, in the order of the files, and writes its Parquet files. Workers do both. `pyarrow.dataset` would hold
rows of every partition in memory, and escapes spaces in the names of folders, which Hive and Spark do not.

This module imports nothing that only printing requires, since every worker imports it.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import IO, Any, NamedTuple, Self

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ecr_events.archives import BinaryReader, OnError
from ecr_events.archives.reader import check_types
from ecr_events.cli.files import OnInvalid, Progress, Send, grouped, read_files
from ecr_events.columns.batches import BATCH_SIZE, BatchBuilder, error_values
from ecr_events.columns.hive import partition_decoders, partition_path
from ecr_events.columns.reading import build_batches, read_columns
from ecr_events.columns.rows import Columns, RowDecoders, row_decoders
from ecr_events.columns.schema import Column, classes_from, schema_of, select_columns
from ecr_events.errors import ArchiveError
from ecr_events.events import EventBridgeEvent

__all__ = [
    "ColumnReading",
    "Part",
    "PartReading",
    "PartWriting",
    "Run",
    "SentBatch",
    "Splitting",
    "TableWriter",
    "parts_of",
    "send_batches",
]

_MAX_ROWS = 1 << 17
"""Rows of a row group of Parquet, or of a batch of Arrow."""

_MAX_SIZE = 1 << 26
"""Bytes of rows in memory after which they are written."""

_MAX_PART_SIZE = 1 << 30
"""Bytes of rows, as Arrow has them in memory, after which a partition gets another file."""

_CODEC: Any = pa.Codec("zstd", compression_level=1)

_PARTITION_KEYS = "time", "detail_type"


class ColumnReading(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """The rows of files, as batches without dictionaries."""

    types: tuple[type[EventBridgeEvent], ...] = ()
    """Classes of the events; empty for all."""

    columns: tuple[str, ...] | None = None
    """Names of the columns; None for all."""

    on_error: OnInvalid = "report"

    is_partitioned: bool = False
    """Whether rows also have the columns that determine their partition."""

    @cached_property
    def schema(self) -> pa.Schema:
        """The columns of the files that are written.

        Raises:
            ValueError: No event has one of the columns.
        """
        schema = schema_of(select_columns(self._classes, self.columns), dictionaries=False, errors=False)
        if self.is_partitioned and "detail_type" in schema.names:
            schema = schema.remove(schema.names.index("detail_type"))
        if not schema.names:
            raise ValueError("files of a partition need a column besides detail_type")
        return schema

    def read(self, names: Iterable[str], send: Send, /) -> Iterator[pa.RecordBatch]:
        """Yield batches of the rows of files, and send the errors and the progress."""
        selected = self._selected()
        wanted = check_types(self.types) if self.types else None
        if self.is_partitioned:
            decoders: RowDecoders = partition_decoders((wanted, tuple(selected)))
        else:
            decoders = row_decoders((wanted, tuple(selected)))

        def read(source: BinaryReader, on_error: OnError) -> Iterator[tuple[list[Columns], int]]:
            return read_columns(source, decoders, on_error)

        builder = BatchBuilder(selected, dictionaries=False, errors=False)
        return build_batches(read_files(names, read, self.on_error, send, _dead_letter), builder, BATCH_SIZE)

    def _selected(self) -> list[Column]:
        if self.columns is None or not self.is_partitioned:
            return select_columns(self._classes, self.columns)
        return select_columns(self._classes, dict.fromkeys((*self.columns, *_PARTITION_KEYS)))

    @property
    def _classes(self) -> tuple[type[EventBridgeEvent], ...]:
        return classes_from(self.types or None)


def _dead_letter(error: ArchiveError) -> bytes:
    """Return an error as a line of JSON, with the names of the column ``error``."""
    return msgspec.json.encode(error_values(error)) + b"\n"


class SentBatch:
    """A batch that is pickled as one buffer, which takes a fraction of the time of its arrays."""

    def __init__(self, batch: pa.RecordBatch) -> None:
        self.batch = batch

    def __reduce__(self) -> tuple[Any, ...]:
        return _receive, (self.batch.schema.serialize(), self.batch.serialize())


def _receive(schema: Any, batch: Any) -> SentBatch:
    return SentBatch(pa.ipc.read_record_batch(batch, pa.ipc.read_schema(schema)))


def send_batches(batches: Iterator[pa.RecordBatch]) -> Iterator[SentBatch]:
    """Yield batches for the parent."""
    return map(SentBatch, batches)


class TableWriter:
    """Writes batches to a Parquet or Arrow file, gathered into larger ones. A context manager."""

    def __init__(self, file: Any, schema: pa.Schema, *, is_arrow: bool = False) -> None:
        self._schema = schema
        self._writer: Any = (
            pa.ipc.new_file(file, schema) if is_arrow else pq.ParquetWriter(file, schema, compression="zstd")
        )
        self._batches: list[pa.RecordBatch] = []
        self._gathered = self._size = 0
        self.rows: int = 0
        """Number of rows."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None, /
    ) -> None:
        if error is None:
            self._write()
            self._writer.close()
        else:
            with suppress(Exception):  # the first error is the one that matters
                self._writer.close()

    def add(self, batch: pa.RecordBatch) -> None:
        """Add a batch."""
        self._batches.append(batch)
        self._gathered += batch.num_rows
        self._size += batch.nbytes
        self.rows += batch.num_rows
        if self._gathered >= _MAX_ROWS or self._size >= _MAX_SIZE:
            self._write()

    def _write(self) -> None:
        if self._gathered:
            table = pa.Table.from_batches(self._batches, self._schema).combine_chunks()
            self._batches, self._gathered, self._size = [], 0, 0
            self._writer.write_table(table)


class Run(NamedTuple):
    """Rows of a partition that follow each other in a file."""

    day: str

    detail_type: str

    file: str

    offset: int

    stored: int
    """Bytes in the file."""

    size: int
    """Bytes when they are decompressed."""


class Splitting(msgspec.Struct, frozen=True):
    """The job that splits rows by partition. Yields lists of runs, which are in a new file in its folder."""

    folder: str
    schema: pa.Schema

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[list[Run]]:
        """Do the job."""
        name = str(Path(self.folder, os.urandom(16).hex()))
        parts: dict[tuple[str, str], list[pa.RecordBatch]] = {}
        size = 0
        with Path(name).open("xb") as file:
            for batch in batches:
                for key, rows in _split(batch, self.schema.names):
                    parts.setdefault(key, []).append(rows)
                size += batch.nbytes
                if size >= _MAX_SIZE:
                    yield list(_append_runs(file, name, parts))
                    parts, size = {}, 0
            yield list(_append_runs(file, name, parts))


def _split(batch: Any, names: list[str]) -> Iterator[tuple[tuple[str, str], pa.RecordBatch]]:
    """Yield some columns of the rows of each partition, with its day and type."""
    compute: Any = pc  # its stubs do not know all functions
    days = batch.column("time").cast(pa.timestamp("us")).cast(pa.date32())
    types = batch.column("detail_type").dictionary_encode()
    keys = compute.add(
        compute.multiply(days.cast(pa.int32()).cast(pa.int64()), len(types.dictionary)), types.indices.cast(pa.int64())
    )
    order = compute.sort_indices(keys)
    ends = compute.run_end_encode(keys.take(order)).run_ends.to_pylist()
    rows = batch.select(names)
    if len(ends) > 1:
        rows = rows.take(order)
    for start, end in zip([0, *ends], ends, strict=False):
        place = order[start].as_py()
        key = days[place].as_py().isoformat(), types.dictionary[types.indices[place].as_py()].as_py()
        yield key, rows.slice(start, end - start)


def _append_runs(file: IO[bytes], name: str, parts: dict[tuple[str, str], list[pa.RecordBatch]]) -> Iterator[Run]:
    for (day, detail_type), batches in parts.items():
        for batch in pa.Table.from_batches(batches).combine_chunks().to_batches():
            offset, data = file.tell(), batch.serialize()
            stored = file.write(_CODEC.compress(data))
            yield Run(day, detail_type, name, offset, stored, data.size)


class Part(NamedTuple):
    """A file of a partition."""

    path: str
    """In the folder of the table."""

    runs: list[Run]

    @property
    def size(self) -> int:
        """Bytes of the runs."""
        return sum(run.size for run in self.runs)


def parts_of(partitions: dict[tuple[str, str], list[Run]]) -> Iterator[Part]:
    """Yield the files of partitions. Their number depends on the size of the rows only."""
    for (day, detail_type), runs in partitions.items():
        for number, group in enumerate(grouped(runs, lambda run: run.size, _MAX_PART_SIZE)):
            yield Part(f"{partition_path(day, detail_type)}/part-{number:05}.parquet", group)


class PartReading(msgspec.Struct, frozen=True):
    """The rows of the files of partitions."""

    schema: pa.Schema

    def read(self, names: Iterable[Part], send: Send, /) -> Iterator[tuple[str, Iterator[pa.RecordBatch]]]:
        """Yield the path and the batches of each file, and send the progress."""
        progress = Progress(send)
        for part in names:
            yield part.path, self._batches(part, progress.add)
        progress.flush()

    def _batches(self, part: Part, advance: Callable[[int], None]) -> Iterator[pa.RecordBatch]:
        for run in part.runs:
            with Path(run.file).open("rb") as file:
                file.seek(run.offset)
                data = _CODEC.decompress(file.read(run.stored), run.size)
                yield pa.ipc.read_record_batch(data, self.schema)
            advance(run.size)


class PartWriting(msgspec.Struct, frozen=True):
    """The job that writes the files of partitions to a folder. Yields the number of rows of each."""

    folder: str
    schema: pa.Schema

    def __call__(self, parts: Iterator[tuple[str, Iterator[pa.RecordBatch]]]) -> Iterator[int]:
        """Do the job."""
        for path, batches in parts:
            target = Path(self.folder, os.fsdecode(path.encode()))  # UTF-8, whatever the locale is
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("xb") as file:
                with TableWriter(file, self.schema) as writer:
                    for batch in batches:
                        writer.add(batch)
                file.flush()
                os.fsync(file.fileno())
            yield writer.rows
