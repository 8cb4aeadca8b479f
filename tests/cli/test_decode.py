import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from command_line import COPY, EVENTS, PUSH, on_terminal, run

from ecr_events import (
    Inspector2ScanEvent,
    encode,
)
from ecr_events.archives import write
from ecr_events.samples import sample


def test_json_lines_are_printed_to_a_pipe(archive: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """One event per line, as `encode` gives it, from an archive of any style."""
    status, out, err = run(capfd, "decode", archive)
    assert (status, err) == (0, [])
    assert [line.encode() for line in out] == [encode(event) for event in EVENTS]


def test_a_table_is_printed_on_a_terminal(archive: Path) -> None:
    """Failures are red unless NO_COLOR is set; ``--json`` prints JSON lines there too."""
    status, shown = on_terminal("decode", archive)
    assert status == 0
    assert re.search(r"2026-05-04 09:15:31\s+eu-west-1\s+ECR Image Action\s+PUSH SUCCESS\s+team/app:1.4.2\s", shown)
    assert "\x1b[31m" in shown
    assert "\x1b[31m" not in on_terminal("decode", archive, NO_COLOR="1")[1]
    assert on_terminal("decode", "--json", archive)[1].startswith('{"detail-type":"ECR Image Action"')


def test_an_event_with_a_malformed_reference_has_a_row(tmp_path: Path) -> None:
    """Without the name of its repository."""
    scan = sample(Inspector2ScanEvent)
    detail = msgspec.structs.replace(scan.detail, repository_name="arn:odd")
    write([msgspec.structs.replace(scan, detail=detail)], tmp_path / "odd")
    assert "Inspector2 Scan" in on_terminal("decode", tmp_path / "odd")[1]


class Running:
    """A command that reads what is written to it meanwhile."""

    def __init__(self, *arguments: str, stdout: int = subprocess.PIPE) -> None:
        command = [sys.executable, "-m", "ecr_events", *arguments]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=stdout, stderr=subprocess.PIPE, bufsize=0
        )

    def write(self, data: bytes) -> None:
        """Write to its standard input."""
        assert self.process.stdin
        self.process.stdin.write(data)

    def end(self) -> tuple[int, bytes | None, bytes]:
        """Return the exit status, the output and the errors."""
        out, err = self.process.communicate(timeout=50)
        return self.process.returncode, out, err


@pytest.mark.timeout(60)
@pytest.mark.parametrize("end", [2, len(PUSH) - 3, len(PUSH)])
def test_events_are_printed_as_they_arrive(end: int) -> None:
    """Before the next one, however they are cut."""
    command = Running("decode", "-")
    assert command.process.stdout
    for number in range(3):
        line = PUSH.replace(b"1.4.2", b"%d" % number) + b"\n"
        command.write(line[:end])
        command.write(line[end:])
        assert command.process.stdout.readline() == line
    assert command.end() == (0, b"", b"")


@pytest.mark.timeout(60)
def test_large_events_are_printed_as_they_arrive(tmp_path: Path) -> None:
    """From a pipe with a name, in several pieces."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    command = Running("decode", str(pipe))
    assert command.process.stdout
    line = COPY.replace(b'"us-east-1"', b'"%s"' % (b"a" * 12_000)) + b"\n"
    with pipe.open("wb", buffering=0) as file:
        for _ in range(2):
            for start in range(0, len(line), 4_096):
                file.write(line[start : start + 4_096])
            assert command.process.stdout.readline() == line
    assert command.end() == (0, b"", b"")


@pytest.mark.timeout(60)
def test_a_table_grows_as_events_arrive() -> None:
    """Errors are where they are in the stream."""
    screen, terminal = pty.openpty()
    command = Running("decode", "-", stdout=terminal)
    os.close(terminal)
    shown = b""
    for text in (b"PUSH SUCCESS", b"REPLICATE"):
        command.write((PUSH if text == b"PUSH SUCCESS" else COPY) + b"\n")
        while text not in shown:
            shown += os.read(screen, 65_536)
    command.write(b"{\n" * 3)
    assert command.end() == (
        1,
        None,
        f"ecr-events: -:3: byte {len(PUSH) + len(COPY) + 2}: input data was truncated at $\n"
        "ecr-events: 2 more: input data was truncated at $\n".encode(),
    )
    os.close(screen)


def test_many_events_of_standard_input_are_printed() -> None:
    """In several pages."""
    command = [sys.executable, "-m", "ecr_events", "decode", "-"]
    lines = (PUSH + b"\n") * 1_001
    assert subprocess.run(command, check=True, capture_output=True, input=lines).stdout == lines


def test_no_progress_is_shown_amid_a_table(tmp_path: Path) -> None:
    """Nor amid JSON."""
    file = tmp_path / "long.ndjson"
    file.write_bytes((PUSH + b"\n") * 16_000)
    for arguments in ([], ["--json"]):
        shown = on_terminal("decode", file, *arguments)[1]
        assert shown.count("team/app") == 16_000
        assert "MB" not in shown
        assert "\x1b[?25l" not in shown
