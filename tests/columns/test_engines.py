"""The answers of engines to five questions, on the Arrow stream and on Parquet, equal those of a plain loop.

DuckDB and Polars; `tests/engines` has Spark and Ray.
"""

from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq
import pytest
from damaged_archives import Damage, write_archive
from engine_answers import duckdb_answers, polars_answers
from questions import QUESTIONS, answers, documents

from ecr_events.archives import read
from ecr_events.columns import read_arrow


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of an archive."""
    return tmp_path_factory.mktemp("archive")


@pytest.fixture(scope="module")
def damaged(archive: Path) -> list[Damage]:
    """Return what is damaged in the archive."""
    return write_archive(archive, documents(), 29)[0]


@pytest.fixture(scope="module")
def parquet(archive: Path, damaged: list[Damage], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the archive as one Parquet file, errors included."""
    assert damaged
    folder = tmp_path_factory.mktemp("parquet")
    reader = read_arrow(archive, on_error="row")
    with pq.ParquetWriter(folder / "events.parquet", reader.schema) as file:
        for batch in reader:
            file.write_batch(batch)
    return folder


@pytest.fixture(scope="module")
def found(archive: Path, parquet: Path) -> dict[str, dict[str, Any]]:
    """Return the answers of each engine to all questions."""
    frame: Any = pl.from_arrow(read_arrow(archive, on_error="row"))
    return {
        "DuckDB, Arrow": duckdb_answers(read_arrow(archive, on_error="row")),
        "DuckDB, Parquet": duckdb_answers(parquet),
        "Polars, Arrow": polars_answers(frame.lazy()),
        "Polars, Parquet": polars_answers(pl.scan_parquet(parquet)),
    }


@pytest.fixture(scope="module")
def expected(archive: Path, damaged: list[Damage]) -> dict[str, Any]:
    """Return the answers of a plain loop."""
    assert damaged
    return answers(read(archive, on_error="skip"))


@pytest.mark.parametrize("question", QUESTIONS)
def test_engines_answer_as_a_loop_does(
    found: dict[str, dict[str, Any]], question: str, expected: dict[str, Any]
) -> None:
    """Bad records are rows of their own, which no question is about."""
    assert len(expected[question]) > 1
    assert {engine: rows[question] for engine, rows in found.items()} == dict.fromkeys(found, expected[question])


def test_bad_records_are_accounted_for(damaged: list[Damage], parquet: Path) -> None:
    """Each with its position and its bytes."""
    errors = [row for row in pq.read_table(parquet).column("error").to_pylist() if row]
    assert [Damage(row["file"], row["offset"], row["payload"]) for row in errors] == sorted(damaged)
