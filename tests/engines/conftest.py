"""Fixtures of the tests that require the extra ``engines``, and Java 17 or later: an archive with damage."""

import os
import sys
from pathlib import Path

import pytest
from damaged_archives import Damage, write_archive
from questions import Answer, answers, documents

from ecr_events import ECREvent, UnknownEvent
from ecr_events.archives import read

os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))  # for the engines' worker processes


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of an archive."""
    return tmp_path_factory.mktemp("archive")


@pytest.fixture(scope="session")
def damaged(archive: Path) -> list[Damage]:
    """Return what is damaged in the archive."""
    damaged, _ = write_archive(archive, documents(), 29)
    assert damaged
    return sorted(damaged)


@pytest.fixture(scope="session")
def events(archive: Path, damaged: list[Damage]) -> list[ECREvent | UnknownEvent]:
    """Return the events of the archive."""
    assert damaged
    return list(read(archive, on_error="skip"))


@pytest.fixture(scope="session")
def expected(events: list[ECREvent | UnknownEvent]) -> dict[str, Answer]:
    """Return the answers of a plain loop."""
    found = answers(events)
    assert all(len(answer) > 1 for answer in found.values())
    return found
