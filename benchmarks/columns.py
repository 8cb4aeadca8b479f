"""Archives to columns on one core, by this library and by JSON readers that are given its schema; and in two processes.

Every contender gets the same columns, under the same names. What they do with records that break the schema is in the
README, under Columns.
"""

import itertools
import json
import os
import random
import re
import resource
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime
from multiprocessing import get_context
from pathlib import Path
from typing import Any, TypeAlias

import pyarrow as pa

from benchmarks.archive import write
from benchmarks.contenders import OURS
from benchmarks.runner import RSS_UNIT, Section, Size, run_rounds
from benchmarks.workloads import CLASSES, PROPORTIONS, make_events
from ecr_events import ECRImageActionEvent, ECRReplicationActionEvent, EventBridgeEvent
from ecr_events.columns import nested_schema, read_arrow
from ecr_events.columns.schema import COUNTS, TIME, Column, classes_from, select_columns
from ecr_events.severities import SEVERITIES

__all__ = ["run"]

TIME_PER_ROW = "microseconds of processor time per row"
ROWS = "rows per second of processor time; more is better"
PEAK = "MiB at the peak"
_ONE_PROCESS = "one process"
_PROCESSES = {_ONE_PROCESS: 1, "two processes": 2}
_CHECKED = 500
_CONTENDERS = (
    f"`{OURS}` is `read_arrow`, whose batches are dropped one by one; as a whole table, they are held. pyarrow, Polars "
    "and DuckDB read the file with their own JSON readers, are given the schema, use one thread, and hold the whole "
    "table. pyarrow has no maps in JSON: severity counts become a struct. Polars parses times after it has read them "
    "as text, which is faster. DuckDB's result becomes an Arrow table. Names and values are equal. Processor time of "
    "all threads of the process; memory includes the libraries."
)

_COMMON: tuple[type[EventBridgeEvent], ...] = (ECRImageActionEvent, ECRReplicationActionEvent)
_COMMON_COLUMNS = (
    "id",
    "detail_type",
    "account",
    "time",
    "region",
    "repository_name",
    "action_type",
    "result",
    "image_digest",
    "image_tag",
    "source_account",
    "source_region",
    "manifest_media_type",
    "artifact_media_type",
)

_Types: TypeAlias = tuple[type[EventBridgeEvent], ...] | None

_TWO_TYPES, _ALL_TYPES = "two types", "all types"
_SELECTED: dict[str, tuple[_Types, tuple[str, ...] | None]] = {
    _TWO_TYPES: (_COMMON, _COMMON_COLUMNS),
    _ALL_TYPES: (None, None),
}
"""The types and the columns of each file; None for all."""


def run(size: Size) -> list[Section]:
    """Return the costs of two common types and of all types, and what a second process gains."""
    ways = {name: name for name in _WAYS}
    with tempfile.TemporaryDirectory() as folder:
        common, mixed = f"{folder}/common.ndjson", f"{folder}/mixed.ndjson"
        write(common, _common_events(size.tabulated))
        write(mixed, make_events(size.tabulated))
        halves = [f"{folder}/half-{number}.ndjson" for number in range(2)]
        for half in halves:
            write(half, make_events(size.tabulated // 2))
        return [
            Section(
                "Columns: two types",
                f"An NDJSON file of {size.tabulated:,} image actions and replications becomes a table with "
                f"{len(_COMMON_COLUMNS)} columns of the envelope and of both details. {_CONTENDERS}",
                run_rounds(measure, ways, size.rounds, common, size.tabulated, _TWO_TYPES),
            ),
            Section(
                "Columns: all types",
                f"The same with {size.tabulated:,} events of all types, and the {len(_columns(_ALL_TYPES))} columns "
                "that are not nested.",
                run_rounds(measure, ways, size.rounds, mixed, size.tabulated, _ALL_TYPES),
            ),
            Section(
                "Columns: two processes",
                f"Two files of {size.tabulated // 2:,} mixed events each are read by `read_arrow` with all columns and "
                "written as Arrow IPC streams: one after the other, or by two processes, whose start counts. "
                "Microseconds per event from start to end.",
                run_rounds(measure_processes, _PROCESSES, size.rounds, halves, size.tabulated // 2),
                _ONE_PROCESS,
            ),
        ]


def _common_events(count: int) -> Iterator[bytes]:
    """Yield events of the common types, in their proportions."""
    names = {cls: name for name, cls in CLASSES.items()}
    choose = random.Random(2)
    streams = [make_events(count, names[cls]) for cls in _COMMON]
    weights = list(itertools.accumulate(PROPORTIONS[cls] for cls in _COMMON))
    for _ in range(count):
        yield next(choose.choices(streams, cum_weights=weights)[0])


def _columns(selected: str) -> list[Column]:
    types, names = _SELECTED[selected]
    return [column for column in select_columns(classes_from(types), names) if not column.is_json]


# The contenders


def _schema(columns: list[Column], replaced: dict[pa.DataType, pa.DataType]) -> pa.Schema:
    """Return the schema of the JSON, with some types replaced."""
    every = nested_schema(columns=[column.name for column in columns])
    *envelope, detail = every

    def replace(fields: Iterable[Any]) -> list[Any]:
        return [field.with_type(replaced.get(field.type, field.type)) for field in fields]

    return pa.schema([*replace(envelope), detail.with_type(pa.struct(replace(detail.type)))])


def _stream(path: str, columns: list[Column], types: _Types) -> Iterable[Any]:
    return read_arrow(path, types=types, columns=[column.name for column in columns])


def _whole_table(path: str, columns: list[Column], types: _Types) -> Iterable[Any]:
    return [read_arrow(path, types=types, columns=[column.name for column in columns]).read_all()]


def _pyarrow(path: str, columns: list[Column], _: _Types) -> Iterable[Any]:
    from pyarrow.json import ParseOptions, ReadOptions, read_json

    pa.set_cpu_count(1)
    counts = pa.struct([pa.field(severity, pa.float64()) for severity in SEVERITIES])
    options = ParseOptions(explicit_schema=_schema(columns, {COUNTS: counts}), unexpected_field_behavior="ignore")
    table = read_json(path, ReadOptions(use_threads=False), options).flatten()
    keys = [f"detail.{column.key}" if column.in_detail else column.key for column in columns]
    return [table.select(keys).rename_columns([column.name for column in columns])]


def _polars(path: str, columns: list[Column], _: _Types) -> Iterable[Any]:
    os.environ["POLARS_MAX_THREADS"] = "1"  # read by the import
    import polars as pl

    empty: Any = pl.from_arrow(_schema(columns, {TIME: pa.string()}).empty_table())
    frame = pl.read_ndjson(path, schema=empty.schema)
    selected = {
        column.name: pl.col("detail").struct.field(column.key) if column.in_detail else pl.col(column.key)
        for column in columns
    }
    selected["time"] = selected["time"].str.to_datetime(time_unit="us", time_zone="UTC")
    return [frame.select(**selected)]


def _duckdb(path: str, columns: list[Column], _: _Types) -> Iterable[Any]:
    import duckdb

    connection: Any = duckdb.connect(config={"threads": 1})
    connection.execute("set TimeZone = 'UTC'")
    empty = connection.from_arrow(_schema(columns, {}).empty_table())
    types = {name: str(type) for name, type in zip(empty.columns, empty.types, strict=True)}
    selected = [f'{"detail." if column.in_detail else ""}"{column.key}" as {column.name}' for column in columns]
    relation = connection.read_json(path, columns=types, format="newline_delimited")
    return [relation.project(", ".join(selected)).to_arrow_table()]


_WAYS: dict[str, Callable[[str, list[Column], _Types], Iterable[Any]]] = {
    OURS: _stream,
    f"{OURS}, whole table": _whole_table,
    "pyarrow.json.read_json": _pyarrow,
    "polars.read_ndjson": _polars,
    "DuckDB, read_json": _duckdb,
}


def measure(way: str, path: str, count: int, selected: str) -> dict[str, float]:
    """Return the cost per row, the rows per second, and the memory at the peak, after checking some values."""
    columns, read = _columns(selected), _WAYS[way]
    types, _ = _SELECTED[selected]
    with tempfile.NamedTemporaryFile(suffix=".ndjson") as head, Path(path).open("rb") as file:
        lines = list(itertools.islice(file, _CHECKED))
        head.writelines(lines)
        head.flush()
        _check(read(head.name, columns, types), lines, columns)
    start = time.process_time()
    rows = sum(len(part) for part in read(path, columns, types))
    seconds = time.process_time() - start
    assert rows == count
    return {TIME_PER_ROW: seconds / count * 1e6, ROWS: count / seconds, PEAK: _peak()}


def _check(parts: Iterable[Any], lines: list[bytes], columns: list[Column]) -> None:
    """Raise ValueError unless the rows have the values that ``json`` finds."""
    rows = [row for part in parts for row in (part.to_pylist() if hasattr(part, "to_pylist") else part.to_dicts())]
    for row, document in zip(rows, map(json.loads, lines), strict=True):
        found = {name: _normalized(value) for name, value in row.items()}
        expected = {column.name: _expected(document, column) for column in columns}
        if found != expected:
            raise ValueError(f"expected {expected}, not {found}")


def _expected(document: dict[str, Any], column: Column) -> Any:
    value: Any = (document["detail"] if column.in_detail else document).get(column.key)
    return datetime.fromisoformat(value) if column.type == TIME else value


def _normalized(value: Any) -> Any:
    """Return a map as a dict, whether its keys are fields, and absent ones null, or pairs."""
    if isinstance(value, dict):
        return {key: count for key, count in value.items() if count is not None}
    return dict(value) if isinstance(value, list) and value and isinstance(value[0], tuple) else value


def _peak() -> float:
    """Return the resident memory at the peak. On Linux, `ru_maxrss` includes that of the parent process."""
    status = Path("/proc/self/status")
    if status.exists():
        (kibibytes,) = re.findall(r"VmHWM:\s+(\d+)", status.read_text())
        return int(kibibytes) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * RSS_UNIT / 1024**2


# Processes


def measure_processes(processes: int, paths: list[str], count: int) -> dict[str, float]:
    """Return microseconds per event."""
    start = time.perf_counter()
    if processes == 1:
        rows = [write_stream(path) for path in paths]
    else:
        with ProcessPoolExecutor(processes, get_context("spawn")) as executor:
            rows = list(executor.map(write_stream, paths))
    seconds = time.perf_counter() - start
    assert rows == [count] * len(paths)
    return {"mixed": seconds / sum(rows) * 1e6}


def write_stream(path: str) -> int:
    """Write the columns of an archive beside it, and return the number of rows."""
    reader = read_arrow(path)
    rows = 0
    with pa.OSFile(f"{path}.arrows", "wb") as sink, pa.ipc.new_stream(sink, reader.schema) as stream:
        for batch in reader:
            stream.write_batch(batch)
            rows += batch.num_rows
    return rows
