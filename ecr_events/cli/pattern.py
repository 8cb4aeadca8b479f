"""``pattern``: the event pattern of a rule, and the events that it matches."""

import argparse
import re
import sys
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec
from msgspec import inspect

from ecr_events.archives.file_reader import Decoders, FileReader
from ecr_events.archives.sources import open_source
from ecr_events.cli.inputs import event_class
from ecr_events.cli.terminal import Commands, add_command, print_error, write_json
from ecr_events.codec import decode
from ecr_events.errors import ArchiveError
from ecr_events.events import EventBridgeEvent
from ecr_events.patterns import EventPattern, wildcard
from ecr_events.patterns.fields import EventField, find_field

__all__ = ["add_to"]

_JSON_TYPES: dict[type[inspect.Type], tuple[Any, str]] = {
    inspect.BoolType: (bool, "true, false"),
    inspect.IntType: (int, "a whole number"),
    inspect.FloatType: (int | float, "a number"),
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
        help="a field of the detail, otherwise of the envelope; envelope.a if both have it; a.b for a nested field; "
        r"repeat a field to match any of several values; * in a value matches any characters, \* an asterisk; "
        'a value in "" is a JSON string; one in [] has the conditions of a rule: [1, true, {"numeric": [">", 0]}]; '
        "other values of CloudTrail's parameters are strings",
    )
    command.add_argument(
        "--rule",
        metavar="FILE",
        help="the JSON of an existing rule or event pattern, not a TYPE; - for standard input",
    )
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
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            pattern = _pattern(options)
    except (ValueError, TypeError) as error:
        print_error(error)
        return 2
    for warning in caught:
        print_error(f"warning: {warning.message}")
    if options.match is not None:
        return _match(pattern, options.match)
    write_json(pattern.to_json(indent=2).encode())
    return 0


def _pattern(options: argparse.Namespace) -> EventPattern:
    if options.rule is None:
        return EventPattern(options.type, **_conditions(options.type, options.conditions))
    rule = sys.stdin.buffer.read() if options.rule == "-" else Path(options.rule).read_bytes()
    return EventPattern.parse(rule.decode("utf-8-sig"))


def _match(pattern: EventPattern, path: str) -> int:
    """Print the events that match, and how many."""
    matching = total = invalid = 0
    for document in _documents(path):
        if isinstance(document, ArchiveError):
            print_error(document)
            invalid += 1
            continue
        total += 1
        if pattern.matches(msgspec.json.decode(document)):
            matching += 1
            write_json(msgspec.json.format(document, indent=-1))
    print_error(f"{matching} of {total} events match")
    return 1 if invalid else 0


def _documents(path: str) -> Iterator[bytes | ArchiveError]:
    """Yield the events of files as they were sent: EventBridge matches keys too that no class has."""
    for name, file in open_source(sys.stdin.buffer if path == "-" else path):
        batch: Any
        for batch in FileReader(name, file, _Documents()).batches():
            yield from batch if isinstance(batch, list) else [batch]


class _Documents(Decoders):
    """Decoders that return the JSON of valid events."""

    def __init__(self) -> None:
        super().__init__(None)
        self.decode_known = self.decode

    def decode(self, document: bytes) -> bytes:
        decode(document)
        return document

    def decode_run(self, text: memoryview, separator: bytes) -> None:
        """Have each document decoded alone."""


def _conditions(type: type[EventBridgeEvent], texts: Iterable[str]) -> dict[str, list[Any]]:
    """Return the arguments of `EventPattern` for conditions such as ``action-type=PUSH``."""
    names: dict[tuple[str, ...], str] = {}
    conditions: dict[str, list[Any]] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals:
            raise ValueError(f"condition {text!r} is not of the form FIELD=VALUE")
        field = find_field(type, name)
        conditions.setdefault(names.setdefault(field.path, name), []).extend(_alternatives(field, value))
    return conditions


def _alternatives(field: EventField, text: str) -> list[Any]:
    """Return the alternative values of a condition."""
    expected, kind = _JSON_TYPES.get(field.type.__class__, (None, ""))
    if text.startswith(("[", '"')):
        expected, kind = list[Any] | str, "a string in quotes"
    if expected is None:
        is_wildcard = "*" in re.sub(r"\\[\\*]", "", text)
        return [wildcard(text) if is_wildcard else re.sub(r"\\([\\*])", r"\1", text)]
    try:
        value: Any = msgspec.json.decode(text, type=expected)
    except msgspec.DecodeError as error:
        reason = f'it must be {kind} or an array of conditions as in a rule, such as [{{"numeric": [">", 0]}}]'
        raise ValueError(f"{field.name!r} cannot be {text!r}: {reason}") from error
    return value if text.startswith("[") else [value]
