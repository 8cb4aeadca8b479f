"""Events to a file, atomically."""

import os
from collections.abc import Iterable, Iterator
from itertools import islice
from os import PathLike
from typing import IO, cast

import msgspec

from ecr_events.drafts import Draft
from ecr_events.events import EventBridgeEvent

__all__ = ["write"]

_BATCH = 1_000
"""Number of events that are encoded at a time."""


def write(events: Iterable[EventBridgeEvent], path: str | PathLike[str]) -> int:
    """Write events to a file, one per line, and return their number.

    Writes atomically: events go to a hidden draft in the file's directory, which replaces the file
    when it is complete and on disk. A crash leaves the old file, or none, and possibly the draft.
    An error leaves no draft.

    The draft has the mode of the file that it replaces before its first byte. The draft of
    a new file is private until it is complete, and then gets the mode of any new file.

    Args:
        events: The events. They may be read lazily from the file that is replaced.
        path: The file. Compressed with gzip if this name ends in ``.gz``, in lower or upper case;
            the same events give the same bytes. A link stays, and its target is replaced, but the
            link's name decides about compression.

    Raises:
        TypeError: `events` is a single event, text or bytes, or not iterable; or an element is not
            an event. Names the element's position and type.
        UnicodeEncodeError: A string has a lone surrogate, as in `encode`.
        OSError: The file cannot be written, or `path` exists and is not a regular file.
        FileNotFoundError: The directory does not exist, or `path` is empty.
    """
    remaining, name = _iterate(events), os.fspath(path)
    with Draft(name) as file:
        if not name.lower().endswith(".gz"):
            return _write_lines(remaining, file)
        import gzip

        # Without name and time, which would make equal archives differ.
        with gzip.GzipFile(filename="", fileobj=file, mode="wb", mtime=0) as compressed:
            return _write_lines(remaining, cast(IO[bytes], compressed))


def _iterate(events: Iterable[object]) -> Iterator[object]:
    """Return an iterator. Refuses text and bytes, of which empty ones would become an empty archive."""
    if isinstance(events, str | bytes | bytearray | memoryview | EventBridgeEvent):
        raise TypeError(f"events must be an iterable of events, not {type(events).__name__}")
    return iter(events)


def _write_lines(events: Iterator[object], file: IO[bytes]) -> int:
    encoder, count = msgspec.json.Encoder(), 0
    while batch := list(islice(events, _BATCH)):
        _check(batch, count)
        file.write(encoder.encode_lines(batch))
        count += len(batch)
    return count


def _check(batch: list[object], start: int) -> None:
    """Raise a TypeError that names the first element which is not an event."""
    # A batch has few classes, so that checking these costs less than checking each element.
    classes: set[type] = {*map(type, batch)}
    if not all(issubclass(cls, EventBridgeEvent) for cls in classes):
        index, other = next(
            (index, item) for index, item in enumerate(batch, start) if not issubclass(type(item), EventBridgeEvent)
        )
        raise TypeError(f"events[{index}] must be an event, not {type(other).__name__}")
