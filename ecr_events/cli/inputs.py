"""The events that a command reads: the arguments that select them, their errors, and the progress bar."""

import argparse
import os
import re
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from stat import S_ISREG
from typing import Any, get_args

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn, TransferSpeedColumn

from ecr_events.archives.sources import expand_paths
from ecr_events.cli.files import (
    BytesRead,
    InvalidDocument,
    Job,
    Message,
    Result,
    Selection,
    UnreadableFile,
    process_files,
)
from ecr_events.cli.terminal import print_error
from ecr_events.events import ECREvent, EventBridgeEvent, UnknownEvent
from ecr_events.events.envelope import detail_type_of

__all__ = ["EventInput", "add_arguments", "add_jobs", "event_class", "group_for_workers"]

_PROGRESS_SIZE = 8_000_000
"""Minimum size of the files, in bytes, for a progress bar."""

_PARALLEL_SIZE = 8_000_000
"""Minimum size of the files, in bytes, for worker processes."""

_GROUP_SIZE = 1_000_000
"""Minimum size of the files, in bytes, that a worker reads at a time."""


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
        help="only events of this type, such as image-action; may be repeated; others are not validated",
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


def add_jobs(parser: argparse.ArgumentParser) -> None:
    """Add the argument that selects the number of processes, for commands that call `EventInput.process`."""
    parser.add_argument(
        "--jobs",
        type=_parse_jobs,
        metavar="N",
        help="number of processes that read large files (default: the number of cores)",
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


def _parse_jobs(text: str) -> int:
    if not (text.isdecimal() and int(text)):
        raise argparse.ArgumentTypeError(f"invalid number {text!r}")
    return int(text)


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
        self._paths: list[str] = options.paths
        self._selection = Selection(
            types=tuple(options.type or ()),
            repository=options.repository,
            since=options.since,
            until=options.until,
            on_error=options.on_error,
        )
        self._jobs: int = getattr(options, "jobs", None) or _available_cores()
        self._unreadable = False
        self.invalid: int = 0
        """Number of documents that could not be decoded, unless they are skipped."""

    @property
    def status(self) -> int:
        """The exit status, once all events have been read."""
        return 2 if self._unreadable else 1 if self.invalid else 0

    def __iter__(self) -> Iterator[ECREvent | UnknownEvent]:
        files = list(self._files())
        with _progress_bar(files) as advance:
            yield from self._selection.read(files, partial(self._report, advance))

    def process(self, job: Job, consume: Callable[[Any], object]) -> None:
        """Do a job on the events, and pass its results to `consume`."""
        files = list(self._files())
        with _progress_bar(files) as advance:

            def handle(message: Message) -> None:
                if isinstance(message, Result):
                    consume(message.value)
                else:
                    self._report(advance, message)

            groups = group_for_workers(files) if self._jobs > 1 else []
            if len(groups) > 1:
                from ecr_events.cli.jobs import process_files_in_parallel

                process_files_in_parallel(self._selection, job, groups, handle, min(self._jobs, len(groups)))
            else:
                process_files(self._selection, job, files, handle)

    def _files(self) -> Iterator[str]:
        for source in self._paths:
            try:
                yield from [source] if source == "-" else expand_paths(source)
            except OSError as error:
                self._report_unreadable(error)

    def _report(self, advance: Callable[[int], None], message: Message) -> None:
        match message:
            case BytesRead(count=count):
                advance(count)
            case InvalidDocument(error=text):
                print_error(text)
                self.invalid += 1
            case UnreadableFile(error=error):
                self._report_unreadable(error)
            case _:
                pass

    def _report_unreadable(self, error: OSError) -> None:
        print_error(error)
        self._unreadable = True


def _available_cores() -> int:
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def group_for_workers(files: list[str]) -> list[list[str]]:
    """Return consecutive files in groups, each large enough for a worker; none if they do not make up for workers.

    Workers cannot read standard input and pipes.
    """
    groups: list[list[str]] = [[]]
    total = group_size = 0
    for name in files:
        size = _size(name)
        if size is None:
            return []
        if group_size >= _GROUP_SIZE:
            groups.append([])
            group_size = 0
        groups[-1].append(name)
        group_size += size
        total += size
    return groups if total >= _PARALLEL_SIZE else []


def _size(name: str) -> int | None:
    """Return the size of a regular file; None for a stream such as a pipe, and for an unreadable file."""
    try:
        status = Path(name).stat()
    except OSError:
        return None
    return status.st_size if name != "-" and S_ISREG(status.st_mode) else None


@contextmanager
def _progress_bar(files: list[str]) -> Generator[Callable[[int], None]]:
    """Show how many bytes of the files have been read, if there are many and standard error is a terminal."""
    total = sum(_size(name) or 0 for name in files)
    if total < _PROGRESS_SIZE or not sys.stderr.isatty():
        yield lambda _: None
        return
    columns = (BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=total)
        yield lambda count: progress.advance(task, count)
