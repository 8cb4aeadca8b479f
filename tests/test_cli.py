import json
import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from ecr_events import ECRImageActionEvent, ECRReplicationActionEvent, UnknownEvent, encode
from ecr_events.cli import main
from ecr_events.samples import sample, sample_json

PUSH = encode(sample(ECRImageActionEvent))
REPLICATION = encode(sample(ECRReplicationActionEvent))


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, list[str], list[str]]:
    """Return exit status, lines on standard output and lines on standard error."""
    status = main([str(argument) for argument in arguments])
    captured = capsys.readouterr()
    return status, captured.out.splitlines(), captured.err.splitlines()


def test_decode_prints_one_event_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file may be one indented document, one line, or many lines."""
    indented, line, lines = tmp_path / "indented.json", tmp_path / "line.json", tmp_path / "lines.ndjson"
    indented.write_bytes(sample_json(ECRImageActionEvent))
    line.write_bytes(REPLICATION)
    lines.write_bytes(PUSH + b"\r\n\n" + encode(sample(UnknownEvent)) + b"\n")
    status, out, err = run(capsys, "decode", indented, line, lines)
    assert status == 0
    assert [document.encode() for document in out] == [PUSH, REPLICATION, PUSH, encode(sample(UnknownEvent))]
    assert err == ["3 typed, 1 unknown, 0 refused"]


def test_decode_reports_what_it_refuses_and_goes_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """File, offset and error go to standard error, the exit status is 1, and no other event is lost."""
    lines = tmp_path / "lines.ndjson"
    lines.write_bytes(b'{"]\n' + b" " + PUSH + b"\n[\n" + PUSH.replace(b'"PUSH"', b"7") + b"\n" + REPLICATION)
    broken = tmp_path / "broken.json"
    broken.write_bytes(sample_json(ECRImageActionEvent).replace(b"{", b"{,"))
    status, out, err = run(capsys, "decode", lines, broken)
    assert status == 1
    assert [document.encode() for document in out] == [PUSH, REPLICATION]
    assert err == [
        f"{lines}: byte 0: JSON is malformed: invalid character (byte 3) at $",
        f"{lines}: byte {6 + len(PUSH)}: expected `object`, got `array` at $",
        f"{lines}: byte {8 + len(PUSH)}: expected `str`, got `int` at $.detail.action-type",
        f"{broken}: byte 0: JSON is malformed: object keys must be strings (byte 1) at $",
        "2 typed, 0 unknown, 4 refused",
    ]


def test_decode_reports_a_file_that_cannot_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The other files are read, and the exit status is 2."""
    file = tmp_path / "event.json"
    file.write_bytes(PUSH)
    status, out, err = run(capsys, "decode", tmp_path / "missing.json", file)
    assert (status, len(out)) == (2, 1)
    assert "missing.json" in err[0]


def test_decode_writes_utf8_whatever_the_terminal_is(tmp_path: Path) -> None:
    """JSON is UTF-8, on a redirected Windows console too; and a reader that stops early is no error."""
    file = tmp_path / "lines.ndjson"
    file.write_bytes((PUSH.replace(b"1.4.2", "é".encode()) + b"\n") * 1_000)
    command = [sys.executable, "-m", "ecr_events", "decode", str(file)]
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    whole = subprocess.run(command, check=True, capture_output=True, env=environment)  # noqa: S603
    assert whole.stdout == file.read_bytes()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:  # noqa: S603
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 1


def test_a_reader_that_stops_early_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pipe is broken quietly."""
    file = tmp_path / "event.json"
    file.write_bytes(PUSH)
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as broken:
        monkeypatch.setattr(sys, "stdout", broken)
        assert main(["decode", str(file)]) == 1


def test_a_wrong_argument_exits_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    """As every command line does."""
    with pytest.raises(SystemExit) as caught:
        main(["decode"])
    assert caught.value.code == 2
    assert "FILE" in capsys.readouterr().err


def test_the_module_is_the_command(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`python -m ecr_events` exits with the status of the command."""
    file = tmp_path / "event.json"
    file.write_bytes(PUSH)
    monkeypatch.setattr(sys, "argv", ["ecr_events", "decode", str(file)])
    with pytest.raises(SystemExit) as caught:
        runpy.run_module("ecr_events", run_name="__main__")
    assert caught.value.code == 0
    assert json.loads(capsys.readouterr().out) == json.loads(PUSH)
