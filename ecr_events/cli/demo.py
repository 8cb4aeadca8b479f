"""``demo``: every sample, decoded, and what it names looked up in an ECR that is made up."""

import argparse

from ecr_events.cli.terminal import Commands, add_command, complain

__all__ = ["add_to"]


def add_to(commands: Commands) -> None:
    """Add the command."""
    command = add_command(
        commands,
        "demo",
        "decode the sample events, and look up what they name in an ECR that moto plays in this process, without AWS",
        "ecr-events demo",
    )
    command.set_defaults(run=_run)


def _run(_: argparse.Namespace) -> int:
    try:
        from ecr_events.cli.moto_demo import show
    except ImportError as error:
        complain(f"{error}; the demo needs more: pip install 'ecr_events[demo]'")
        return 2
    show()
    return 0
