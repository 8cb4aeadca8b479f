"""Events from archives of any size, with one chunk in memory.

A chunk is cut at the end of a document and decoded by one call of msgspec, which accepts lines,
adjacent and indented documents, and arrays. Only a chunk that msgspec refuses, because of an invalid
or unknown event, is split and decoded document by document.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from typing import Any, Literal, TypeAlias

import msgspec

from ecr_events.archives.framing import last_document_start, skip_separators, split_documents
from ecr_events.archives.sources import BinaryReader, Source, open_source, read_chunks
from ecr_events.codec import decode
from ecr_events.errors import ArchiveError, DecodeError
from ecr_events.events import ECREvent, UnknownEvent

__all__ = ["OnError", "read"]

OnError: TypeAlias = Literal["raise", "skip"] | Callable[[ArchiveError], object]
"""The handling of archive entries that cannot be decoded: raise, skip, or call with the error."""

CHUNK = 1 << 18
"""Bytes read and decoded at a time: a size that fits into a processor's cache with its events."""


def read(source: Source, *, on_error: OnError = "raise") -> Iterator[ECREvent | UnknownEvent]:
    """Yield the events of an archive, holding one chunk of it in memory.

    Accepts one event per line, events without separators (as Firehose writes them to S3), indented
    events, and a JSON array of events; plain or compressed with gzip, detected by content.

    Args:
        source: A path; a glob pattern (``logs/**/*.gz``); a directory, read recursively; an open
            binary stream; or the bytes themselves. Files are read in the order of their names.
        on_error: ``raise`` an `ArchiveError` for an entry that cannot be decoded, ``skip`` it,
            or call this with the error. Other events are not affected.

    Raises:
        ArchiveError: An entry could not be decoded. Has its file, byte offset, line and bytes.
        OSError: A file cannot be read or does not exist, or a pattern has no matches.
    """
    for name, file in open_source(source):
        yield from _read_file(name, file, on_error)


def _read_file(name: str | None, file: BinaryReader, on_error: OnError) -> Iterator[ECREvent | UnknownEvent]:
    text, position, chunks, damage = b"", _Position(name), read_chunks(file, CHUNK), None
    final = False
    while not final:
        try:
            chunk = next(chunks, b"")
        except DecodeError as error:
            chunk, damage = b"", error
        final = not chunk
        text += chunk
        end = len(text) if final else last_document_start(text)
        events = _decode_chunk(text[:end])
        if events is not None:
            yield from events
        else:
            end = 0
            for start, end in split_documents(text, final=final):
                event = _decode_one(text[start:end], start, text, position, on_error)
                if event is not None:
                    yield event
        end = skip_separators(text, end)
        position.advance(text, end)
        text = text[end:]
    if damage is not None:
        _report(position.error(damage, b"", 0), on_error)


@cache
def _decoders() -> tuple[Callable[[bytes], list[ECREvent]], Callable[[bytes], list[ECREvent]]]:
    """Return the decoders of lines and of an array. Building them takes too long for an import."""
    lines: Any = msgspec.json.Decoder(ECREvent)
    array: Any = msgspec.json.Decoder(list[ECREvent])
    return lines.decode_lines, array.decode


def _decode_chunk(text: bytes) -> list[ECREvent] | None:
    """Return the events in `text`, possibly a part of an array; None if it contains anything else."""
    decode_lines, decode_array = _decoders()
    with suppress(ValueError, RecursionError):
        return decode_lines(text) if text else None
    with suppress(ValueError, RecursionError):
        return decode_array(b"[%b]" % text.strip(b"[], \t\r\n"))
    return None


def _decode_one(
    document: bytes, start: int, text: bytes, position: "_Position", on_error: OnError
) -> ECREvent | UnknownEvent | None:
    """Return the event in `document`, which starts at `start` in `text`; None if the error has been reported."""
    try:
        return decode(document)
    except DecodeError as error:
        _report(position.error(error, text, start), on_error)
        return None


def _report(error: ArchiveError, on_error: OnError) -> None:
    if on_error == "raise":
        raise error from error.__cause__
    if on_error != "skip":
        on_error(error)


class _Position:
    """Position of the current text in a file."""

    def __init__(self, file: str | None) -> None:
        self.file = file
        self.offset = 0
        self.line = 1

    def advance(self, text: bytes, end: int) -> None:
        """Move past the first `end` bytes of `text`."""
        self.offset += end
        self.line += text.count(b"\n", 0, end)

    def error(self, error: DecodeError, text: bytes, start: int) -> ArchiveError:
        """Return `error` with its position, which is `start` in `text`."""
        found = ArchiveError(
            error.reason,
            error.path,
            error.payload,
            file=self.file,
            offset=self.offset + start,
            line=self.line + text.count(b"\n", 0, start),
        )
        found.__cause__ = error.__cause__
        return found
