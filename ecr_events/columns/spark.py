"""Archives as a data source of Spark. Requires PySpark 4 or later, beside the extra ``arrow``.

It opens local and mounted files only, on each worker. Objects in S3 are read by Spark itself, with ``mapInArrow`` of
`decode_batches` over ``spark.read.text``; and if the events are not one per line, of a function that calls `read_arrow`
with each content of ``spark.read.format("binaryFile")``.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
from pyspark.sql.datasource import DataSource, DataSourceReader, InputPartition
from pyspark.sql.pandas.types import from_arrow_schema
from pyspark.sql.types import StructType

from ecr_events.archives.sources import expand_paths
from ecr_events.codec import classes_of
from ecr_events.columns.batches import BATCH_SIZE
from ecr_events.columns.reading import read_sources
from ecr_events.columns.schema import classes_from, schema_of, select_columns
from ecr_events.events import EventBridgeEvent
from ecr_events.events.envelope import detail_type_of

__all__ = ["ECREventsDataSource"]

_SMALL = 1 << 20
"""Bytes of files in a partition of several: a partition costs Spark as much as thousands of events."""

_OPTIONS = {"path", "paths", "columns", "types", "onerror"}

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")

_TYPES = {
    name: cls
    for event in classes_of(EventBridgeEvent)
    for cls in event.__mro__
    if issubclass(cls, EventBridgeEvent)
    for name in (cls.__name__, detail_type_of(cls))
}


class ECREventsDataSource(DataSource):
    """Data source ``ecr-events``, with the columns of `arrow_schema`.

    ::

        spark.dataSource.register(ECREventsDataSource)
        events = spark.read.format("ecr-events").option("onError", "row").load("/mnt/events/2026/")

    `load` takes one path or a list: files, glob patterns and directories, as in `read`. A file is a partition;
    neighbours of up to 1 MiB together share one. Each error is raised by the call that needs the schema or the rows,
    in Spark's own exception.

    Options:
        columns: Names of the columns, separated by commas. Defaults to all of the types. Spark tells a Python data
            source nothing about the columns that a query needs, so this saves the decoding of others.
        types: Event classes or detail-types, separated by commas: ``ScanEvent, ECR Image Action``. Other events are
            skipped.
        onError: ``raise`` (default), ``skip``, or ``row``: a row that has only the column ``error``, as in
            `read_arrow`.

    Raises:
        ValueError: An option is unknown or has an invalid value, the path is missing, or a path is a URL.
        OSError: A file cannot be read or does not exist, or a pattern has no matches.
        ArchiveError: An entry could not be decoded.
    """

    def __init__(self, options: Mapping[str, str]) -> None:
        super().__init__(dict(options))
        found = {name.lower(): value for name, value in options.items()}
        for name in options:
            if name.lower() not in _OPTIONS:
                raise ValueError(f"no option {name!r:.200}: options are columns, types, onError")
        self._on_error: Any = found.get("onerror", "raise")
        if self._on_error not in ("raise", "skip", "row"):
            raise ValueError(f"onError must be 'raise', 'skip' or 'row', not {self._on_error!r:.200}")
        self._types = None if "types" not in found else [_event_class(name) for name in _names(found["types"])]
        names = _names(found["columns"]) if "columns" in found else None
        self._columns = [column.name for column in select_columns(classes_from(self._types), names)]
        self._paths: list[str] = msgspec.json.decode(found.get("paths", "[]"), type=list[str])
        if "path" in found:
            self._paths.insert(0, found["path"])
        if not self._paths:
            raise ValueError("no path: call load(path) or load([path, ...])")

    @classmethod
    def name(cls) -> str:
        """Return the name of the format."""
        return "ecr-events"

    def schema(self) -> StructType:
        """Return the columns, in Spark's types."""
        columns = select_columns(classes_from(self._types), self._columns)
        return from_arrow_schema(schema_of(columns, dictionaries=False, errors=self._on_error == "row"))

    def reader(self, schema: StructType) -> DataSourceReader:
        """Return the reader of the files."""
        if schema != self.schema():
            raise ValueError("the schema is not that of the events: select columns with the option columns instead")
        return _Reader(self._paths, {"columns": self._columns, "types": self._types, "on_error": self._on_error})


class _Reader(DataSourceReader):
    """Reads files to batches of columns."""

    def __init__(self, paths: list[str], options: dict[str, Any]) -> None:
        self._paths = paths
        self._options = options

    def partitions(self) -> list[InputPartition]:
        """Return partitions, each with the names of its files."""
        partitions: list[list[str]] = []
        size = 0
        for file in (file for path in self._paths for file in _files(path)):
            added = Path(file).stat().st_size
            size += added
            if not partitions or size > _SMALL:
                partitions.append([])
                size = added
            partitions[-1].append(file)
        return [InputPartition(files) for files in partitions]

    def read(self, partition: InputPartition) -> Iterator[pa.RecordBatch]:
        """Yield the batches of the files of a partition; Spark's partition for none has None."""
        files: list[str] = partition.value or []
        yield from read_sources(files, batch_size=BATCH_SIZE, dictionaries=False, **self._options)


def _files(path: str) -> list[str]:
    if _URL.match(path):
        raise ValueError(
            f"{path!r:.200} is a URL, and only local and mounted files are opened: use "
            "spark.read.text(...).mapInArrow(decode_batches, schema)"
        )
    return expand_paths(path)


def _names(text: str) -> list[str]:
    """Return names separated by commas."""
    return [name.strip() for name in text.split(",")]


def _event_class(name: str) -> type[EventBridgeEvent]:
    if name not in _TYPES:
        known = ", ".join(cls.__name__ for cls in classes_of(EventBridgeEvent))
        raise ValueError(f"no event has the type {name!r:.200}: types are {known}, and their detail-types")
    return _TYPES[name]
