"""``decode``: events as a table on a terminal, otherwise as JSON lines."""

import argparse
import sys
from collections.abc import Iterable
from itertools import islice

from rich.table import Table

from ecr_events.cli.inputs import EventInput, add_arguments, add_jobs
from ecr_events.cli.lines import encode_lines
from ecr_events.cli.outcomes import outcome_of, repository_names
from ecr_events.cli.terminal import Commands, add_command, cell, console, write_json
from ecr_events.codec import encode
from ecr_events.errors import InvalidReferenceError
from ecr_events.events import ECREvent, UnknownEvent

__all__ = ["add_to"]

_PAGE = 200
"""Number of rows that are laid out together."""


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
    if not sys.stdout.isatty():
        events.process(encode_lines, sys.stdout.buffer.write)
    elif options.json:
        for event in events:
            write_json(encode(event))
    else:
        _print(events)
    return events.status


def _print(events: Iterable[ECREvent | UnknownEvent]) -> None:
    screen, remaining, show_header = console(), iter(events), True
    while page := list(islice(remaining, _PAGE)):
        table = Table(box=None, expand=True, show_header=show_header, pad_edge=False)
        for name, ratio in (("time", 20), ("event", 24), ("outcome", 22), ("repository, image", 40), ("region", 14)):
            table.add_column(name, ratio=ratio, overflow="fold")
        for event in page:
            outcome = outcome_of(event)
            style = "red" if outcome.needs_attention else "dim" if isinstance(event, UnknownEvent) else ""
            texts = (f"{event.time:%Y-%m-%d %H:%M:%S}", outcome.detail_type, outcome.text, _names(event), event.region)
            table.add_row(*(cell(text, style) for text in texts))
        screen.print(table)
        show_header = False


def _names(event: ECREvent | UnknownEvent) -> str:
    """Return the name of the event's image, else those of its repositories."""
    try:
        image = event.image_reference
    except InvalidReferenceError:
        image = None
    if image is None:
        return ", ".join(repository_names(event))
    return f"{image.repository.repository_name}:{image.image_tag or str(image.image_digest)[:19]}"
