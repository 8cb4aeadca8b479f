"""Events to a file, atomically."""

import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import islice
from os import PathLike
from typing import IO, cast

import msgspec

from ecr_events.events import EventBridgeEvent

__all__ = ["write"]

_BATCH = 1_000
"""Number of events that are encoded at a time."""

_PRIVATE = 0o600
"""Mode of a draft while nothing says who else may read it."""

_DEFAULT = 0o666
"""Mode that `open` gives a new file, before the umask."""


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
    mode = _mode_of(name)
    target = os.path.realpath(name)
    # Not derived from the target's name, which may be as long as names can be.
    draft = os.path.join(os.path.dirname(target), f".ecr-events.{os.urandom(16).hex()}")
    try:
        with _create(draft, name, _DEFAULT if mode is None else _PRIVATE) as file:
            if mode is None:
                # Reading the umask itself would change it for other threads.
                mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
                _set_mode(file, mode & _PRIVATE)
            else:
                _set_mode(file, mode)
            if name.lower().endswith(".gz"):
                import gzip

                # Without name and time, which would make equal archives differ.
                with gzip.GzipFile(filename="", fileobj=file, mode="wb", mtime=0) as compressed:
                    count = _write_lines(remaining, cast(IO[bytes], compressed))
            else:
                count = _write_lines(remaining, file)
            file.flush()
            _set_mode(file, mode)
            os.fsync(file.fileno())
        os.replace(draft, target)
    except BaseException:
        with suppress(OSError):
            os.unlink(draft)
        raise
    return count


def _iterate(events: Iterable[object]) -> Iterator[object]:
    """Return an iterator. Refuses text and bytes, of which empty ones would become an empty archive."""
    if isinstance(events, str | bytes | bytearray | memoryview | EventBridgeEvent):
        raise TypeError(f"events must be an iterable of events, not {type(events).__name__}")
    return iter(events)


def _mode_of(name: str) -> int | None:
    """Return the permissions of the file to replace; None if the file does not exist.

    Raises:
        OSError: `name` exists and is not a regular file, or cannot be the name of a file.
    """
    try:
        mode = os.stat(name).st_mode
    except FileNotFoundError:
        if not (name and os.path.exists(os.path.dirname(name) or os.curdir)):
            raise
        return None
    if not stat.S_ISREG(mode):
        from errno import EINVAL, EISDIR

        raise OSError(EISDIR if stat.S_ISDIR(mode) else EINVAL, "not a regular file", name)
    return stat.S_IMODE(mode)


def _create(draft: str, name: str, mode: int) -> IO[bytes]:
    """Create a draft of the file `name`, which an error names instead of the draft."""
    try:
        return open(draft, "xb", opener=lambda file, flags: os.open(file, flags, mode))
    except OSError as error:
        error.filename = name
        raise


def _set_mode(file: IO[bytes], mode: int) -> None:
    if hasattr(os, "fchmod"):  # pragma: no branch - Windows has it since Python 3.13
        os.fchmod(file.fileno(), mode)


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
