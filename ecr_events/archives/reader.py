"""Events from archives of any size, with one chunk in memory."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Literal, TypeAlias, TypeVar, overload

from ecr_events.archives.sources import Source, check_source
from ecr_events.codec import classes_of
from ecr_events.errors import ArchiveError
from ecr_events.events import ECREvent, EventBridgeEvent, UnknownEvent

__all__ = ["OnError", "check_on_error", "check_types", "read"]

_Event = TypeVar("_Event", bound=EventBridgeEvent)

OnError: TypeAlias = Literal["raise", "skip"] | Callable[[ArchiveError], object]
"""The handling of archive entries that cannot be decoded: raise, skip, or call with the error."""


@overload
def read(source: Source, *, types: None = None, on_error: OnError = "raise") -> Iterator[ECREvent | UnknownEvent]: ...
@overload
def read(source: Source, *, types: Iterable[type[_Event]], on_error: OnError = "raise") -> Iterator[_Event]: ...
def read(
    source: Source, *, types: Iterable[type[EventBridgeEvent]] | None = None, on_error: OnError = "raise"
) -> Iterator[EventBridgeEvent]:
    """Yield the events of an archive, holding one chunk of it in memory.

    Accepts one event per line, events without separators (as Firehose writes them to S3), indented
    events, and a JSON array of events; plain or compressed with gzip, detected by content.

    Damage affects no other event, unless the text has two readings: see `ecr_events.archives.framing`.
    Around damage, up to 4 MiB are held.

    Args:
        source: A path; a glob pattern (``logs/**/*.gz``); a directory, read recursively; an open
            binary stream; or the bytes themselves. Files are read in the order of their names.
        types: The classes of the events to yield, or base classes such as `ScanEvent`; all by default. Other
            events are parsed but not built, so that this is faster than a filter, and that breaches of
            their contracts go unseen.
        on_error: ``raise`` an `ArchiveError` for an entry that cannot be decoded, ``skip`` it,
            or call this with the error. Other events are not affected.

    Raises:
        ArchiveError: An entry could not be decoded. Has its file, byte offset, line and bytes.
        OSError: A file cannot be read or does not exist, or a pattern has no matches.
        TypeError: An argument has the wrong type, such as a file opened as text. Raised by the call itself.
        ValueError: `on_error` is another text. Raised by the call itself.
    """
    check_source(source)
    check_on_error(on_error)
    wanted = None if types is None else check_types(types)
    # It takes longer to import than the rest of this package.
    from ecr_events.archives.file_reader import decoders_for, read_decoded

    return read_decoded(source, decoders_for(wanted), on_error)


def check_on_error(on_error: Any, names: tuple[str, ...] = ("raise", "skip")) -> None:
    """Raise an error if `on_error` is neither callable nor one of these names."""
    expected = f"on_error must be {', '.join(map(repr, names))} or a callable, not"
    if isinstance(on_error, str):
        if on_error not in names:
            raise ValueError(f"{expected} {on_error!r}")
    elif not callable(on_error):
        raise TypeError(f"{expected} {type(on_error).__name__}")


def check_types(types: Iterable[type[EventBridgeEvent]]) -> frozenset[type[EventBridgeEvent]]:
    """Return the classes of the events of some types, base classes included. Raises TypeError for others."""
    try:
        classes = frozenset(types)
    except TypeError:
        raise TypeError(f"types must be an iterable of event classes, not {types!r:.200}") from None
    return frozenset(cls for type in classes for cls in classes_of(type))
