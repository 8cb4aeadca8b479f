"""The events that a command reads: the arguments that select them, their errors, and the progress bar."""

import argparse
import fnmatch
import re
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn, TransferSpeedColumn

from ecr_events.archives import BinaryReader, read
from ecr_events.archives.sources import expand_paths
from ecr_events.cli.outcomes import repository_names
from ecr_events.cli.terminal import print_error
from ecr_events.errors import ArchiveError
from ecr_events.events import ECREvent, EventBridgeEvent, UnknownEvent
from ecr_events.events.envelope import detail_type_of

__all__ = ["EventInput", "add_arguments", "event_class"]

_PROGRESS_SIZE = 8_000_000
"""Minimum size of the files, in bytes, for a progress bar."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that select events."""
    parser.add_argument(
        "paths",
        nargs="+",
        metavar="PATH",
        help="a file, directory or glob pattern; - for standard input; JSON lines, a JSON array or adjacent documents, "
        "plain or gzip",
    )
    parser.add_argument(
        "--type",
        action="append",
        type=event_class,
        metavar="TYPE",
        help="only events of this type, such as image-action; may be repeated",
    )
    parser.add_argument(
        "--repository", metavar="NAME", help="only events about this repository; may contain * and ? as wildcards"
    )
    parser.add_argument(
        "--since", type=_parse_time, metavar="TIME", help="only events from this time on: 2026-05-04, 2026-05-04T09:15"
    )
    parser.add_argument("--until", type=_parse_time, metavar="TIME", help="only events before this time")
    parser.add_argument(
        "--on-error",
        choices=("report", "skip", "stop"),
        default="report",
        help="for documents that cannot be decoded: report them and exit with status 1 (default), skip them, "
        "or stop at the first",
    )


def event_class(text: str) -> type[EventBridgeEvent]:
    """Return the event class for a class name, a detail-type, or an abbreviation such as ``image-action``.

    Raises:
        argparse.ArgumentTypeError: The type is unknown.
    """
    names: dict[str, type[EventBridgeEvent]] = {}
    for cls in (*get_args(ECREvent), UnknownEvent):
        for name in (cls.__name__, cls.__name__.removesuffix("Event"), str(detail_type_of(cls))):
            names[_normalize(name)] = names[_normalize(name).removeprefix("ecr").removeprefix("aws")] = cls
    try:
        return names[_normalize(text)]
    except KeyError:
        known = ", ".join(str(detail_type_of(cls)) for cls in get_args(ECREvent))
        raise argparse.ArgumentTypeError(f"unknown type {text!r}: must be one of {known}, unknown") from None


def _normalize(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


def _parse_time(text: str) -> datetime:
    """Return a time, in UTC unless it has an offset."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"invalid date {text!r}") from error
    return time if time.tzinfo else time.replace(tzinfo=UTC)


class EventInput:
    """The events selected by a command's arguments. Errors are printed, and counted in `invalid`."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._options = options
        self._unreadable = False
        self.invalid: int = 0
        """Number of documents that could not be decoded, unless they are skipped."""

    @property
    def status(self) -> int:
        """The exit status, once all events have been read."""
        return 2 if self._unreadable else 1 if self.invalid else 0

    def __iter__(self) -> Iterator[ECREvent | UnknownEvent]:
        files = list(self._files())
        total = sum(Path(name).stat().st_size for name in files if name != "-" and Path(name).is_file())
        options = self._options
        selects_all = not (options.type or options.since or options.until or options.repository)
        with _progress_bar(total) as advance:
            for name in files:
                events = self._read(name, advance)
                try:
                    yield from events if selects_all else filter(self._selects, events)
                except _StopReading:
                    return

    def _files(self) -> Iterator[str]:
        for source in self._options.paths:
            try:
                yield from [source] if source == "-" else expand_paths(source)
            except OSError as error:
                self._report_unreadable(error)

    def _read(self, name: str, advance: Callable[[int], None]) -> Iterator[ECREvent | UnknownEvent]:
        try:
            with nullcontext(sys.stdin.buffer) if name == "-" else Path(name).open("rb") as file:
                yield from read(_ProgressFile(file, name, advance), on_error=self._report_invalid)
        except OSError as error:
            self._report_unreadable(error)

    def _report_unreadable(self, error: OSError) -> None:
        print_error(error)
        self._unreadable = True

    def _report_invalid(self, error: ArchiveError) -> None:
        if self._options.on_error == "skip":
            return
        print_error(error)
        self.invalid += 1
        if self._options.on_error == "stop":
            raise _StopReading

    def _selects(self, event: EventBridgeEvent) -> bool:
        options = self._options
        return (
            (not options.type or event.__class__ in options.type)
            and (options.since is None or event.time >= options.since)
            and (options.until is None or event.time < options.until)
            and (
                options.repository is None
                or any(fnmatch.fnmatchcase(name, options.repository) for name in repository_names(event))
            )
        )


class _StopReading(BaseException):
    """Ends the reading at an invalid document."""


class _ProgressFile:
    """A file that reports the number of bytes read."""

    def __init__(self, file: BinaryReader, name: str, advance: Callable[[int], None]) -> None:
        self._file = file
        self._advance = advance
        self.name = name

    def read(self, size: int, /) -> bytes:
        data = self._file.read(size)
        self._advance(len(data))
        return data


@contextmanager
def _progress_bar(total: int) -> Generator[Callable[[int], None]]:
    """Show how many of `total` bytes have been read, if there are many and standard error is a terminal."""
    if total < _PROGRESS_SIZE or not sys.stderr.isatty():
        yield lambda _: None
        return
    columns = (BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=total)
        yield lambda count: progress.advance(task, count)
