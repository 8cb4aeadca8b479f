"""The commands and their arguments."""

import argparse
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from ecr_events import __version__
from ecr_events.cli import convert, decode, demo, lookup, pattern, schemas, summary
from ecr_events.cli.terminal import print_error

__all__ = ["parse"]


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return the options, with the command as `run`. Exits for ``--help``, ``--version`` and invalid arguments."""
    parser = _Parser(
        prog="ecr-events",
        description="Read, summarise and look up Amazon ECR's EventBridge events.",
        epilog='completion in bash and zsh, by argcomplete: eval "$(register-python-argcomplete ecr-events)"; '
        "in fish: register-python-argcomplete --shell fish ecr-events | source",
    )
    parser.add_argument("-V", "--version", action="version", version=f"ecr-events {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for module in (decode, summary, convert, lookup, pattern, schemas, demo):
        module.add_to(commands)
    if "_ARGCOMPLETE" in os.environ:  # set by the function that completes a line in a shell
        try:
            import argcomplete
        except ImportError:
            pass
        else:
            argcomplete.autocomplete(parser, exit_method=sys.exit)
    options, unknown = parser.parse_known_args(arguments)
    if unknown:
        options.parser.error(f"unrecognized arguments: {' '.join(unknown)}")
    return options


class _Parser(argparse.ArgumentParser):
    """A parser, and those of its commands, whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        print_error(f"{message} (see {self.prog} --help)")
        sys.exit(2)
