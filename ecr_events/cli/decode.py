"""``decode``: events as a table on a terminal, and as JSON, one a line, otherwise."""

import argparse
import sys
from collections.abc import Iterable
from itertools import islice

from rich.table import Table

from ecr_events.cli.inputs import Reading, add_arguments
from ecr_events.cli.outcomes import repositories, say
from ecr_events.cli.terminal import Commands, add_command, cell, console, write_json
from ecr_events.codec import encode
from ecr_events.errors import InvalidReferenceError
from ecr_events.events import ECREvent, UnknownEvent

__all__ = ["add_to"]

_PAGE = 200
"""So many rows are laid out together."""


def add_to(commands: Commands) -> None:
    """Add the command."""
    command = add_command(
        commands,
        "decode",
        "print events: a table on a terminal, one JSON document a line otherwise",
        "ecr-events decode --type image-action --repository 'team/*' events/",
    )
    add_arguments(command)
    command.add_argument("--json", action="store_true", help="print JSON on a terminal too")
    command.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    reading = Reading(options)
    if options.json or not sys.stdout.isatty():
        for event in reading.events():
            write_json(encode(event))
    else:
        _print(reading.events())
    return reading.status


def _print(events: Iterable[ECREvent | UnknownEvent]) -> None:
    screen, remaining, heading = console(), iter(events), True
    while page := list(islice(remaining, _PAGE)):
        table = Table(box=None, expand=True, show_header=heading, pad_edge=False)
        for name, ratio in (("time", 20), ("event", 24), ("outcome", 22), ("repository, image", 40), ("region", 14)):
            table.add_column(name, ratio=ratio, overflow="fold")
        for event in page:
            said = say(event)
            style = "red" if said.is_bad else "dim" if isinstance(event, UnknownEvent) else ""
            texts = (f"{event.time:%Y-%m-%d %H:%M:%S}", said.detail_type, said.outcome, _named(event), event.region)
            table.add_row(*(cell(text, style) for text in texts))
        screen.print(table)
        heading = False


def _named(event: ECREvent | UnknownEvent) -> str:
    try:
        image = event.image_reference
    except InvalidReferenceError:
        image = None
    if image is None:
        return ", ".join(repositories(event))
    return f"{image.repository.repository_name}:{image.image_tag or str(image.image_digest)[:19]}"
