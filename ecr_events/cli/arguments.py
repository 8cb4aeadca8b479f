"""The arguments that several commands have: files, types of events, filters, and the number of processes."""

import argparse
import difflib
import re
import sys
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

from ecr_events.events import ECREvent, EventBridgeEvent, UnknownEvent
from ecr_events.events.envelope import detail_type_of

__all__ = ["add_arguments", "add_files", "add_jobs", "add_type"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of an `EventInput`."""
    add_files(parser)
    parser.add_argument(
        "--repository",
        type=_parse_name,
        metavar="NAME",
        help="only events about this repository; may contain * and ? as wildcards",
    )
    parser.add_argument(
        "--since",
        type=_parse_time,
        metavar="TIME",
        help="only events from this time on: 2026-05-04, 2026-05-04T09:15, or 7d for the last seven days (w, d, h, m)",
    )
    parser.add_argument("--until", type=_parse_time, metavar="TIME", help="only events before this time")
    parser.add_argument(
        "--limit", type=_parse_count, metavar="N", help="only the first N of these events; one process reads them"
    )


def add_files(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that select files and types of events."""
    parser.add_argument(
        "paths",
        nargs="+",
        metavar="PATH",
        help="a file, directory or glob pattern; - for standard input; JSON lines, a JSON array or adjacent documents, "
        "plain or gzip",
    )
    argument: Any = parser.add_argument(
        "--type",
        action="append",
        type=_event_class,
        metavar="TYPE",
        help="only events of this type, such as image-action; may be repeated; others are hardly validated",
    )
    argument.completer = _complete_type
    parser.add_argument(
        "--on-error",
        choices=("report", "skip", "stop"),
        default="report",
        help="for documents that cannot be decoded: report them and exit with status 1 (default), skip them, "
        "or stop at the first",
    )


def add_jobs(parser: argparse.ArgumentParser) -> None:
    """Add the argument that selects the number of processes, for commands that call `FileInput.process`."""
    parser.add_argument(
        "--jobs",
        type=_parse_count,
        metavar="N",
        help="number of processes that read large files (default: the number of cores)",
    )


def _event_class(text: str) -> type[EventBridgeEvent]:
    """Return the event class for a class name, a detail-type, or an abbreviation such as ``image-action``.

    Raises:
        argparse.ArgumentTypeError: The type is unknown.
    """
    names: dict[str, type[EventBridgeEvent]] = {}
    for short, cls in _EVENT_TYPES.items():
        for name in (short, cls.__name__, cls.__name__.removesuffix("Event"), detail_type_of(cls) or short):
            names[_normalize(name)] = cls
    if found := names.get(_normalize(text)):
        return found
    advice = f"must be one of {', '.join(_EVENT_TYPES)}"
    for similar in difflib.get_close_matches(_normalize(text), names, n=1):
        advice = f"did you mean {_short_name(names[similar])}?"
    raise argparse.ArgumentTypeError(f"unknown type {text!r}: {advice}")


def _short_name(cls: type[EventBridgeEvent]) -> str:
    words = (detail_type_of(cls) or "unknown").lower().replace(" ", "-")
    return words.removeprefix("ecr-").removeprefix("aws-")


_EVENT_TYPES = {_short_name(cls): cls for cls in (*get_args(ECREvent), UnknownEvent)}
"""The event classes by what is typed for them."""


def _complete_type(**_: Any) -> Iterable[str]:
    return _EVENT_TYPES


def add_type(parser: argparse.ArgumentParser, *, is_optional: bool = False) -> None:
    """Add the argument for an event class."""
    argument: Any = parser.add_argument(
        "type",
        type=_event_class,
        metavar="TYPE",
        nargs="?" if is_optional else None,
        help=f"one of {', '.join(name for name in _EVENT_TYPES if name != 'unknown')}, or unknown",
    )
    argument.completer = _complete_type


def _normalize(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


def _parse_count(text: str) -> int:
    number = int(text.lstrip("0")[:20] or 0) if text.isdecimal() else 0
    if not number:
        raise argparse.ArgumentTypeError(f"invalid number {text!r}: must be 1 or more")
    return min(number, sys.maxsize)


def _parse_name(text: str) -> str:
    if not text:  # of a shell's variable that is not set
        raise argparse.ArgumentTypeError("must not be empty")
    return text


_AGO = re.compile(r"([0-9]{1,6})([wdhm])")

_UNITS = {"w": "weeks", "d": "days", "h": "hours", "m": "minutes"}


def _parse_time(text: str) -> datetime:
    """Return a time, in UTC unless it has an offset."""
    try:
        if ago := _AGO.fullmatch(text):
            return datetime.now(UTC) - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        time = datetime.fromisoformat(text)
    except (ValueError, OverflowError) as error:
        raise argparse.ArgumentTypeError(
            f"invalid time {text!r}: must be like 2026-05-04, 2026-05-04T09:15, 7d or 12h"
        ) from error
    return time if time.tzinfo else time.replace(tzinfo=UTC)
