"""``lookup``: what events name, as ECR knows it now."""

import argparse
import sys
from typing import Any

import msgspec
from rich.box import SIMPLE_HEAD
from rich.filesize import decimal
from rich.table import Table

from ecr_events.cli.inputs import Reading, add_arguments
from ecr_events.cli.terminal import Commands, add_command, cell, complain, console, write_json
from ecr_events.errors import BatchServiceError, InvalidReferenceError
from ecr_events.references import ImageReference, RepositoryReference
from ecr_events.service import ECRService, Image, Repository

__all__ = ["add_to"]


def add_to(commands: Commands) -> None:
    """Add the command."""
    command = add_command(
        commands,
        "lookup",
        "look up the images and repositories that events name, in as few calls of ECR as can be",
        "ecr-events lookup --profile audit --type replication-action events.ndjson",
    )
    add_arguments(command)
    command.add_argument("--profile", help="the profile of AWS to look up with")
    command.add_argument("--json", action="store_true", help="print JSON on a terminal too")
    command.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    reading = Reading(options)
    images: dict[ImageReference, Image | None] = {}
    repositories: dict[RepositoryReference, Repository | None] = {}
    failed = False
    for event in reading.events():
        try:
            images.update(dict.fromkeys(event.image_references))
            repositories.update(dict.fromkeys(event.repository_references))
        except InvalidReferenceError as error:
            complain(error)
            failed = True
    try:
        service = ECRService(_session(options.profile))
        failed |= _look_up(service.repositories, repositories)
        failed |= _look_up(service.images, images)
    except ImportError as error:
        complain(error)
        return 2
    rows: list[tuple[Any, Any]] = [*repositories.items(), *images.items()]
    if options.json or not sys.stdout.isatty():
        for reference, found in rows:
            write_json(msgspec.json.encode({"name": str(reference), "uri": reference.uri, "found": found}))
    else:
        _print(rows)
    return 1 if failed else reading.status


def _session(profile: str | None) -> Any:
    if profile is None:
        return None
    import boto3
    from botocore.exceptions import ProfileNotFound

    try:
        return boto3.Session(profile_name=profile)
    except ProfileNotFound as error:
        raise OSError(str(error)) from error


def _look_up(look_up: Any, found: Any) -> bool:
    """Fill in the values of the dict; return whether some could not be looked up, which is said on standard error."""
    try:
        found.update(look_up(list(found)))
    except BatchServiceError as error:
        found.update(error.results)
        for reference, why in error.errors.items():
            del found[reference]
            complain(f"{reference}: {why.reason}")
        return True
    return False


def _print(rows: list[tuple[Any, Any]]) -> None:
    table = Table("repository", "image", "region", "ECR says", box=SIMPLE_HEAD, pad_edge=False)
    for reference, found in rows:
        repository = reference.repository if isinstance(reference, ImageReference) else reference
        image = str(reference.image_tag or reference.image_digest)[:19] if isinstance(reference, ImageReference) else ""
        said = ("missing", "red") if found is None else (_said(found), "green")
        table.add_row(cell(repository.repository_name), cell(image), cell(repository.region), cell(*said))
    console().print(table)


def _said(found: Image | Repository) -> str:
    if isinstance(found, Repository):
        return "found"
    pushed = f", pushed {found.pushed_at:%Y-%m-%d}" if found.pushed_at else ""
    return f"found, {decimal(found.size_bytes or 0)}{pushed}"
