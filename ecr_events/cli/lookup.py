"""``lookup``: the images and repositories named by events, from ECR."""

import argparse
import sys
from collections.abc import Callable, Iterable
from typing import Any, TypeAlias, TypeVar

import msgspec

from ecr_events.cli.arguments import add_arguments
from ecr_events.cli.inputs import EventInput
from ecr_events.cli.terminal import Commands, Errors, add_command, print_error, write_json
from ecr_events.errors import BatchServiceError, CredentialsError, InvalidReferenceError, ServiceError
from ecr_events.references import ImageReference, RepositoryReference
from ecr_events.service import ECRService, Image, Repository
from ecr_events.service.clients import import_boto3
from ecr_events.service.error_mapping import map_botocore_errors

__all__ = ["add_to"]

_Rows: TypeAlias = "list[tuple[RepositoryReference | ImageReference, Repository | Image | None]]"

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
    try:
        service = ECRService(_session(options.profile))
    except (ServiceError, ImportError) as error:  # before anything is read
        print_error(error)
        return 2
    print_rows = _print_json if options.json or not sys.stdout.isatty() else _table_printer()
    events, errors = EventInput(options), Errors()
    images: dict[ImageReference, None] = {}
    repositories: dict[RepositoryReference, None] = {}
    failed = False
    for event in events:
        try:
            images.update(dict.fromkeys(event.image_references))
            repositories.update(dict.fromkeys(event.repository_references))
        except InvalidReferenceError as error:
            errors.add(error, error.reason)
            failed = True
    rows: _Rows = [*_look_up(service.repositories, repositories, errors), *_look_up(service.images, images, errors)]
    print_rows(rows)
    errors.print_counts()
    failed |= len(rows) < len(repositories) + len(images)
    return events.finish() or int(failed)


def _session(profile: str | None) -> Any:
    """Return the session of a profile, for None that of the environment.

    Raises:
        CredentialsError: The profile does not exist, or there are no credentials.
        ImportError: boto3 is not installed.
    """
    with map_botocore_errors():
        session = import_boto3().Session(profile_name=profile)
        if session.get_credentials() is None:
            raise CredentialsError("no credentials of AWS: run aws configure, aws sso login, or pass --profile")
    return session


def _look_up(
    look_up: Callable[[list[_Reference]], dict[_Reference, _Resource | None]],
    references: dict[_Reference, None],
    errors: Errors,
) -> Iterable[tuple[_Reference, _Resource | None]]:
    """Return what was found, and print the errors of failed lookups."""
    try:
        return look_up(list(references)).items()
    except BatchServiceError as error:
        for failure in error.errors.values():
            errors.add(failure, failure.code or failure.reason)
        return error.results.items()


def _named(reference: RepositoryReference | ImageReference) -> dict[str, Any]:
    """Return the fields of a reference."""
    if isinstance(reference, RepositoryReference):
        return msgspec.structs.asdict(reference)
    fields = msgspec.structs.asdict(reference)
    return msgspec.structs.asdict(fields.pop("repository")) | fields


def _uri(reference: RepositoryReference | ImageReference) -> str | None:
    """Return the URI; None for an image whose tag no client of registries accepts, though ECR is asked for it."""
    try:
        return reference.uri
    except InvalidReferenceError:
        return None


def _print_json(rows: _Rows) -> None:
    for reference, resource in rows:
        write_json(msgspec.json.encode(_named(reference) | {"uri": _uri(reference), "found": resource}))


def _table_printer() -> Callable[[_Rows], None]:
    """Return a function that prints a table."""
    from ecr_events.cli.tables import Cell, Column, cell, console, print_table

    def print_rows(rows: _Rows) -> None:
        columns = Column("repository", folds=True), Column("image", folds=True), Column("region"), Column("in ECR")
        cells: list[list[Cell]] = []
        for reference, resource in rows:
            repository = reference.repository if isinstance(reference, ImageReference) else reference
            names = repository.repository_name, _short_name(reference), repository.region
            result = cell("missing", "red") if resource is None else cell(_describe(resource), "green")
            cells.append([*map(cell, names), result])
        print_table(console(), columns, cells)

    return print_rows


def _short_name(reference: RepositoryReference | ImageReference) -> str:
    """Return the tag of an image, else its digest, shortened."""
    if isinstance(reference, RepositoryReference):
        return ""
    return reference.image_tag or str(reference.image_digest)[:19]


def _describe(resource: Image | Repository) -> str:
    if isinstance(resource, Repository):
        return "found"
    from rich.filesize import decimal

    pushed = f", pushed {resource.pushed_at:%Y-%m-%d}" if resource.pushed_at else ""
    return f"found, {decimal(resource.size_bytes or 0)}{pushed}"
