"""Standard input, output and error as they may be: closed, on a full disk, a pipe that nobody reads."""

import io
import os
import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress
from typing import TextIO

from ecr_events.cli.signals import deferred

__all__ = ["escape_unencodable", "flush", "prepare_streams", "print_to_stderr", "write_lines", "writing"]


def prepare_streams() -> None:
    """Have closed input fail, closed output be dropped, and no file take their numbers, to which libraries write.

    Have standard output write all of what it is given. With PYTHONUNBUFFERED it drops what the system does not take at
    once, such as the rest of a line when a disk is full.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            number = os.open(os.devnull, os.O_WRONLY)  # the lowest that is free
            os.set_inheritable(number, True)  # noqa: FBT003
            setattr(sys, name, os.fdopen(number, mode, buffering=1))
    if isinstance(sys.stdout.buffer, io.RawIOBase):
        sys.stdout = os.fdopen(sys.stdout.fileno(), "w", encoding=sys.stdout.encoding, closefd=False)


def escape_unencodable() -> None:
    """Have characters escaped that the encoding of the output lacks."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


@contextmanager
def writing() -> Generator[None]:
    """Write to standard output, which its errors name. A signal waits until what is written is complete."""
    try:
        with deferred(is_output=True):
            yield
    except OSError as error:
        error.filename = "standard output"
        raise


def write_lines(lines: bytes) -> None:
    """Write lines to standard output."""
    with writing():
        sys.stdout.buffer.write(lines)


def flush() -> None:
    """Write what has been printed.

    Raises:
        OSError: Standard output cannot be written.
    """
    try:
        sys.stderr.flush()
    except OSError:
        _discard(sys.stderr)
    try:
        with writing():
            sys.stdout.flush()
    except BaseException:
        _discard(sys.stdout)
        raise


def print_to_stderr(text: str) -> None:
    """Print a line to standard error, if that can be written. The exit status says the same."""
    try:
        print(text, file=sys.stderr)
    except OSError:
        _discard(sys.stderr)


def _discard(stream: TextIO) -> None:
    """Have Python not fail to write the rest of a stream when it exits."""
    with suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
