"""``pattern``: the event pattern of a rule, and the events that it matches."""

import argparse
import re
import sys
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import msgspec
from msgspec import inspect

from ecr_events.archives import BinaryReader, OnError
from ecr_events.archives.file_reader import Decoders, read_decoded
from ecr_events.cli.arguments import add_type
from ecr_events.cli.files import Send, read_files
from ecr_events.cli.inputs import FileInput
from ecr_events.cli.streams import flush
from ecr_events.cli.terminal import Commands, add_command, print_error, write_json
from ecr_events.codec import decode
from ecr_events.errors import DecodeError
from ecr_events.events import EventBridgeEvent
from ecr_events.patterns import EventPattern, wildcard
from ecr_events.patterns.fields import EventField, find_field

__all__ = ["add_to"]

_Document: TypeAlias = tuple[bytes, Any]
"""The JSON of an event, as text and parsed."""

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
    add_type(command, is_optional=True)
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
        dest="paths",
        nargs=1,
        metavar="PATH",
        help="print the matching events of a file, directory or glob pattern; - for standard input",
    )
    command.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    if (options.type is None) == (options.rule is None):
        print_error("pattern needs either a TYPE or a --rule")
        return 2
    if options.rule == "-" and options.paths == ["-"]:
        print_error("only one of --rule and --match can be standard input")
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
    if options.paths is not None:
        return _match(pattern, FileInput(options, _DocumentReading()))
    write_json(pattern.to_json(indent=2).encode())
    return 0


def _pattern(options: argparse.Namespace) -> EventPattern:
    if options.rule is None:
        return EventPattern(options.type, **_conditions(options.type, options.conditions))
    return EventPattern.parse(_read(options.rule).decode("utf-8-sig"))


def _read(name: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as error:
        error.filename = error.filename or name
        raise


def _match(pattern: EventPattern, documents: FileInput) -> int:
    """Print the events that match, and how many."""
    documents.on_pause = flush
    documents.shows_progress = not sys.stdout.isatty()  # amid the events
    matching = total = 0
    document: bytes
    for document, parsed in documents:
        total += 1
        if pattern.matches(parsed):
            matching += 1
            write_json(msgspec.json.format(document, indent=-1))
    status = documents.finish()
    print_error(f"{matching:,} of {total:,} events match")
    return status


class _DocumentReading:
    """The events of files as they were sent: EventBridge matches keys too that no class has."""

    def read(self, names: Iterable[str], send: Send, /) -> Iterator[_Document]:
        """Yield documents, and send the errors and the progress."""
        decoders = _Documents()

        def read(source: BinaryReader, on_error: OnError) -> Iterator[_Document]:
            return read_decoded(source, decoders, on_error)

        return read_files(names, read, "report", send)


class _Documents(Decoders):
    """Decoders that return valid events as they were sent."""

    def __init__(self) -> None:
        super().__init__(None)
        self.decode_known = self.decode_other

    def decode_other(self, document: bytes) -> _Document:
        decode(document)
        try:
            return document, msgspec.json.decode(document)
        except ValueError as error:  # in the value of a key that no class has
            raise DecodeError.from_exception(error, document) from error

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
