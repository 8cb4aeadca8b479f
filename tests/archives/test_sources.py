import gzip
import io
import os
import re
from errno import EACCES, ENOENT
from pathlib import Path
from typing import Any

import pytest
from archive_styles import EVENTS, LINES

from ecr_events import ArchiveError, ECRImageActionEvent
from ecr_events.archives import read
from ecr_events.archives.sources import BinaryReader, expand_paths
from ecr_events.samples import sample, sample_json


def test_a_source_is_a_path_a_pattern_a_directory_a_file_or_bytes(tmp_path: Path) -> None:
    """Files are read in the order of their names, and a file opened by the caller stays open."""
    (tmp_path / "deep" / "deeper").mkdir(parents=True)
    first, second = tmp_path / "a.ndjson", tmp_path / "deep" / "deeper" / "b.json.gz"
    first.write_text("\n".join(LINES[:5]))
    second.write_bytes(gzip.compress("".join(LINES[5:9]).encode()))
    data = first.read_bytes()
    for source in (first, str(first), data, bytearray(data), memoryview(data)):
        assert list(read(source)) == EVENTS[:5]
    for directory in (tmp_path, str(tmp_path), f"{tmp_path}/**/*"):
        assert list(read(directory)) == EVENTS[:9]
    assert list(read(f"{tmp_path}/**/*.gz")) == EVENTS[5:9]
    with second.open("rb") as file:
        assert list(read(file)) == EVENTS[5:9]
        assert not file.closed


def test_an_error_has_the_name_of_its_file(tmp_path: Path) -> None:
    """Of a path as of an open file; bytes have none."""
    path = tmp_path / "broken.json"
    path.write_text("{")
    with path.open("rb") as file:
        for source in (path, file):
            with pytest.raises(ArchiveError) as caught:
                list(read(source))
            assert caught.value.file == str(path)
    with pytest.raises(ArchiveError) as caught:
        list(read(b"{"))
    assert caught.value.file is None


def test_a_file_whose_name_looks_like_a_pattern_is_read(tmp_path: Path) -> None:
    """An existing file wins over the files that the pattern matches."""
    (tmp_path / "odd[1].json").write_text(LINES[0])
    (tmp_path / "odd1.json").write_text(LINES[1])
    assert list(read(tmp_path / "odd[1].json")) == EVENTS[:1]


def test_hidden_files_in_a_directory_are_skipped(tmp_path: Path) -> None:
    """Such as drafts left by a crash, and version control."""
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "config").write_text("not an event")
    (tmp_path / ".events.ndjson.draft").write_text("{")
    (tmp_path / "events.ndjson").write_text(LINES[0])
    assert list(read(tmp_path)) == EVENTS[:1]


def test_a_directory_that_cannot_be_read_is_an_error_in_its_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The files before it are read."""
    (tmp_path / "a.json").write_text(LINES[0])
    (tmp_path / "b").mkdir()
    scandir = os.scandir

    def refuse(path: str) -> Any:
        if path.endswith("b"):
            raise PermissionError(EACCES, "permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    events = read(tmp_path)
    assert next(events) == EVENTS[0]
    with pytest.raises(OSError, match=re.escape(str(tmp_path / "b"))):
        next(events)


def test_paths_are_sorted_by_name(tmp_path: Path) -> None:
    """A directory and a pattern give the same files in the same order; a plain path is not checked."""
    for name in ("c", "a", "b"):
        (tmp_path / name).mkdir()
        for number in (2, 10, 1):
            (tmp_path / name / f"{number}.json").touch()
    files = [str(tmp_path / name / f"{number}.json") for name in "abc" for number in (1, 10, 2)]
    assert expand_paths(str(tmp_path)) == files
    assert expand_paths(f"{tmp_path}/**/*.json") == files
    assert expand_paths(f"{tmp_path}/?/1.json") == [files[0], files[3], files[6]]
    assert expand_paths("missing.json") == ["missing.json"]


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("missing.json", "No such file or directory"),
        ("*.missing", "no file matches the pattern"),
        ("", "empty file name"),
    ],
)
def test_a_missing_file_is_not_an_empty_archive(source: str, reason: str) -> None:
    """Missing files and patterns without matches raise FileNotFoundError with their name."""
    with pytest.raises(FileNotFoundError) as caught:
        list(read(source))
    assert (caught.value.errno, caught.value.strerror, caught.value.filename) == (ENOENT, reason, source)


def test_a_file_without_a_name_has_none(tmp_path: Path) -> None:
    """Python names it by its number. A name of bytes is one of text in errors."""

    def name_in_error(source: BinaryReader) -> str | None:
        errors: list[ArchiveError] = []
        assert list(read(source, on_error=errors.append)) == []
        return errors[0].file

    path = tmp_path / "a"
    path.write_bytes(b"{")
    with io.FileIO(os.open(path, os.O_RDONLY)) as file:
        assert name_in_error(file) is None
    with io.FileIO(os.fsencode(path)) as file:
        assert name_in_error(file) == str(path)


def test_bytes_need_not_be_adjacent() -> None:
    """As every second one of a buffer."""
    text = bytes(byte for each in sample_json(ECRImageActionEvent) for byte in (each, 0))
    assert list(read(memoryview(text)[::2])) == [sample(ECRImageActionEvent)]
