import errno
import gzip
import os
import re
import resource
import signal
import socket
import stat
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from itertools import repeat
from pathlib import Path
from typing import Any

import msgspec
import pytest
from archive_styles import EVENTS

from ecr_events import ECRImageActionEvent, EventBridgeEvent, UnknownEvent, encode
from ecr_events.archives import read, write, writer
from ecr_events.samples import sample

EVENT = sample(ECRImageActionEvent)

MAGIC = b"\x1f\x8b"
"""The first two bytes of every gzip file."""


@pytest.fixture
def umask() -> Iterator[Callable[[int], int]]:
    """Return `os.umask`, whose effect ends with the test."""
    before = os.umask(0o022)
    yield os.umask
    os.umask(before)


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def draft_in(directory: Path) -> Path:
    (draft,) = (path for path in directory.iterdir() if path.name.startswith("."))
    return draft


# Contents


@pytest.mark.parametrize("name", ["events.ndjson", "events.ndjson.gz"])
def test_written_events_are_read_back(name: str, tmp_path: Path) -> None:
    """All of them, in order, also if they are several batches."""
    write(iter(EVENTS * 40), tmp_path / name)
    assert list(read(tmp_path / name)) == EVENTS * 40


def test_one_event_is_one_line(tmp_path: Path) -> None:
    """Each line ends with a line break, also the last."""
    write(EVENTS, tmp_path / "events")
    assert (tmp_path / "events").read_bytes() == b"".join(encode(event) + b"\n" for event in EVENTS)


@pytest.mark.parametrize("count", [0, 1, 999, 1_000, 1_001])
def test_the_number_of_events_is_returned(count: int, tmp_path: Path) -> None:
    """Also if they do not fill a batch."""
    assert write((EVENT for _ in range(count)), tmp_path / "events") == count


@pytest.mark.parametrize("name", ["events", "events.gz"])
def test_without_events_the_archive_is_empty(name: str, tmp_path: Path) -> None:
    """An empty archive can be read."""
    write([], tmp_path / name)
    assert list(read(tmp_path / name)) == []


def test_events_are_read_from_the_file_that_they_replace(tmp_path: Path) -> None:
    """The old file is complete until the new one is."""
    file = tmp_path / "events"
    write(EVENTS * 40, file)
    write((event for event in read(file) if isinstance(event, UnknownEvent)), file)
    assert list(read(file)) == [event for event in EVENTS * 40 if isinstance(event, UnknownEvent)]


@pytest.mark.parametrize("suffix", [".gz", ".GZ", ".Gz"])
def test_the_suffix_in_either_case_compresses(suffix: str, tmp_path: Path) -> None:
    """The decompressed contents are those of a plain file."""
    write(EVENTS, tmp_path / f"events{suffix}")
    write(EVENTS, tmp_path / "plain")
    assert gzip.decompress((tmp_path / f"events{suffix}").read_bytes()) == (tmp_path / "plain").read_bytes()


@pytest.mark.parametrize("name", ["events", "gz", "events.gz.ndjson", "events.gzip"])
def test_other_names_do_not_compress(name: str, tmp_path: Path) -> None:
    """Only the end of the name counts."""
    write(EVENTS, tmp_path / name)
    assert (tmp_path / name).read_bytes().startswith(b"{")


@pytest.mark.parametrize(("link", "target"), [("latest.gz", "events"), ("latest", "events.gz")])
def test_the_name_of_a_link_decides_about_compression(link: str, target: str, tmp_path: Path) -> None:
    """The name of its target does not."""
    (tmp_path / link).symlink_to(target)
    write(EVENTS, tmp_path / link)
    assert (tmp_path / target).read_bytes().startswith(MAGIC) is link.endswith(".gz")


def test_equal_archives_have_equal_bytes(tmp_path: Path) -> None:
    """The gzip header has neither a modification time nor a file name."""
    first, second = tmp_path / "first.gz", tmp_path / "second.gz"
    write(EVENTS, first)
    write(EVENTS, second)
    data = first.read_bytes()
    assert data == second.read_bytes()
    flags, time = data[3], data[4:8]
    assert (flags, time) == (0, bytes(4))


# Names


@pytest.mark.parametrize("name", ["e" * 252 + ".gz", "é" * 127 + "e"])
def test_a_name_may_have_255_bytes(name: str, tmp_path: Path) -> None:
    """The draft's name is not longer than that of the file."""
    write(EVENTS, tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_name_without_a_directory_is_in_the_current_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path may be relative, and a string."""
    monkeypatch.chdir(tmp_path)
    write(EVENTS, "events")
    assert list(read(tmp_path / "events")) == EVENTS


@pytest.mark.parametrize("name", ["", "missing/", "missing/.", "missing/..", "missing/../events", "missing/events"])
def test_a_name_of_no_file_is_an_error(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the path, and neither the directory nor its parent gets a file."""
    directory = tmp_path / "directory"
    directory.mkdir()
    monkeypatch.chdir(directory)
    with pytest.raises(FileNotFoundError) as caught:
        write(EVENTS, name)
    assert (caught.value.errno, caught.value.filename) == (errno.ENOENT, name)
    assert list(tmp_path.rglob("*")) == [directory]


def test_the_draft_is_not_read(tmp_path: Path) -> None:
    """Readers of the directory see only complete archives."""
    seen: list[EventBridgeEvent] = []

    def events() -> Iterator[EventBridgeEvent]:
        yield from EVENTS * 40
        assert draft_in(tmp_path).stat().st_size > 0
        seen.extend(read(tmp_path))

    write([EVENT], tmp_path / "old")
    write(events(), tmp_path / "new")
    assert seen == [EVENT]


# What is replaced


def test_writing_through_a_link_replaces_the_target(tmp_path: Path) -> None:
    """The link stays a link."""
    file, link = tmp_path / "file", tmp_path / "link"
    file.write_text("old")
    link.symlink_to(file)
    write(EVENTS, link)
    assert link.is_symlink()
    assert not file.is_symlink()
    assert list(read(file)) == EVENTS


def test_a_link_to_another_directory_has_its_draft_there(tmp_path: Path) -> None:
    """A file can only be replaced atomically by one of the same file system."""
    directory, link = tmp_path / "directory", tmp_path / "link"
    directory.mkdir()
    link.symlink_to(directory / "file")
    drafts: list[Path] = []

    def events() -> Iterator[EventBridgeEvent]:
        drafts.append(draft_in(directory))
        yield EVENT

    write(events(), link)
    assert len(drafts) == 1


def test_a_link_to_a_missing_directory_is_an_error(tmp_path: Path) -> None:
    """The error names the link, not the draft."""
    link = tmp_path / "link"
    link.symlink_to("missing/file")
    with pytest.raises(FileNotFoundError) as caught:
        write(EVENTS, link)
    assert caught.value.filename == str(link)


def bind_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path.name)


NOT_FILES: dict[str, Callable[[Path], object]] = {
    "pipe": os.mkfifo,
    "socket": bind_socket,
    "directory": Path.mkdir,
}


@pytest.mark.parametrize("name", ["special", "link"])
@pytest.mark.parametrize("make", NOT_FILES.values(), ids=NOT_FILES)
def test_only_a_regular_file_is_replaced(
    make: Callable[[Path], object], name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error names the path, also that of a link, and is raised before a draft is created."""
    monkeypatch.chdir(tmp_path)
    make(tmp_path / "special")
    (tmp_path / "link").symlink_to("special")
    before = (tmp_path / "special").stat()
    monkeypatch.setattr(os, "open", None)
    with pytest.raises(OSError, match="not a regular file") as caught:
        write(EVENTS, name)
    assert caught.value.filename == name
    assert os.path.samestat((tmp_path / "special").stat(), before)
    assert {path.name for path in tmp_path.iterdir()} == {"special", "link"}


def test_a_device_is_not_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even by a user who is allowed to, as root may replace ``/dev/null``."""
    controller, terminal = os.openpty()
    # If this fails no harm is done, since a directory of terminals takes no files.
    name = os.ttyname(terminal)
    monkeypatch.setattr(os, "open", None)
    with pytest.raises(OSError, match="not a regular file") as caught:
        write(EVENTS, name)
    os.close(terminal)
    os.close(controller)
    assert caught.value.filename == name


def test_a_directory_is_refused_as_by_open(tmp_path: Path) -> None:
    """The class of the error is the one that `open` raises."""
    with pytest.raises(IsADirectoryError):
        write(EVENTS, tmp_path)


# Mode


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664, 0o400])
def test_the_file_keeps_its_mode(mode: int, tmp_path: Path, umask: Callable[[int], int]) -> None:
    """Whatever the umask is."""
    umask(0o027)
    file = tmp_path / "events"
    file.touch()
    file.chmod(mode)
    write(EVENTS, file)
    assert mode_of(file) == mode


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664, 0o400])
def test_the_draft_has_the_mode_of_the_file_before_its_first_byte(mode: int, tmp_path: Path) -> None:
    """The draft can be read by those only who may read the file."""
    file = tmp_path / "events"
    file.touch()
    file.chmod(mode)
    drafts: list[tuple[int, int]] = []

    def events() -> Iterator[EventBridgeEvent]:
        drafts.append((draft_in(tmp_path).stat().st_size, mode_of(draft_in(tmp_path))))
        yield EVENT

    write(events(), file)
    assert drafts == [(0, mode)]


def test_the_draft_of_an_existing_file_is_created_private(
    tmp_path: Path, umask: Callable[[int], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody can open it before it gets the mode of the file."""
    umask(0)
    modes: list[int] = []
    set_mode = os.fchmod

    def fchmod(file: int, mode: int) -> None:
        modes.append(stat.S_IMODE(os.fstat(file).st_mode))
        set_mode(file, mode)

    (tmp_path / "events").touch(0o644)
    monkeypatch.setattr(os, "fchmod", fchmod)
    write(EVENTS, tmp_path / "events")
    assert modes[0] == 0o600


@pytest.mark.parametrize(("mask", "mode"), [(0o022, 0o644), (0o002, 0o664), (0o077, 0o600), (0o377, 0o400)])
def test_a_new_file_has_the_mode_of_any_new_file(
    mask: int, mode: int, tmp_path: Path, umask: Callable[[int], int]
) -> None:
    """The umask decides."""
    umask(mask)
    write(EVENTS, tmp_path / "events")
    assert mode_of(tmp_path / "events") == mode


@pytest.mark.parametrize(("mask", "mode"), [(0o000, 0o600), (0o022, 0o600), (0o377, 0o400)])
def test_the_draft_of_a_new_file_is_private(mask: int, mode: int, tmp_path: Path, umask: Callable[[int], int]) -> None:
    """Until it is complete, at most its owner reads it."""
    umask(mask)
    modes: list[int] = []

    def events() -> Iterator[EventBridgeEvent]:
        modes.append(mode_of(draft_in(tmp_path)))
        yield from EVENTS * 40
        modes.append(mode_of(draft_in(tmp_path)))

    write(events(), tmp_path / "events")
    assert modes == [mode, mode]


def test_a_new_file_has_its_mode_when_it_appears(
    tmp_path: Path, umask: Callable[[int], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Readers never find a file that they may not read yet."""
    umask(0o022)
    modes: list[int] = []

    def replace(draft: str, _: str) -> None:
        modes.append(mode_of(Path(draft)))

    monkeypatch.setattr(os, "replace", replace)
    write(EVENTS, tmp_path / "events")
    assert modes == [0o644]


def test_the_umask_of_the_process_is_not_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading it means to change it, also for files that other threads create meanwhile."""
    monkeypatch.setattr(os, "umask", None)
    assert write(EVENTS, tmp_path / "events") == len(EVENTS)


# Elements that are not events


class LazyEvents:
    """Events that are iterable, and no more."""

    def __iter__(self) -> Iterator[EventBridgeEvent]:
        """Yield the events."""
        return iter(EVENTS)


@pytest.mark.parametrize("events", [tuple(EVENTS), dict.fromkeys(EVENTS), LazyEvents()], ids=type)
def test_events_may_be_any_iterable(events: Any, tmp_path: Path) -> None:
    """Each event is written once per iteration."""
    assert write(events, tmp_path / "events") == len(list(events))


@pytest.mark.parametrize(
    ("events", "message"),
    [
        ([EVENT, None, 1], r"events\[1\] must be an event, not NoneType"),
        ([b"{}"], r"events\[0\] must be an event, not bytes"),
        ({"id": 1}, r"events\[0\] must be an event, not str"),
        ([ECRImageActionEvent], r"events\[0\] must be an event, not StructMeta"),
        ([EVENT, EVENT.detail], r"events\[1\] must be an event, not ECRImageAction"),
        ([*[EVENT] * 2_500, {}], r"events\[2500\] must be an event, not dict"),
    ],
    ids=["None", "bytes", "dict", "class", "detail", "third batch"],
)
def test_an_element_that_is_not_an_event_is_named(events: Any, message: str, tmp_path: Path) -> None:
    """The error has the position of the first such element, and its type."""
    with pytest.raises(TypeError, match=f"^{message}$"):
        write(events, tmp_path / "events")


def test_an_element_that_is_not_an_event_leaves_the_old_file(tmp_path: Path) -> None:
    """Also if batches of events have been written before it."""
    file = tmp_path / "events"
    write(EVENTS, file)
    invalid: Any = [*EVENTS * 40, None]
    with pytest.raises(TypeError):
        write(invalid, file)
    assert list(read(file)) == EVENTS
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("events", ["", "text", b"", b"{}", bytearray(), memoryview(b""), EVENT], ids=type)
def test_text_bytes_and_single_events_are_not_iterables_of_events(events: Any, tmp_path: Path) -> None:
    """Even if they are empty, and would yield nothing invalid."""
    with pytest.raises(TypeError, match=f"^events must be an iterable of events, not {type(events).__name__}$"):
        write(events, tmp_path / "events")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("events", [None, 1])
def test_what_is_not_iterable_creates_no_file(events: Any, tmp_path: Path) -> None:
    """Python's own error says what is wrong."""
    with pytest.raises(TypeError, match="object is not iterable"):
        write(events, tmp_path / "events")
    assert list(tmp_path.iterdir()) == []


# Atomicity


@pytest.mark.parametrize("error", [LookupError, KeyboardInterrupt, GeneratorExit])
def test_an_error_while_writing_leaves_the_old_file(error: type[BaseException], tmp_path: Path) -> None:
    """The draft is removed."""
    file = tmp_path / "events.ndjson"
    write(EVENTS, file)

    def broken() -> Iterator[EventBridgeEvent]:
        yield from EVENTS * 100
        raise error

    with pytest.raises(error):
        write(broken(), file)
    assert list(read(file)) == EVENTS
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("name", ["events", "events.gz"])
@pytest.mark.parametrize("count", [1, 100_000])
def test_a_full_disk_is_an_error_with_the_name_of_the_file(name: str, count: int, tmp_path: Path) -> None:
    """Whether it is full at once, or when the last bytes are written."""
    (tmp_path / name).write_text("old")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
    try:
        with pytest.raises(OSError, match=re.escape(f"File too large: '{tmp_path / name}'")):
            write(repeat(EVENT, count), tmp_path / name)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert (tmp_path / name).read_text() == "old"
    assert list(tmp_path.iterdir()) == [tmp_path / name]


def test_an_event_that_cannot_be_encoded_leaves_no_file(tmp_path: Path) -> None:
    """Events that were made by hand may contain anything."""
    event = msgspec.structs.replace(sample(UnknownEvent), detail={"key": object()})
    with pytest.raises(TypeError, match="object"):
        write([event], tmp_path / "events")
    assert list(tmp_path.iterdir()) == []


def test_a_failed_replacement_leaves_no_draft(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error of the system is raised."""

    def replace(_: str, target: str) -> None:
        raise PermissionError(errno.EPERM, "not permitted", target)

    monkeypatch.setattr(os, "replace", replace)
    with pytest.raises(PermissionError, match="not permitted"):
        write(EVENTS, tmp_path / "events")
    assert list(tmp_path.iterdir()) == []


def test_a_draft_that_cannot_be_removed_does_not_hide_the_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first error is the one that matters."""

    def broken() -> Iterator[EventBridgeEvent]:
        yield EVENT
        raise LookupError

    def unlink(draft: str) -> None:
        raise PermissionError(errno.EPERM, "not permitted", draft)

    monkeypatch.setattr(os, "unlink", unlink)
    with pytest.raises(LookupError):
        write(broken(), tmp_path / "events")


@pytest.mark.parametrize("name", ["events", "events.gz"])
def test_the_draft_is_on_disk_before_it_replaces(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file is complete when it is synchronized."""
    synchronized: list[bytes] = []
    replace = os.replace

    def fsync(_: int) -> None:
        synchronized.append(draft_in(tmp_path).read_bytes())

    def replace_synchronized(draft: str, target: str) -> None:
        assert synchronized == [Path(draft).read_bytes()]
        replace(draft, target)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "replace", replace_synchronized)
    write(EVENTS, tmp_path / name)
    assert list(read(tmp_path / name)) == EVENTS


def test_the_draft_is_a_new_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A link that stands where the draft should is not followed."""
    victim = tmp_path / "victim"
    victim.write_text("intact")
    monkeypatch.setattr(os, "urandom", bytes)

    links: list[Path] = []

    def events() -> Iterator[EventBridgeEvent]:
        links.append(draft_in(tmp_path))
        yield EVENT

    write(events(), tmp_path / "events")
    links[0].symlink_to(victim)
    with pytest.raises(FileExistsError):
        write(EVENTS, tmp_path / "events")
    assert victim.read_text() == "intact"


def test_nothing_else_remains_in_the_directory(tmp_path: Path) -> None:
    """The draft has become the file."""
    (tmp_path / "events").write_text("old")
    write(EVENTS, tmp_path / "events")
    assert list(tmp_path.iterdir()) == [tmp_path / "events"]


def test_a_kill_while_writing_leaves_the_old_file(tmp_path: Path) -> None:
    """The process is killed after some events have been written."""
    file = tmp_path / "events.ndjson"
    write([EVENT], file)
    code = f"""
    import os, signal
    from ecr_events import ECRImageActionEvent
    from ecr_events.archives import write
    from ecr_events.samples import sample

    def events():
        for _ in range(5_000):
            yield sample(ECRImageActionEvent)
        os.kill(os.getpid(), signal.SIGKILL)

    write(events(), {str(file)!r})
    """
    process = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], check=False)
    assert process.returncode == -signal.SIGKILL
    assert list(read(file)) == [EVENT]


# Imports


def test_importing_the_writer_is_cheap() -> None:
    """It loads nothing but what all events need."""
    code = f"""
    import importlib.machinery, importlib.util, sys
    import ecr_events.events
    slow = {{"errno", "glob", "gzip", "pathlib", "shutil", "tempfile"}}
    for name in slow:
        sys.modules.pop(name, None)
    before = {{*sys.modules}}
    spec = importlib.util.spec_from_file_location("writer", {writer.__file__!r})
    spec.loader.exec_module(importlib.util.module_from_spec(spec))
    print(*{{*sys.modules}} - before)
    """
    run = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], check=True, capture_output=True, text=True)
    assert run.stdout.split() == ["ecr_events.drafts"]
