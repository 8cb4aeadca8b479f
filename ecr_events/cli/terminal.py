"""Output to the terminal, with control characters escaped."""

import argparse
import re
import sys
from typing import Any, TypeAlias

from rich.console import Console
from rich.text import Text

__all__ = ["Commands", "add_command", "cell", "console", "print_error", "printable", "write_json"]

Commands: TypeAlias = Any
"""The result of argparse's ``add_subparsers``, whose class has no public name."""

_WIDTH = 120
"""Columns of a table that is not written to a terminal."""


def add_command(commands: Commands, name: str, help: str, example: str) -> argparse.ArgumentParser:
    """Add a command with an example in its help, and return its parser."""
    parser: argparse.ArgumentParser = commands.add_parser(
        name,
        help=help,
        description=f"{help[0].upper()}{help[1:]}.",
        epilog=f"example: {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    return parser


def console() -> Console:
    """Return a console for standard output, coloured on a terminal unless NO_COLOR is set."""
    terminal = Console(highlight=False)
    return terminal if terminal.is_terminal else Console(width=_WIDTH, highlight=False)


def cell(text: object, style: str = "") -> Text:
    """Return event data for a table, without markup and control characters."""
    return Text(printable(str(text)), style=style)


def printable(text: str) -> str:
    """Return `text` with invisible characters escaped: control characters, bidirectional marks, line breaks."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def print_error(error: object) -> None:
    """Print an error to standard error."""
    text = str(error)
    if isinstance(error, OSError) and error.filename and error.strerror:
        text = f"{error.filename}: {error.strerror[0].lower()}{error.strerror[1:]}"
    print(f"ecr-events: {printable(text)}", file=sys.stderr)


def write_json(line: bytes) -> None:
    """Write a line of JSON in UTF-8, regardless of the locale. On a terminal, invisible characters are escaped."""
    if sys.stdout.isatty():
        line = _NOT_PRINTABLE_ASCII.sub(_escape, line.decode()).encode()
    sys.stdout.buffer.write(line + b"\n")


_NOT_PRINTABLE_ASCII = re.compile(r"[^\x20-\x7e\n]")


def _escape(found: re.Match[str]) -> str:
    """Return an invisible character as JSON escapes, another one unchanged."""
    if found[0].isprintable():
        return found[0]
    utf16 = found[0].encode("utf-16-be")
    return "".join(f"\\u{utf16[i : i + 2].hex()}" for i in range(0, len(utf16), 2))
