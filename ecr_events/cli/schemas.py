"""``sample`` and ``schema``: the shape of events, for tests and tools."""

import argparse

import msgspec

from ecr_events.cli.arguments import add_type
from ecr_events.cli.streams import write_lines
from ecr_events.cli.terminal import Commands, add_command, print_error, write_json
from ecr_events.codec import json_schema
from ecr_events.samples import sample_json

__all__ = ["add_to"]


def add_to(commands: Commands) -> None:
    """Add the commands."""
    command = add_command(commands, "sample", "print a sample event as JSON", "ecr-events sample image-action")
    add_type(command)
    command.set_defaults(run=_sample)
    command = add_command(
        commands,
        "schema",
        "print the JSON Schema of an event type, or of all events, or the DDL of their table in Athena",
        "ecr-events schema replication-action",
    )
    add_type(command, is_optional=True)
    command.add_argument(
        "--athena",
        nargs=2,
        metavar=("TABLE", "LOCATION"),
        help="print the statement that creates a table of what convert --partition wrote, at s3://bucket/folder/; "
        "then run MSCK REPAIR TABLE, also after each upload",
    )
    command.set_defaults(run=_schema)


def _sample(options: argparse.Namespace) -> int:
    write_json(sample_json(options.type).rstrip())
    return 0


def _schema(options: argparse.Namespace) -> int:
    if options.athena:
        return _print_ddl(options)
    schema = json_schema(options.type) if options.type else json_schema()
    write_json(msgspec.json.format(msgspec.json.encode(schema), indent=2))
    return 0


def _print_ddl(options: argparse.Namespace) -> int:
    if options.type:
        print_error("schema needs either a TYPE or --athena, whose table has all events")
        return 2
    try:
        from ecr_events.columns import athena_ddl
    except ImportError as error:
        print_error(f"{error}: --athena requires: pip install pyarrow")
        return 2
    try:
        write_lines(athena_ddl(*options.athena).encode())
    except ValueError as error:
        print_error(error)
        return 2
    return 0
