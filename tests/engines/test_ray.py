"""Ray Data on two processors, over an archive with damage: by paths, by its readers of files and of text."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import ray
import ray.data
from damaged_archives import DAMAGES, Damage, write_archive
from engine_answers import ray_answers
from questions import Answer, documents

from ecr_events import ECREvent, UnknownEvent, encode
from ecr_events.archives import read
from ecr_events.columns import decode_batches, from_arrow, read_arrow

pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.filterwarnings("default"),
    pytest.mark.usefixtures("cluster"),
]  # of the engine itself


def read_files(files: Any) -> Iterator[pa.Table]:
    """Yield the rows of files, of which a table has the paths or the contents."""
    for file in files.column(0).to_pylist():
        for batch in read_arrow(file, on_error="row", dictionaries=False):
            yield pa.Table.from_batches([batch])


def decode_lines(lines: Any) -> Iterator[pa.Table]:
    """Yield the rows of lines."""
    for batch in decode_batches(lines.to_batches(), on_error="row"):
        yield pa.Table.from_batches([batch])


def by_paths(archive: Path) -> Any:
    """Return the rows of the archive, whose files the tasks open."""
    paths = ray.data.from_items([{"path": str(path)} for path in sorted(archive.rglob("*.gz"))])
    return paths.map_batches(read_files, batch_format="pyarrow")


def by_contents(archive: Path) -> Any:
    """Return the rows of the archive, whose files Ray reads."""
    return ray.data.read_binary_files(str(archive)).map_batches(read_files, batch_format="pyarrow")


@pytest.fixture(scope="module", params=[by_paths, by_contents])
def parquet(
    request: pytest.FixtureRequest, archive: Path, damaged: list[Damage], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Any, Path]:
    """Return what made rows of the archive, and the folder of its Parquet files."""
    assert damaged
    folder = tmp_path_factory.mktemp("ray")
    request.param(archive).write_parquet(str(folder))
    return request.param, folder


def split(table: pa.Table) -> tuple[list[ECREvent | UnknownEvent], list[dict[str, Any]]]:
    """Return the sorted events of a table, and its errors."""
    errors = [row for row in table.column("error").to_pylist() if row]
    return sorted(from_arrow(table.filter(table.column("error").is_null())), key=encode), errors


def test_events_come_back_and_bad_records_are_accounted_for(
    parquet: tuple[Any, Path], damaged: list[Damage], events: list[ECREvent | UnknownEvent]
) -> None:
    """File and offset of each are known where the tasks open the files; the offset where Ray reads them."""
    made_by, folder = parquet
    back, errors = split(pq.read_table(folder))
    assert back == sorted(events, key=encode)
    assert sorted((row["offset"], row["payload"]) for row in errors) == sorted(damage[1:] for damage in damaged)
    if made_by is by_paths:
        assert sorted(row["file"] for row in errors) == sorted(damage.file for damage in damaged)


def test_answers_are_those_of_a_loop(parquet: tuple[Any, Path], expected: dict[str, Answer]) -> None:
    """Of Ray, on Parquet."""
    assert ray_answers(ray.data.read_parquet(str(parquet[1]))) == expected


def test_lines_of_text(tmp_path: Path) -> None:
    """Ray's own reader of text accepts valid UTF-8 only."""
    damages = [name for name in DAMAGES if name != "invalid UTF-8"]
    damaged, intact = write_archive(tmp_path, documents(), 29, damages)
    rows: Any = ray.data.read_text(str(tmp_path)).map_batches(decode_lines, batch_format="pyarrow")
    back, errors = split(pa.concat_tables(rows.iter_batches(batch_format="pyarrow", batch_size=None)))
    assert back == sorted(read(tmp_path, on_error="skip"), key=encode)
    assert len(back) == intact
    assert sorted(row["payload"] for row in errors) == sorted(damage.payload for damage in damaged)
