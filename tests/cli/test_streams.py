import io
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import PUSH

from ecr_events.cli import streams


def run(arguments: str, redirections: str) -> tuple[int, str, str]:
    """Return the status, output and errors of a command in a shell."""
    line = f"exec {sys.executable} -m ecr_events {arguments} {redirections}"
    process = subprocess.run(["/bin/sh", "-c", line], check=False, capture_output=True, text=True, timeout=50)
    return process.returncode, process.stdout, process.stderr


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a file with an event in the folder in which commands run."""
    monkeypatch.chdir(tmp_path)
    Path("event").write_bytes(PUSH)


@pytest.mark.parametrize(
    "command", ["decode event", "summary event", "schema --athena t s3://bucket/t/", "sample image-scan"]
)
def test_closed_output_is_no_error(command: str) -> None:
    """As that of a daemon: nobody wants it."""
    for closed in (">&-", "<&- >&-", "<&- >&- 2>&-"):
        assert run(command, closed) == (0, "", "")


@pytest.mark.parametrize("command", ["decode -", "pattern --rule -", "pattern image-action --match -"])
def test_closed_input_is_an_error(command: str) -> None:
    """If it is read."""
    status, out, err = run(command, "<&-")
    assert (status, out) == (2, "")
    assert err.startswith("ecr-events: -: bad file descriptor\n")
    assert run("decode event", "<&-") == (0, f"{PUSH.decode()}\n", "")


def test_closed_streams_do_not_matter_to_a_conversion() -> None:
    """And no file of it gets their numbers, to which a library may write."""
    assert run("convert event --to out.parquet", "<&- >&- 2>&-") == (0, "", "")
    assert Path("out.parquet").read_bytes()[-4:] == b"PAR1"


@pytest.mark.parametrize("target", ["2>&-", "2>/dev/full"])
def test_errors_that_cannot_be_printed_change_nothing_else(target: str) -> None:
    """Neither the output nor the status, which says the same."""
    assert run("decode missing event", target) == (2, f"{PUSH.decode()}\n", "")
    assert run("decode", target)[0] == 2
    assert run("nothing", target)[0] == 2


@pytest.mark.parametrize("command", ["--help", "decode --help", "--version", "sample image-scan", "schema"])
def test_output_that_cannot_be_written_is_an_error(command: str) -> None:
    """Also if it is short."""
    assert run(command, ">/dev/full") == (2, "", "ecr-events: standard output: no space left on device\n")


@pytest.mark.parametrize("command", ["--help", "decode big", "decode big --jobs 1 2>&1", "summary big", "schema"])
def test_a_closed_pipe_ends_a_command_quietly(command: str) -> None:
    """Whatever it prints."""
    Path("big").write_bytes((PUSH + b"\n") * 20_000)
    line = f"{{ {sys.executable} -m ecr_events {command}; echo $? >status; }} | head -c 1"
    process = subprocess.run(["/bin/sh", "-c", line], check=False, capture_output=True, timeout=50)
    assert len(process.stdout) == 1
    assert process.stderr == b""
    assert Path("status").read_text() == "0\n"


@pytest.mark.parametrize("command", ["decode -", "decode /dev/stdin", "pattern image-action --match -"])
def test_a_closed_pipe_behind_a_stream_ends_a_command_quietly(command: str) -> None:
    """While it waits for more."""
    Path("lines").write_bytes(PUSH + b"\n")
    feed = "for number in 1 2 3 4 5 6 7 8 9; do cat lines; sleep 0.1; done"
    line = f"({feed}) 2>/dev/null | {{ {sys.executable} -m ecr_events {command}; echo $? >status; }} | head -n 1"
    process = subprocess.run(["/bin/sh", "-c", line], check=False, capture_output=True, timeout=50)
    assert process.stdout.count(b"\n") == 1
    assert process.stderr in {b"", b"ecr-events: 9 of 9 events match\n"}
    assert Path("status").read_text() == "0\n"


def test_a_full_disk_behind_a_stream_is_an_error_of_the_output() -> None:
    """Not of the input."""
    line = f"(cat event; sleep 0.5; cat event) | {sys.executable} -m ecr_events decode - >/dev/full"
    process = subprocess.run(["/bin/sh", "-c", line], check=False, capture_output=True, timeout=50, text=True)
    assert (process.returncode, process.stderr) == (2, "ecr-events: standard output: no space left on device\n")


def test_a_replaced_stream_may_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    """One without a number of its own, too."""

    class Full(io.StringIO):
        def write(self, text: str) -> int:
            raise OSError(text)

    monkeypatch.setattr(sys, "stderr", Full())
    streams.print_to_stderr("text")


def test_closed_streams_are_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that reading fails, and output is dropped."""
    for name in ("stdin", "stdout", "stderr"):
        monkeypatch.setattr(sys, name, None)
    streams.prepare_streams()
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        assert os.get_inheritable(stream.fileno())
    with pytest.raises(OSError, match="Bad file descriptor"):
        sys.stdin.read()
    sys.stdout.write("text")
    streams.flush()
    streams.print_to_stderr("text")  # which leaves nothing to write
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        stream.close()


@pytest.mark.parametrize("command", ["decode big", "decode big --jobs 2", "summary big", "schema"])
def test_what_the_system_does_not_take_at_once_is_written(command: str) -> None:
    """With PYTHONUNBUFFERED, Python drops what a signal or the end of the disk cuts off."""
    Path("big").write_bytes((PUSH + b"\n") * 5_000)
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    line = f"exec {sys.executable} -m ecr_events {command} >out"
    process = subprocess.run(
        ["/bin/sh", "-c", line],
        check=False,
        capture_output=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, hard)),
    )
    assert process.returncode == 2
    assert process.stderr.startswith(b"ecr-events: standard output: file too large\n")  # coverage fails too


def test_standard_error_may_fail_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a library has left in it is dropped."""

    class Full(io.StringIO):
        def flush(self) -> None:
            raise OSError

    monkeypatch.setattr(sys, "stderr", Full())
    streams.flush()
