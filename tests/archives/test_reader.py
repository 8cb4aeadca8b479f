import gzip
import io
import pickle
import random
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from archive_styles import EVENTS, LINES, STYLES, every_style
from hypothesis import given
from hypothesis import strategies as st

from ecr_events import ArchiveError, DecodeError, UnknownEvent
from ecr_events.archives import framing, read, reader


@pytest.mark.parametrize("chunk", [64, 1_000, 10_000, reader.CHUNK])
@every_style
def test_every_style_is_read(style: Callable[[list[str]], str], chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The events come back plain and from gzip, wherever the chunks end."""
    monkeypatch.setattr(reader, "CHUNK", chunk)
    text = style(LINES).encode()
    assert list(read(text)) == EVENTS
    assert list(read(gzip.compress(text))) == EVENTS


@pytest.mark.parametrize("name", [name for name in STYLES if "by 0" not in name])
def test_intact_chunks_are_not_split(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Chunks of known events are decoded at once, which costs a tenth or less of splitting them.

    Except where every brace is on a line of its own, because chunks are then cut within events.
    """
    known = [text for text, event in zip(LINES, EVENTS, strict=True) if not isinstance(event, UnknownEvent)]
    split: list[tuple[int, int]] = []

    def spy(text: bytes, *, final: bool) -> Iterator[tuple[int, int]]:
        documents = list(framing.split_documents(text, final=final))
        split.extend(documents)
        yield from documents

    monkeypatch.setattr(reader, "CHUNK", 100_000)
    monkeypatch.setattr(reader, "split_documents", spy)
    assert sum(1 for _ in read(STYLES[name](known * 20).encode())) == 20 * len(known)
    assert split == []


DAMAGES: dict[str, Callable[[str], str]] = {
    "truncated": lambda text: text[: len(text) // 2],
    "garbage": lambda _: "garbage",
    "another object": lambda _: '{"a": 1}',
    "wrong type": lambda text: text.replace('"0"', "0", 1),
    "missing quote": lambda text: text.replace('"region"', '"region', 1),
    "missing brace": lambda text: text[:-1],
}


@pytest.mark.parametrize("chunk", [300, reader.CHUNK])
@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
@pytest.mark.parametrize("style", list(STYLES)[:7])
def test_one_invalid_entry_affects_no_other(
    style: str, damage: Callable[[str], str], chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error has the entry's bytes and position, and the events around it are read."""
    monkeypatch.setattr(reader, "CHUNK", chunk)
    texts = [*LINES[:10], damage(LINES[10]), *LINES[11:]]
    archive = STYLES[style](texts).encode()
    errors: list[ArchiveError] = []
    assert list(read(archive, on_error=errors.append)) == EVENTS[:10] + EVENTS[11:]
    start = len(STYLES[style](LINES[:10]).rstrip("\r\n ]").encode())
    assert errors
    for error in errors:
        assert isinstance(error.payload, bytes)
        assert archive[error.offset : error.offset + len(error.payload)] == error.payload
        assert error.offset >= start
        assert error.line == archive.count(b"\n", 0, error.offset) + 1
    assert list(read(archive, on_error="skip")) == EVENTS[:10] + EVENTS[11:]


def test_a_surplus_brace_is_an_error_of_its_own() -> None:
    """The event before it is intact."""
    errors: list[ArchiveError] = []
    assert list(read(f"{LINES[0]}}}\n{LINES[1]}".encode(), on_error=errors.append)) == EVENTS[:2]
    assert [error.payload for error in errors] == [b"}\n"]


def test_the_first_error_is_raised_by_default(tmp_path: Path) -> None:
    """Its text has file, line, offset, reason and path, and it survives pickling."""
    file = tmp_path / "events.ndjson"
    invalid = LINES[0].replace('"0"', "0", 1)
    file.write_text(f"{LINES[0]}\n{invalid}\n{LINES[1]}\n")
    events = read(file)
    assert next(events) == EVENTS[0]
    with pytest.raises(ArchiveError) as caught:
        next(events)
    error = caught.value
    assert isinstance(error, DecodeError)
    assert isinstance(error.__cause__, msgspec.ValidationError)
    assert (error.file, error.line, error.offset) == (str(file), 2, len(LINES[0]) + 1)
    assert (error.path, error.reason) == ("$.version", "expected `str`, got `int`")
    assert str(error) == f"{file}:2: byte {error.offset}: expected `str`, got `int` at $.version"
    assert isinstance(error.payload, bytes)
    assert error.payload.strip() == invalid.encode()
    assert vars(pickle.loads(pickle.dumps(error))) == vars(error)
    assert list(read(b"{", on_error="skip")) == []
    with pytest.raises(ArchiveError, match=r"^archive:1: byte 0: input data was truncated at "):
        list(read(b"{"))


@given(data=st.binary(max_size=300), compressed=st.booleans())
def test_arbitrary_bytes_raise_only_archive_errors(data: bytes, *, compressed: bool) -> None:
    """An intact event on the line before them is read."""
    event = LINES[0].encode()
    errors: list[ArchiveError] = []
    list(read(b"\x1f\x8b" + data, on_error=errors.append))
    text = event + b"\n" + data + b"\n" + event
    events = list(read(gzip.compress(text) if compressed else text, on_error=errors.append))
    assert events[0] == EVENTS[0]


@pytest.mark.parametrize("damage", ["truncated", "changed", "garbage behind"])
def test_damaged_gzip_is_an_error_after_its_events(damage: str) -> None:
    """All events that can be decompressed are read."""
    noise = random.Random(1)
    texts = [text.replace("team/app", f"team/{noise.randbytes(40).hex()}") for text in LINES * 20]
    archive = bytearray(gzip.compress("".join(f"{text}\n" for text in texts).encode()))
    match damage:
        case "truncated":
            del archive[-4:]
        case "changed":
            archive[-6] ^= 1
        case _:
            archive += b"garbage"
    errors: list[ArchiveError] = []
    assert len(list(read(archive, on_error=errors.append))) == len(texts)
    assert len(errors) == 1
    assert (errors[0].offset, errors[0].line, errors[0].payload) == (len("\n".join(texts)) + 1, len(texts) + 1, b"")
    with pytest.raises(ArchiveError):
        list(read(archive))
    del archive[len(archive) // 2 :]
    assert len(list(read(archive, on_error="skip"))) > len(texts) // 3


class Trickle:
    """A stream that returns fewer bytes than requested, as an S3 object's body does, and counts them."""

    def __init__(self, data: bytes, size: int) -> None:
        """Return at most `size` bytes at a time."""
        self.data = io.BytesIO(data)
        self.size = size
        self.count = 0

    def read(self, size: int = -1, /) -> bytes:
        """Return some bytes."""
        data = self.data.read(min(size, self.size))
        self.count += len(data)
        return data


@pytest.mark.parametrize("size", [1, 7])
def test_a_stream_may_return_fewer_bytes_than_requested(size: int) -> None:
    """Compressed events are read from a stream that has no method but `read`."""
    assert list(read(Trickle(gzip.compress("".join(LINES).encode()), size))) == EVENTS


@pytest.mark.parametrize(("damage", "undecided"), [(b"", 0), (b"{broken\n", framing.MAX_EVENT_SIZE)])
def test_no_more_than_a_chunk_is_read_ahead(damage: bytes, undecided: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the current event, a chunk and a document are in memory; damage may take up to an event's maximum size."""
    monkeypatch.setattr(reader, "CHUNK", 10_000)
    lines = [f"{text}\n".encode() + damage for text in LINES] * 20
    stream = Trickle(b"".join(lines), 10_000)
    ahead = 2 * 10_000 + max(map(len, lines)) + undecided
    consumed = 0
    for line, event in zip(lines, read(stream, on_error="skip"), strict=True):
        assert event is not None
        consumed += len(line)
        assert stream.count <= consumed + ahead
    assert stream.count == consumed > 3 * ahead


def test_an_archive_larger_than_memory_is_read() -> None:
    """300 MB of events with a damaged line now and then need less than 100 MB of memory."""
    code = f"""
    import resource, sys
    from ecr_events.archives import read

    class Endless:
        def __init__(self):
            self.left = 300_000_000
        def read(self, size):
            if self.left <= 0:
                return b""
            piece = PIECE * max(1, min(size, self.left) // len(PIECE))
            self.left -= len(piece)
            return piece

    PIECE = {LINES[0].encode()!r} + b"\\n"
    PIECE = PIECE * 500 + b"{{broken\\n"
    used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + 100_000_000,) * 2)
    errors = []
    found = sum(1 for _ in read(Endless(), on_error=lambda error: errors.append(error.line)))
    print(found > 100_000, len(errors) > 100)
    """
    output = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], check=True, capture_output=True, text=True)
    assert output.stdout == "True True\n"


@pytest.mark.parametrize("style", ["lines", "array"])
def test_deep_nesting_is_an_error_of_its_entry(style: str) -> None:
    """Deeper than the recursion limit of Python."""
    deep = '{"detail": ' + "[" * 100_000 + "]" * 100_000 + "}"
    errors: list[ArchiveError] = []
    archive = STYLES[style]([LINES[0], deep, LINES[1]]).encode()
    assert list(read(archive, on_error=errors.append)) == EVENTS[:2]
    assert errors[0].offset == archive.index(b'{"detail": ')


def test_a_document_without_end_is_given_up() -> None:
    """Its bytes are reported in pieces of bounded size."""
    errors: list[ArchiveError] = []
    endless = b'{"detail": "' + b"x" * 10_000_000
    assert list(read(endless, on_error=errors.append)) == []
    pieces = [bytes(error.payload) for error in errors if isinstance(error.payload, bytes)]
    assert b"".join(pieces) == endless
    assert max(map(len, pieces)) <= framing.MAX_DOCUMENT_SIZE + 2 * reader.CHUNK
