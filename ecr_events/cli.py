"""The command line: ``python -m ecr_events decode FILE...`` and ``python -m ecr_events demo``."""

import argparse
import os
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
    command.set_defaults(run=_decode_files)
    command = commands.add_parser(
        "demo",
        help="decode the samples and look up what they name in an ECR that is made up",
        description="Decode a sample of every event, and look up what it names in an ECR that runs inside this "
        "process, without AWS. Needs the extra `demo`.",
    )
    command.set_defaults(run=_demo)
    options = parser.parse_args(arguments)
    try:
        status: int = options.run(options)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read the output has had enough. Python must not find that out again on exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return status


def _demo(_: argparse.Namespace) -> int:
    try:
        from ecr_events.demo import demo  # noqa: PLC0415 - the only command that needs its dependencies
    except ImportError as error:
        print(f"{error}; the demo needs more: pip install 'ecr_events[demo]'", file=sys.stderr)
        return 2
    demo()
    return 0


def _decode_files(options: argparse.Namespace) -> int:
    counts: Counter[str] = Counter(typed=0, unknown=0, refused=0)
    unreadable = False
    files: list[Path] = options.files
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
                sys.stdout.buffer.write(encode(event) + b"\n")
                counts["unknown" if isinstance(event, UnknownEvent) else "typed"] += 1
    print(", ".join(f"{count} {what}" for what, count in counts.items()), file=sys.stderr)
    return 2 if unreadable else 1 if counts["refused"] else 0


def _events(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield each event's text with its offset: the whole file, or its lines if an object begins in the first."""
    if _is_json(data) or not data.lstrip().startswith(b'{"'):
        yield 0, data
        return
    offset = 0
    for line in data.splitlines(keepends=True):
        if line.strip():
            yield offset, line
        offset += len(line)


def _is_json(data: bytes) -> bool:
    try:
        msgspec.json.decode(data)
    except (ValueError, RecursionError):
        return False
    return True
