"""`read`, of text and of gzip, in pieces of any size."""

import gzip
import json
import re
import tracemalloc
import zlib
from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager
from random import Random
from typing import Any
from unittest import mock
from zlib import crc32

import msgspec
from archive_styles import LINES, STYLES
from generated_archives import DAMAGES, Pieces, make_archive

from ecr_events import ArchiveError, DecodeError, ECRImageActionEvent, EventBridgeEvent, UnknownEvent
from ecr_events.archives import file_reader, framing, read
from fuzz.events import SAMPLES, outcome, same
from fuzz.mutation import check_error, mutate_json, mutate_text

__all__ = [
    "Entry",
    "bound_memory",
    "memory_seeds",
    "mutate_archive",
    "mutate_memory",
    "plain_text",
    "read_archive",
    "read_small",
    "seeds",
]

Entry = EventBridgeEvent | ArchiveError
"""The event or the error of a document."""

_MAGIC = b"\x1f\x8b"

_LINES = sorted(LINES, key=len)[:40]
"""Events as compact JSON, without the longest."""

_SEPARATORS = re.compile(r"(?:[ \t\n\r\x0b\x0c,\[\]]|\xef\xbb\xbf)*")
"""The separators of documents, in bytes read as Latin-1."""

_SCALAR_END = re.compile(r"[ \t\n\r\x0b\x0c,\]]|\Z")


def _read(data: bytes, size: int) -> list[Entry]:
    """Return the events of an archive and its errors, in their order."""
    found: list[Entry] = []
    found.extend(read(Pieces(data, size), on_error=found.append))
    return found


def plain_text(data: bytes) -> tuple[bytes, bool]:
    """Return the text of an archive, and whether it is damaged gzip, which ends the text."""
    if not data.startswith(_MAGIC):
        return data, False
    text, rest = bytearray(), data
    while rest := rest.lstrip(b"\0"):
        member = zlib.decompressobj(31)
        for position in range(len(rest)):
            try:
                text += member.decompress(rest[position : position + 1])
            except zlib.error:
                return bytes(text), True
            if member.eof:
                rest = rest[position + 1 :]
                break
        else:
            return bytes(text), True
    return bytes(text), False


def _sizes(data: bytes) -> Iterator[int]:
    """Yield sizes of pieces in which to read an archive: two that depend on its bytes, and one for a small archive."""
    yield from (crc32(data) % (len(data) + 1) + 1, crc32(data) % 400 + 20)
    if len(data) < 600:
        yield 1


def read_archive(data: bytes) -> None:
    """Check that every byte of an archive is a separator, an event or in an error, in whatever way it is read."""
    text, is_damaged = plain_text(data)
    found = _read(data, len(data) + 1)
    for size in _sizes(data):
        assert _equal(found, _read(data, size)), size
    if is_damaged:
        *found, error = found
        assert isinstance(error, ArchiveError)
        assert error.payload == b""
        assert error.offset == len(text)
    whole = found
    if data.startswith(_MAGIC):
        whole = _read(text, len(text) + 1)
        assert _equal(found, [entry for entry in whole if not (is_damaged and _is_truncated(entry))])
    elif crc32(data) % 4 == 0:
        middle = len(text) // 2
        packed = gzip.compress(text[:middle], 1) + b"\0" + gzip.compress(text[middle:], 1)
        assert _equal(found, _read(packed, 50))
    _check_accounts(text, whole)
    _check_documents(text, whole)
    if crc32(data) % 4 == 1:
        _check_options(text, whole)


@contextmanager
def _limits(document: int, chunk: int, indentation: int) -> Generator[None]:
    """Make the limits of a document, of a chunk and of the indentation that is looked at smaller."""
    limits = {"MAX_DOCUMENT_SIZE": document, "CHUNK": chunk, "_MIN_WINDOW": chunk // 4, "MAX_INDENTATION": indentation}
    with ExitStack() as stack:
        for module in (file_reader, framing):
            for name, limit in limits.items():
                if hasattr(module, name):
                    stack.enter_context(mock.patch.object(module, name, limit))
        yield


_MAX_WORK = 40
"""Number of times that a byte may be parsed to find where documents end."""


def read_small(data: bytes) -> None:
    """Check the same with limits so small that texts of a few kilobytes have chunks and are too long."""
    parsed = 0

    def parse_object(text: bytes, start: int, end: int) -> tuple[bool, int]:
        nonlocal parsed
        is_valid, stop = usual(text, start, end)
        parsed += stop - start
        return is_valid, stop

    usual = framing.parse_object
    text, is_damaged = plain_text(data)
    with _limits(4_096, 512, 64), mock.patch.object(framing, "parse_object", parse_object):
        whole = _read(data, len(data) + 1)
        assert parsed <= _MAX_WORK * len(text)
        for size in _sizes(data):
            assert _equal(whole, _read(data, size)), size
    _check_accounts(text, whole[:-1] if is_damaged else whole)


_MAX_MEMORY = 400_000
"""Bytes that reading takes if documents have at most 4 KiB, each byte of which is up to 48 once parsed."""


def bound_memory(data: bytes) -> None:
    """Check that reading takes no more memory the longer a text is."""
    tracemalloc.start()
    try:
        with _limits(4_096, 512, 64):
            for _ in read(data, on_error="skip"):
                pass
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < _MAX_MEMORY + 2 * len(data), peak


def _equal(found: list[Entry], other: list[Entry]) -> bool:
    return len(found) == len(other) and all(map(_same_entry, found, other))


def _same_entry(one: Entry, other: Entry) -> bool:
    if isinstance(one, ArchiveError) and isinstance(other, ArchiveError):
        return _parts(one) == _parts(other)
    return one.__class__ is other.__class__ and one == other


def _parts(error: ArchiveError) -> tuple[Any, ...]:
    return error.offset, error.line, error.payload, error.reason, error.path


def _is_truncated(entry: Entry) -> bool:
    return isinstance(entry, ArchiveError) and entry.reason == "array is truncated"


def _check_accounts(text: bytes, found: list[Entry]) -> None:
    """Check that errors are where they say, and that the rest of the text is the events, in order, and separators."""
    position = 0
    events: list[EventBridgeEvent] = []
    for entry in found:
        if not isinstance(entry, ArchiveError):
            events.append(entry)
            continue
        assert isinstance(entry.payload, bytes)
        end = entry.offset + len(entry.payload)
        assert position <= entry.offset
        assert text[entry.offset : end] == entry.payload
        assert entry.line == text.count(b"\n", 0, entry.offset) + 1
        _check_text_of_events(text[position : entry.offset], events)
        events, position = [], end
        check_error(entry)
    _check_text_of_events(text[position:], events)


def _check_text_of_events(text: bytes, events: list[EventBridgeEvent]) -> None:
    found = [outcome(document.encode("latin-1")) for document in _documents(text.decode("latin-1"))]
    assert len(found) == len(events)
    assert all(map(same, found, events))


_decode = json.JSONDecoder().raw_decode


def _documents(text: str) -> Iterator[str]:
    """Yield the documents of a text, read as Latin-1, of which no one is damaged. Raises ValueError."""
    position = 0
    while True:
        separators = _SEPARATORS.match(text, position)
        position = separators.end() if separators else position
        if position == len(text):
            return
        _, end = _decode(text, position)
        if text[position] != "{" and not _SCALAR_END.match(text, end):
            raise ValueError(text[position:end])
        yield text[position:end]
        position = end


def _check_documents(text: bytes, found: list[Entry]) -> None:
    """Check that a text without damage has an entry for each document, which is what `decode` makes of it."""
    try:
        documents = [document.encode("latin-1") for document in _documents(text.decode("latin-1"))]
        for document in documents:
            msgspec.json.decode(document)
    except (ValueError, RecursionError):
        return
    entries = [entry for entry in found if not _is_truncated(entry)]
    assert len(entries) == len(documents)
    for entry, document in zip(entries, documents, strict=True):
        result = outcome(document)
        if isinstance(entry, ArchiveError):
            assert isinstance(result, DecodeError)
            assert (entry.reason, entry.path, entry.payload) == (result.reason, result.path, document)
        else:
            assert same(result, entry)


def _check_options(text: bytes, found: list[Entry]) -> None:
    """Check that errors can be skipped and raised, and that unwanted events can be left out."""
    events = [entry for entry in found if not isinstance(entry, ArchiveError)]
    assert list(read(text, on_error="skip")) == events
    before: list[Entry] = []
    try:
        before.extend(read(text))
    except ArchiveError as error:
        before.append(error)
        first = next(number for number, entry in enumerate(found) if isinstance(entry, ArchiveError))
        assert _equal(before, found[: first + 1])
    else:
        assert _equal(before, found)
    for wanted in (ECRImageActionEvent, UnknownEvent):
        some = list(read(text, types=[wanted], on_error="skip"))
        assert some == [event for event in events if event.__class__ is wanted]


def seeds() -> Iterator[bytes]:
    """Yield archives in all styles, damaged in all ways, and gzip."""
    texts = _LINES[::10]
    for style in STYLES.values():
        yield style(texts).encode()
    for number, damage in enumerate(DAMAGES):
        archive = make_archive(number, damage)
        yield archive.text[:3_000]
        if number % 4 == 0:
            yield archive.packed[:3_000]
    packed = gzip.compress("\n".join(texts).encode(), mtime=0)
    yield from (packed, packed[:-4], packed[:200], packed + bytes(30), packed + b"garbage", packed * 2, b"\x1f\x8b")
    yield from (b"", b"\xef\xbb\xbf", b"[", b"]", b"{", b"null", b"12 13", b"[null,1]", b"{}{}{}", b"}{", b'{"a":1}x{}')


def memory_seeds() -> Iterator[bytes]:
    """Yield the seeds, and small files that expand to much."""
    yield from seeds()
    choose = Random(0)
    for _ in range(10):
        yield _flood(choose)


def mutate_memory(data: bytes, choose: Random) -> bytes:
    """Return the same as `mutate_archive`, or a small file that expands to much."""
    return _flood(choose) if choose.random() < 0.3 else mutate_archive(data, choose)


def _flood(choose: Random) -> bytes:
    """Return gzip of text that repeats, in one member or many."""
    event = _LINES[1].encode()
    begin = choose.choice((b"", b"[", b'{"a":', b'{"detail-type":"x","detail":{"a":[', event))
    items = (b"{},", b'{"a":1},', event + b"\n", event[:-1], b"x" * 500, b"[" * 500, b'{"a":' * 100, b'"' + b"y" * 500)
    item, count = choose.choice((*_STRUCTURE, *items)), choose.choice((10, 300, 1_000))
    member = gzip.compress(begin + item * count, mtime=0)
    return member * choose.choice((1, 1, 2))


_STRUCTURE = (*rb'{ } [ ] , : " \ null x {" "} },{'.split(), b"\n", b"\r\n", b" ", b"\0", b"\xef\xbb\xbf")


def mutate_archive(data: bytes, choose: Random) -> bytes:
    """Return an archive with changed, nested, cut or damaged documents, or compressed in another way."""
    if data.startswith(_MAGIC):
        if choose.random() < 0.3:
            return mutate_text(data, choose)
        data = plain_text(data)[0]
    for _ in range(choose.choice((1, 1, 2, 4))):
        data = _changed(data, choose)
    return _compressed(data, choose) if choose.random() < 0.15 else data


def _changed(data: bytes, choose: Random) -> bytes:
    places = [found.start() for found in re.finditer(rb"[{}\[\],:\"\n]", data)] or [0]
    place, other = choose.choice(places), choose.choice(places)
    short = json.dumps(json.loads(choose.choice(SAMPLES)) | {"detail": {}}, indent=choose.choice((None, 0, 2))).encode()
    start, end = sorted((place, other))
    match choose.randrange(8):
        case 0:
            parts = data[:place], choose.choice(_STRUCTURE), data[place:]
        case 1:
            parts = data[:place], b"", data[place + 1 :]
        case 2:
            parts = data[:place], short, data[place:]
        case 3:
            parts = data[:start], data[start:end][: choose.choice((0, 40, 4_000))], data[end:]
        case 4:
            parts = data[:end], choose.choice((b"", b",", b"\n")), data[start:]
        case 5:
            start, end = data.rfind(b"\n", 0, place) + 1, data.find(b"\n", place) % (len(data) + 1)
            parts = data[:start], mutate_json(data[start:end], choose), data[end:]
        case 6:
            style, texts = choose.choice([*STYLES.values()]), choose.choices(_LINES, k=choose.randrange(1, 4))
            parts = data[:place], style(texts).encode(), data[place:]
        case _:
            parts = b"", mutate_text(data, choose), b""
    return b"".join(parts)


def _compressed(text: bytes, choose: Random) -> bytes:
    place = choose.randrange(len(text) + 1)
    packed = [gzip.compress(part, choose.randrange(10), mtime=0) for part in (text[:place], text[place:])]
    return choose.choice((b"", bytes(3))).join(packed) + choose.choice((b"", bytes(600), b"\x1f", b"x"))
