import pickle
from datetime import UTC, datetime
from pathlib import Path

import pytest
from command_line import COPY, EVENTS, PUSH

from ecr_events import ECRAWSAPICallViaCloudTrailEvent, ECRImageActionEvent, ECRReplicationActionEvent, UnknownEvent
from ecr_events.cli.files import (
    BytesRead,
    Finished,
    InvalidDocument,
    Message,
    Result,
    Selection,
    UnreadableFile,
    process_files,
)
from ecr_events.cli.lines import encode_lines


def messages(selection: Selection, *files: Path) -> list[Message]:
    """Return the messages about the encoding of files."""
    sent: list[Message] = []
    process_files(selection, encode_lines, map(str, files), sent.append)
    return sent


@pytest.fixture
def damaged(tmp_path: Path) -> Path:
    """Return a file with two events, each followed by an invalid document."""
    file = tmp_path / "damaged"
    file.write_bytes(b"\n".join((PUSH, b"{", COPY, b"{")))
    return file


CAUSE = "input data was truncated at $"


def test_results_errors_progress_and_the_end_are_sent(damaged: Path) -> None:
    """An error of a document is its text."""
    start = len(PUSH) + len(COPY) + 4
    assert messages(Selection(), damaged) == [
        InvalidDocument(f"{damaged}:2: byte {len(PUSH) + 1}: {CAUSE}", CAUSE),
        InvalidDocument(f"{damaged}:4: byte {start}: {CAUSE}", CAUSE),
        BytesRead(damaged.stat().st_size),
        Result(PUSH + b"\n" + COPY + b"\n"),
        Finished(),
    ]


def test_invalid_documents_are_skipped_on_request(damaged: Path) -> None:
    """Without an error."""
    _, *rest = messages(Selection(on_error="skip"), damaged)
    assert rest == [Result(PUSH + b"\n" + COPY + b"\n"), Finished()]


def test_the_first_invalid_document_ends_the_work_on_request(damaged: Path) -> None:
    """With the events before it as results, and none of later files."""
    error, *rest = messages(Selection(on_error="stop"), damaged, damaged)
    assert isinstance(error, InvalidDocument)
    assert rest == [Result(PUSH + b"\n"), Finished()]


def test_an_unreadable_file_is_an_error_with_its_name(tmp_path: Path, archive: Path) -> None:
    """Also after pickling. The next file is read."""
    error, _, result, _ = messages(Selection(), tmp_path / "missing", archive)
    assert isinstance(error, UnreadableFile)
    assert pickle.loads(pickle.dumps(error)).error.filename == str(tmp_path / "missing")
    assert isinstance(result, Result)


def test_the_progress_adds_up_to_the_size_of_the_files(tmp_path: Path) -> None:
    """In steps of at least a megabyte, except the last."""
    files = tmp_path / "1", tmp_path / "2"
    for file in files:
        file.write_bytes((PUSH + b"\n") * 3_000)
    counts = [message.count for message in messages(Selection(), *files) if isinstance(message, BytesRead)]
    assert sum(counts) == sum(file.stat().st_size for file in files)
    *steps, last = counts
    assert steps
    assert all(1_000_000 <= step < 1_100_000 for step in steps)
    assert last < 1_000_000


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        (Selection(), [type(event) for event in EVENTS]),
        (Selection(types=(ECRReplicationActionEvent, UnknownEvent)), [ECRReplicationActionEvent, UnknownEvent]),
        (
            Selection(
                repository="team/app",
                since=datetime(2026, 5, 4, 9, 15, 31, tzinfo=UTC),
                until=datetime(2026, 5, 4, 9, 15, 32, tzinfo=UTC),
            ),
            [ECRImageActionEvent, ECRAWSAPICallViaCloudTrailEvent],
        ),
    ],
)
def test_a_pickled_selection_selects_events(selection: Selection, expected: list[type], archive: Path) -> None:
    """By type, repository and time."""
    selection = pickle.loads(pickle.dumps(selection))
    assert [type(event) for event in selection.read([str(archive)], str)] == expected
