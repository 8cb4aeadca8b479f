"""``pattern``: the event pattern of a rule, and the events that it matches."""

import argparse
import re
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
from msgspec import inspect

from ecr_events.cli.inputs import EventInput, event_class
from ecr_events.cli.terminal import Commands, add_command, print_error, write_json
from ecr_events.codec import encode
from ecr_events.events import EventBridgeEvent
from ecr_events.patterns import EventPattern, wildcard
from ecr_events.patterns.building import field_type

__all__ = ["add_to"]

_JSON_TYPES: dict[type[inspect.Type], Any] = {
    inspect.BoolType: bool,
    inspect.IntType: int,
    inspect.FloatType: float,
}


def add_to(commands: Commands) -> None:
    """Add the command."""
    command = add_command(
        commands,
        "pattern",
        "print the event pattern of an EventBridge rule, or the events that it matches",
        "ecr-events pattern image-action action-type=PUSH result=SUCCESS 'repository-name=team/*' --match events/",
    )
    command.add_argument("type", type=event_class, metavar="TYPE", nargs="?")
    command.add_argument(
        "conditions",
        nargs="*",
        metavar="FIELD=VALUE",
        help="a field of the detail, or of the envelope such as account or region; a.b for a nested field; "
        "repeat a field to match any of several values; * in a value matches any characters",
    )
    command.add_argument("--rule", metavar="FILE", help="the JSON of an existing rule or event pattern, not a TYPE")
    command.add_argument(
        "--match",
        metavar="PATH",
        help="print the matching events of a file, directory or glob pattern; - for standard input",
    )
    command.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    if (options.type is None) == (options.rule is None):
        print_error("pattern needs either a TYPE or a --rule")
        return 2
    try:
        pattern = EventPattern.parse(Path(options.rule).read_bytes()) if options.rule else _pattern(options)
        return _match(pattern, options.match) if options.match else _print(pattern)
    except (OSError, ValueError, TypeError) as error:
        print_error(error)
        return 2


def _print(pattern: EventPattern) -> int:
    write_json(pattern.to_json(indent=2).encode())
    return 0


def _match(pattern: EventPattern, path: str) -> int:
    """Print the events that match, and how many."""
    every = {"type": None, "repository": None, "since": None, "until": None, "on_error": "report"}
    events = EventInput(argparse.Namespace(paths=[path], **every))
    matching = total = 0
    for event in events:
        total += 1
        if pattern.matches(event):
            matching += 1
            write_json(encode(event))
    print_error(f"{matching} of {total} events match")
    return events.status


def _pattern(options: argparse.Namespace) -> EventPattern:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        pattern = EventPattern(options.type, **_conditions(options.type, options.conditions))
    for warning in caught:
        print_error(f"warning: {warning.message}")
    return pattern


def _conditions(type: type[EventBridgeEvent], texts: Iterable[str]) -> dict[str, Any]:
    """Return the arguments of `EventPattern` for conditions such as ``action-type=PUSH``."""
    conditions: dict[str, Any] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals:
            raise ValueError(f"condition {text!r} is not of the form FIELD=VALUE")
        path = name.removeprefix("detail.")
        *keys, last = path.split(".")
        parent = conditions
        try:
            for key in keys:
                parent = parent.setdefault(key, {})
            parent.setdefault(last, []).append(_value(field_type(type, path), value, name))
        except AttributeError:
            raise ValueError(f"{name!r} has conditions on the whole and on nested fields") from None
    return conditions


def _value(info: Any, text: str, name: str) -> Any:
    """Return the value of a condition on a field of type `info`."""
    match info:
        case inspect.BoolType() | inspect.IntType() | inspect.FloatType():
            try:
                return msgspec.json.decode(text, type=_JSON_TYPES[info.__class__])
            except msgspec.DecodeError as error:
                raise ValueError(f"{name!r} cannot be {text!r}: {error}") from error
        case inspect.AnyType():
            try:
                return msgspec.json.decode(text)
            except msgspec.DecodeError:
                pass
        case _:
            pass
    return wildcard(text) if re.search(r"(?<!\\)\*", text) else text.replace(r"\*", "*")
