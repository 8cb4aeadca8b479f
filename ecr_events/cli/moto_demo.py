"""The demo: every sample, decoded and looked up in an in-process fake ECR (moto).

moto (https://docs.getmoto.org) handles boto3's requests in this process, without AWS and network access.
The fake ECR contains the repositories and images of the samples, except for the cached and the expired image.
"""

from collections.abc import Iterator
from typing import get_args

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.filesize import decimal
from rich.table import Table

from ecr_events.events import ECREvent, ECRPullThroughCacheActionEvent, EventBridgeEvent, UnknownEvent
from ecr_events.samples import sample
from ecr_events.service import Image, Repository
from ecr_events.testing.registry import fake_ecr

__all__ = ["show"]


_WIDTH = 112
"""Columns of a table that is not written to a terminal."""


def show() -> None:
    """Print a table of the samples, with the results of their lookups."""
    events = [sample(cls) for cls in (*get_args(ECREvent), UnknownEvent)]
    with fake_ecr(event for event in events if not isinstance(event, ECRPullThroughCacheActionEvent)) as session:
        table = Table("event", "region", "repository", "image", box=SIMPLE_HEAD)
        for event in events:
            for row in _rows(event.using(session)):
                table.add_row(*row)
        console = Console()
        if not console.is_terminal:
            console = Console(width=_WIDTH)
        console.print(table)


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
