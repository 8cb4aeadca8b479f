import contextlib
import io
import json
import os
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import PUSH, run

from ecr_events import (
    ECRImageActionEvent,
)
from ecr_events.cli import main
from ecr_events.samples import sample_json


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["decode"], "PATH"),
        (["decode", "--type", "x", "-"], "unknown type 'x': must be one of ECR Image Action,"),
        (["decode", "--since", "yesterday", "-"], "invalid date 'yesterday'"),
        (["nothing"], "invalid choice"),
        ([], "COMMAND"),
    ],
)
def test_an_invalid_argument_exits_with_2(
    arguments: list[str], message: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """With a usage message on standard error."""
    status, out, err = run(capfd, *arguments)
    assert (status, out) == (2, [])
    assert message in " ".join(err)


def test_a_closed_pipe_ends_the_program_quietly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With exit status 1, as a program and as a function."""
    file = tmp_path / "event.json"
    file.write_bytes((PUSH + b"\n") * 5_000)
    command = [sys.executable, "-m", "ecr_events", "decode", str(file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 1
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as broken:
        monkeypatch.setattr(sys, "stdout", broken)
        assert main(["decode", str(file)]) == 1


def test_standard_error_may_be_replaced() -> None:
    """By any text stream."""
    stream = io.StringIO()
    with contextlib.redirect_stderr(stream):
        assert main(["decode", "/nowhere/at/all"]) == 2
    assert "/nowhere/at/all" in stream.getvalue()


def test_an_interrupt_exits_with_130(monkeypatch: pytest.MonkeyPatch, archive: Path) -> None:
    """Without a traceback."""

    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("ecr_events.cli.decode.encode_lines", interrupt)
    assert main(["decode", str(archive)]) == 130


@pytest.mark.parametrize("command", ["decode", "summary", "convert", "lookup", "sample", "schema", "pattern", "demo"])
def test_every_command_has_help_with_an_example(command: str, capfd: pytest.CaptureFixture[str]) -> None:
    """On standard output, with exit status 0."""
    status, out, _ = run(capfd, command, "--help")
    assert status == 0
    assert f"example: ecr-events {command}" in "\n".join(out)


def test_the_version_is_that_of_the_package(capfd: pytest.CaptureFixture[str]) -> None:
    """With the name of the program."""
    status, out, _ = run(capfd, "--version")
    assert status == 0
    assert re.fullmatch(r"ecr-events \d+\.\d+\.\d+", out[0])


def test_missing_rich_exits_with_2() -> None:
    """The message names the extra to install."""
    code = "import sys; sys.modules['rich'] = None; from ecr_events.cli import main; sys.exit(main(['sample', 'scan']))"
    process = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert process.returncode == 2
    assert "pip install 'ecr_events[cli]'" in process.stderr


def test_the_package_can_be_run_as_a_module(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    """`python -m ecr_events` exits with the command's status."""
    monkeypatch.setattr(sys, "argv", ["ecr_events", "sample", "image-action"])
    with pytest.raises(SystemExit) as caught:
        runpy.run_module("ecr_events", run_name="__main__")
    assert caught.value.code == 0
    assert json.loads(capfd.readouterr().out) == json.loads(sample_json(ECRImageActionEvent))
