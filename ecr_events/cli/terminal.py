"""What goes to the terminal, and how."""

import argparse
import re
import sys
from typing import Any, TypeAlias

from rich.console import Console
from rich.text import Text

__all__ = ["Commands", "add_command", "cell", "complain", "console", "printable", "write_json"]

Commands: TypeAlias = Any
"""What argparse's ``add_subparsers`` returns; its class has no public name."""

_WIDTH = 120
"""Where the output is no terminal, enough for a row in a line."""


def add_command(commands: Commands, name: str, help: str, example: str) -> argparse.ArgumentParser:
    """Add a command to the parser, with an example in its help."""
    parser: argparse.ArgumentParser = commands.add_parser(
        name,
        help=help,
        description=f"{help[0].upper()}{help[1:]}.",
        epilog=f"example: {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    return parser


def console() -> Console:
    """Return a console for standard output: coloured on a terminal, unless NO_COLOR is set."""
    found = Console(highlight=False)
    return found if found.is_terminal else Console(width=_WIDTH, highlight=False)


def cell(text: object, style: str = "") -> Text:
    """Return text out of an event for a table: no markup, and nothing that the terminal would obey."""
    return Text(printable(str(text)), style=style)


def printable(text: str) -> str:
    """Return `text` with what is not to be seen escaped: control characters, changes of direction, line ends."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def complain(error: object) -> None:
    """Print an error on standard error."""
    print(printable(str(error)), file=sys.stderr)


def write_json(line: bytes) -> None:
    """Write a line of JSON, UTF-8 whatever the locale is; on a terminal, what it would obey is escaped."""
    if sys.stdout.isatty():
        line = _UNSEEN.sub(_escaped, line.decode()).encode()
    sys.stdout.buffer.write(line + b"\n")


_UNSEEN = re.compile(r"[^\x20-\x7e\n]")


def _escaped(found: re.Match[str]) -> str:
    if found[0].isprintable():
        return found[0]
    utf16 = found[0].encode("utf-16-be")
    return "".join(f"\\u{utf16[i : i + 2].hex()}" for i in range(0, len(utf16), 2))
