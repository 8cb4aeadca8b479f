"""The commands and their arguments."""

import argparse
from collections.abc import Sequence
from importlib.metadata import version

from ecr_events.cli import decode, demo, lookup, schemas, summary

__all__ = ["parse"]


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return the options, with the command to `run`. Ends the program if they are wrong, or ask for help."""
    parser = argparse.ArgumentParser(
        prog="ecr-events", description="Typed values for the events that Amazon ECR sends to EventBridge."
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for module in (decode, summary, lookup, schemas, demo):
        module.add_to(commands)
    return parser.parse_args(arguments)


class _Version(argparse.Action):
    """Looks the version up when it is asked for, and not at every start."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        print(f"ecr-events {version('ecr_events')}")
        parser.exit()
