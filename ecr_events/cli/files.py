"""The work of a command on some files: their selected events, and a job on these.

The work sends messages: the results of the job, the errors, and the progress. In a worker process
it sends them to the parent, which prints them. This module imports nothing that only printing
requires, since every worker imports it.
"""

import fnmatch
import select
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Protocol, TypeAlias, TypeVar

from msgspec import Struct

from ecr_events.archives import BinaryReader, OnError
from ecr_events.archives.reader import check_types
from ecr_events.cli.deliveries import read_with_deliveries
from ecr_events.cli.outcomes import repository_names
from ecr_events.codec import USE_UNWRAP
from ecr_events.errors import ArchiveError
from ecr_events.events import ECREvent, EventBridgeEvent, UnknownEvent

__all__ = [
    "BytesRead",
    "Finished",
    "InvalidDocument",
    "Job",
    "Message",
    "OnInvalid",
    "Progress",
    "Reading",
    "Result",
    "Selection",
    "Send",
    "UnreadableFile",
    "Waiting",
    "grouped",
    "process_files",
    "read_files",
]

_Item = TypeVar("_Item")

_PROGRESS_STEP = 1_000_000
"""Number of bytes read between two messages about them."""


_UNWRAPPING = "ecr-events decode unwraps it"
"""The advice of commands that do not unwrap deliveries."""


class BytesRead(Struct, frozen=True):
    """Bytes have been read."""

    count: int


class Waiting(Struct, frozen=True):
    """A stream has no more input for now."""


class InvalidDocument(Struct, frozen=True):
    """A document could not be decoded."""

    error: str

    cause: str = ""
    """The error without its position."""

    dead_letter: bytes = b""
    """The error and its document in JSON, if the command writes them."""


class UnreadableFile(Struct, frozen=True):
    """A file cannot be read."""

    error: OSError


class Result(Struct, frozen=True):
    """A result of the job."""

    value: Any


class Finished(Struct, frozen=True):
    """The work is done. The last message."""


Message: TypeAlias = BytesRead | Waiting | InvalidDocument | UnreadableFile | Result | Finished

Send: TypeAlias = Callable[[Message], object]

Job: TypeAlias = Callable[[Iterator[Any]], Iterator[Any]]
"""Yields results of what has been read. It can be pickled, as its results can."""

OnInvalid: TypeAlias = Literal["report", "skip", "stop"]
"""The handling of documents that cannot be decoded."""


class Reading(Protocol):
    """The input of a job. It can be pickled."""

    def read(self, names: Iterable[Any], send: Send, /) -> Iterator[Any]:
        """Yield what is read, and send the errors and the progress."""
        ...


class Selection(Struct, frozen=True, kw_only=True):
    """The events selected by a command's arguments, and the handling of documents that are not events."""

    types: tuple[type[EventBridgeEvent], ...] = ()
    """Classes of the events; empty for all."""

    repository: str | None = None
    """Name of a repository; may contain wildcards."""

    since: datetime | None = None

    until: datetime | None = None

    on_error: OnInvalid = "report"

    def read(self, names: Iterable[str], send: Send) -> Iterator[ECREvent | UnknownEvent]:
        """Yield the selected events of files, and send the errors and the progress."""
        return read_files(names, self._read, self.on_error, send)

    def _read(self, source: BinaryReader, on_error: OnError) -> Iterator[Any]:
        events = read_with_deliveries(source, check_types(self.types) if self.types else None, on_error)
        return events if self._selects_all else filter(self._selects, events)

    @property
    def _selects_all(self) -> bool:
        return self.since is None and self.until is None and self.repository is None

    def _selects(self, event: EventBridgeEvent) -> bool:
        return (
            (self.since is None or event.time >= self.since)
            and (self.until is None or event.time < self.until)
            and (
                self.repository is None
                or any(fnmatch.fnmatchcase(name, self.repository) for name in repository_names(event))
            )
        )


def process_files(reading: Reading, job: Job, names: Iterable[Any], send: Send) -> None:
    """Do a job on what is read of files, and send its results."""
    for value in job(reading.read(names, send)):
        send(Result(value))
    send(Finished())


def read_files(
    names: Iterable[str],
    read: Callable[[BinaryReader, OnError], Iterator[_Item]],
    on_error: OnInvalid,
    send: Send,
    dead_letter: Callable[[ArchiveError], bytes] = lambda _: b"",
) -> Iterator[_Item]:
    """Yield what `read` yields of each file, and send the errors and the progress."""

    def report(error: ArchiveError) -> None:
        text, cause = (
            text.replace(USE_UNWRAP, _UNWRAPPING) for text in (str(error), f"{error.reason} at {error.path}")
        )
        send(InvalidDocument(text, cause, dead_letter(error)))
        if on_error == "stop":
            raise _StopReading

    progress = Progress(send)
    for name in names:
        try:
            with _open(name) as file:
                yield from read(_ProgressFile(file, name, progress, send), "skip" if on_error == "skip" else report)
        except _UnreadableError as error:
            send(UnreadableFile(error.error))
        except _StopReading:
            return
    progress.flush()


def _open(name: str) -> AbstractContextManager[BinaryReader]:
    if name == "-":
        return nullcontext(sys.stdin.buffer)
    try:
        return Path(name).open("rb", buffering=0)
    except OSError as error:
        raise _UnreadableError(error) from error


def grouped(items: Iterable[_Item], size_of: Callable[[_Item], int], minimum: int) -> Iterator[list[_Item]]:
    """Yield consecutive items in the smallest groups that have a minimum size. The last one may be smaller."""
    group: list[_Item] = []
    size = 0
    for item in items:
        group.append(item)
        size += size_of(item)
        if size >= minimum:
            yield group
            group, size = [], 0
    if group:
        yield group


class _StopReading(BaseException):
    """Ends the reading at an invalid document."""


class _UnreadableError(Exception):
    """A file cannot be read. Not an OSError, as errors of what is written meanwhile are."""

    def __init__(self, error: OSError) -> None:
        super().__init__(error)
        self.error = error


class Progress:
    """The number of bytes read, sent in steps."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._unsent = 0

    def add(self, count: int) -> None:
        """Add bytes."""
        self._unsent += count
        if self._unsent >= _PROGRESS_STEP:
            self.flush()

    def flush(self) -> None:
        """Send the bytes that have not been sent."""
        self._send(BytesRead(self._unsent))
        self._unsent = 0


class _ProgressFile:
    """A file whose reading is progress, and which gives what there is of a stream, however little."""

    def __init__(self, file: Any, name: str, progress: Progress, send: Send) -> None:
        self._file = file
        self._read = getattr(file, "read1", file.read)
        self._progress = progress
        self._send = send
        self.name = name

    def read(self, size: int, /) -> bytes:
        if not _has_input(self._file, 0):
            self._send(Waiting())
            _has_input(self._file, None)
        try:
            data: bytes = self._read(size)
        except OSError as error:
            error.filename = self.name
            raise _UnreadableError(error) from error
        self._progress.add(len(data))
        return data


def _has_input(file: Any, timeout: float | None) -> bool:
    """Return whether a file has input, after waiting for it for up to `timeout` seconds, or without a limit."""
    try:
        return bool(select.select([file], [], [], timeout)[0])
    except (OSError, ValueError):  # Windows selects sockets only, and tests read from memory
        return True
