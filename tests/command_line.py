"""The command line, called as a function or run on a pseudo-terminal."""

import os
import pty
import select
import subprocess
import sys
from typing import get_args

import pytest

from ecr_events import (
    ECREvent,
    ECRImageActionEvent,
    ECRReplicationActionEvent,
    UnknownEvent,
    encode,
)
from ecr_events.cli import main
from ecr_events.samples import sample

PUSH = encode(sample(ECRImageActionEvent))
COPY = encode(sample(ECRReplicationActionEvent))
EVENTS = [sample(cls) for cls in (*get_args(ECREvent), UnknownEvent)]


def run(capfd: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, list[str], list[str]]:
    """Return the exit status and the lines on standard output and standard error."""
    capfd.readouterr()
    try:
        status = main([str(argument) for argument in arguments])
    except SystemExit as error:
        status = int(error.code or 0)
    captured = capfd.readouterr()
    return status, captured.out.splitlines(), captured.err.splitlines()


def on_terminal(*arguments: object, columns: int = 120, **environment: str) -> tuple[int, str]:
    """Return the exit status and the output to a terminal."""
    settings = os.environ | {"COLUMNS": str(columns), "TERM": "xterm-256color"} | environment
    status, shown = run_on_terminal([sys.executable, "-m", "ecr_events", *map(str, arguments)], settings)
    return status, shown.decode()


def run_on_terminal(command: list[str], environment: dict[str, str], stdout: int | None = None) -> tuple[int, bytes]:
    """Return the exit status of a program, and what it writes to a terminal; to `stdout` goes its standard output."""
    screen, terminal = pty.openpty()
    output = terminal if stdout is None else stdout
    with subprocess.Popen(command, stdin=terminal, stdout=output, stderr=terminal, env=environment) as process:
        os.close(terminal)
        shown = b""
        while select.select([screen], [], [], 60)[0]:
            try:
                shown += os.read(screen, 65_536)
            except OSError:
                break
    os.close(screen)
    return process.returncode, shown
