"""``lookup``: the images and repositories named by events, from ECR."""

import argparse
import sys
from collections.abc import Callable
from typing import TypeVar

import msgspec
from rich.box import SIMPLE_HEAD
from rich.filesize import decimal
from rich.table import Table

from ecr_events.cli.inputs import EventInput, add_arguments
from ecr_events.cli.terminal import Commands, add_command, cell, console, print_error, write_json
from ecr_events.errors import BatchServiceError, CredentialsError, InvalidReferenceError
from ecr_events.references import ImageReference, RepositoryReference
from ecr_events.service import ECRService, Image, Repository
from ecr_events.service.clients import import_boto3
from ecr_events.service.error_mapping import map_botocore_errors
from ecr_events.session import Session

__all__ = ["add_to"]

_Reference = TypeVar("_Reference", RepositoryReference, ImageReference)
_Resource = TypeVar("_Resource")


def add_to(commands: Commands) -> None:
    """Add the command."""
    command = add_command(
        commands,
        "lookup",
        "look up the images and repositories named by events, in batches",
        "ecr-events lookup --profile audit --type replication-action events.ndjson",
    )
    add_arguments(command)
    command.add_argument("--profile", help="AWS profile to use")
    command.add_argument("--json", action="store_true", help="print JSON on a terminal too")
    command.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    events = EventInput(options)
    images: dict[ImageReference, None] = {}
    repositories: dict[RepositoryReference, None] = {}
    failed = False
    for event in events:
        try:
            images.update(dict.fromkeys(event.image_references))
            repositories.update(dict.fromkeys(event.repository_references))
        except InvalidReferenceError as error:
            print_error(error)
            failed = True
    try:
        service = ECRService(_session(options.profile))
        found_repositories = _look_up(service.repositories, repositories)
        found_images = _look_up(service.images, images)
    except (CredentialsError, ImportError) as error:
        print_error(error)
        return 2
    rows: list[tuple[RepositoryReference | ImageReference, Repository | Image | None]]
    rows = [*found_repositories.items(), *found_images.items()]
    if options.json or not sys.stdout.isatty():
        for reference, resource in rows:
            write_json(msgspec.json.encode({"name": str(reference), "uri": reference.uri, "found": resource}))
    else:
        _print(rows)
    failed |= len(rows) < len(repositories) + len(images)
    return 1 if failed else events.status


def _session(profile: str | None) -> Session | None:
    """Return the session of a profile, None for boto3's default.

    Raises:
        CredentialsError: The profile does not exist.
        ImportError: boto3 is not installed.
    """
    if profile is None:
        return None
    with map_botocore_errors():
        session: Session = import_boto3().Session(profile_name=profile)
    return session


def _look_up(
    look_up: Callable[[list[_Reference]], dict[_Reference, _Resource | None]], references: dict[_Reference, None]
) -> dict[_Reference, _Resource | None]:
    """Return the results, and print the errors of failed lookups."""
    try:
        return look_up(list(references))
    except BatchServiceError as error:
        for failure in error.errors.values():
            print_error(failure)
        return dict(error.results)


def _print(rows: list[tuple[RepositoryReference | ImageReference, Repository | Image | None]]) -> None:
    table = Table("repository", "image", "region", "in ECR", box=SIMPLE_HEAD, pad_edge=False)
    for reference, resource in rows:
        repository = reference.repository if isinstance(reference, ImageReference) else reference
        image = str(reference.image_tag or reference.image_digest)[:19] if isinstance(reference, ImageReference) else ""
        result = cell("missing", "red") if resource is None else cell(_describe(resource), "green")
        table.add_row(cell(repository.repository_name), cell(image), cell(repository.region), result)
    console().print(table)


def _describe(resource: Image | Repository) -> str:
    if isinstance(resource, Repository):
        return "found"
    pushed = f", pushed {resource.pushed_at:%Y-%m-%d}" if resource.pushed_at else ""
    return f"found, {decimal(resource.size_bytes or 0)}{pushed}"
