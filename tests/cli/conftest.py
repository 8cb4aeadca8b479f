"""An archive to run commands on."""

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
