"""A few moments of what ``tests/cli/interruptions.py`` does with hundreds."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli.interruptions import Interruptions, Tally


@pytest.fixture
def interruptions(tmp_path: Path) -> Iterator[Interruptions]:
    """Return a folder with a small archive."""
    runs = Interruptions(tmp_path, 300)
    yield runs
    runs.close()


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("command", ["convert, Parquet", "convert, table", "write"])
def test_a_command_leaves_the_old_file_or_the_new_one(
    command: str, number: signal.Signals, interruptions: Interruptions
) -> None:
    """The result is old or new, and nothing else is left unless the command was killed."""
    tally = Tally(command, number)
    for fraction in (0.7, 0.9):
        interruptions.end_after(fraction, tally)
    assert (tally.runs, tally.faults) == (2, [])
