"""The events that a command is to be about: read, filtered, and shown to move."""

import argparse
import fnmatch
import re
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, get_args

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn, TransferSpeedColumn

from ecr_events.archives import read
from ecr_events.archives.sources import expand_paths
from ecr_events.cli.outcomes import repositories
from ecr_events.cli.terminal import complain
from ecr_events.errors import ArchiveError
from ecr_events.events import ECREvent, EventBridgeEvent, UnknownEvent

__all__ = ["Reading", "add_arguments", "event_class"]

_MANY = 8_000_000
"""From so many bytes on, progress is worth showing."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments by which a command is told its events."""
    parser.add_argument(
        "paths",
        nargs="+",
        metavar="PATH",
        help="a file, a folder or a pattern; - for standard input; JSON in lines, in an array, or one after the other, "
        "plain or gzip",
    )
    parser.add_argument(
        "--type",
        action="append",
        type=event_class,
        metavar="TYPE",
        help="only this type of event, such as image-action; may be repeated",
    )
    parser.add_argument("--repository", metavar="NAME", help="only events about this repository; may hold * and ?")
    parser.add_argument(
        "--since", type=_moment, metavar="TIME", help="only events from this time on: 2026-05-04, or 2026-05-04T09:15"
    )
    parser.add_argument("--until", type=_moment, metavar="TIME", help="only events before this time")
    parser.add_argument(
        "--on-error",
        choices=("report", "skip", "stop"),
        default="report",
        help="what to do about text that is no event: report it and exit with 1 in the end, skip it, or stop there",
    )


def event_class(text: str) -> type[EventBridgeEvent]:
    """Return the class that somebody means by a class name, a detail-type, or something like it."""
    wanted = _plain(text)
    names: dict[str, type[EventBridgeEvent]] = {}
    for cls in (*get_args(ECREvent), UnknownEvent):
        for name in (cls.__name__, cls.__name__.removesuffix("Event"), str(cls.__struct_config__.tag)):
            names[_plain(name)] = names[_plain(name).removeprefix("ecr").removeprefix("aws")] = cls
    if wanted not in names:
        known = ", ".join(str(cls.__struct_config__.tag) for cls in get_args(ECREvent))
        raise argparse.ArgumentTypeError(f"no type of event: {text!r}; there are {known}")
    return names[wanted]


def _plain(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"no date and no time: {text!r}") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


class Reading:
    """The events that the arguments of a command ask for."""

    def __init__(self, options: argparse.Namespace) -> None:
        """Open nothing yet."""
        self.options: argparse.Namespace = options
        self.refused: int = 0
        self.unreadable: bool = False

    @property
    def status(self) -> int:
        """The exit status, when all has been read."""
        return 2 if self.unreadable else 1 if self.refused else 0

    def events(self) -> Iterator[ECREvent | UnknownEvent]:
        """Yield the events; errors go to standard error, and so does the progress, on a terminal."""
        files = list(self._files())
        total = sum(Path(name).stat().st_size for name in files if name != "-" and Path(name).is_file())
        options = self.options
        everything = not (options.type or options.since or options.until or options.repository)
        with _progress(total) as advance:
            for name in files:
                found = self._read(name, advance)
                try:
                    yield from found if everything else filter(self._wanted, found)
                except _Stopped:
                    return

    def _files(self) -> Iterator[str]:
        for source in self.options.paths:
            try:
                yield from [source] if source == "-" else expand_paths(source)
            except OSError as error:
                self._complain(error)

    def _read(self, name: str, advance: Callable[[int], None]) -> Iterator[ECREvent | UnknownEvent]:
        try:
            with nullcontext(sys.stdin.buffer) if name == "-" else Path(name).open("rb") as file:
                watched: Any = _Watched(file, name, advance)
                yield from read(watched, on_error=self._refuse)
        except OSError as error:
            self._complain(error)

    def _complain(self, error: OSError) -> None:
        complain(error)
        self.unreadable = True

    def _refuse(self, error: ArchiveError) -> None:
        if self.options.on_error == "skip":
            return
        complain(error)
        self.refused += 1
        if self.options.on_error == "stop":
            raise _Stopped

    def _wanted(self, event: EventBridgeEvent) -> bool:
        options = self.options
        return (
            (not options.type or event.__class__ in options.type)
            and (options.since is None or event.time >= options.since)
            and (options.until is None or event.time < options.until)
            and (
                options.repository is None
                or any(fnmatch.fnmatchcase(name, options.repository) for name in repositories(event))
            )
        )


class _Stopped(Exception):  # noqa: N818 - no error, a way out
    """The first text that is no event, where that ends the reading."""


class _Watched:
    """A file that tells how much of it has been read."""

    def __init__(self, file: IO[bytes], name: str, advance: Callable[[int], None]) -> None:
        self._file = file
        self._advance = advance
        self.name = name

    def read(self, size: int) -> bytes:
        data = self._file.read(size)
        self._advance(len(data))
        return data


@contextmanager
def _progress(total: int) -> Generator[Callable[[int], None]]:
    """Show how many of `total` bytes have been read, on a terminal, where that takes a while."""
    if total < _MANY or not sys.stderr.isatty():
        yield lambda _: None
        return
    columns = (BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=total)
        yield lambda count: progress.advance(task, count)
