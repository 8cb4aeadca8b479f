"""Files that shrink, grow or fail while they are read."""

import gzip
import os
import random
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ecr_events import ArchiveError, ECRImageActionEvent, encode
from ecr_events.archives import read
from ecr_events.columns import read_arrow
from ecr_events.samples import sample

IDS = [f"{random.Random(number).getrandbits(512):x}" for number in range(2_000)]
"""Ids that gzip does not shorten much."""

LINES = b"".join(encode(sample(ECRImageActionEvent, id=id)) + b"\n" for id in IDS)

CHANGES: dict[str, Callable[[Path], object]] = {
    "truncated": lambda file: os.truncate(file, file.stat().st_size * 2 // 3 + 5),
    "emptied": lambda file: os.truncate(file, 0),
    "overwritten": lambda file: overwrite(file, file.stat().st_size // 2),
    "appended": lambda file: overwrite(file, file.stat().st_size),
    "replaced": lambda file: file.with_name("new").replace(file),
    "removed": Path.unlink,
}


def overwrite(file: Path, position: int) -> None:
    with file.open("r+b") as opened:
        opened.seek(position)
        opened.write(b"\xff{" * 100)


def ids_of_events(file: Path, errors: list[ArchiveError]) -> Iterator[str]:
    return (event.id for event in read(file, on_error=errors.append))


def ids_of_rows(file: Path, errors: list[ArchiveError]) -> Iterator[str]:
    for batch in read_arrow(file, on_error=errors.append, columns=["id"], batch_size=50):
        ids: list[Any] = batch.column("id").to_pylist()
        yield from ids


@pytest.mark.parametrize("read_ids", [ids_of_events, ids_of_rows])
@pytest.mark.parametrize("is_compressed", [False, True])
@pytest.mark.parametrize("change", CHANGES)
def test_a_file_may_change_while_it_is_read(
    change: str,
    read_ids: Callable[[Path, list[ArchiveError]], Iterator[str]],
    tmp_path: Path,
    *,
    is_compressed: bool,
) -> None:
    """Events read before are yielded, and text that was cut or written over is an error with its place."""
    file = tmp_path / "events"
    file.write_bytes(gzip.compress(LINES) if is_compressed else LINES)
    (tmp_path / "new").write_bytes(b"{}")
    errors: list[ArchiveError] = []
    ids = read_ids(file, errors)
    found = [next(ids) for _ in range(10)]
    CHANGES[change](file)
    found += ids
    if change in {"replaced", "removed"}:
        assert (found, errors) == (IDS, [])
        return
    assert found == [id for id in IDS if id in {*found}]
    assert len(found) >= 100
    assert (len(found) == len(IDS)) == (change == "appended")
    assert errors
    assert {error.file for error in errors} == {str(file)}


@pytest.mark.parametrize("read_all", [read, read_arrow])
def test_a_file_whose_reading_fails_is_named(read_all: Callable[[Path], Iterator[Any]], tmp_path: Path) -> None:
    """Among many, the error of the system alone says nothing."""
    (tmp_path / "1").write_bytes(LINES)
    (tmp_path / "2").symlink_to("/proc/self/mem")
    with pytest.raises(OSError, match=re.escape(f"Input/output error: '{tmp_path / '2'}'")):
        for _ in read_all(tmp_path):
            pass
