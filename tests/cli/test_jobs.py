import os
import re
import subprocess
import sys
import threading
import time
from multiprocessing import Pipe
from pathlib import Path
from queue import Empty, SimpleQueue

import pytest
from command_line import COPY, PUSH, run

from ecr_events.cli import inputs
from ecr_events.cli.files import InvalidDocument, Result, Selection
from ecr_events.cli.jobs import process_files_in_parallel, start_worker, write_messages
from ecr_events.cli.lines import encode_lines


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Return five files, of which two have an invalid document, and use workers for them however small they are."""
    monkeypatch.setattr(inputs, "_PARALLEL_SIZE", 0)
    monkeypatch.setattr(inputs, "_GROUP_SIZE", 1)
    names = [tmp_path / f"{number}.ndjson" for number in range(5)]
    for number, name in enumerate(names):
        broken = b"{broken\n" if number in {1, 3} else b""
        name.write_bytes(PUSH + b"\n" + broken + COPY.replace(b"team/app", b"team/%d" % number) + b"\n")
    return names


@pytest.mark.parametrize("on_error", ["report", "skip", "stop"])
@pytest.mark.parametrize("command", ["decode", "summary"])
def test_workers_change_nothing(
    command: str, on_error: str, files: list[Path], capfd: pytest.CaptureFixture[str]
) -> None:
    """Output, errors and status are those of one process, in the order of the files."""
    arguments = (command, "--on-error", on_error, *files)
    alone = run(capfd, *arguments, "--jobs", "1")
    assert run(capfd, *arguments, "--jobs", "3") == alone
    assert run(capfd, *arguments, "--jobs", "2", "--type", "image-action")[1] != alone[1]


def test_standard_input_and_small_files_need_no_workers(
    files: list[Path], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Nor do a single file, a missing one, and one job."""

    def fail(*_: object, **__: object) -> None:
        raise AssertionError

    monkeypatch.setattr("ecr_events.cli.jobs.process_files_in_parallel", fail)
    with pytest.raises(AssertionError):
        run(capfd, "summary", *files, "--jobs", "2")
    assert run(capfd, "summary", *files, "--jobs", "1")[0] == 1
    assert run(capfd, "summary", files[0], "--jobs", "2")[0] == 0
    assert run(capfd, "summary", files[0], "missing", "--jobs", "2")[0] == 2
    monkeypatch.setattr(inputs, "_PARALLEL_SIZE", 8_000_000)
    assert run(capfd, "summary", *files, "--jobs", "2")[0] == 1


@pytest.mark.parametrize("number", ["0", "-1", "two"])
def test_the_number_of_jobs_is_positive(number: str, capfd: pytest.CaptureFixture[str]) -> None:
    """Anything else is an invalid argument."""
    status, _, err = run(capfd, "summary", "file", f"--jobs={number}")
    assert status == 2
    assert f"invalid number '{number}'" in err[-1]


KILLER = """
import os, signal, sys
from ecr_events.cli.files import Selection
from ecr_events.cli.jobs import process_files_in_parallel

def kill(events):
    os.kill(os.getpid(), signal.SIGKILL)

if __name__ == "__main__":
    try:
        process_files_in_parallel(Selection(), kill, [[name] for name in sys.argv[1:]], print, 2)
    except OSError as error:
        print(error)
"""


def test_a_killed_worker_is_an_error(files: list[Path], tmp_path: Path) -> None:
    """And not a command that waits forever."""
    program = tmp_path / "killer.py"
    program.write_text(KILLER)
    process = subprocess.run([sys.executable, program, *files], check=True, capture_output=True, text=True)
    assert process.stdout == "a worker process was killed; --jobs 1 needs none\n"


@pytest.mark.skipif(sys.platform != "linux", reason="no file for a full disk")
@pytest.mark.parametrize("name", ["missing/1", "/dev/full"])
def test_a_worker_names_the_file_that_it_cannot_write(name: str, files: list[Path]) -> None:
    """Also where the operating system does not."""
    with pytest.raises(OSError, match=re.escape(repr(name))):
        write_messages(Selection(), iter, [str(files[0])], name)


def test_a_worker_ends_with_its_parent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Or when its parent closes the pipe, whatever it is doing."""
    ended: SimpleQueue[int] = SimpleQueue()
    monkeypatch.setattr(os, "_exit", ended.put)
    end, parent = Pipe(duplex=False)
    with end:
        start_worker(end)
        with pytest.raises(Empty):
            ended.get(timeout=0.05)
        parent.close()
        assert ended.get(timeout=50) == 1


def test_nothing_is_left_behind(files: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither messages nor workers, also after an error in the parent."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))

    def fail(_: object) -> None:
        assert [*folder.iterdir()]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        process_files_in_parallel(Selection(), encode_lines, [[str(file)] for file in files], fail, 2)
    assert [*folder.iterdir()] == []


def test_work_is_done_in_a_thread(files: list[Path]) -> None:
    """In which Python does not handle interrupts."""
    sent: list[object] = []
    groups = [[str(file)] for file in files]
    arguments = Selection(), encode_lines, groups, sent.append, 2
    thread = threading.Thread(target=process_files_in_parallel, args=arguments)
    thread.start()
    thread.join()
    assert sum(isinstance(message, Result) for message in sent) == len(files)


def test_messages_about_later_files_are_dropped_after_a_stop(files: list[Path]) -> None:
    """The results of the file with the invalid document are not."""
    sent: list[object] = []
    groups = [[str(file)] for file in files]
    process_files_in_parallel(Selection(on_error="stop"), encode_lines, groups, sent.append, 2, stops=True)
    assert sum(isinstance(message, InvalidDocument) for message in sent) == 1
    results = b"".join(message.value for message in sent if isinstance(message, Result))
    assert results.count(b"\n") == 3


def test_a_reader_that_closes_the_pipe_ends_the_workers(tmp_path: Path) -> None:
    """Silently."""
    for number in range(4):
        (tmp_path / f"{number}.ndjson").write_bytes((PUSH + b"\n") * 6_000)
    command = [sys.executable, "-m", "ecr_events", "decode", "--jobs", "2", str(tmp_path)]
    start = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == PUSH + b"\n"
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 0
    assert time.monotonic() - start < 30


def test_small_files_are_read_in_groups(files: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker would take longer to be asked for each than to read it."""
    size = files[0].stat().st_size
    names = [*map(str, files)]
    monkeypatch.setattr(inputs, "_GROUP_SIZE", size + 1)
    assert inputs.group_for_workers(names) == [names[:2], names[2:4], names[4:]]
    monkeypatch.setattr(inputs, "_GROUP_SIZE", 100 * size)
    assert inputs.group_for_workers(names) == [names]
    assert inputs.group_for_workers([*names, "-"]) == []
