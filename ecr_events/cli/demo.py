"""``demo``: every sample, decoded and looked up in an in-process fake ECR.

It contains the repositories and images of the samples, except for the cached and the expired image.
"""

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING, get_args

from ecr_events.cli.terminal import Commands, add_command, print_error
from ecr_events.events import ECREvent, ECRPullThroughCacheActionEvent, EventBridgeEvent, UnknownEvent
from ecr_events.samples import sample
from ecr_events.service import Image, Repository

if TYPE_CHECKING:
    from rich.text import Text

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
        print_error(f"{error}: the demo requires: pip install boto3 moto")
        return 2
    from ecr_events.cli.tables import Column, console, print_table

    events = [sample(cls) for cls in (*get_args(ECREvent), UnknownEvent)]
    columns = Column("event"), Column("region"), Column("repository", folds=True), Column("image")
    rows: list[list[Text]] = []
    with fake_ecr(event for event in events if not isinstance(event, ECRPullThroughCacheActionEvent)):
        for event in events:
            rows += _rows(event)
    print_table(console(), columns, rows)
    return 0


def _rows(event: EventBridgeEvent) -> "Iterator[list[Text]]":
    """Yield a row for each image of the event, and for each repository without an image."""
    from ecr_events.cli.tables import cell

    repositories, images = event.repositories, event.images
    named = [(image.repository, image) for image in images]
    alone = repositories.keys() - {image.repository for image in images}
    for repository, image in named + [(repository, None) for repository in repositories if repository in alone]:
        yield [
            cell(event.detail_type),
            cell(repository.region),
            _describe(repository.repository_name, repositories.get(repository)),
            _describe(str(image.image_digest)[7:15], images[image]) if image else cell(""),
        ]
    if not repositories:
        yield [cell(event.detail_type), cell(""), cell("names no repository"), cell("")]


def _describe(name: str, resource: Repository | Image | None) -> "Text":
    from rich.filesize import decimal

    from ecr_events.cli.tables import cell

    if resource is None:
        return cell(f"{name} ") + cell("missing", "red")
    size = f", {decimal(resource.size_bytes or 0)}" if isinstance(resource, Image) else ""
    return cell(f"{name} ") + cell("found", "green") + cell(size)
