"""Tables, by rich, in which no word is broken: on a narrow terminal, a row is a line that continues below."""

from collections.abc import Sequence
from typing import Any, Literal, NoReturn, TypeAlias

import msgspec
from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ecr_events.cli.streams import writing
from ecr_events.cli.terminal import printable

__all__ = ["FOLDED", "Cell", "Column", "cell", "console", "print_table", "table_width"]

_WIDTH = 120
"""Columns of a table that is not written to a terminal."""

_GAP = 3
"""Columns between two columns of a table."""

FOLDED = 27
"""Width from which a column of names is folded."""

_BAR = 30
"""Width of the longest bar."""

_MIN_BAR = 8
"""Width from which bars are shown: the longest one is as wide as the other columns let it be."""

_INDENT = 2
"""Spaces before the second and later lines of a row that does not fit into one."""


def console() -> Console:
    """Return a console for standard output, coloured on a terminal unless NO_COLOR is set."""
    terminal = _Console(highlight=False)
    return terminal if terminal.is_terminal else _Console(width=_WIDTH, highlight=False)


class _Console(Console):
    def print(self, *objects: Any, **options: Any) -> None:
        with writing():
            super().print(*objects, **options)

    def on_broken_pipe(self) -> NoReturn:
        """Let the command end as any other."""
        raise BrokenPipeError


def cell(text: object, style: str = "") -> Text:
    """Return event data for a table, without markup and control characters."""
    return Text(printable(str(text)), style=style)


class Column(msgspec.Struct, frozen=True):
    """A column of a table."""

    name: str

    width: int = 0
    """Minimum width, so that tables with other rows look the same."""

    is_number: bool = False

    is_bar: bool = False
    """Whether its cells are shares of the longest bar. There is none on a narrow screen."""

    folds: bool = False
    """Whether long words in it are broken, such as names of repositories and digests."""


Cell: TypeAlias = Text | float
"""A text, or the share of the longest bar."""


def print_table(
    screen: Console,
    columns: Sequence[Column],
    rows: Sequence[Sequence[Cell]],
    *,
    title: str = "",
    caption: str = "",
    show_header: bool = True,
) -> None:
    """Print rows as a table; or each in lines of its own, without bars, if the screen is too narrow for its words."""
    widths = _widths(columns, rows, screen.width)
    if widths is None:
        for line in (Text(title, style="italic"), *(_line(columns, row) for row in rows), Text(caption)):
            for number, part in enumerate(line.wrap(screen, max(1, screen.width - _INDENT)) if line else ()):
                part.rstrip()
                screen.print(Text(" " * _INDENT if number else "") + part)
        return
    table = Table(
        box=SIMPLE_HEAD,
        caption=caption or None,
        caption_justify="left",
        pad_edge=False,
        show_edge=False,
        show_header=show_header,
        title=title or None,
        title_justify="left",
    )
    shown = [index for index, width in enumerate(widths) if width]
    for index in shown:
        justify: Literal["left", "right"] = "right" if columns[index].is_number else "left"
        table.add_column(columns[index].name, width=widths[index], justify=justify, overflow="fold")
    block = _block(screen.encoding)
    for row in rows:
        cells = ((row[index], widths[index]) for index in shown)
        table.add_row(
            *(item if isinstance(item, Text) else Text(block * round(item * width), "blue") for item, width in cells)
        )
    screen.print(table)


def _line(columns: Sequence[Column], row: Sequence[Cell]) -> Text:
    """Return the texts of a row, numbers first, since a header is missing that would explain one at the end."""
    cells = sorted(zip(columns, row, strict=True), key=lambda item: not item[0].is_number)
    return Text("  ").join(text for _, text in cells if isinstance(text, Text) and text)


def _block(encoding: str) -> str:
    """Return the character of a bar."""
    try:
        return "█".encode(encoding).decode(encoding)
    except UnicodeEncodeError:
        return "#"


def table_width(widths: Sequence[int]) -> int:
    """Return the width of a table with columns of these widths."""
    return sum(widths) + _GAP * (len(widths) - 1)


def _widths(columns: Sequence[Column], rows: Sequence[Sequence[Cell]], width: int) -> list[int] | None:
    """Return the widths of columns in which no word is broken; None if the screen is too narrow."""
    ranges = [_range(column, [row[index] for row in rows]) for index, column in enumerate(columns)]
    left = width - table_width([least for least, _ in ranges])
    if left < 0:
        return None
    widths = [least for least, _ in ranges]
    # What wants little gets it; bars get what is left.
    order = sorted(range(len(columns)), key=lambda index: (columns[index].is_bar, ranges[index][1] - widths[index]))
    for position, index in enumerate(order):
        share = left if columns[index].is_bar else left // sum(not columns[other].is_bar for other in order[position:])
        more = min(ranges[index][1] - widths[index], share)
        widths[index] += more
        left -= more
    return [0 if column.is_bar and found < _MIN_BAR else found for column, found in zip(columns, widths, strict=True)]


def _range(column: Column, cells: Sequence[Cell]) -> tuple[int, int]:
    """Return the widths of a column with which no word is broken, and with which no line is."""
    if column.is_bar:
        return 0, _BAR
    texts = [column.name, *(text.plain for text in cells if isinstance(text, Text))]
    words = max(cell_len(word) for text in texts for word in text.split() or [""])
    least = max(column.width, min(words, FOLDED) if column.folds else words)
    return least, least if column.width else max(map(cell_len, texts))
