"""The data source in this process: options, partitions and errors."""

import json
import pickle
from pathlib import Path
from typing import Any

import pytest
from damaged_archives import Damage
from pyspark.sql.types import StructType

from ecr_events import ArchiveError, ECREvent, ECRImageActionEvent, UnknownEvent, encode
from ecr_events.columns import arrow_schema, from_arrow
from ecr_events.columns.spark import ECREventsDataSource
from ecr_events.samples import sample

PUSH = sample(ECRImageActionEvent)


def rows(options: dict[str, str]) -> list[dict[str, Any]]:
    """Return the rows of all partitions, each pickled on its way as in Spark."""
    source: ECREventsDataSource = pickle.loads(pickle.dumps(ECREventsDataSource(options)))
    reader: Any = pickle.loads(pickle.dumps(source.reader(source.schema())))
    partitions = pickle.loads(pickle.dumps(reader.partitions()))
    return [row for partition in partitions for batch in reader.read(partition) for row in batch.to_pylist()]


def files(paths: str | list[str]) -> list[list[str]]:
    """Return the files of each partition."""
    options = {"path": paths} if isinstance(paths, str) else {"paths": json.dumps(paths)}
    source = ECREventsDataSource(options)
    return [partition.value for partition in source.reader(source.schema()).partitions()]


def test_rows_are_those_of_the_archive(
    archive: Path, damaged: list[Damage], events: list[ECREvent | UnknownEvent]
) -> None:
    """In its order, with what is damaged."""
    source = ECREventsDataSource({"path": str(archive), "onError": "row"})
    assert source.name() == "ecr-events"
    reader: Any = source.reader(source.schema())
    batches = [batch for partition in reader.partitions() for batch in reader.read(partition)]
    assert {batch.schema for batch in batches} == {arrow_schema(dictionaries=False, errors=True)}
    found = [row for batch in batches for row in batch.column("error").to_pylist() if row]
    assert [Damage(row["file"], row["offset"], row["payload"]) for row in found] == damaged
    intact = [batch.filter(batch.column("error").is_null()) for batch in batches]
    assert [event for batch in intact for event in from_arrow(batch)] == events


def test_empty_files_are_files_like_others(tmp_path: Path) -> None:
    """Also the first one."""
    (tmp_path / "a").touch()
    (tmp_path / "b").write_bytes(encode(PUSH))
    assert [row["id"] for row in rows({"path": str(tmp_path), "columns": "id"})] == [PUSH.id]


def test_options(tmp_path: Path) -> None:
    """In any case, as Spark passes them on in lower case; names may have spaces around them."""
    path = tmp_path / "events"
    path.write_bytes(encode(PUSH) + b"\n{broken")
    options = {"path": str(path), "columns": "id, result", "types": "ScanEvent, ECR Image Action", "onerror": "skip"}
    assert rows(options) == [{"id": PUSH.id, "result": "SUCCESS"}]
    assert rows({**options, "TYPES": "UnknownEvent", "columns": "id"}) == []
    with pytest.raises(ArchiveError, match=r"events:2: byte \d+: "):
        rows({"path": str(path)})


def test_types_select_the_columns() -> None:
    """As in `read_arrow`."""
    source = ECREventsDataSource({"path": "x", "types": "ECRImageActionEvent"})
    assert source.schema().names == arrow_schema(ECRImageActionEvent).names


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, r"no path: call load\(path\) or load\(\[path, \.\.\.\]\)"),
        ({"paths": "[]"}, "no path: "),
        ({"path": "x", "recursive": "true"}, "no option 'recursive': options are columns, types, onError"),
        ({"path": "x", "onError": "log"}, "onError must be 'raise', 'skip' or 'row', not 'log'"),
        ({"path": "x", "columns": "id,nothing"}, "no event has a column 'nothing': columns are version, id, "),
        ({"path": "x", "columns": ""}, "no event has a column ''"),
        ({"path": "x", "types": "ECRImage"}, "no event has the type 'ECRImage': types are ECRImageActionEvent, "),
    ],
)
def test_invalid_options(options: dict[str, str], message: str) -> None:
    """One error each, before any file is opened."""
    with pytest.raises(ValueError, match=message):
        ECREventsDataSource(options)


def test_another_schema_is_refused() -> None:
    """Spark would else report a mismatch of the first batch."""
    with pytest.raises(ValueError, match="the schema is not that of the events: select columns with the option"):
        ECREventsDataSource({"path": "x"}).reader(StructType().add("id", "string"))


@pytest.mark.parametrize("path", ["s3://events/2026/", "s3a://events/2026/*.gz", "file:/events", "dbfs:/events"])
def test_urls_are_refused(path: str) -> None:
    """The error says what reads them."""
    with pytest.raises(ValueError, match=r"is a URL.*: use spark.read.text\(...\).mapInArrow\(decode_batches"):
        files(path)


@pytest.mark.parametrize("path", ["missing", "missing/*.gz", ""])
def test_missing_files(path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They fail on the driver, not in tasks that are retried."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileNotFoundError, match=r"missing|empty file name"):
        files(path)


def test_paths(tmp_path: Path) -> None:
    """A path, several, a pattern, and a directory."""
    for name in ("a", "b[1]", "c", ".hidden"):
        (tmp_path / name).write_bytes(encode(PUSH))
    a, b, c = (str(tmp_path / name) for name in ("a", "b[1]", "c"))
    assert files(a) == [[a]]
    assert files([c, a]) == [[c, a]]
    assert files(f"{tmp_path}/[ac]") == [[a, c]]
    assert files(str(tmp_path)) == [[a, b, c]]
    assert rows({"path": str(tmp_path), "columns": "id"}) == [{"id": PUSH.id}] * 3


def test_an_empty_directory_has_no_rows(tmp_path: Path) -> None:
    """Spark reads one partition without a value then."""
    source = ECREventsDataSource({"path": str(tmp_path)})
    reader: Any = source.reader(source.schema())
    assert reader.partitions() == []
    assert list(reader.read(type("Partition", (), {"value": None}))) == []


def test_small_files_share_partitions(tmp_path: Path) -> None:
    """A large one has its own."""
    for name, size in (("a", 600_000), ("b", 400_000), ("c", 100_000), ("d", 2_000_000), ("e", 0), ("f", 9)):
        (tmp_path / name).write_bytes(b"\n" * size)
    names = [[Path(file).name for file in partition] for partition in files(str(tmp_path))]
    assert names == [["a", "b"], ["c"], ["d"], ["e", "f"]]
