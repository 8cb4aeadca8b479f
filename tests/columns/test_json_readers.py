"""The README's table of JSON readers: each cell is what a reader does with three events, of which one is broken."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import polars as pl
import pyarrow as pa
import pytest
from pyarrow.json import ParseOptions, ReadOptions, read_json
from readme import table

from ecr_events import ECRImageActionEvent, ECRReplicationActionEvent, UnknownEvent
from ecr_events.columns import decode_batches, nested_schema, read_arrow
from ecr_events.columns.schema import select_columns
from ecr_events.errors import ArchiveError
from ecr_events.samples import sample_json

TYPES = (ECRImageActionEvent, ECRReplicationActionEvent)
COLUMNS = select_columns(TYPES, None)
NAMES = [column.name for column in COLUMNS]

Rows = list[dict[str, Any]]


SCHEMA = nested_schema(ECRImageActionEvent | ECRReplicationActionEvent)


# The readers, each without and with the option that helps


def by_read_arrow(path: Path, *, helped: bool) -> Rows:
    reader = read_arrow(path, types=[*TYPES, UnknownEvent], on_error="row" if helped else "raise")
    return reader.read_all().to_pylist()


def by_pyarrow(path: Path, *, helped: bool) -> Rows:
    options = ParseOptions(explicit_schema=SCHEMA, newlines_in_values=helped, unexpected_field_behavior="ignore")
    # Archives that matter are larger than a block.
    return flattened(read_json(path, ReadOptions(block_size=600), options).to_pylist())


def by_polars(path: Path, *, helped: bool) -> Rows:
    text = SCHEMA.set(SCHEMA.get_field_index("time"), pa.field("time", pa.string()))
    empty: Any = pl.from_arrow(text.empty_table())
    frame = pl.read_ndjson(path, schema=empty.schema, ignore_errors=helped)
    time = pl.col("time").str.to_datetime(time_unit="us", time_zone="UTC", strict=not helped)
    return flattened(frame.with_columns(time).to_dicts())


def by_duckdb(path: Path, *, helped: bool) -> Rows:
    connection: Any = duckdb.connect()
    empty = connection.from_arrow(SCHEMA.empty_table())
    types = dict(zip(empty.columns, map(str, empty.types), strict=True))
    return flattened(connection.read_json(str(path), columns=types, ignore_errors=helped).to_arrow_table().to_pylist())


def flattened(documents: Rows) -> Rows:
    """Return the values by the names of the columns."""
    return [
        {
            column.name: ((document["detail"] or {}) if column.in_detail else document).get(column.key)
            for column in COLUMNS
        }
        for document in documents
    ]


READERS: dict[str, Callable[..., Rows]] = {
    '`read_arrow`, `on_error="row"`': by_read_arrow,
    "pyarrow, `newlines_in_values`": by_pyarrow,
    "Polars, `ignore_errors`": by_polars,
    "DuckDB, `ignore_errors`": by_duckdb,
}
ERRORS = (ArchiveError, pa.ArrowInvalid, pl.exceptions.PolarsError, duckdb.Error)


# The archives


def event(id: str, **changes: Any) -> dict[str, Any]:
    """Return the document of an image action."""
    document: dict[str, Any] = json.loads(sample_json(ECRImageActionEvent))
    return document | {"id": id} | changes


def lines(second: bytes) -> bytes:
    """Return three lines, with one in the middle."""
    return b"\n".join([json.dumps(event("1")).encode(), second, json.dumps(event("3")).encode(), b""])


def changed(**changes: Any) -> bytes:
    """Return three lines, of which the second is changed."""
    return lines(json.dumps(event("2", **changes)).encode())


def without(key: str) -> bytes:
    """Return three lines, of which the second lacks a key."""
    document = event("2")
    del document[key]
    return lines(json.dumps(document).encode())


def documents() -> list[bytes]:
    """Return three events."""
    return [json.dumps(event(id)).encode() for id in ("1", "2", "3")]


class Case(NamedTuple):
    """An archive."""

    content: bytes
    name: str = "events.ndjson"


CASES = {
    "a broken line": Case(lines(json.dumps(event("2")).encode()[:-30])),
    "an impossible date": Case(changed(time="2026-02-30T09:15:31Z")),
    "no `account`": Case(without("account")),
    "a number as `account`": Case(changed(account=123456789012)),
    "a new `detail-type`": Case(changed(**{"detail-type": "ECR Artifact Action", "detail": {"artifact": "sbom"}})),
    "a new field": Case(changed(detail=event("2")["detail"] | {"artifact": {"kind": "sbom"}})),
    "a time with another offset": Case(changed(time="2026-05-04T11:15:31+02:00")),
    "events without newlines": Case(b"".join(documents())),
    "gzip, `.gz`": Case(gzip.compress(b"\n".join(documents())), "events.gz"),
    "gzip, another name": Case(gzip.compress(b"\n".join(documents())), "events-1"),
}


def outcome(found: Rows, content: bytes) -> str:
    """Return what became of the second event in a word, after checking that the others are right."""
    (first, second, third) = found
    (expected,) = by_read_arrow_of(event("2"))
    assert named(first) == expected | {"id": "1"}
    assert named(third) == expected | {"id": "3"}
    if error := second.get("error"):
        assert error["payload"] == content.split(b"\n")[1]
        assert error["offset"] == content.index(b"\n") + 1
        return "error row"
    if not any(second.values()):
        return "row of nulls"
    different = {name: value for name, value in named(second).items() if value != expected[name]}
    if second["detail_type"] != expected["detail_type"]:
        return (
            "detail as JSON text" if json.loads(second.get("detail") or "{}") == {"artifact": "sbom"} else "detail lost"
        )
    if different in ({"account": None}, {"time": None}):
        return "null"
    if different:
        assert different == {"account": "123456789012"}
        return "text"
    return "read"


def by_read_arrow_of(document: dict[str, Any]) -> Rows:
    """Return the row of a document."""
    batch = pa.record_batch([[json.dumps(document)]], ["value"])
    return [named(row) for found in decode_batches([batch], types=TYPES) for row in found.to_pylist()]


def named(row: dict[str, Any]) -> dict[str, Any]:
    """Return the values of the columns that all readers have."""
    return {name: row[name] for name in NAMES}


def cell(reader: Callable[..., Rows], path: Path, content: bytes) -> str:
    """Return the outcomes without and with the option, or one if they are the same."""
    outcomes: list[str] = []
    for helped in (False, True):
        try:
            outcomes.append(outcome(reader(path, helped=helped), content))
        except ERRORS:
            outcomes.append("fails")
    return " → ".join(dict.fromkeys(outcomes))


HEADER, *LINES = table("| the archive has")
TABLE = {name: cells for name, *cells in LINES}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("reader", READERS)
def test_each_cell_is_what_the_reader_does(name: str, reader: str, tmp_path: Path) -> None:
    """Without and with its option."""
    content, file = CASES[name]
    path = tmp_path / file
    path.write_bytes(content)
    assert TABLE[name][[*READERS].index(reader)] == cell(READERS[reader], path, content)


def test_the_table_has_no_other_cells() -> None:
    """Its header names the readers and their options."""
    assert list(TABLE) == list(CASES)
    assert HEADER[1:] == list(READERS)


def test_duckdb_loses_a_file_without_newlines_if_told_that_it_has_them(tmp_path: Path) -> None:
    """With ``format="newline_delimited"`` and `ignore_errors`, three events become one row of nulls."""
    path = tmp_path / "events.ndjson"
    path.write_bytes(b"".join(documents()))
    connection: Any = duckdb.connect()
    relation = connection.read_json(
        str(path), columns={"id": "VARCHAR"}, format="newline_delimited", ignore_errors=True
    )
    assert relation.fetchall() == [(None,)]
