"""Events in files and streams of any size, one chunk in memory.

A chunk is cut where a document ends, and decoded as a whole by msgspec, which takes lines,
concatenated documents, indented ones and arrays alike. Only a chunk that it refuses, because of one
bad or unknown event, is taken apart document by document.
"""

import io
from collections.abc import Callable, Iterator
from contextlib import suppress
from errno import ENOENT
from glob import glob, has_magic
from itertools import chain
from os import PathLike, fspath
from pathlib import Path
from typing import IO, Literal, TypeAlias

import msgspec

from ecr_events.archives.framing import documents, last_start, skip
from ecr_events.codec import decode
from ecr_events.errors import ArchiveError, DecodeError
from ecr_events.events import ECREvent, UnknownEvent
from ecr_events.gunzip import MAGIC, gunzip

__all__ = ["OnError", "Source", "paths", "read"]

Source: TypeAlias = str | PathLike[str] | bytes | bytearray | memoryview | IO[bytes]
"""A path, a pattern of paths, a folder, a file that is open for reading bytes, or the bytes themselves."""

OnError: TypeAlias = Literal["raise", "skip"] | Callable[[ArchiveError], object]

CHUNK = 1 << 18
"""How many bytes are read, and decoded, at a time. Fits into a processor's cache, with the events in it."""

_lines = msgspec.json.Decoder(ECREvent).decode_lines
_array = msgspec.json.Decoder(list[ECREvent]).decode


def read(source: Source, *, on_error: OnError = "raise") -> Iterator[ECREvent | UnknownEvent]:
    """Yield every event in an archive, holding one chunk of it in memory.

    The archive may have one event a line, events one after the other without anything in
    between (as Firehose writes them to S3), indented documents, or one JSON array; each of
    them plain or compressed with gzip, which is told by the content.

    Args:
        source: A path; a pattern (``logs/**/*.gz``); a folder, with all files below it; a file that
            is open for reading bytes; or the bytes themselves. Files are read in the order of their names.
        on_error: What to do about text that is no event: ``raise`` the `ArchiveError`; ``skip`` it;
            or call this with the error. The events around it are not lost.

    Raises:
        ArchiveError: With ``on_error="raise"``: file, byte offset, line and bytes of what is no event.
        OSError: A file cannot be read, or no file has that name or fits that pattern.
    """
    for name, file in _opened(source):
        yield from _events(name, file, on_error)


def _events(name: str | None, file: IO[bytes], on_error: OnError) -> Iterator[ECREvent | UnknownEvent]:
    """Yield the events of one file."""
    text, place, chunks, damage = b"", _Place(name), _chunks(file), None
    final = False
    while not final:
        try:
            chunk = next(chunks, b"")
        except DecodeError as error:
            chunk, damage = b"", error
        final = not chunk
        text += chunk
        end = len(text) if final else last_start(text)
        events = _at_once(text[:end])
        if events is not None:
            yield from events
        else:
            end = 0
            for begin, end in documents(text, final=final):
                event = _one(text[begin:end], begin, text, place, on_error)
                if event is not None:
                    yield event
        end = skip(text, end)
        place.pass_over(text, end)
        text = text[end:]
    if damage is not None:
        _refuse(place.error(damage, b"", 0), on_error)


def _at_once(text: bytes) -> list[ECREvent] | None:
    """Return the events in `text`, or in this part of an array; None unless it holds nothing else."""
    with suppress(ValueError, RecursionError):
        return _lines(text) if text else None
    with suppress(ValueError, RecursionError):
        return _array(b"[%b]" % text.strip(b"[], \t\r\n"))
    return None


def _one(
    document: bytes, begin: int, text: bytes, place: "_Place", on_error: OnError
) -> ECREvent | UnknownEvent | None:
    try:
        return decode(document)
    except DecodeError as error:
        _refuse(place.error(error, text, begin), on_error)
        return None


def _refuse(error: ArchiveError, on_error: OnError) -> None:
    if on_error == "raise":
        raise error from error.__cause__
    if on_error != "skip":
        on_error(error)


class _Place:
    """Where in a file the text begins that is being read."""

    def __init__(self, file: str | None) -> None:
        self.file = file
        self.offset = 0
        self.line = 1

    def pass_over(self, text: bytes, end: int) -> None:
        """Go on to `end`, counted from the beginning of `text`."""
        self.offset += end
        self.line += text.count(b"\n", 0, end)

    def error(self, error: DecodeError, text: bytes, begin: int) -> ArchiveError:
        """Return the error with its place: at `begin`, counted from the beginning of `text`."""
        found = ArchiveError(
            error.reason,
            error.path,
            error.payload,
            file=self.file,
            offset=self.offset + begin,
            line=self.line + text.count(b"\n", 0, begin),
        )
        found.__cause__ = error.__cause__
        return found


def _opened(source: Source) -> Iterator[tuple[str | None, IO[bytes]]]:
    """Yield the files of a source, each with its name, and close those that were opened here."""
    if isinstance(source, bytes | bytearray | memoryview):
        yield None, io.BytesIO(source)
    elif isinstance(source, str | PathLike):
        for path in paths(fspath(source)):
            with Path(path).open("rb") as file:
                yield path, file
    else:
        yield getattr(source, "name", None), source


def paths(source: str) -> list[str]:
    """Return the files that a path, a pattern or a folder stands for, in the order of their names."""
    if not source:
        raise FileNotFoundError(ENOENT, "no file has an empty name", source)
    if Path(source).is_dir():
        # As in a pattern, what is hidden is not meant: drafts, and what keeps versions.
        files = (path for path in Path(source).rglob("*") if path.is_file())
        return sorted(
            str(path) for path in files if not any(part.startswith(".") for part in path.relative_to(source).parts)
        )
    if has_magic(source) and not Path(source).exists():
        found = sorted(path for path in glob(source, recursive=True) if Path(path).is_file())  # noqa: PTH207 - takes absolute patterns too
        if not found:
            raise FileNotFoundError(ENOENT, "no file fits the pattern", source)
        return found
    return [source]


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    """Yield what is in a file, unpacked if it is gzip.

    Raises:
        DecodeError: It is gzip that is damaged, or cut off.
    """
    head = file.read(2)
    while len(head) < len(MAGIC) and (more := file.read(1)):
        head += more
    pieces = chain([head], iter(lambda: file.read(CHUNK), b""))
    yield from filter(None, gunzip(pieces, size=CHUNK) if head == MAGIC else pieces)
