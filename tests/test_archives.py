"""Archives in every form that people have, whole and broken, in chunks of every size."""

import gzip
import io
import json
import pickle
import random
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecr_events import ArchiveError, DecodeError, ECREvent, ECRImageActionEvent, EventBridgeEvent, UnknownEvent
from ecr_events.archives import framing, read, reader, write
from ecr_events.samples import sample, sample_json

CLASSES = (*get_args(ECREvent), UnknownEvent)
EVENTS: list[EventBridgeEvent] = random.Random(7).choices([sample(cls) for cls in CLASSES], k=60)
DOCUMENTS: list[dict[str, Any]] = [json.loads(sample_json(event.__class__)) for event in EVENTS]
COMPACT = [json.dumps(document, separators=(",", ":")) for document in DOCUMENTS]

FORMS: dict[str, Callable[[list[str]], str]] = {
    "lines": "\n".join,
    "lines with a newline at the end": lambda texts: "".join(f"{text}\n" for text in texts),
    "lines of Windows": lambda texts: "\r\n".join(texts) + "\r\n",
    "lines with blank ones": "\n\n \n".join,
    "one after the other": "".join,
    "an array": lambda texts: f"[{','.join(texts)}]",
    "an array in lines": lambda texts: "[\n" + ",\n".join(texts) + "\n]\n",
    "indented": lambda texts: "\n".join(json.dumps(json.loads(text), indent=2) for text in texts),
    "indented by nothing": lambda texts: "\n".join(json.dumps(json.loads(text), indent=0) for text in texts),
    "an indented array": lambda texts: json.dumps([json.loads(text) for text in texts], indent=4),
    "an array indented by nothing": lambda texts: json.dumps([json.loads(text) for text in texts], indent=0),
}
every_form = pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)


@pytest.mark.parametrize("chunk", [64, 1_000, 10_000, reader.CHUNK])
@every_form
def test_every_form_is_read(form: Callable[[list[str]], str], chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Plain and as gzip, wherever the chunks happen to end."""
    monkeypatch.setattr(reader, "CHUNK", chunk)
    text = form(COMPACT).encode()
    assert list(read(text)) == EVENTS
    assert list(read(gzip.compress(text))) == EVENTS


@pytest.mark.parametrize("name", [name for name in FORMS if "by nothing" not in name])
def test_clean_text_is_not_taken_apart(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of known events, whole chunks are decoded, which costs a tenth or less.

    Not where every brace stands in a line of its own, for then chunks end within events.
    """
    known = [text for text, event in zip(COMPACT, EVENTS, strict=True) if not isinstance(event, UnknownEvent)]
    apart: list[tuple[int, int]] = []

    def spy(text: bytes, *, final: bool) -> Iterator[tuple[int, int]]:
        places = list(framing.documents(text, final=final))
        apart.extend(places)
        yield from places

    monkeypatch.setattr(reader, "CHUNK", 100_000)
    monkeypatch.setattr(reader, "documents", spy)
    assert sum(1 for _ in read(FORMS[name](known * 20).encode())) == 20 * len(known)
    assert apart == []


BROKEN: dict[str, Callable[[str], str]] = {
    "cut off": lambda text: text[: len(text) // 2],
    "no JSON": lambda _: "garbage",
    "another object": lambda _: '{"a": 1}',
    "of a wrong type": lambda text: text.replace('"0"', "0", 1),
    "with a quote lost": lambda text: text.replace('"region"', '"region', 1),
    "with a brace too few": lambda text: text[:-1],
}


@pytest.mark.parametrize("chunk", [300, reader.CHUNK])
@pytest.mark.parametrize("damage", BROKEN.values(), ids=BROKEN)
@pytest.mark.parametrize("form", list(FORMS)[:7])
def test_one_bad_event_loses_no_other(
    form: str, damage: Callable[[str], str], chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is handed over, with its bytes and its place, and the events before and behind it are read."""
    monkeypatch.setattr(reader, "CHUNK", chunk)
    texts = [*COMPACT[:10], damage(COMPACT[10]), *COMPACT[11:]]
    whole = FORMS[form](texts).encode()
    errors: list[ArchiveError] = []
    assert list(read(whole, on_error=errors.append)) == EVENTS[:10] + EVENTS[11:]
    begin = len(FORMS[form](COMPACT[:10]).rstrip("\r\n ]").encode())
    assert errors
    for error in errors:
        assert isinstance(error.payload, bytes)
        assert whole[error.offset : error.offset + len(error.payload)] == error.payload
        assert error.offset >= begin
        assert error.line == whole.count(b"\n", 0, error.offset) + 1
    assert list(read(whole, on_error="skip")) == EVENTS[:10] + EVENTS[11:]


def test_what_is_too_much_is_an_error_by_itself() -> None:
    """The event before it is whole."""
    errors: list[ArchiveError] = []
    assert list(read(f"{COMPACT[0]}}}\n{COMPACT[1]}".encode(), on_error=errors.append)) == EVENTS[:2]
    assert [error.payload for error in errors] == [b"}\n"]


def test_the_first_error_is_raised_unless_said_otherwise(tmp_path: Path) -> None:
    """With file, line, offset, path and reason in its text; and it survives pickling."""
    file = tmp_path / "events.ndjson"
    bad = COMPACT[0].replace('"0"', "0", 1)
    file.write_text(f"{COMPACT[0]}\n{bad}\n{COMPACT[1]}\n")
    events = read(file)
    assert next(events) == EVENTS[0]
    with pytest.raises(ArchiveError) as caught:
        next(events)
    error = caught.value
    assert isinstance(error, DecodeError)
    assert (error.file, error.line, error.offset) == (str(file), 2, len(COMPACT[0]) + 1)
    assert (error.path, error.reason) == ("$.version", "expected `str`, got `int`")
    assert str(error) == f"{file}:2: byte {error.offset}: expected `str`, got `int` at $.version"
    assert error.payload.strip() == bad.encode()  # type: ignore[union-attr]  # pyright: ignore[reportAttributeAccessIssue]
    assert vars(pickle.loads(pickle.dumps(error))) == vars(error)
    assert list(read(b"{", on_error="skip")) == []
    with pytest.raises(ArchiveError, match=r"^archive:1: byte 0: input data was truncated at "):
        list(read(b"{"))


@given(st.binary(max_size=300), st.booleans())
def test_whatever_the_bytes_are_only_our_error_is_raised(data: bytes, gzipped: bool) -> None:  # noqa: FBT001
    """And a good event before or behind them is not lost, in a line of its own."""
    good = COMPACT[0].encode()
    errors: list[ArchiveError] = []
    list(read(b"\x1f\x8b" + data, on_error=errors.append))
    text = good + b"\n" + data + b"\n" + good
    found = list(read(gzip.compress(text) if gzipped else text, on_error=errors.append))
    assert found[0] == EVENTS[0]


@pytest.mark.parametrize("damage", ["cut", "changed", "junk behind"])
def test_damaged_gzip_is_an_error_behind_what_was_good(damage: str) -> None:
    """A download that was cut off, or bytes that changed: all that can be unpacked is read."""
    noise = random.Random(1)
    texts = [text.replace("team/app", f"team/{noise.randbytes(40).hex()}") for text in COMPACT * 20]
    packed = bytearray(gzip.compress("".join(f"{text}\n" for text in texts).encode()))
    match damage:
        case "cut":
            del packed[-4:]
        case "changed":
            packed[-6] ^= 1
        case _:
            packed += b"junk"
    errors: list[ArchiveError] = []
    assert len(list(read(packed, on_error=errors.append))) == len(texts)
    assert len(errors) == 1
    with pytest.raises(ArchiveError):
        list(read(packed))
    del packed[len(packed) // 2 :]
    assert len(list(read(packed, on_error="skip"))) > len(texts) // 3


def test_members_of_gzip_follow_each_other() -> None:
    """As in files that were put together."""
    assert list(read(b"".join(gzip.compress(f"{text}\n".encode()) for text in COMPACT))) == EVENTS


def test_sources_are_paths_patterns_folders_files_and_bytes(tmp_path: Path) -> None:
    """In the order of names; a file that the caller opened stays open."""
    (tmp_path / "deep" / "deeper").mkdir(parents=True)
    first, second = tmp_path / "a.ndjson", tmp_path / "deep" / "deeper" / "b.json.gz"
    first.write_text("\n".join(COMPACT[:5]))
    second.write_bytes(gzip.compress("".join(COMPACT[5:9]).encode()))
    for source in (
        first,
        str(first),
        first.read_bytes(),
        bytearray(first.read_bytes()),
        memoryview(first.read_bytes()),
    ):
        assert list(read(source)) == EVENTS[:5]
    for folder in (tmp_path, str(tmp_path), f"{tmp_path}/**/*"):
        assert list(read(folder)) == EVENTS[:9]
    assert list(read(f"{tmp_path}/**/*.gz")) == EVENTS[5:9]
    with second.open("rb") as file:
        assert list(read(file)) == EVENTS[5:9]
        assert not file.closed
    odd = tmp_path / "odd[1].json"
    odd.write_text(COMPACT[0])
    assert list(read(odd)) == EVENTS[:1]


def test_a_stream_needs_read_alone() -> None:
    """As the body of an object in S3, which may give fewer bytes than it is asked for."""

    class Body:
        def __init__(self, data: bytes, most: int) -> None:
            self.data = io.BytesIO(data)
            self.most = most

        def read(self, size: int = -1) -> bytes:
            return self.data.read(min(size, self.most))

    for most in (1, 7):
        body: Any = Body(gzip.compress("".join(COMPACT).encode()), most)
        assert list(read(body)) == EVENTS


def test_what_is_hidden_in_a_folder_is_not_read(tmp_path: Path) -> None:
    """As for patterns: drafts of a write that crashed, and what keeps versions."""
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "config").write_text("no events")
    (tmp_path / ".events.ndjson.draft").write_text("{")
    (tmp_path / "events.ndjson").write_text(COMPACT[0])
    assert list(read(tmp_path)) == EVENTS[:1]
    with pytest.raises(FileNotFoundError, match="no file has an empty name"):
        list(read(""))


@pytest.mark.parametrize("source", ["missing.json", "*.missing"])
def test_what_is_not_there_is_an_error_of_the_system(source: str, tmp_path: Path) -> None:
    """A missing file, and a pattern that nothing fits, are not taken for an empty archive."""
    with pytest.raises(FileNotFoundError, match=r"missing"):
        list(read(tmp_path / source))


def test_an_archive_larger_than_memory_is_read() -> None:
    """300 MB of events, with a bad one now and then, in a process that may use 100 MB more than it has."""
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

    PIECE = {COMPACT[0].encode()!r} + b"\\n"
    PIECE = PIECE * 500 + b"{{broken\\n"
    used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + 100_000_000,) * 2)
    errors = []
    found = sum(1 for _ in read(Endless(), on_error=lambda error: errors.append(error.line)))
    print(found > 100_000, len(errors) > 100)
    """
    output = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], check=True, capture_output=True, text=True)
    assert output.stdout == "True True\n"


def test_an_event_without_end_is_given_up() -> None:
    """Text that never ends a document is handed over in pieces, and not collected for ever."""
    errors: list[ArchiveError] = []
    endless = b'{"detail": "' + b"x" * 10_000_000
    assert list(read(endless, on_error=errors.append)) == []
    pieces = [error.payload for error in errors]
    assert b"".join(pieces) == endless  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    assert max(map(len, pieces)) <= framing.LONGEST + 2 * reader.CHUNK


# Writing


@pytest.mark.parametrize("name", ["events.ndjson", "events.ndjson.gz"])
def test_what_was_written_is_read(name: str, tmp_path: Path) -> None:
    """One event a line, gzip by suffix; the number is returned; what was there is replaced."""
    file = tmp_path / name
    file.write_text("old")
    assert write(iter(EVENTS * 40), file) == len(EVENTS) * 40
    assert list(read(file)) == EVENTS * 40
    data = file.read_bytes()
    assert (data[:2] == b"\x1f\x8b") is name.endswith(".gz")
    assert (gzip.decompress(data) if name.endswith(".gz") else data).count(b"\n") == len(EVENTS) * 40
    assert list(tmp_path.iterdir()) == [file]
    assert write([], str(file)) == 0
    assert list(read(file)) == []


def test_writing_through_a_link_keeps_the_link_and_the_mode(tmp_path: Path) -> None:
    """What was there before is replaced by its contents alone."""
    file, link = tmp_path / "events.ndjson", tmp_path / "latest"
    file.write_text("old")
    file.chmod(0o600)
    link.symlink_to(file)
    write(EVENTS, link)
    assert link.is_symlink()
    assert list(read(file)) == EVENTS
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_failure_while_writing_leaves_the_old_file(tmp_path: Path) -> None:
    """And nothing beside it."""
    file = tmp_path / "events.ndjson"
    write(EVENTS, file)

    def broken() -> Iterator[EventBridgeEvent]:
        yield from EVENTS * 100
        raise LookupError

    with pytest.raises(LookupError):
        write(broken(), file)
    assert list(read(file)) == EVENTS
    assert list(tmp_path.iterdir()) == [file]


def test_a_crash_while_writing_leaves_the_old_file(tmp_path: Path) -> None:
    """The process is killed in the midst of it."""
    file = tmp_path / "events.ndjson"
    write([sample(ECRImageActionEvent)], file)
    code = f"""
    import os, signal
    from ecr_events import ECRImageActionEvent
    from ecr_events.archives import write
    from ecr_events.samples import sample, sample_json

    def events():
        for _ in range(5_000):
            yield sample(ECRImageActionEvent)
        os.kill(os.getpid(), signal.SIGKILL)

    write(events(), {str(file)!r})
    """
    process = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], check=False)
    assert process.returncode == -signal.SIGKILL
    assert list(read(file)) == [sample(ECRImageActionEvent)]
