"""``demo``: every sample, decoded and looked up in an in-process fake ECR.

It contains the repositories and images of the samples, except for the cached and the expired image.
"""

import argparse
from collections.abc import Iterator
from typing import get_args

from rich.box import SIMPLE_HEAD
from rich.filesize import decimal
from rich.table import Table

from ecr_events.cli.terminal import Commands, add_command, console, print_error
from ecr_events.events import ECREvent, ECRPullThroughCacheActionEvent, EventBridgeEvent, UnknownEvent
from ecr_events.samples import sample
from ecr_events.service import Image, Repository

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
        from ecr_events.testing.registry import fake_ecr
    except ImportError as error:
        print_error(f"{error}: the demo requires: pip install 'ecr_events[demo]'")
        return 2
    events = [sample(cls) for cls in (*get_args(ECREvent), UnknownEvent)]
    table = Table("event", "region", "repository", "image", box=SIMPLE_HEAD)
    with fake_ecr(event for event in events if not isinstance(event, ECRPullThroughCacheActionEvent)):
        for event in events:
            for row in _rows(event):
                table.add_row(*row)
    console().print(table)
    return 0


def _rows(event: EventBridgeEvent) -> Iterator[tuple[str, str, str, str]]:
    """Yield a row for each image of the event, and for each repository without an image."""
    repositories, images = event.repositories, event.images
    named = [(image.repository, image) for image in images]
    alone = repositories.keys() - {image.repository for image in images}
    for repository, image in named + [(repository, None) for repository in repositories if repository in alone]:
        yield (
            event.detail_type,
            repository.region,
            _describe(repository.repository_name, repositories.get(repository)),
            _describe(str(image.image_digest)[7:15], images[image]) if image else "",
        )
    if not repositories:
        yield event.detail_type, "", "names no repository", ""


def _describe(name: str, resource: Repository | Image | None) -> str:
    if resource is None:
        return f"{name} [red]missing[/red]"
    size = f", {decimal(resource.size_bytes or 0)}" if isinstance(resource, Image) else ""
    return f"{name} [green]found[/green]{size}"
