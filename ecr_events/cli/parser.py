"""The commands and their arguments."""

import argparse
from collections.abc import Sequence

from ecr_events import __version__
from ecr_events.cli import convert, decode, demo, lookup, pattern, schemas, summary

__all__ = ["parse"]


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return the options, with the command as `run`. Exits for ``--help``, ``--version`` and invalid arguments."""
    parser = argparse.ArgumentParser(
        prog="ecr-events", description="Read, summarise and look up Amazon ECR's EventBridge events."
    )
    parser.add_argument("--version", action="version", version=f"ecr-events {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for module in (decode, summary, convert, lookup, pattern, schemas, demo):
        module.add_to(commands)
    return parser.parse_args(arguments)
