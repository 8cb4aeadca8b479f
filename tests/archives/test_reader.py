import gzip
import io
import pickle
import random
import re
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
from archive_styles import EVENTS, LINES, STYLES, every_style
from hypothesis import given
from hypothesis import strategies as st

from ecr_events import (
    ArchiveError,
    DecodeError,
    ECREvent,
    ECRImageActionEvent,
    ECRImageScanEvent,
    ECRReplicationActionEvent,
    EventBridgeEvent,
    ScanEvent,
    UnknownEvent,
    encode,
)
from ecr_events.archives import file_reader, framing, read
from ecr_events.samples import sample, sample_json


@pytest.mark.parametrize("chunk", [64, 1_000, 10_000, file_reader.CHUNK])
@every_style
def test_every_style_is_read(style: Callable[[list[str]], str], chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The events come back plain and from gzip, wherever the chunks end."""
    monkeypatch.setattr(file_reader, "CHUNK", chunk)
    text = style(LINES).encode()
    assert list(read(text)) == EVENTS
    assert list(read(gzip.compress(text))) == EVENTS


@pytest.mark.parametrize("final", [True, False])
@every_style
def test_intact_chunks_are_decoded_at_once(
    style: Callable[[list[str]], str], *, final: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the ends of chunks are looked at for documents, and a complete one is not left for the next chunk."""
    known = [text for text, event in zip(LINES, EVENTS, strict=True) if not isinstance(event, UnknownEvent)]
    archive = style(known * 20).encode()
    framed: list[int] = []

    def spy(text: bytes, start: int, **arguments: Any) -> Any:
        framed.append(start)
        return framing.frame_entry(text, start, **arguments)

    monkeypatch.setattr(file_reader, "CHUNK", 100_000)
    monkeypatch.setattr(file_reader, "frame_entry", spy)
    stream = Trickle(archive, 100_000 if final else len(archive))
    assert sum(1 for _ in read(stream)) == 20 * len(known)
    assert len(framed) <= 2 * (len(archive) // 100_000 + 2)


DAMAGES: dict[str, Callable[[str], str]] = {
    "truncated": lambda text: text[: len(text) // 2],
    "garbage": lambda _: "garbage",
    "another object": lambda _: '{"a": 1}',
    "wrong type": lambda text: text.replace('"0"', "0", 1),
    "missing quote": lambda text: text.replace('"region"', '"region', 1),
    "missing brace": lambda text: text[:-1],
}


@pytest.mark.parametrize("chunk", [300, file_reader.CHUNK])
@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
@pytest.mark.parametrize("style", list(STYLES)[:7])
def test_one_invalid_entry_affects_no_other(
    style: str, damage: Callable[[str], str], chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error has the entry's bytes and position, and the events around it are read."""
    monkeypatch.setattr(file_reader, "CHUNK", chunk)
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
    assert [error.payload for error in errors] == [b"}"]


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
    assert errors[0].reason.startswith("gzip is ")
    assert (errors[0].offset, errors[0].line, errors[0].payload) == (len("\n".join(texts)) + 1, len(texts) + 1, b"")
    with pytest.raises(ArchiveError):
        list(read(archive))
    del archive[len(archive) // 2 :]
    assert len(list(read(archive, on_error="skip"))) > len(texts) // 3


@pytest.mark.parametrize(
    ("content", "format_"),
    [
        (b"PAR1\x15\x04", "Parquet"),
        (b"(\xb5/\xfd\x04", "zstd"),
        (b"BZh91AY", "bzip2"),
        (b"PK\x03\x04", "a zip file"),
        ("[]".encode("utf-16"), "UTF-16"),
        (gzip.compress(b"{}", mtime=0), "gzip inside gzip"),
    ],
)
def test_another_format_is_named(content: bytes, format_: str) -> None:
    """The file is not damaged."""
    with pytest.raises(ArchiveError, match=f"^archive:1: byte 0: expected JSON, plain or gzip, got {format_} at "):
        list(read(gzip.compress(content)))
    errors: list[ArchiveError] = []
    list(read(gzip.compress(LINES[0].encode() + b"\n" + content), on_error=errors.append))
    assert "got" not in errors[0].reason


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


@pytest.mark.parametrize("damage", [b"", b"{broken\n", b"broken\n"])
def test_no_more_than_a_chunk_is_read_ahead(damage: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the current event, a chunk and a document are in memory."""
    monkeypatch.setattr(file_reader, "CHUNK", 10_000)
    lines = [f"{text}\n".encode() + damage for text in LINES] * 20
    stream = Trickle(b"".join(lines), 10_000)
    ahead = 2 * 10_000 + max(map(len, lines))
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
    assert max(map(len, pieces)) <= framing.MAX_DOCUMENT_SIZE + 2 * file_reader.CHUNK


class Work:
    """The number of bytes that msgspec has looked at to read archives."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Count from now on."""
        self.bytes = 0
        for owner, name in ((framing, "_skip"), (framing, "_parse_envelope")):
            monkeypatch.setattr(owner, name, self.counted(getattr(owner, name)))
        for name in ("decode_run", "decode"):
            method = getattr(file_reader.Decoders, name)
            monkeypatch.setattr(file_reader.Decoders, name, self.counted_method(method))

    def counted(self, function: Callable[[Any], Any]) -> Callable[[Any], Any]:
        """Return a function that counts up to where it looks at its argument."""

        def count(text: Any) -> Any:
            try:
                result = function(text)
            except RecursionError:
                self.bytes += 1_000  # a depth that does not depend on the text
                raise
            except msgspec.DecodeError as error:
                position = re.search(r"\(byte (\d+)\)", str(error))
                self.bytes += int(position[1]) if position else len(text)
                raise
            self.bytes += len(text)
            return result

        return count

    def counted_method(self, method: Callable[..., Any]) -> Callable[..., Any]:
        """Return a method that counts its argument."""

        def count(decoders: Any, text: Any, *arguments: Any) -> Any:
            self.bytes += len(text)
            return method(decoders, text, *arguments)

        return count


FLAT_FLOODS = [
    b"{},",
    b"}{",
    b"[{},",
    b"{\n",
    b"{}",
    b'{"',
    b'"',
    b"x",
    b"\n",
    b"null,",
    b'{"name": "x", "value": 1}, ',
    b'{"name": "x", "value": 1}x, ',
    b"{}{},",
    b'{"a":1,',
]

NESTED_FLOODS = [
    b'{"version":',
    b'{"version":\n',
    b'\n{"a":{"a":',
    b'{"a":[',
    b"[",
]


@pytest.mark.parametrize("begin", [b"", b"[", b'{"a":"b",'])
@pytest.mark.parametrize("flood", FLAT_FLOODS)
def test_work_grows_linearly(begin: bytes, flood: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twice the text is at most 2.3 times the work, and every byte is looked at a bounded number of times."""
    monkeypatch.setattr(file_reader, "CHUNK", 1 << 11)  # so that there are several
    once, twice = measure_work(begin, flood, 1 << 13, monkeypatch)
    assert twice <= 2.3 * max(once, 8 * (1 << 13))


@pytest.mark.slow
@pytest.mark.parametrize("begin", [b"", b"["])
@pytest.mark.parametrize("flood", NESTED_FLOODS)
def test_work_on_nested_text_grows_linearly(begin: bytes, flood: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """The text is so long that it is deeper than any version of Python lets msgspec go, which is 9,999 objects."""
    once, twice = measure_work(begin, flood, 1 << 17, monkeypatch)
    # The depth decides where the growth of some floods begins.
    assert twice <= 2.3 * max(once, 512 * (1 << 17))


def measure_work(begin: bytes, flood: bytes, size: int, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return the work on a text of a size, and on one of twice the size."""
    work, measured = Work(monkeypatch), []
    for length in (size, 2 * size):
        work.bytes, text = 0, begin + flood * (length // len(flood))
        assert list(read(text, on_error=lambda _: None)) == []
        measured.append(work.bytes)
    return measured


@pytest.mark.parametrize("member", [b"{", b"{}", b"x", b"", LINES[0].encode()])
def test_work_on_tiny_gzip_members_grows_linearly(member: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Their text is collected before it is decoded."""
    work, measured = Work(monkeypatch), []
    for count in (2_000, 4_000):
        work.bytes = 0
        list(read(gzip.compress(member) * count, on_error="skip"))
        measured.append(work.bytes)
    assert measured[1] <= 2.3 * measured[0] + 1_000
    assert measured[1] <= 10 * 4_000 * len(member)


@pytest.mark.parametrize("begin", [b"", LINES[0].encode() + b"\n"], ids=["alone", "after an event"])
def test_a_document_that_is_too_long_is_not_collected(begin: bytes) -> None:
    """Its first part is reported after little more than 4 MiB, and time stays linear."""
    file = io.BytesIO(begin + b'{"text":"' + b"x" * 20_000_000)
    found: list[tuple[int, str]] = []
    list(read(file, on_error=lambda error: found.append((file.tell(), error.reason))))
    assert len(found) == 5
    assert found[0][0] < 5_000_000
    assert found[0][1].startswith("beginning of a document of more than 4 MiB, or of damage: ")
    assert {reason[:50] for _, reason in found[1:]} == {"continuation of a document of more than 4 MiB, or "}


def test_kept_errors_hold_their_payloads_only() -> None:
    """In resident memory of a process of its own: 40 MB are read, with an invalid event in every chunk."""
    code = f"""
    import resource
    from ecr_events.archives import read

    def resident():
        return int(open("/proc/self/statm").read().split()[1]) * resource.getpagesize()

    class Stream:
        left = 40_000_000
        def read(self, size):
            self.left -= len(PIECE)
            return PIECE if self.left > 0 else b""

    LINE = {LINES[0].encode()!r} + b"\\n"
    PIECE = LINE * 100 + LINE.replace(b'"0"', b"0", 1) + b"{{broken\\n"
    errors = []
    sum(1 for _ in zip(read(Stream(), on_error=errors.append), range(10_000)))
    before = resident()
    for event in read(Stream(), on_error=errors.append):
        pass
    used = resident() - before
    held = sum(len(error.payload) + 2_000 for error in errors)
    print(len(errors) > 500, used < held + 2_000_000, used, held)
    """
    output = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], check=True, capture_output=True, text=True)
    assert output.stdout.startswith("True True"), output.stdout


def test_a_raised_error_holds_its_payload_only() -> None:
    """Its traceback and its cause lead to no chunk, and it is not part of a reference cycle."""
    with pytest.raises(ArchiveError) as caught:
        list(read(io.BytesIO(f"{LINES[0]}\n{{broken\n{LINES[1]}\n".encode())))
    error: BaseException = caught.value
    assert error.__cause__ is not None
    assert error.__cause__.__traceback__ is None
    assert error.__cause__.__context__ is None
    frames = []
    traceback = error.__traceback__
    while traceback is not None:
        frames.append(traceback.tb_frame)
        traceback = traceback.tb_next
    values = [value for frame in frames[1:] for value in frame.f_locals.values()]
    assert frames[1:]
    assert not any(value is error or isinstance(value, bytes | list) for value in values)


@pytest.mark.parametrize("end", ["", ",", "\n", ",\n  "])
@pytest.mark.parametrize("between", [",", ",\n  "])
def test_a_truncated_array_is_an_error(between: str, end: str) -> None:
    """Also between two events. Its offset and line are those of the end."""
    text = f"[{between.join(LINES[:5])}{end}".encode()
    errors: list[ArchiveError] = []
    assert list(read(text, on_error=errors.append)) == EVENTS[:5]
    assert [str(error) for error in errors] == [
        f"archive:{text.count(bytes([10])) + 1}: byte {len(text)}: array is truncated at $"
    ]
    assert list(read(text + b"]\n")) == EVENTS[:5]
    assert list(read(text + b"]\n[]")) == EVENTS[:5]
    with pytest.raises(ArchiveError, match="array is truncated"):
        list(read(b"["))


def test_a_document_that_truncates_an_array_is_the_only_error() -> None:
    """The truncated event says as much as the missing bracket."""
    errors: list[ArchiveError] = []
    assert list(read(f"[{LINES[0]},{LINES[1][:50]}".encode(), on_error=errors.append)) == EVENTS[:1]
    assert [error.payload for error in errors] == [LINES[1][:50].encode()]


@pytest.mark.parametrize("chunk", [64, file_reader.CHUNK])
@pytest.mark.parametrize(
    ("text", "payloads"),
    [
        pytest.param('[{0},],"detail":{{}}}},{1},{2}]', ['"detail":{}}'], id="document without its beginning"),
        pytest.param("[{0},]}},{1},{2}]", ["}"], id="stray end"),
        pytest.param("[{0},]x,{1},{2}]", ["x"], id="stray bracket"),
        pytest.param("[{0},garbage]\n{1}\n{2}\n", ["garbage]"], id="damage before the end of an array"),
        pytest.param("[{0},garbage],{1},{2}", ["garbage]", ""], id="damage before a stray bracket, truncated"),
        pytest.param("[[{0}],[{1},{2}]", [""], id="truncated array of arrays"),
        pytest.param("[[{0}],[{1},{2}]]]\n[]", [], id="surplus bracket"),
    ],
)
def test_brackets_are_counted(text: str, payloads: list[str], chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A comma behind the last bracket says that the array goes on."""
    monkeypatch.setattr(file_reader, "CHUNK", chunk)
    errors: list[ArchiveError] = []
    assert list(read(text.format(*LINES).encode(), on_error=errors.append)) == EVENTS[:3]
    assert [error.payload for error in errors] == [payload.encode() for payload in payloads]


def test_a_byte_order_mark_is_a_separator() -> None:
    """At the start of the file, and at those of files that have been concatenated."""
    part = b"\xef\xbb\xbf" + STYLES["indented array"](LINES[:3]).encode()
    assert list(read(part + b"\n" + part)) == EVENTS[:3] * 2


@pytest.mark.parametrize("chunk", [300, file_reader.CHUNK])
@every_style
def test_events_of_some_types_are_read(
    style: Callable[[list[str]], str], chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same ones as a filter leaves, in their order."""
    monkeypatch.setattr(file_reader, "CHUNK", chunk)
    archive = style(LINES * 3).encode()
    several: list[list[type[EventBridgeEvent]]] = [
        [ECRImageActionEvent],
        [ECRImageScanEvent, ECRReplicationActionEvent],
        [UnknownEvent],
    ]
    for types in several:
        assert list(read(archive, types=types)) == [event for event in EVENTS * 3 if event.__class__ in types]
    assert list(read(archive, types=[])) == []


def test_a_breach_in_an_unwanted_event_goes_unseen() -> None:
    """In a wanted one it is an error, and what is not JSON always is."""
    breach = sample_json(ECRImageActionEvent).replace(b'"PUSH"', b"7").strip()
    archive = b"\n".join((breach, LINES[0].encode(), b"{broken", breach))
    errors: list[ArchiveError] = []
    assert list(read(archive, types=[EVENTS[0].__class__], on_error=errors.append)) == EVENTS[:1]
    assert [error.payload for error in errors] == [b"{broken"]
    assert EVENTS[0].__class__ is not ECRImageActionEvent
    errors.clear()
    list(read(archive, types=[ECRImageActionEvent], on_error=errors.append))
    assert [error.payload for error in errors] == [breach, b"{broken", breach]


def test_a_known_detail_type_from_another_source_is_unknown_among_types() -> None:
    """It is yielded if UnknownEvent is wanted, and otherwise not."""
    foreign = sample_json(ECRImageActionEvent).replace(b'"aws.ecr"', b'"example"').replace(b'"PUSH"', b"7")
    assert [event.source for event in read(foreign, types=[UnknownEvent])] == ["example"]
    assert list(read(foreign, types=[ECRImageScanEvent])) == []
    assert list(read(foreign, types=[ECRImageActionEvent])) == []


@pytest.mark.parametrize("base", [EventBridgeEvent, ScanEvent])
def test_a_base_class_selects_the_events_of_its_subclasses(base: type[EventBridgeEvent]) -> None:
    """In the order of the archive, `UnknownEvent` included."""
    events = [sample(cls) for cls in (*get_args(ECREvent), UnknownEvent)]
    text = b"\n".join(map(encode, events))
    assert list(read(text, types=[base])) == [event for event in events if isinstance(event, base)]


@pytest.mark.parametrize(
    ("source", "arguments", "error", "message"),
    [
        (b"", {"on_error": "ignore"}, ValueError, "on_error must be 'raise', 'skip' or a callable, not 'ignore'"),
        (b"", {"on_error": None}, TypeError, "on_error must be 'raise', 'skip' or a callable, not NoneType"),
        (io.StringIO(), {}, TypeError, "source is a file opened as text: open it in binary mode"),
        (None, {}, TypeError, "source must be a path, a binary file or bytes, not NoneType"),
        (7, {}, TypeError, "source must be a path, a binary file or bytes, not int"),
        (b"", {"types": ECRImageActionEvent}, TypeError, "types must be an iterable of event classes, not <class"),
        (b"", {"types": 7}, TypeError, "types must be an iterable of event classes, not 7"),
        (b"", {"types": [dict]}, TypeError, "type must be an event class with a detail-type, not dict"),
    ],
)
def test_wrong_arguments_are_errors_at_the_call(
    source: Any, arguments: dict[str, Any], error: type[Exception], message: str
) -> None:
    """Before anything is read."""
    with pytest.raises(error) as caught:
        read(source, **arguments)
    assert str(caught.value).startswith(message)


def test_the_line_of_a_document_is_known_where_a_chunk_begins_with_it() -> None:
    """Damage ends at the next line that begins alike, also if the document before was damaged up to this one."""
    text = b':"\n{"a" 1\n{"b":\xef\xbb\xbf\n"c"'
    for size in range(1, len(text) + 1):
        errors: list[ArchiveError] = []
        assert list(read(Trickle(text, size), on_error=errors.append)) == []
        assert [error.offset for error in errors] == [0, 3, 10], size


@pytest.mark.parametrize("end", [1, 300, -1])
def test_an_event_of_a_stream_is_yielded_before_more_is_read(end: int) -> None:
    """However its end arrives."""
    event = sample(ECRImageActionEvent)
    text = encode(event)
    pieces = [text[:end], text[end:] + b"\n", text]

    class Stream:
        def read(self, _: int, /) -> bytes:
            return pieces.pop(0)

    assert next(read(Stream())) == event
    assert pieces == [text]
