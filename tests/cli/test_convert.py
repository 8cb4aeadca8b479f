import base64
import json
import os
import resource
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from command_line import COPY, EVENTS, PUSH, run

from ecr_events import ECRImageActionEvent, ECRReplicationActionEvent, UnknownEvent, encode
from ecr_events.cli import conversion, convert, inputs
from ecr_events.columns import arrow_schema, from_arrow
from ecr_events.samples import sample

UNKNOWN = encode(sample(UnknownEvent))

FORMS: dict[str, tuple[str, ...]] = {
    "parquet": ("--to", "out.parquet"),
    "arrow": ("--to", "out.arrow"),
    "partition": ("--to", "out", "--partition"),
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder in which commands run."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def small_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    """Use workers, and all bounds, for files however small they are."""
    monkeypatch.setattr(inputs, "_PARALLEL_SIZE", 0)
    monkeypatch.setattr(inputs, "_GROUP_SIZE", 1)
    monkeypatch.setattr(convert, "_SPLIT_SIZE", 1)
    monkeypatch.setattr(convert, "_PARTS_SIZE", 1)


def load(name: str) -> Any:
    """Return what is in a file or folder, with the columns of the partitions as strings."""
    if name.endswith(".arrow"):
        with pa.memory_map(name) as file:
            return pa.ipc.open_file(file).read_all()
    if name.endswith(".parquet"):
        return pq.read_table(name)
    dataset: Any = ds
    return dataset.dataset(name, partitioning=dataset.partitioning(flavor="hive")).to_table()


def unknown(detail_type: str, **values: Any) -> bytes:
    return msgspec.json.encode(msgspec.json.decode(UNKNOWN) | {"detail-type": detail_type} | values)


def visible() -> set[str]:
    return {path.name for path in Path().iterdir()}


# Files


@pytest.mark.parametrize("name", ["out.parquet", "out.arrow", "OUT.PARQUET", "out.Arrow"])
def test_a_file_has_the_rows_of_the_archive(name: str, archive: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """With the columns of all events, in their order, as strings without dictionaries."""
    assert run(capfd, "convert", archive, "--to", name) == (0, [], ["ecr-events: 11 rows from 1 file"])
    table = load(name.lower()) if Path(name.lower()).exists() else load(Path(name).rename(name.lower()).name)
    assert table.schema.equals(arrow_schema(dictionaries=False))
    assert list(from_arrow(table)) == EVENTS


def test_an_existing_file_is_replaced(archive: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Its mode and a link stay."""
    target = Path("target.parquet")
    target.write_text("old")
    target.chmod(0o640)
    Path("out.parquet").symlink_to(target)
    assert run(capfd, "convert", archive, "--to", "out.parquet")[0] == 0
    assert Path("out.parquet").is_symlink()
    assert target.stat().st_mode & 0o777 == 0o640
    assert load("target.parquet").num_rows == len(EVENTS)


def test_dead_letters_are_as_private_as_the_file(capfd: pytest.CaptureFixture[str]) -> None:
    """They have the mode of the file that is replaced."""
    Path("events.ndjson").write_bytes(PUSH + b"\n{\n")
    Path("out.parquet").touch(0o600)
    assert run(capfd, "convert", "events.ndjson", "--to", "out.parquet")[0] == 1
    assert Path("out.parquet.errors.ndjson").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("form", FORMS)
def test_columns_and_types_are_selected(form: str, archive: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """In the order of the names. The columns of the partitions come from the folders."""
    arguments = ("--columns", "result, id", "--type", "image-action", "--type", "unknown")
    assert run(capfd, "convert", archive, *FORMS[form], *arguments)[0] == 0
    rows = load(FORMS[form][1]).to_pylist()
    expected = [{"result": "SUCCESS", "id": EVENTS[0].id}, {"result": None, "id": EVENTS[-1].id}]
    if form == "partition":
        for row, event in zip(expected, (EVENTS[0], EVENTS[-1]), strict=True):
            row |= {"date": f"{event.time:%Y-%m-%d}", "detail_type": event.detail_type}
    assert sorted(rows, key=str) == sorted(expected, key=str)


@pytest.mark.parametrize("form", FORMS)
def test_an_empty_archive_has_no_rows(form: str, capfd: pytest.CaptureFixture[str]) -> None:
    """A file has the schema, and a folder is empty."""
    Path("empty").touch()
    assert run(capfd, "convert", "empty", *FORMS[form]) == (0, [], ["ecr-events: 0 rows from 1 file"])
    if form == "partition":
        assert list(Path("out").iterdir()) == []
    else:
        assert load(FORMS[form][1]).schema.equals(arrow_schema(dictionaries=False))


def test_rows_are_gathered(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    """By their number and size: engines read few large groups faster than many small ones."""
    Path("events").write_bytes((PUSH + b"\n") * 10_000)
    monkeypatch.setattr(conversion, "_MAX_ROWS", 4_000)
    run(capfd, "convert", "events", "--to", "out.parquet")
    metadata = pq.read_metadata("out.parquet")
    assert [metadata.row_group(i).num_rows for i in range(metadata.num_row_groups)] == [4_096, 4_096, 1_808]
    monkeypatch.setattr(conversion, "_MAX_SIZE", 1)
    run(capfd, "convert", "events", "--to", "out.arrow")
    with pa.memory_map("out.arrow") as file:
        assert pa.ipc.open_file(file).num_record_batches == 5


@pytest.mark.parametrize("form", FORMS)
def test_a_record_of_50_mb_is_kept(form: str, capfd: pytest.CaptureFixture[str]) -> None:
    """In pieces, with the errors: no event is that long. One of 4 MB is a row, as are those around."""
    lengths = 4_000_000, 50_000_000 if form == "parquet" else 10_000_000  # it takes the same ways
    documents = [unknown("long", detail={"text": "x" * length}) for length in lengths]
    for number, document in enumerate((PUSH, *documents, COPY)):
        Path(f"{number}.ndjson").write_bytes(document)
    assert run(capfd, "convert", "*.ndjson", *FORMS[form], "--jobs", "2")[0] == 1
    table = load(FORMS[form][1])
    assert table.num_rows == 3
    assert [len(text) for text in table.column("detail").drop_null().to_pylist()] == [4_000_000 + len('{"text":""}')]
    lines = Path(f"{FORMS[form][1]}.errors.ndjson").read_bytes().splitlines()
    assert b"".join(base64.b64decode(json.loads(line)["payload"]) for line in lines) == documents[1]


@pytest.mark.parametrize("form", FORMS)
def test_standard_input_is_read(form: str) -> None:
    """Beside files."""
    Path("event").write_bytes(COPY)
    command = [sys.executable, "-m", "ecr_events", "convert", "-", "event", *FORMS[form]]
    process = subprocess.run(command, check=True, input=PUSH, capture_output=True)
    assert process.stderr == b"ecr-events: 2 rows from 2 files\n"
    assert load(FORMS[form][1]).num_rows == 2


# Partitions


def test_a_partition_is_a_folder_by_date_and_type(archive: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """As Spark and Hive have it: the type is not in the files."""
    assert run(capfd, "convert", archive, *FORMS["partition"])[0] == 0
    files = {str(path) for path in Path().glob("out/**/*") if path.is_file()}
    assert files == {
        f"out/date={event.time:%Y-%m-%d}/detail_type={event.detail_type}/part-00000.parquet" for event in EVENTS
    }
    names = [name for name in arrow_schema().names if name != "detail_type"]
    assert all(pq.read_schema(file).names == names for file in files)


def engine_rows(folder: str) -> dict[str, list[tuple[Any, ...]]]:
    """Return date, type, id and time of the rows of a table, as each engine reads them."""
    columns = ["date", "detail_type", "id", "time"]
    table = load(folder)
    dates = table.column("date").cast(pa.string()).to_pylist()
    arrow = [
        (date.fromisoformat(day), str(row["detail_type"]), row["id"], row["time"])
        for day, row in zip(dates, table.select(columns[1:]).to_pylist(), strict=True)
    ]
    connection = duckdb.connect()
    connection.sql("set timezone = 'UTC'")
    relation = connection.read_parquet(f"{folder}/**/*.parquet", hive_partitioning=True)
    frame = pl.scan_parquet(folder, hive_partitioning=True).select(columns).collect()
    found = {
        "pyarrow": arrow,
        "duckdb": [(*row[:3], row[3].astimezone(UTC)) for row in relation.select(*columns).fetchall()],
        "polars": [(*row[:3], row[3].astimezone(UTC)) for row in frame.rows()],
    }
    return {engine: sorted(rows, key=str) for engine, rows in found.items()}


def test_engines_read_the_partitions(archive: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """All rows, with the date as a date and the type."""
    run(capfd, "convert", archive, *FORMS["partition"])
    expected = sorted(((event.time.date(), event.detail_type, event.id, event.time) for event in EVENTS), key=str)
    assert engine_rows("out") == dict.fromkeys(("pyarrow", "duckdb", "polars"), expected)


ODD = [
    "a/b",
    "../../etc/passwd",
    "..",
    "a\\b",
    "50 % of 100%",
    "%2F",
    "a=b",
    'say "it\'s"',
    "#?*:{[]}^<>|&+~$;,",
    "line\nbreak\ttab\x1f\x7f",
    " leading and trailing ",
    "Größe 大きい 🐳",
    "x" * 128,
    "大" * 80,
]
"""Detail-types that EventBridge allows, and that paths do not hold as they are."""


def test_any_detail_type_is_read_back(capfd: pytest.CaptureFixture[str]) -> None:
    """By all engines, and no path leaves the folder."""
    Path("in").mkdir()
    Path("in/events").write_bytes(b"\n".join(unknown(text, id=str(n)) for n, text in enumerate(ODD)))
    assert run(capfd, "convert", "in", *FORMS["partition"])[0] == 0
    assert visible() == {"in", "out"}
    assert {len(path.relative_to("out").parts) for path in Path("out").rglob("*.parquet")} == {3}
    for engine, rows in engine_rows("out").items():
        assert {row[2]: row[1] for row in rows} == {str(n): text for n, text in enumerate(ODD)}, engine


def test_partitions_are_named_in_utf8_in_any_locale() -> None:
    """As engines expect, also where Python cannot encode the names."""
    Path("events").write_bytes(unknown("Größe"))
    command = [sys.executable, "-m", "ecr_events", "convert", "events", *FORMS["partition"]]
    ascii_locale = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}
    process = subprocess.run(command, check=False, capture_output=True, env=os.environ | ascii_locale)
    assert (process.returncode, process.stderr) == (0, b"ecr-events: 1 row from 1 file\n")
    assert [path.name for path in Path("out").glob("*/*")] == ["detail_type=Größe"]


def test_a_type_that_no_folder_can_have_is_an_error(capfd: pytest.CaptureFixture[str]) -> None:
    """An empty one and Hive's name of null would be read as null. Its document is written."""
    refused = [unknown(text) for text in ("", "__HIVE_DEFAULT_PARTITION__", "x" * 244, "大" * 82, "/" * 82)]
    Path("events").write_bytes(b"\n".join([*refused, PUSH, unknown("x" * 243)]))
    status, _, err = run(capfd, "convert", "events", *FORMS["partition"])
    assert status == 1
    assert (
        err[0]
        == "ecr-events: events:1: byte 0: empty, too long or reserved as the name of a partition at $.detail-type"
    )
    letters = [json.loads(line) for line in Path("out.errors.ndjson").read_bytes().splitlines()]
    assert [base64.b64decode(letter["payload"]) for letter in letters] == refused
    assert load("out").num_rows == 2
    assert run(capfd, "convert", "events", "--type", "image-action", "--to", "other", "--partition")[0] == 0


@pytest.mark.parametrize(
    ("time", "day"),
    [
        ("2026-05-04T23:30:00-02:00", "2026-05-05"),
        ("2026-05-05T00:30:00+01:00", "2026-05-04"),
        ("1969-12-31T23:59:59.999999Z", "1969-12-31"),
        ("0001-01-01T00:00:00Z", "0001-01-01"),
        ("9999-12-31T23:59:59Z", "9999-12-31"),
    ],
)
def test_the_date_is_in_utc(time: str, day: str, capfd: pytest.CaptureFixture[str]) -> None:
    """Whatever zone the event has, and also in other millennia."""
    Path("events").write_bytes(PUSH.replace(b"2026-05-04T09:15:31Z", time.encode()))
    assert run(capfd, "convert", "events", *FORMS["partition"])[0] == 0
    assert [path.name for path in Path("out").iterdir()] == [f"date={day}"]


def test_the_rows_of_a_partition_are_in_the_order_of_the_files(
    monkeypatch: pytest.MonkeyPatch, small_groups: None, capfd: pytest.CaptureFixture[str]
) -> None:
    """Also if they come from many files, and fill several."""
    del small_groups
    monkeypatch.setattr(conversion, "_MAX_SIZE", 1)
    monkeypatch.setattr(conversion, "_MAX_PART_SIZE", 1)
    push, copy = sample(ECRImageActionEvent), sample(ECRReplicationActionEvent)
    for number in range(3):
        lines = [
            encode(
                msgspec.structs.replace(event, id=f"{number}-{row:05}", time=datetime(2026, 5, 4 + row % 3, tzinfo=UTC))
            )
            for row in range(2_500)
            for event in (push, copy)
        ]
        Path(f"{number}.ndjson").write_bytes(b"\n".join(lines))
    assert run(capfd, "convert", "*.ndjson", *FORMS["partition"], "--jobs", "1")[0] == 0
    folders = list(Path("out").glob("*/*"))
    assert len(folders) == 6
    for folder in folders:
        files = sorted(folder.iterdir())
        assert [file.name for file in files] == [f"part-{number:05}.parquet" for number in range(9)]
        ids = [id for file in files for id in load(str(file)).column("id").to_pylist()]
        assert ids == sorted(ids)
        assert len(ids) in {3 * 833, 3 * 834}


def test_an_empty_folder_is_replaced(archive: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Its mode and a link stay."""
    Path("target").mkdir()
    Path("target").chmod(0o750)
    Path("out").symlink_to("target")
    assert run(capfd, "convert", archive, "--to", "out/", "--partition")[0] == 0
    assert Path("out").is_symlink()
    assert Path("target").stat().st_mode & 0o777 == 0o750
    assert load("target").num_rows == len(EVENTS)
    assert visible() == {"events.ndjson.gz", "out", "target"}


# Workers


@pytest.mark.parametrize("form", FORMS)
def test_workers_change_nothing(form: str, small_groups: None, capfd: pytest.CaptureFixture[str]) -> None:
    """The bytes of all files, the errors and the status are those of one process, in the order of the files."""
    del small_groups
    for number in range(5):
        broken = b"{broken\n" if number in {1, 3} else b""
        Path(f"{number}.ndjson").write_bytes(PUSH + b"\n" + broken + COPY.replace(b"team/app", b"team/%d" % number))
    results: list[tuple[Any, dict[str, bytes]]] = []
    for jobs in ("1", "3"):
        Path("result").mkdir()
        target = Path("result", FORMS[form][1])
        found = run(capfd, "convert", "*.ndjson", "--to", target, *FORMS[form][2:], "--jobs", jobs)
        files = {str(path): path.read_bytes() for path in Path("result").rglob("*") if path.is_file()}
        results.append((found, files))
        Path("result").rename(f"result-{jobs}")
    assert results[0] == results[1]
    (status, _, err), files = results[0]
    assert status == 1
    assert err[-1] == (
        f"ecr-events: 10 rows from 5 files; 2 documents could not be decoded: see result/{FORMS[form][1]}.errors.ndjson"
    )
    assert [json.loads(line)["file"] for line in files[f"result/{FORMS[form][1]}.errors.ndjson"].splitlines()] == [
        "1.ndjson",
        "3.ndjson",
    ]
    names = load(str(Path("result-3", FORMS[form][1]))).filter(pc.field("detail_type") != "ECR Image Action")
    assert sorted(names.column("repository_name").to_pylist()) == [f"team/{number}" for number in range(5)]


def test_rows_are_in_the_order_of_the_files(small_groups: None, capfd: pytest.CaptureFixture[str]) -> None:
    """With several workers."""
    del small_groups
    for number in range(9):
        Path(f"{number}.ndjson").write_bytes(PUSH.replace(b'"id":"', b'"id":"%d-' % number))
    assert run(capfd, "convert", "*.ndjson", "--to", "out.parquet", "--jobs", "3")[0] == 0
    ids = [id[:2] for id in load("out.parquet").column("id").to_pylist()]
    assert ids == [f"{number}-" for number in range(9)]


@pytest.fixture
def large() -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Return a function that starts a command on large files with two workers."""
    for number in range(12):
        Path(f"{number:02}.ndjson").write_bytes((PUSH + b"\n" + COPY + b"\n") * 3_000)
    Path("out.parquet").write_text("old")
    Path("out.parquet.errors.ndjson").write_text("old")
    started: list[subprocess.Popen[bytes]] = []

    def start(*arguments: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "ecr_events", "convert", "*.ndjson", "--jobs", "2", *arguments]
        started.append(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE))
        return started[-1]

    yield start
    for process in started:
        process.communicate()


def reads_archives(pid: int) -> bool:
    """Return whether a process has an archive open."""
    try:
        return any(link.readlink().suffix == ".ndjson" for link in Path(f"/proc/{pid}/fd").iterdir())
    except OSError:  # closed meanwhile
        return False


def workers_of(process: subprocess.Popen[bytes]) -> list[int]:
    """Return the process ids of the workers, once both are at work: CPython starts them one after the other."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    for _ in range(3_000):
        found = [
            int(pid)
            for pid in children.read_text().split()
            if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()
        ]
        if len(found) == 2 and all(map(reads_archives, found)):
            return found
        time.sleep(0.01)
    raise AssertionError("no workers")


@pytest.mark.parametrize("form", FORMS)
def test_a_killed_worker_leaves_nothing(form: str, large: Callable[..., subprocess.Popen[bytes]]) -> None:
    """The old file stays."""
    before = visible()
    process = large(*FORMS[form])
    os.kill(workers_of(process)[0], signal.SIGKILL)
    _, err = process.communicate(timeout=50)
    assert process.returncode == 2
    assert err == b"ecr-events: a worker process was killed; --jobs 1 needs none\n"
    assert visible() == before
    assert Path("out.parquet").read_text() == "old"


@pytest.mark.parametrize(
    ("form", "number"),
    [("parquet", signal.SIGINT), ("arrow", signal.SIGHUP), ("partition", signal.SIGTERM)],
)
def test_a_signal_leaves_nothing(form: str, number: int, large: Callable[..., subprocess.Popen[bytes]]) -> None:
    """The old file stays, and the workers end."""
    before = visible()
    process = large(*FORMS[form])
    workers = workers_of(process)
    process.send_signal(number)
    _, err = process.communicate(timeout=50)
    assert (process.returncode, err) == (-number, b"")
    assert visible() == before
    assert Path("out.parquet").read_text() == "old"
    assert not any(Path(f"/proc/{pid}").exists() for pid in workers)


def test_workers_end_when_their_parent_is_killed(large: Callable[..., subprocess.Popen[bytes]]) -> None:
    """It leaves hidden files only, which later runs ignore."""
    before = visible()
    process = large(*FORMS["partition"])
    workers = workers_of(process)
    process.kill()
    process.communicate(timeout=50)
    for _ in range(3_000):
        if not any(Path(f"/proc/{pid}").exists() for pid in workers):
            break
        time.sleep(0.01)
    else:
        raise AssertionError("workers are left")
    left = visible() - before
    assert left
    assert all(name.startswith(".ecr-events.") for name in left)
    process = large(*FORMS["partition"])
    process.communicate(timeout=50)
    assert load("out").num_rows == 72_000


@pytest.mark.parametrize("form", ["parquet", "partition"])
@pytest.mark.parametrize("has_errors", [True, False])
def test_a_file_and_its_dead_letters_appear_together(
    form: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], *, has_errors: bool
) -> None:
    """A signal between them waits. An old file is not without its dead letters at any time."""
    Path("events").write_bytes(PUSH + b"\n{\n" * has_errors)
    letters = Path(f"{FORMS[form][1]}.errors.ndjson")
    letters.write_text("old")
    for name in ("replace", "unlink"):
        original = getattr(os, name)

        def interrupted(*arguments: Any, original: Callable[..., None] = original, **options: Any) -> None:
            signal.raise_signal(signal.SIGINT)
            original(*arguments, **options)

        monkeypatch.setattr(os, name, interrupted)
    removed: list[bool] = []
    unlink = Path.unlink

    def note(path: Path, *, missing_ok: bool = False) -> None:
        removed.append(Path(FORMS[form][1]).exists())
        unlink(path, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", note)
    assert run(capfd, "convert", "events", *FORMS[form])[0] == 130
    assert load(FORMS[form][1]).num_rows == 1
    assert letters.exists() == has_errors
    assert removed == [True] * (not has_errors)


# Documents that cannot be decoded


@pytest.mark.parametrize("form", FORMS)
def test_what_cannot_be_decoded_is_kept(form: str, capfd: pytest.CaptureFixture[str]) -> None:
    """One JSON document per line, with the names of the column of errors, and the bytes in base64."""
    Path("events").write_bytes(PUSH + b"\n{\xff\n" + PUSH.replace(b'"PUSH"', b"7") + b"\n" + COPY)
    letters = Path(f"{FORMS[form][1]}.errors.ndjson")
    status, _, err = run(capfd, "convert", "events", *FORMS[form])
    assert status == 1
    assert err[-1] == f"ecr-events: 2 rows from 1 file; 2 documents could not be decoded: see {letters}"
    found = [json.loads(line) for line in letters.read_bytes().splitlines()]
    names = [field.name for field in arrow_schema(errors=True).field("error").type]
    assert [list(letter) for letter in found] == [names, names]
    assert [base64.b64decode(letter.pop("payload")) for letter in found] == [b"{\xff", PUSH.replace(b'"PUSH"', b"7")]
    assert found[1] == {
        "file": "events",
        "offset": len(PUSH) + 4,
        "line": 3,
        "path": "$.detail.action-type",
        "reason": "expected `str`, got `int`",
    }
    assert load(FORMS[form][1]).num_rows == 2


@pytest.mark.parametrize("form", FORMS)
def test_dead_letters_that_cannot_be_written_end_the_command(form: str, capfd: pytest.CaptureFixture[str]) -> None:
    """Nothing is written, and the error names them. It is not that of an input that cannot be read."""
    Path("events").write_bytes(PUSH + b'\n{"bad": ' + b"x" * 200_000 + b"\n" + COPY + b"\n")
    before = visible()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        status, _, err = run(capfd, "convert", "events", *FORMS[form])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert status == 2
    assert err[-1] == f"ecr-events: {FORMS[form][1]}.errors.ndjson: file too large"
    assert visible() == before


def test_an_input_that_cannot_be_read_is_named(capfd: pytest.CaptureFixture[str]) -> None:
    """Also if it fails after it has been opened."""
    Path("events").write_bytes(PUSH)
    Path("folder").mkdir()
    found = run(capfd, "convert", "events", "/proc/self/mem", "--to", "out.parquet")
    assert found == (2, [], ["ecr-events: /proc/self/mem: input/output error", "ecr-events: 1 row from 1 file"])


def test_an_old_file_of_errors_is_removed(archive: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """With the file that it belonged to. Skipped documents are not written either."""
    letters = Path("out.parquet.errors.ndjson")
    letters.write_text("old")
    assert run(capfd, "convert", archive, "--to", "out.parquet")[0] == 0
    assert not letters.exists()
    letters.write_text("old")
    Path("bad").write_bytes(b"{")
    assert run(capfd, "convert", archive, "bad", "--on-error", "skip", "--to", "out.parquet")[0] == 0
    assert not letters.exists()


@pytest.mark.parametrize("form", FORMS)
def test_only_errors_are_no_rows(form: str, capfd: pytest.CaptureFixture[str]) -> None:
    """And all of them are written."""
    Path("events").write_bytes(b"{bad}\n" * 3_000)
    assert run(capfd, "convert", "events", *FORMS[form])[0] == 1
    assert Path(f"{FORMS[form][1]}.errors.ndjson").read_bytes().count(b"\n") == 3_000
    assert form == "partition" or load(FORMS[form][1]).num_rows == 0


@pytest.mark.parametrize("jobs", ["1", "2"])
@pytest.mark.parametrize("form", FORMS)
def test_nothing_is_written_after_a_stop(
    form: str, jobs: str, small_groups: None, capfd: pytest.CaptureFixture[str]
) -> None:
    """An old file stays, since a file of a part of the events would look complete."""
    del small_groups
    for number, document in enumerate((PUSH, b"{bad}", b"{bad}", COPY)):
        Path(f"{number}.ndjson").write_bytes(document)
    Path("out.parquet").write_text("old")
    Path("out.parquet.errors.ndjson").write_text("old")
    before = visible()
    status, _, err = run(capfd, "convert", "*.ndjson", *FORMS[form], "--on-error", "stop", "--jobs", jobs)
    assert (status, len(err)) == (1, 1)
    assert visible() == before
    assert Path("out.parquet").read_text() == Path("out.parquet.errors.ndjson").read_text() == "old"


@pytest.mark.parametrize("form", FORMS)
def test_what_can_be_read_is_written(form: str, archive: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """And the exit status says that something could not be read."""
    status, _, err = run(capfd, "convert", archive, "missing", *FORMS[form])
    assert status == 2
    assert err == ["ecr-events: missing: no such file or directory", "ecr-events: 11 rows from 1 file"]
    assert load(FORMS[form][1]).num_rows == len(EVENTS)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("path", ["missing", "*.missing"])
def test_nothing_is_written_if_nothing_can_be_read(form: str, path: str, capfd: pytest.CaptureFixture[str]) -> None:
    """An old file stays."""
    Path("out.parquet").write_text("old")
    assert run(capfd, "convert", path, *FORMS[form])[0] == 2
    assert visible() == {"out.parquet"}
    assert Path("out.parquet").read_text() == "old"


# What is written is not read


@pytest.mark.parametrize("source", ["in", "in/*"])
@pytest.mark.parametrize("name", ["out.parquet", "out.arrow"])
def test_the_output_may_be_in_the_folder_of_the_input(
    source: str, name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """It and its errors are not read again, and neither is a draft."""
    Path("in").mkdir()
    Path("in/events").write_bytes(PUSH + b"\n{bad}\n")
    first = run(capfd, "convert", source, "--to", f"in/{name}")
    assert run(capfd, "convert", source, "--to", f"in/{name}") == first
    assert first[0] == 1
    assert {path.name for path in Path("in").iterdir()} == {"events", name, f"{name}.errors.ndjson"}
    assert run(capfd, "convert", source, "--to", "in/table", "--partition")[0] == 1


@pytest.mark.parametrize("source", ["out.parquet", "./out.parquet", "link", "out.parquet.errors.ndjson"])
def test_the_output_cannot_be_the_input(source: str, capfd: pytest.CaptureFixture[str]) -> None:
    """Not by another name either."""
    for name in ("out.parquet", "out.parquet.errors.ndjson"):
        Path(name).write_bytes(PUSH)
    Path("link").symlink_to("out.parquet")
    status, _, err = run(capfd, "convert", source, "--to", "out.parquet")
    assert (status, err) == (2, [f"ecr-events: cannot read '{source}': it is to be written"])
    assert Path("out.parquet").read_bytes() == PUSH


# Errors


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--to out.csv", "cannot write to 'out.csv': the name must end in .parquet or .arrow, or --partition write a"),
        ("--to parquet", "cannot write to 'parquet': the name must end in .parquet or .arrow"),
        ("--to -", "cannot write to '-': the name must end in"),
        ("--to out.parquet --columns id,digest", "no event has a column 'digest': columns are version, id, "),
        ("--to out.parquet --columns id,id", "columns must be different names, at least one, not ('id', 'id')"),
        ("--to out.parquet --columns result --type unknown", "no event has a column 'result': columns are version"),
        ("--to out --partition --columns detail_type", "files of a partition need a column besides detail_type"),
        ("--to missing/out.parquet", "missing/out.parquet: no such file or directory"),
        ("--to missing/out --partition", "missing/out: no such file or directory"),
        ("--to folder/file/out.parquet", "folder/file/out.parquet: not a directory"),
        ("--to folder --partition", "cannot write to 'folder': the folder is not empty"),
        ("--to folder/file --partition", "cannot write to 'folder/file': it is not a folder"),
        ("--to . --partition", "cannot write to '.': name a new folder"),
        ("--to folder/.. --partition", "cannot write to 'folder/..': name a new folder"),
        ("--to folder.parquet", "folder.parquet: not a regular file"),
        ("--to blocked.parquet", "blocked.parquet.errors.ndjson: not a regular file"),
        ("--to blocked --partition", "blocked.errors.ndjson: not a regular file"),
        (f"--to {'x' * 245}.parquet", f"{'x' * 245}.parquet.errors.ndjson: file name too long"),
        ("", "the following arguments are required: --to"),
    ],
)
def test_an_invalid_argument_exits_with_2(
    arguments: str, message: str, archive: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """With one clear error, before anything is read, and without a trace."""
    for name in ("folder", "folder.parquet", "blocked.parquet.errors.ndjson", "blocked.errors.ndjson"):
        Path(name).mkdir()
    Path("folder/file").touch()
    before = visible()
    monkeypatch.setattr(inputs, "process_files", None)
    status, out, err = run(capfd, "convert", archive, *arguments.split())
    assert (status, out) == (2, [])
    assert message in err[-1]
    assert visible() == before


def test_missing_pyarrow_exits_with_2() -> None:
    """The message names the extra to install."""
    code = """
        import sys
        sys.modules['pyarrow'] = None
        from ecr_events.cli import main
        sys.exit(main(['convert', 'x', '--to', 'x.parquet']))
    """
    command = [sys.executable, "-c", textwrap.dedent(code)]
    process = subprocess.run(command, check=False, capture_output=True, text=True)
    assert process.returncode == 2
    assert process.stderr.endswith("convert requires: pip install pyarrow\n")
    assert process.stderr.count("\n") == 1


@pytest.mark.parametrize("jobs", ["1", "2"])
@pytest.mark.parametrize("form", FORMS)
def test_a_full_disk_leaves_nothing(form: str, jobs: str) -> None:
    """The error names what was to be written."""
    lines = [PUSH.replace(b'"id":"', b'"id":"%d-' % number) for number in range(12_000)]
    for number in range(2):
        Path(f"{number}.ndjson").write_bytes(b"\n".join(lines))
    code = f"""
        import resource, sys
        from ecr_events.cli import main
        if __name__ == "__main__":
            resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
            sys.exit(main(['convert', '*.ndjson', '--jobs', '{jobs}', *{FORMS[form]!r}]))
    """
    Path("program.py").write_text(textwrap.dedent(code))
    before = visible()
    process = subprocess.run([sys.executable, "program.py"], check=False, capture_output=True, text=True)
    assert process.returncode == 2
    assert "file too large\n" in process.stderr
    assert f"ecr-events: {FORMS[form][1]}: file too large\n" in process.stderr
    assert visible() == before


def test_a_folder_that_was_filled_meanwhile_is_not_replaced(
    archive: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """The error names it."""
    parts_of = conversion.parts_of

    def fill(*arguments: Any) -> Any:
        Path("out").mkdir()
        Path("out/file").touch()
        return parts_of(*arguments)

    monkeypatch.setattr(conversion, "parts_of", fill)
    assert run(capfd, "convert", archive, *FORMS["partition"]) == (2, [], ["ecr-events: out: directory not empty"])
    assert visible() == {"events.ndjson.gz", "out"}
