"""The command line: ``python -m ecr_events decode FILE...``."""

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from ecr_events.codec import decode, encode
from ecr_events.errors import DecodeError
from ecr_events.events import UnknownEvent

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status.

    0: every event decoded; 1: some did not; 2: a file or an argument is wrong.
    """
    parser = argparse.ArgumentParser(
        prog="ecr_events", description="Typed values for the events that Amazon ECR sends to EventBridge."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    command = commands.add_parser(
        "decode",
        help="decode files of events and print one event a line",
        description="Decode files, each one event as JSON or one event a line, and print one event a line as JSON. "
        "What cannot be decoded is reported on standard error, with its file and byte offset.",
    )
    command.add_argument("files", nargs="+", type=Path, metavar="FILE")
    return _decode_files(parser.parse_args(arguments).files)


def _decode_files(files: Sequence[Path]) -> int:
    counts: Counter[str] = Counter(typed=0, unknown=0, refused=0)
    unreadable = False
    for file in files:
        try:
            data = file.read_bytes()
        except OSError as error:
            print(error, file=sys.stderr)
            unreadable = True
            continue
        for offset, text in _events(data):
            try:
                event = decode(text)
            except DecodeError as error:
                print(f"{file}: byte {offset}: {error}", file=sys.stderr)
                counts["refused"] += 1
            else:
                print(encode(event).decode())
                counts["unknown" if isinstance(event, UnknownEvent) else "typed"] += 1
    print(", ".join(f"{count} {what}" for what, count in counts.items()), file=sys.stderr)
    return 2 if unreadable else 1 if counts["refused"] else 0


def _events(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield each event's text with its offset: the whole file, or its lines if one of them is a JSON object."""
    lines = data.splitlines(keepends=True)
    if not (len(lines) > 1 and any(map(_is_object, lines))):
        yield 0, data
        return
    offset = 0
    for line in lines:
        if line.strip():
            yield offset, line
        offset += len(line)


def _is_object(line: bytes) -> bool:
    try:
        return line.startswith(b"{") and isinstance(msgspec.json.decode(line), dict)
    except (ValueError, RecursionError):
        return False
