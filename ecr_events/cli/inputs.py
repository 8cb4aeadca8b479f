"""The files that a command's arguments select: reading them, their errors, and the progress bar."""

import argparse
import os
import sys
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import islice
from pathlib import Path
from stat import S_ISDIR, S_ISREG
from typing import Any

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
    Waiting,
    grouped,
    process_files,
)
from ecr_events.cli.terminal import Errors, print_error

__all__ = ["EventInput", "FileInput", "group_for_workers"]

_PROGRESS_SIZE = 8_000_000
"""Minimum size of the files, in bytes, for a progress bar."""

_PARALLEL_SIZE = 8_000_000
"""Minimum size of the files, in bytes, for worker processes."""

_GROUP_SIZE = 1_000_000
"""Minimum size of the files, in bytes, that a worker reads at a time."""


class FileInput:
    """The files of a command's arguments. The first error of each cause is printed; all are counted in `invalid`.

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
        self.stops: bool = getattr(options, "on_error", None) == "stop"
        """Whether the first document that cannot be decoded ends the work."""
        self._jobs: int = getattr(options, "jobs", None) or _available_cores()
        self._limit: int | None = getattr(options, "limit", None)
        self.shows_progress: bool = True
        self.on_pause: Callable[[], object] = lambda: None
        """Called while standard input, or a pipe, has no more for now, and before an error is printed."""
        self.folder: str | None = None
        """The folder of the workers' results, which may be as large as the files; None for that of temporary files."""
        self.is_unreadable: bool = False
        """Whether a file could not be read, or a path has none."""
        self.invalid: int = 0
        """Number of documents that could not be decoded, unless they are skipped."""
        self.readable: int = 0
        """Number of files that could be read."""
        self._errors = Errors(self._pause)

    @property
    def is_stream(self) -> bool:
        """Whether standard input or a pipe is read, which may be written to meanwhile."""
        return any(path == "-" or _is_pipe(path) for path in self._paths)

    def finish(self) -> int:
        """Print how many errors there were like those that have been printed. Return the exit status."""
        self._errors.print_counts()
        return 2 if self.is_unreadable else 1 if self.invalid else 0

    def process(self, job: Job, consume: Callable[[Any], object], group_size: int | None = None) -> None:
        """Do a job on the files, and pass its results to `consume`.

        Args:
            job: The job.
            consume: Called with each result, in the order of the files.
            group_size: Minimum size of the files, in bytes, on which the job is done together.
        """
        if self._limit:
            for value in job(iter(self)):
                consume(value)
            return
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
        with self._progress_bar(total) as advance:

            def handle(message: Message) -> None:
                if isinstance(message, Result):
                    consume(message.value)
                else:
                    self._report(advance, message)

            if self._jobs > 1 and len(groups) > 1:
                from ecr_events.cli.jobs import process_files_in_parallel

                jobs = min(self._jobs, len(groups))
                process_files_in_parallel(reading, job, groups, handle, jobs, stops=self.stops, folder=self.folder)
                return
            for group in groups:
                process_files(reading, job, group, handle)
                if self.invalid and self.stops:
                    break

    def __iter__(self) -> Iterator[Any]:
        files = self.files()
        with self._progress_bar(_total_size(files)) as advance:
            yield from islice(self._reading.read(files, partial(self._report, advance)), self._limit)

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
        """Count the error of a document, and print it if it is the first of its cause."""
        self.invalid += 1
        self._errors.add(document.error, document.cause)

    def _expand(self, source: str) -> list[str]:
        # A file may have the name that stands for standard input.
        files = ["./-" if name == "-" else name for name in expand_paths(source)]
        return [name for name in files if os.path.realpath(name) not in self._outputs] if self._outputs else files

    def _report(self, advance: Callable[[int], None], message: Message) -> None:
        match message:
            case BytesRead(count=count):
                advance(count)
            case Waiting():
                self.on_pause()
            case InvalidDocument():
                self.handle_invalid(message)
            case UnreadableFile(error=error):
                self.on_pause()
                self._report_unreadable(error)
                self.readable -= 1
            case _:
                pass

    def _pause(self) -> None:
        self.on_pause()

    def _report_unreadable(self, error: OSError) -> None:
        print_error(error)
        self.is_unreadable = True

    @contextmanager
    def _progress_bar(self, total: int) -> Generator[Callable[[int], None]]:
        """Show how many bytes have been read, if there are many, on a terminal and by rich."""
        if total < _PROGRESS_SIZE or not self.shows_progress or not sys.stderr.isatty():
            yield lambda _: None
            return
        try:
            from rich.console import Console
            from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn, TransferSpeedColumn
        except ImportError:
            yield lambda _: None
            return
        columns = (BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
        with Progress(*columns, console=Console(stderr=True), transient=True, redirect_stdout=False) as progress:
            task = progress.add_task("", total=total)
            yield lambda count: progress.advance(task, count)


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


def _is_pipe(path: str) -> bool:
    try:
        mode = Path(path).stat().st_mode
    except OSError:
        return False
    return not (S_ISREG(mode) or S_ISDIR(mode))


def _size(name: str) -> int | None:
    """Return the size of a regular file; None for a stream such as a pipe, and for an unreadable file."""
    try:
        status = Path(name).stat()
    except OSError:
        return None
    return status.st_size if name != "-" and S_ISREG(status.st_mode) else None


def _total_size(files: list[str]) -> int:
    return sum(_size(name) or 0 for name in files)
