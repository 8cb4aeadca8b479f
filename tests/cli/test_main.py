import contextlib
import io
import json
import os
import re
import runpy
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import PUSH, run, run_on_terminal

from ecr_events import ECRImageActionEvent, __version__
from ecr_events.cli import main
from ecr_events.samples import sample_json


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["decode"], "PATH"),
        (["decode", "--type", "x", "-"], "unknown type 'x': must be one of image-action, image-scan,"),
        (
            ["decode", "--since", "yesterday", "-"],
            "invalid time 'yesterday': must be like 2026-05-04, 2026-05-04T09:15, 7d or 12h",
        ),
        (["decode", "--since", "9999999w", "-"], "invalid time '9999999w'"),
        (["decode", "--since", "999999w", "-"], "invalid time '999999w'"),
        (["decode", "--limit", "0", "-"], "invalid number '0': must be 1 or more"),
        (["decode", "--repository", "", "-"], "argument --repository: must not be empty"),
        (["decode", "--nothing", "-"], "unrecognized arguments: --nothing (see ecr-events decode --help)"),
        (["sample", "image-acton"], "unknown type 'image-acton': did you mean image-action?"),
        (["sample", "none"], "unknown type 'none': must be one of image-action, image-scan, "),
        (["pattern", "ECRScan"], "unknown type 'ECRScan': did you mean "),
        (["nothing"], "invalid choice"),
        ([], "COMMAND"),
    ],
)
def test_an_invalid_argument_exits_with_2(
    arguments: list[str], message: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """With one line on standard error, which names the help."""
    status, out, (line,) = run(capfd, *arguments)
    assert (status, out) == (2, [])
    assert line.startswith("ecr-events: ")
    assert message in line
    assert re.search(r" \(see ecr-events( decode| sample| pattern)? --help\)$", line)


def test_a_limit_of_many_digits_is_none(archive: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Python converts no more than 4,300 digits."""
    assert run(capfd, "decode", "--limit", "9" * 5_000, archive) == run(capfd, "decode", archive)


def test_a_missing_argcomplete_is_no_error(
    archive: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Nothing is completed."""
    monkeypatch.setenv("_ARGCOMPLETE", "1")
    monkeypatch.setitem(sys.modules, "argcomplete", None)
    assert run(capfd, "summary", archive)[0] == 0


def test_an_empty_path_is_named(capfd: pytest.CaptureFixture[str]) -> None:
    """As the variable of a shell that is not set."""
    assert run(capfd, "decode", "") == (2, [], ["ecr-events: '': empty file name"])


def test_a_closed_pipe_ends_the_program_quietly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It has what it wanted, so that this is no error: of the program and of the function."""
    file = tmp_path / "event.json"
    file.write_bytes((PUSH + b"\n") * 5_000)
    command = [sys.executable, "-m", "ecr_events", "decode", str(file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as broken:
        monkeypatch.setattr(sys, "stdout", broken)
        assert main(["decode", str(file)]) == 0


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


@pytest.mark.parametrize("option", ["-V", "--version"])
def test_the_version_is_that_of_the_package(option: str, capfd: pytest.CaptureFixture[str]) -> None:
    """With the name of the program."""
    assert run(capfd, option) == (0, [f"ecr-events {__version__}"], [])


def without(module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Return what a command does where a module is not installed."""
    code = f"import sys; sys.modules[{module!r}] = None; from ecr_events.cli import main; sys.exit(main())"
    return subprocess.run([sys.executable, "-c", code, *arguments], check=False, capture_output=True, text=True)


@pytest.mark.parametrize(
    "arguments",
    [
        *(["--help"], ["-V"], ["decode", "--help"], ["sample", "image-scan"], ["schema", "image-scan"]),
        *(["pattern", "image-scan"], ["decode", "ARCHIVE"], ["summary", "--json", "ARCHIVE"]),
    ],
)
def test_only_tables_require_rich(arguments: list[str], archive: Path) -> None:
    """Nothing else does."""
    process = without("rich", *(str(archive) if argument == "ARCHIVE" else argument for argument in arguments))
    assert (process.returncode, process.stderr) == (0, "")
    assert process.stdout


def test_missing_rich_exits_with_2(archive: Path) -> None:
    """The message names what to install."""
    process = without("rich", "summary", str(archive))
    assert (process.returncode, process.stdout) == (2, "")
    assert process.stderr.startswith("ecr-events: ")
    assert process.stderr.endswith(": tables require: pip install rich\n")


def test_progress_needs_no_rich(tmp_path: Path) -> None:
    """A command goes on without it."""
    file = tmp_path / "long.ndjson"
    file.write_bytes((PUSH + b"\n") * 16_000)
    code = "import sys; sys.modules['rich'] = None; from ecr_events.cli import main; sys.exit(main())"
    command = [sys.executable, "-c", code, "summary", "--json", str(file)]
    with (tmp_path / "out").open("wb") as out:
        status, shown = run_on_terminal(command, dict(os.environ), out.fileno())
    assert (status, shown) == (0, b"")
    assert json.loads((tmp_path / "out").read_bytes())["events"] == 16_000


@pytest.mark.parametrize("command", ["decode", "summary", "lookup"])
def test_missing_rich_is_told_before_anything_is_read(command: str, tmp_path: Path) -> None:
    """Or looked up."""
    code = "import sys; sys.modules['rich'] = None; from ecr_events.cli import main; sys.exit(main())"
    settings = os.environ | {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"}
    status, shown = run_on_terminal([sys.executable, "-c", code, command, str(tmp_path / "none")], settings)
    assert status == 2
    assert re.fullmatch(rb"ecr-events: [^:]*: tables require: pip install rich\s*", shown)


def test_another_missing_module_is_a_defect(monkeypatch: pytest.MonkeyPatch, archive: Path) -> None:
    """Which a traceback shows."""

    def broken(*_: object) -> None:
        raise ModuleNotFoundError(name="other")

    monkeypatch.setattr("ecr_events.cli.decode.encode_lines", broken)
    with pytest.raises(ModuleNotFoundError):
        main(["decode", str(archive)])


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("ecr-events sam", ["sample "]),
        ("ecr-events sample image-", ["image-action", "image-scan"]),
        ("ecr-events decode --type inspector2-", ["inspector2-finding", "inspector2-scan"]),
        ("ecr-events decode --on-error s", ["skip", "stop"]),
        ("ecr-events decode --li", ["--limit "]),
    ],
)
def test_a_shell_completes_arguments(line: str, expected: list[str]) -> None:
    """By argcomplete."""
    settings = {"_ARGCOMPLETE": "1", "COMP_LINE": line, "COMP_POINT": str(len(line)), "_ARGCOMPLETE_IFS": "\n"}
    command = f"{shlex.quote(sys.executable)} -m ecr_events 8>&1 9>/dev/null"
    process = subprocess.run(["/bin/sh", "-c", command], check=False, capture_output=True, env=os.environ | settings)
    assert sorted(process.stdout.decode().splitlines()) == expected


@pytest.mark.usefixtures("restored_interrupt")
def test_the_package_can_be_run_as_a_module(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    """`python -m ecr_events` exits with the command's status."""
    monkeypatch.setattr(sys, "argv", ["ecr_events", "sample", "image-action"])
    with pytest.raises(SystemExit) as caught:
        runpy.run_module("ecr_events", run_name="__main__")
    assert caught.value.code == 0
    assert json.loads(capfd.readouterr().out) == json.loads(sample_json(ECRImageActionEvent))
