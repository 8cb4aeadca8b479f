"""``sample``, ``schema`` and ``pattern``: the shape of events, for tests, tools and rules."""

import argparse
from typing import Any

import msgspec

from ecr_events.cli.inputs import event_class
from ecr_events.cli.terminal import Commands, add_command, print_error, write_json
from ecr_events.codec import json_schema
from ecr_events.patterns import event_pattern
from ecr_events.samples import sample_json

__all__ = ["add_to"]


def add_to(commands: Commands) -> None:
    """Add the commands."""
    command = add_command(commands, "sample", "print a sample event as JSON", "ecr-events sample image-action")
    command.add_argument("type", type=event_class, metavar="TYPE")
    command.set_defaults(run=_sample)
    command = add_command(
        commands,
        "schema",
        "print the JSON Schema of an event type, or of all events",
        "ecr-events schema replication-action",
    )
    command.add_argument("type", type=event_class, metavar="TYPE", nargs="?")
    command.set_defaults(run=_schema)
    command = add_command(
        commands,
        "pattern",
        "print the event pattern of an EventBridge rule",
        "ecr-events pattern image-action action-type=PUSH result=SUCCESS 'repository-name=team/*'",
    )
    command.add_argument("type", type=event_class, metavar="TYPE")
    command.add_argument(
        "conditions",
        nargs="*",
        metavar="FIELD=VALUE",
        help="a field of the detail, or of the envelope such as account or region; a.b for a nested field; "
        "repeat a field to match any of several values; end the value with * to match a prefix",
    )
    command.set_defaults(run=_pattern)


def _sample(options: argparse.Namespace) -> int:
    write_json(sample_json(options.type).rstrip())
    return 0


def _schema(options: argparse.Namespace) -> int:
    _write_indented(json_schema(options.type) if options.type else json_schema())
    return 0


def _pattern(options: argparse.Namespace) -> int:
    try:
        pattern = event_pattern(options.type, options.conditions)
    except ValueError as error:
        print_error(error)
        return 2
    _write_indented(pattern)
    return 0


def _write_indented(document: dict[str, Any]) -> None:
    write_json(msgspec.json.format(msgspec.json.encode(document), indent=2))
