"""``decode``: events as a table on a terminal, otherwise as JSON lines."""

import argparse
import sys
from collections.abc import Callable

from ecr_events.cli.arguments import add_arguments, add_jobs
from ecr_events.cli.inputs import EventInput
from ecr_events.cli.lines import encode_lines
from ecr_events.cli.outcomes import in_utc, outcome_of, repository_names
from ecr_events.cli.streams import flush, write_lines
from ecr_events.cli.terminal import Commands, add_command, write_json
from ecr_events.codec import encode
from ecr_events.errors import InvalidReferenceError
from ecr_events.events import ECREvent, UnknownEvent

__all__ = ["add_to"]

_PAGE = 200
"""Number of events that are printed together."""


def add_to(commands: Commands) -> None:
    """Add the command."""
    command = add_command(
        commands,
        "decode",
        "print events: a table on a terminal, otherwise one JSON document per line",
        "ecr-events decode --type image-action --repository 'team/*' events/",
    )
    add_arguments(command)
    add_jobs(command)
    command.add_argument("--json", action="store_true", help="print JSON on a terminal too")
    command.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    events = EventInput(options)
    if sys.stdout.isatty():
        events.shows_progress = False  # amid the events
        _print_pages(events, _print_json if options.json else _table_printer())
    elif events.is_stream:
        _print_pages(events, _write_page)
    else:
        events.process(encode_lines, write_lines)
    return events.finish()


def _print_pages(events: EventInput, print_page: Callable[[list[ECREvent | UnknownEvent]], None]) -> None:
    """Print events several at a time, and those that have been read at each pause."""
    page: list[ECREvent | UnknownEvent] = []

    def print_all() -> None:
        if page:
            print_page(page)
            page.clear()

    events.on_pause = print_all
    for event in events:
        page.append(event)
        if len(page) == _PAGE:
            print_all()
    print_all()


def _print_json(page: list[ECREvent | UnknownEvent]) -> None:
    for event in page:
        write_json(encode(event))


def _write_page(page: list[ECREvent | UnknownEvent]) -> None:
    write_lines(b"".join(encode_lines(iter(page))))
    flush()


def _table_printer() -> Callable[[list[ECREvent | UnknownEvent]], None]:
    """Return a function that prints events as rows of one table."""
    from ecr_events.cli.tables import FOLDED, Cell, Column, cell, console, print_table, table_width

    screen, show_header = console(), True
    # The same for all pages, of which the last column gets what is left.
    widths = {"time": 19, "region": 14, "event": 18, "outcome": 27}
    columns = [Column(name, width) for name, width in widths.items()]
    left = screen.width - table_width([*widths.values(), 0])
    columns.append(Column("repository, image", max(FOLDED, left), folds=True))

    def print_page(page: list[ECREvent | UnknownEvent]) -> None:
        nonlocal show_header
        rows: list[list[Cell]] = []
        for event in page:
            outcome = outcome_of(event)
            style = "red" if outcome.needs_attention else "dim" if isinstance(event, UnknownEvent) else ""
            time = f"{in_utc(event.time):%Y-%m-%d %H:%M:%S}"
            texts = time, event.region, outcome.detail_type, outcome.text, _names(event)
            rows.append([cell(text, style) for text in texts])
        print_table(screen, columns, rows, show_header=show_header)
        show_header = False

    return print_page


def _names(event: ECREvent | UnknownEvent) -> str:
    """Return the name of the event's image, else those of its repositories."""
    try:
        image = event.image_reference
    except InvalidReferenceError:
        image = None
    if image is None:
        return ", ".join(repository_names(event))
    return f"{image.repository.repository_name}:{image.image_tag or str(image.image_digest)[:19]}"
