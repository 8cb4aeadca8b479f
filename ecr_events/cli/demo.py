"""``demo``: every sample, decoded and looked up in an in-process fake ECR."""

import argparse

from ecr_events.cli.terminal import Commands, add_command, print_error

__all__ = ["add_to"]


def add_to(commands: Commands) -> None:
    """Add the command."""
    command = add_command(
        commands,
        "demo",
        "decode the samples and look up their images in an in-process fake ECR (moto); no AWS account needed",
        "ecr-events demo",
    )
    command.set_defaults(run=_run)


def _run(_: argparse.Namespace) -> int:
    try:
        from ecr_events.cli.moto_demo import show
    except ImportError as error:
        print_error(f"{error}: the demo requires: pip install 'ecr_events[demo]'")
        return 2
    show()
    return 0
