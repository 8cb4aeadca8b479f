"""The reading of one file: runs of events are decoded at once, and only what is refused is looked at closely.

A chunk that holds only intact events of known types is decoded by one call of msgspec, which accepts
lines, adjacent and indented documents, and arrays. A chunk that msgspec refuses is decoded document by
document. Where documents end is guessed from what separated the documents before, and a guess counts only
if the document decodes. Where it does not, `framing` decides.
"""

import re
from collections.abc import Callable, Generator, Iterator
from typing import Any, TypeAlias, get_args

import msgspec

from ecr_events.archives.framing import MAX_DOCUMENT_SIZE, MAX_INDENTATION, Kind, frame_entry, skip_separators
from ecr_events.archives.reader import OnError
from ecr_events.archives.sources import BinaryReader, Source, open_source, read_chunks
from ecr_events.codec import decode
from ecr_events.errors import ArchiveError, DecodeError, detach
from ecr_events.events import ECREvent, EventBridgeEvent, UnknownEvent
from ecr_events.events.envelope import detail_type_of
from ecr_events.structs import build_once

__all__ = ["Batch", "Decoders", "FileReader", "decoders_for", "read_batches", "read_decoded"]

Batch: TypeAlias = list[EventBridgeEvent] | ArchiveError
"""Events that follow each other in a file, or an error."""

CHUNK = 1 << 16
"""Bytes read and decoded at a time: a size that fits into a processor's cache with its events."""

_MIN_WINDOW = 1 << 14
"""Bytes decoded at once after a document that is not a known event. They become more with each success."""

_LAST_BYTES = b"}] \t\r\n,"
"""Last bytes of text that may end with a complete document."""

_OTHER_FORMATS = {
    b"\x1f\x8b": "gzip inside gzip",
    b"(\xb5/\xfd": "zstd",
    b"\xfd7zXZ": "xz",
    b"BZh": "bzip2",
    b"PK\x03\x04": "a zip file",
    b"PAR1": "Parquet",
    b"ARROW1": "Arrow",
    b"Obj\x01": "Avro",
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
}
"""Formats that are not read, by their first bytes."""

_BRACKETS = re.compile(rb"[\[\],]")
_COMMA = re.compile(rb"[ \t\r\n]*+,?")
_SEPARATOR = re.compile(rb"\}[ \t\r\n]*+,?[ \t\r\n]*+\{")


def read_batches(source: Source, decoders: "Decoders") -> Generator[Batch]:
    """Yield the events of a source in lists, and errors, in the order of the text."""
    for name, file in open_source(source):
        yield from FileReader(name, file, decoders).batches()


def read_decoded(source: Source, decoders: "Decoders", on_error: OnError) -> Iterator[Any]:
    """Yield the events of a source, and handle the entries that cannot be decoded."""
    batches = read_batches(source, decoders)
    for batch in batches:
        if isinstance(batch, list):
            yield from batch
        elif on_error == "raise":
            # The traceback of the error must not hold the chunk, nor the error itself.
            batches.close()
            try:
                raise batch from batch.__cause__
            finally:
                del batch
        elif on_error != "skip":
            on_error(batch)


class Decoders:
    """The decoders of documents, alone and in runs, for the wanted events."""

    def __init__(self, wanted: frozenset[type[EventBridgeEvent]] | None) -> None:
        self._wanted = wanted and frozenset(map(self.struct_of, wanted))
        # Fieldless classes with the tags of unwanted events: msgspec parses those events without building them.
        # Not if UnknownEvent is wanted, for such an event may have a known tag.
        built = get_args(ECREvent) if wanted is None or UnknownEvent in wanted else wanted
        type: Any = None
        for cls in get_args(ECREvent):
            skipped = msgspec.defstruct(cls.__name__, [], tag_field="detail-type", tag=detail_type_of(cls))
            chosen: Any = self.struct_of(cls) if cls in built else skipped
            type = chosen if type is None else type | chosen
        decoder: Any = msgspec.json.Decoder(type)
        self.decode_known: Callable[[bytes], Any] = decoder.decode
        """Return the event in a document of a known type; any other object for an unwanted one."""
        self._decode_lines: Callable[[memoryview], list[Any]] = decoder.decode_lines
        self._decode_array: Callable[[bytes], list[Any]] = msgspec.json.Decoder(list[type]).decode

    def struct_of(self, cls: type[EventBridgeEvent]) -> type[Any]:
        """Return the class of the objects for the events of a class."""
        return cls

    def decode(self, document: bytes) -> Any:
        """Return the same for a document of any type. Raises DecodeError."""
        try:
            return self.decode_known(document)
        except (ValueError, RecursionError):
            return self.decode_other(document)

    def decode_other(self, document: bytes) -> Any:
        """Return the same for a document that `decode_known` refused. Raises DecodeError."""
        return decode(document)

    def decode_run(self, text: memoryview, separator: bytes) -> list[Any] | None:
        """Return the same for all documents in `text`; None if it contains anything but events of known types."""
        try:
            if b"," in separator:
                comma = _COMMA.match(text)
                return self._decode_array(b"".join((b"[", text[comma.end() if comma else 0 :], b"]")))
            return self._decode_lines(text)
        except (ValueError, RecursionError):
            return None

    def select(self, events: list[Any]) -> list[EventBridgeEvent]:
        """Return the wanted ones of decoded events."""
        return events if self._wanted is None else [event for event in events if event.__class__ in self._wanted]


decoders_for: Callable[[frozenset[type[EventBridgeEvent]] | None], Decoders] = build_once(Decoders)


class FileReader:
    """The reading of one file: its text as far as it has been received and not been used, and its style."""

    def __init__(self, name: str | None, file: BinaryReader, decoders: Decoders) -> None:
        self.received: int = 0
        """Number of bytes of text received, up to a chunk more than there is in the events that were yielded."""
        self._name = name
        self._file = file
        self._decoders = decoders
        self._text = b"\n"  # before the file, so that its first line begins like every other
        self._counted = 0
        """The position in the text up to which lines have been counted, and before a chunk, up to which it was used."""
        self._offset = -1
        """Offset of that position in the file."""
        self._line = 0
        """Number of its line."""
        self._separator = b""
        """The last text between two documents, with the braces around it; empty if unknown."""
        self._brackets = 0
        """The position in the text up to which brackets have been counted."""
        self._depth = 0
        """The number of arrays that are open."""
        self._is_closed = False
        """Whether the last array has been closed. A comma behind its bracket says that it has not."""
        self._last = Kind.INTACT
        """The state of the last entry."""
        self._refused = 0
        """The position up to which documents are decoded one by one."""
        self._window = 2 * CHUNK
        """The length of text that is decoded at once. Less is lost with a short one if it is refused."""

    def batches(self) -> Iterator[Batch]:
        """Yield lists of events, and errors, in the order of the file."""
        chunks = self._chunks()
        pending, size, needed = [self._text], 1, 0
        final, damage = False, None
        while not final:
            try:
                chunk = next(chunks, b"")
            except DecodeError as error:
                chunk, damage = b"", error
            final = not chunk
            pending.append(chunk)
            size += len(chunk)
            self.received += len(chunk)
            # A short piece of a stream may be the end of a document, and followed by nothing for long.
            if final or size >= needed or (size < CHUNK and b"}" in chunk):
                self._text = b"".join(pending)
                yield from self._entries(final=final)
                pending, size = [self._text], len(self._text)
                left = size - self._counted
                # An incomplete document is looked at again when it has about doubled, so that time stays linear.
                needed = size + min(left - min(left // 2, MAX_INDENTATION), MAX_DOCUMENT_SIZE + CHUNK - left)
        self._advance(len(self._text))
        if damage is not None:
            yield self._error(damage, b"")
        elif self._depth and self._last is Kind.INTACT:
            yield self._error(DecodeError("array is truncated", "$", b""), b"")

    def _chunks(self) -> Iterator[bytes]:
        try:
            yield from read_chunks(self._file, CHUNK)
        except OSError as error:
            error.filename = error.filename or self._name
            raise

    def _entries(self, *, final: bool) -> Iterator[Batch]:
        """Yield what the text contains, and leave what is incomplete."""
        text, position, self._refused = self._text, self._counted, 0
        while True:
            if self._separator and self._last is not Kind.UNFINISHED:
                if position >= self._refused:
                    events, position = self._decode_run(position)
                    yield events
                    if not final and self._is_unfinished(position):
                        start = position
                        break
                if position < self._refused:
                    events, position = self._decode_streak(position)
                    yield events
            start = self._skip_separators(position)
            continued = self._last is Kind.UNFINISHED
            entry = frame_entry(text, start, final=final, in_array=self._depth > 0, continued=continued)
            if entry is None:
                break
            position, self._last = entry
            yield self._decode_entry(start, position, continued=continued)
        # What precedes the next document on its line is needed to find its end if it is damaged.
        kept = max(0, start - MAX_INDENTATION)
        self._advance(max(position, kept))
        self._text = text[kept:]
        self._counted -= kept
        self._brackets -= kept

    def _is_unfinished(self, position: int) -> bool:
        """Return whether the rest of the text is one document that is not complete, and may still become one."""
        text = self._text
        return (
            text[-1] not in _LAST_BYTES
            and len(text) - position <= MAX_DOCUMENT_SIZE
            and text.find(self._separator, position) < 0
        )

    def _decode_entry(self, start: int, end: int, *, continued: bool) -> Batch:
        """Return the event of an entry, or its error, and note what separates it from the next entry."""
        payload = self._text[start:end]
        if self._last is Kind.DAMAGED:
            payload = payload.rstrip(b", \t\r\n")
            if payload.endswith(b"]"):
                # Behind a document that is truncated in a list of its own, a comma opens the array again.
                self._count_brackets(start + len(payload) - 1, end)
        try:
            event = self._decoders.decode(payload)
        except DecodeError as error:
            self._advance(start)
            if continued or self._last is Kind.UNFINISHED:
                part, limit = "continuation" if continued else "beginning", MAX_DOCUMENT_SIZE >> 20
                error.reason = f"{part} of a document of more than {limit} MiB, or of damage: {error.reason}"
            return self._error(error, payload)
        if separator := _SEPARATOR.match(self._text, end - 1):
            self._separator = separator[0]
        return self._decoders.select([event])

    def _decode_run(self, position: int) -> tuple[list[EventBridgeEvent], int]:
        """Return the events up to the last separator, decoded at once, and their end; none if that is refused."""
        limit = position + self._window
        self._refused = end = self._text.rfind(self._separator, position, limit) + 1
        if end == 0:
            self._refused = limit
            return [], position
        with memoryview(self._text)[position:end] as run:
            events = self._decoders.decode_run(run, self._separator)
        if events is None:
            self._window = _MIN_WINDOW
            return [], position
        self._window = min(self._window + _MIN_WINDOW // 8, 2 * CHUNK)
        self._last = Kind.INTACT
        return self._decoders.select(events), end

    def _decode_streak(self, position: int) -> tuple[list[EventBridgeEvent], int]:
        """Return the events that the separator delimits, decoded one by one, and their end.

        They are those up to the first one that cannot be decoded. Those that follow the one for which
        a run was refused may be decoded at once again.
        """
        text, separator, decode_known = self._text, self._separator, self._decoders.decode_known
        start = self._skip_separators(position)
        events: list[Any] = []
        while start < self._refused and (end := text.find(separator, start, start + CHUNK) + 1):
            try:
                events.append(decode_known(text[start:end]))
            except (ValueError, RecursionError):
                self._refused = min(self._refused, end + _MIN_WINDOW // 2)
                try:
                    events.append(self._decoders.decode_other(text[start:end]))
                except DecodeError:
                    break
            position = end
            start = end + len(separator) - 2
        if events:
            self._last = Kind.INTACT
        return self._decoders.select(events), position

    def _skip_separators(self, position: int) -> int:
        """Return the start of the next entry, and note whether it is in an array."""
        start = skip_separators(self._text, position)
        self._count_brackets(max(position, self._brackets), start)
        self._brackets = max(start, self._brackets)
        return start

    def _count_brackets(self, position: int, end: int) -> None:
        """Count the arrays that separators open and close."""
        for mark in _BRACKETS.findall(self._text, position, end):
            if mark == b"[":
                self._depth += 1
            elif mark == b"]":
                self._is_closed = self._is_closed or self._depth == 1
                self._depth = max(0, self._depth - 1)
            elif self._depth == 0 and self._is_closed:
                self._depth = 1

    def _advance(self, position: int) -> None:
        """Move the position of errors to that in the text."""
        text, start = self._text, self._counted
        self._offset += position - start
        if position - start < len(text) - position:
            self._line += _count_lines(text[start:position])
        else:  # The same, but the longer part is not copied.
            self._line += _count_lines(text[start:]) - _count_lines(text[position:])
        self._counted = position

    def _error(self, error: DecodeError, payload: bytes) -> ArchiveError:
        """Return `error` with the current position."""
        reason = error.reason
        formats = _OTHER_FORMATS.items() if self._offset == 0 else ()
        if other := next((name for magic, name in formats if payload.startswith(magic)), None):
            reason = f"expected JSON, plain or gzip, got {other}"
        found = ArchiveError(reason, error.path, payload, file=self._name, offset=self._offset, line=self._line)
        found.__cause__ = error.__cause__
        detach(found)
        return found


def _count_lines(text: bytes) -> int:
    return len(text) - len(text.replace(b"\n", b""))  # in a third of the time of count
