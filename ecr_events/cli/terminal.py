"""Output to the terminal, with control characters escaped."""

import argparse
import re
import sys
from collections import Counter
from collections.abc import Callable
from typing import Any, TypeAlias

from ecr_events.cli.streams import print_to_stderr, write_lines

__all__ = ["Commands", "Errors", "add_command", "count_of", "print_error", "printable", "write_json"]

Commands: TypeAlias = Any
"""The result of argparse's ``add_subparsers``, whose class has no public name."""


def add_command(commands: Commands, name: str, help: str, example: str) -> argparse.ArgumentParser:
    """Add a command with an example in its help, and return its parser."""
    parser: argparse.ArgumentParser = commands.add_parser(
        name,
        help=help,
        description=f"{help[0].upper()}{help[1:]}.",
        epilog=f"example: {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(parser=parser)
    return parser


def printable(text: str) -> str:
    """Return `text` with invisible characters escaped: control characters, bidirectional marks, line breaks."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def count_of(noun: str, number: int) -> str:
    """Return a number of things: ``1 event``, ``1,000 events``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def print_error(error: object) -> None:
    """Print an error to standard error."""
    text = str(error)
    if isinstance(error, OSError) and error.filename is not None and error.strerror:
        text = f"{error.filename or repr('')}: {error.strerror[0].lower()}{error.strerror[1:]}"
    print_to_stderr(f"ecr-events: {printable(text)}")


class Errors:
    """Errors of which the first one of each cause is printed, and the number of the others at the end.

    Args:
        before: Called before an error is printed.
    """

    def __init__(self, before: Callable[[], object] = lambda: None) -> None:
        self._before = before
        self._counts: Counter[str] = Counter()
        self._causes: dict[str, str] = {}

    def add(self, error: object, cause: str) -> None:
        """Count an error, and print it if it is the first of its cause.

        Numbers and quoted values make no difference in a cause.
        """
        key = _VALUE.sub("N", cause)
        self._counts[key] += 1
        if key not in self._causes:
            self._causes[key] = cause
            self._before()
            print_error(error)

    def print_counts(self) -> None:
        """Print the number of errors that have not been printed, each with the first one's cause."""
        for key, cause in self._causes.items():
            if more := self._counts[key] - 1:
                print_error(f"{more:,} more: {cause}")
        self._causes.clear()


_VALUE = re.compile(r"""0x[0-9a-f]+|[0-9]+|(?<!\w)'[^']*'|"[^"]*\"""")


def write_json(line: bytes) -> None:
    """Write a line of JSON in UTF-8, regardless of the locale. On a terminal, invisible characters are escaped."""
    is_terminal = sys.stdout.isatty()
    if is_terminal:
        line = _NOT_PRINTABLE_ASCII.sub(_escape, line.decode()).encode()
    write_lines(line + b"\n")
    if is_terminal:
        sys.stdout.flush()  # before the errors that follow


_NOT_PRINTABLE_ASCII = re.compile(r"[^\x20-\x7e\n]")


def _escape(found: re.Match[str]) -> str:
    """Return an invisible character as JSON escapes, another one unchanged."""
    if found[0].isprintable():
        return found[0]
    utf16 = found[0].encode("utf-16-be")
    return "".join(f"\\u{utf16[i : i + 2].hex()}" for i in range(0, len(utf16), 2))
