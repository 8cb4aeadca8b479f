import gzip
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
from archive_styles import EVENTS

from ecr_events import ECRImageActionEvent, EventBridgeEvent
from ecr_events.archives import read, write
from ecr_events.samples import sample


@pytest.mark.parametrize("name", ["events.ndjson", "events.ndjson.gz"])
def test_written_events_are_read_back(name: str, tmp_path: Path) -> None:
    """One event per line, compressed by suffix; the file is replaced, and the number of events returned."""
    file = tmp_path / name
    file.write_text("old")
    assert write(iter(EVENTS * 40), file) == len(EVENTS) * 40
    assert list(read(file)) == EVENTS * 40
    data = file.read_bytes()
    assert (data[:2] == b"\x1f\x8b") is name.endswith(".gz")
    assert (gzip.decompress(data) if name.endswith(".gz") else data).count(b"\n") == len(EVENTS) * 40
    assert list(tmp_path.iterdir()) == [file]
    assert write([], str(file)) == 0
    assert list(read(file)) == []


def test_equal_archives_have_equal_bytes(tmp_path: Path) -> None:
    """The gzip header has neither a modification time nor a file name."""
    first, second = tmp_path / "first.gz", tmp_path / "second.gz"
    write(EVENTS, first)
    write(EVENTS, second)
    data = first.read_bytes()
    assert data == second.read_bytes()
    flags, time = data[3], data[4:8]
    assert (flags, time) == (0, bytes(4))


def test_writing_through_a_link_replaces_the_target(tmp_path: Path) -> None:
    """The link stays a link, and the file retains its mode."""
    file, link = tmp_path / "events.ndjson", tmp_path / "latest"
    file.write_text("old")
    file.chmod(0o600)
    link.symlink_to(file)
    write(EVENTS, link)
    assert link.is_symlink()
    assert list(read(file)) == EVENTS
    assert file.stat().st_mode & 0o777 == 0o600


def test_an_error_while_writing_leaves_the_old_file(tmp_path: Path) -> None:
    """The draft is removed."""
    file = tmp_path / "events.ndjson"
    write(EVENTS, file)

    def broken() -> Iterator[EventBridgeEvent]:
        yield from EVENTS * 100
        raise LookupError

    with pytest.raises(LookupError):
        write(broken(), file)
    assert list(read(file)) == EVENTS
    assert list(tmp_path.iterdir()) == [file]


def test_a_missing_directory_is_an_error(tmp_path: Path) -> None:
    """The missing draft is not reported instead."""
    with pytest.raises(FileNotFoundError):
        write(EVENTS, tmp_path / "missing" / "events.ndjson")


def test_a_kill_while_writing_leaves_the_old_file(tmp_path: Path) -> None:
    """The process is killed after some events have been written."""
    file = tmp_path / "events.ndjson"
    write([sample(ECRImageActionEvent)], file)
    code = f"""
    import os, signal
    from ecr_events import ECRImageActionEvent
    from ecr_events.archives import write
    from ecr_events.samples import sample

    def events():
        for _ in range(5_000):
            yield sample(ECRImageActionEvent)
        os.kill(os.getpid(), signal.SIGKILL)

    write(events(), {str(file)!r})
    """
    process = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], check=False)
    assert process.returncode == -signal.SIGKILL
    assert list(read(file)) == [sample(ECRImageActionEvent)]
