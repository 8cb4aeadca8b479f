"""The files that a command reads: the arguments that select them and their events, errors, and the progress bar."""

import argparse
import os
import re
import sys
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
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
    Reading,
    Result,
    Selection,
    UnreadableFile,
    grouped,
    process_files,
)
from ecr_events.cli.terminal import print_error
from ecr_events.events import ECREvent, EventBridgeEvent, UnknownEvent
from ecr_events.events.envelope import detail_type_of

__all__ = [
    "EventInput",
    "FileInput",
    "add_arguments",
    "add_files",
    "add_filters",
    "add_jobs",
    "event_class",
    "group_for_workers",
]

_PROGRESS_SIZE = 8_000_000
"""Minimum size of the files, in bytes, for a progress bar."""

_PARALLEL_SIZE = 8_000_000
"""Minimum size of the files, in bytes, for worker processes."""

_GROUP_SIZE = 1_000_000
"""Minimum size of the files, in bytes, that a worker reads at a time."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of an `EventInput`."""
    add_files(parser)
    add_filters(parser)


def add_files(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that select files and types of events."""
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
        "--on-error",
        choices=("report", "skip", "stop"),
        default="report",
        help="for documents that cannot be decoded: report them and exit with status 1 (default), skip them, "
        "or stop at the first",
    )


def add_filters(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that select events by repository and time."""
    parser.add_argument(
        "--repository", metavar="NAME", help="only events about this repository; may contain * and ? as wildcards"
    )
    parser.add_argument(
        "--since", type=_parse_time, metavar="TIME", help="only events from this time on: 2026-05-04, 2026-05-04T09:15"
    )
    parser.add_argument("--until", type=_parse_time, metavar="TIME", help="only events before this time")


def add_jobs(parser: argparse.ArgumentParser) -> None:
    """Add the argument that selects the number of processes, for commands that call `FileInput.process`."""
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


class FileInput:
    """The files of a command's arguments. Errors are printed, and counted in `invalid`.

    Args:
        options: The command's arguments.
        reading: What is read of the files.
        outputs: Resolved names of files that the command writes. They are not read if a directory or a pattern has
            them.
    """

    def __init__(self, options: argparse.Namespace, reading: Reading, outputs: Iterable[str] = ()) -> None:
        self._paths: list[str] = options.paths
        self._reading = reading
        self._outputs = frozenset(outputs)
        self._jobs: int = getattr(options, "jobs", None) or _available_cores()
        self.folder: str | None = None
        """The folder of the workers' results, which may be as large as the files; None for that of temporary files."""
        self.is_unreadable: bool = False
        """Whether a file could not be read, or a path has none."""
        self.invalid: int = 0
        """Number of documents that could not be decoded, unless they are skipped."""
        self.readable: int = 0
        """Number of files that could be read."""

    @property
    def status(self) -> int:
        """The exit status, once all files have been read."""
        return 2 if self.is_unreadable else 1 if self.invalid else 0

    def process(self, job: Job, consume: Callable[[Any], object], group_size: int | None = None) -> None:
        """Do a job on the files, and pass its results to `consume`.

        Args:
            job: The job.
            consume: Called with each result, in the order of the files.
            group_size: Minimum size of the files, in bytes, on which the job is done together.
        """
        files = self.files()
        self.work(self._reading, job, group_for_workers(files, group_size) or [files], consume, _total_size(files))

    def work(
        self,
        reading: Reading,
        job: Job,
        groups: Sequence[Sequence[Any]],
        consume: Callable[[Any], object],
        total: int,
    ) -> None:
        """Do a job on groups of what can be read, and show the progress to a total number of bytes."""
        with _progress_bar(total) as advance:

            def handle(message: Message) -> None:
                if isinstance(message, Result):
                    consume(message.value)
                else:
                    self._report(advance, message)

            if self._jobs > 1 and len(groups) > 1:
                from ecr_events.cli.jobs import process_files_in_parallel

                jobs = min(self._jobs, len(groups))
                process_files_in_parallel(reading, job, groups, handle, jobs, folder=self.folder)
                return
            for group in groups:
                process_files(reading, job, group, handle)
                if self.invalid and reading.on_error == "stop":
                    break

    def files(self) -> list[str]:
        """Return the names of the files, and print the errors of what has none."""
        files: list[str] = []
        for source in self._paths:
            try:
                files += [source] if source == "-" else self._expand(source)
            except OSError as error:
                self._report_unreadable(error)
        self.readable = len(files)
        return files

    def handle_invalid(self, document: InvalidDocument) -> None:
        """Print the error of a document, and count it."""
        print_error(document.error)
        self.invalid += 1

    def _expand(self, source: str) -> list[str]:
        files = expand_paths(source)
        return [name for name in files if os.path.realpath(name) not in self._outputs] if self._outputs else files

    def _report(self, advance: Callable[[int], None], message: Message) -> None:
        match message:
            case BytesRead(count=count):
                advance(count)
            case InvalidDocument():
                self.handle_invalid(message)
            case UnreadableFile(error=error):
                self._report_unreadable(error)
                self.readable -= 1
            case _:
                pass

    def _report_unreadable(self, error: OSError) -> None:
        print_error(error)
        self.is_unreadable = True


class EventInput(FileInput):
    """The events selected by a command's arguments."""

    def __init__(self, options: argparse.Namespace) -> None:
        selection = Selection(
            types=tuple(options.type or ()),
            repository=options.repository,
            since=options.since,
            until=options.until,
            on_error=options.on_error,
        )
        super().__init__(options, selection)

    def __iter__(self) -> Iterator[ECREvent | UnknownEvent]:
        files = self.files()
        with _progress_bar(_total_size(files)) as advance:
            yield from self._reading.read(files, partial(self._report, advance))


def _available_cores() -> int:
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def group_for_workers(files: list[str], group_size: int | None = None) -> list[list[str]]:
    """Return consecutive files in groups, each large enough for a worker; none if they are too small for workers.

    Workers cannot read standard input and pipes.
    """
    sizes: dict[str, int] = {}
    for name in files:
        size = _size(name)
        if size is None:
            return []
        sizes[name] = size
    groups = list(grouped(files, sizes.__getitem__, group_size or _GROUP_SIZE))
    return groups if sum(map(sizes.__getitem__, files)) >= _PARALLEL_SIZE else []


def _size(name: str) -> int | None:
    """Return the size of a regular file; None for a stream such as a pipe, and for an unreadable file."""
    try:
        status = Path(name).stat()
    except OSError:
        return None
    return status.st_size if name != "-" and S_ISREG(status.st_mode) else None


def _total_size(files: list[str]) -> int:
    return sum(_size(name) or 0 for name in files)


@contextmanager
def _progress_bar(total: int) -> Generator[Callable[[int], None]]:
    """Show how many bytes have been read, if there are many and standard error is a terminal."""
    if total < _PROGRESS_SIZE or not sys.stderr.isatty():
        yield lambda _: None
        return
    columns = (BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=total)
        yield lambda count: progress.advance(task, count)
