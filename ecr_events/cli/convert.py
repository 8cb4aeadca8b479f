"""``convert``: events as columns, in a Parquet or Arrow file, or in a partitioned table."""

import argparse
import os
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecr_events.cli.arguments import add_files, add_jobs
from ecr_events.cli.files import InvalidDocument, grouped
from ecr_events.cli.folders import hidden_folder
from ecr_events.cli.inputs import FileInput
from ecr_events.cli.signals import deferred
from ecr_events.cli.terminal import Commands, add_command, count_of, print_error
from ecr_events.drafts import DRAFT, Draft, mode_of

if TYPE_CHECKING:
    from ecr_events.cli.conversion import ColumnReading, Run

__all__ = ["add_to"]

_SUFFIXES = ".parquet", ".arrow"

_SPLIT_SIZE = 8_000_000
"""Minimum size of the files, in bytes, that are split by partition at a time. Smaller ones make too many runs."""

_PARTS_SIZE = 1 << 24
"""Minimum size of the rows, in bytes, that a worker writes to files of partitions at a time."""


def add_to(commands: Commands) -> None:
    """Add the command."""
    command = add_command(
        commands,
        "convert",
        "convert events to columns: a Parquet or Arrow file, or a table in partitions by date and type",
        "ecr-events convert 'archive/**/*.gz' --to events.parquet",
    )
    add_files(command)
    add_jobs(command)
    command.add_argument(
        "--to",
        required=True,
        metavar="OUT",
        help="the file to write, whose name ends in .parquet or .arrow (IPC file), or with --partition a new folder; "
        "appears when it is complete, also without what could not be read; documents that cannot be decoded go to "
        "OUT.errors.ndjson, unless --on-error skips them, or stops, which writes nothing",
    )
    command.add_argument(
        "--columns", type=_parse_columns, metavar="NAMES", help="only these columns: id,time,repository_name"
    )
    command.add_argument(
        "--partition",
        action="store_true",
        help="write Parquet files to folders such as OUT/date=2026-05-04/detail_type=ECR Image Action, as Spark and "
        "Hive do; the date is in UTC; until it is complete, the disk has to hold about three times its size",
    )
    command.set_defaults(run=_run)


def _parse_columns(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(","))


def _run(options: argparse.Namespace) -> int:
    try:
        from ecr_events.cli.conversion import ColumnReading
    except ImportError as error:
        print_error(f"{error}: convert requires: pip install pyarrow")
        return 2
    reading = ColumnReading(
        types=tuple(options.type or ()),
        columns=options.columns,
        on_error=options.on_error,
        is_partitioned=options.partition,
    )
    try:
        conversion = _Conversion(options, reading)
    except ValueError as error:
        print_error(error)
        return 2
    try:
        rows = conversion.write_folder() if options.partition else conversion.write_file()
    except _FailedError as error:
        conversion.finish()
        return error.status
    except OSError as error:
        if error.errno and (not error.filename or DRAFT in str(error.filename)):
            error.filename = options.to
        raise
    status = conversion.finish()
    print_error(conversion.summary(rows))
    return status


class _FailedError(Exception):
    """Nothing is to be written."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class _Conversion(FileInput):
    """The files of the command's arguments, and what is written.

    Raises:
        ValueError: An argument is invalid.
        OSError: Something else is where a file is to be written.
    """

    def __init__(self, options: argparse.Namespace, reading: "ColumnReading") -> None:
        self._out = Path(options.to)
        self._dead_letters = _DeadLetters(*_check_out(self._out, is_folder=options.partition))
        outputs = {os.path.realpath(path) for path in (self._out, self._dead_letters.path)}
        for path in options.paths:
            if path != "-" and os.path.realpath(path) in outputs:
                raise ValueError(f"cannot read {path!r}: it is to be written")
        super().__init__(options, reading, outputs)
        self.folder = str(Path(os.path.realpath(self._out)).parent)
        self._schema = reading.schema

    def write_file(self) -> int:
        """Write a file, and return the number of its rows."""
        from ecr_events.cli.conversion import SentBatch, TableWriter, send_batches

        with ExitStack() as end:
            with Draft(self._out) as file, self._dead_letters:
                with TableWriter(file, self._schema, is_arrow=self._out.suffix.lower() == ".arrow") as writer:

                    def add(sent: SentBatch) -> None:
                        writer.add(sent.batch)

                    self.process(send_batches, add)
                self._check()
                # Dead letters appear first, since a file without them would look complete.
                file.flush()
                os.fsync(file.fileno())
                end.enter_context(deferred())
            self._dead_letters.remove_old()
        return writer.rows

    def write_folder(self) -> int:
        """Write the partitions of a table, and return the number of their rows."""
        from ecr_events.cli.conversion import PartReading, PartWriting, Splitting, parts_of

        target = Path(os.path.realpath(self._out))
        partitions: dict[tuple[str, str], list[Run]] = {}
        rows: list[int] = []

        def add(found: "list[Run]") -> None:
            for run in found:
                partitions.setdefault(run[:2], []).append(run)

        with hidden_folder(str(target.parent)) as work, ExitStack() as end:
            runs, table = Path(work, "runs"), Path(work, "table")
            runs.mkdir()
            table.mkdir()
            with self._dead_letters:
                self.process(Splitting(str(runs), self._schema), add, _SPLIT_SIZE)
                self._check()
                parts = list(parts_of(partitions))
                total = sum(part.size for part in parts)
                groups = list(grouped(parts, lambda part: part.size, _PARTS_SIZE))
                self.work(PartReading(self._schema), PartWriting(str(table), self._schema), groups, rows.append, total)
                end.enter_context(deferred())
            mode = target.stat().st_mode if target.exists() else None
            table.replace(target)
            if mode is not None:
                target.chmod(mode)
            self._dead_letters.remove_old()
        return sum(rows)

    def handle_invalid(self, document: InvalidDocument) -> None:
        """Print the error of a document, count it, and write it to the dead letters."""
        super().handle_invalid(document)
        if self.stops:
            raise _FailedError(1)
        self._dead_letters.add(document.dead_letter)

    def summary(self, rows: int) -> str:
        """Return what has been done, in words."""
        text = f"{count_of('row', rows)} from {count_of('file', self.readable)}"
        if self.invalid:
            text += f"; {count_of('document', self.invalid)} could not be decoded: see {self._dead_letters.path}"
        return text

    def _check(self) -> None:
        """Write nothing if nothing could be read."""
        if self.is_unreadable and not self.readable:
            raise _FailedError(2)


def _check_out(out: Path, *, is_folder: bool) -> tuple[Path, int | None]:
    """Return the name of the file of dead letters, and the permissions of the file to replace, if there is one.

    Raises:
        ValueError: The name says nothing about the format, or the folder is not empty.
        OSError: Something else is where a file is to be written.
    """
    mode = None
    if is_folder:
        if not out.name or out.name == "..":
            raise ValueError(f"cannot write to {str(out)!r}: name a new folder")
        if out.is_dir():
            if any(out.iterdir()):
                raise ValueError(f"cannot write to {str(out)!r}: the folder is not empty")
        elif os.path.lexists(out):
            raise ValueError(f"cannot write to {str(out)!r}: it is not a folder")
        else:
            mode_of(str(out))
    elif out.suffix.lower() not in _SUFFIXES:
        names = " or ".join(_SUFFIXES)
        raise ValueError(f"cannot write to {str(out)!r}: the name must end in {names}, or --partition write a folder")
    else:
        mode = mode_of(str(out))
    letters = out.with_name(f"{out.name}.errors.ndjson")
    mode_of(str(letters))
    return letters, mode


class _DeadLetters(ExitStack):
    """A file of what could not be decoded. It is written if there is any."""

    def __init__(self, path: Path, mode: int | None) -> None:
        super().__init__()
        self.path = path
        self._mode = mode
        self._file: Any = None

    def add(self, line: bytes) -> None:
        """Add a line."""
        if self._file is None:
            with deferred():
                self._file = self.enter_context(Draft(self.path, self._mode))
        self._file.write(line)

    def remove_old(self) -> None:
        """Remove the file of an earlier run, unless it has been replaced."""
        if self._file is None:
            self.path.unlink(missing_ok=True)
