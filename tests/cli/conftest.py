"""An archive to run commands on, and the handler of Ctrl-C."""

import signal
from collections.abc import Generator
from pathlib import Path

import pytest
from command_line import EVENTS

from ecr_events.archives import write


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """Return a file with one event of each type."""
    file = tmp_path / "events.ndjson.gz"
    write(EVENTS, file)
    return file


@pytest.fixture
def restored_interrupt() -> Generator[None]:
    """Undo what the program does to Ctrl-C, which would end the tests' own process."""
    before = signal.getsignal(signal.SIGINT)
    yield
    signal.signal(signal.SIGINT, before)
