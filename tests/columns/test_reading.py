import gzip
import io
import json
import pickle
import random
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, get_args

import msgspec
import pyarrow as pa
import pytest
from archive_styles import EVENTS, LINES, every_style
from documents import document, has_exact_counts
from hypothesis import assume, example, given
from hypothesis import strategies as st

from ecr_events import (
    ArchiveError,
    DecodeError,
    ECRAWSAPICallViaCloudTrailEvent,
    ECREvent,
    ECRImageActionEvent,
    ECRImageScanEvent,
    Inspector2FindingEvent,
    Inspector2ScanEvent,
    ScanEvent,
    UnknownEvent,
    decode,
    encode,
)
from ecr_events.archives import read
from ecr_events.columns import arrow_schema, decode_batches, from_arrow, read_arrow, rows, to_arrow
from ecr_events.samples import sample, variants
from ecr_events.testing import malformed_payloads, payloads

PUSH = sample(ECRImageActionEvent)

CLASSES = (*get_args(ECREvent), UnknownEvent)


def batch(*documents: Any, type: pa.DataType | None = None) -> pa.RecordBatch:
    """Return a batch of JSON documents."""
    return pa.RecordBatch.from_arrays([pa.array(documents, type or pa.binary())], ["value"])


def decoded(*documents: Any, **options: Any) -> pa.Table:
    """Return the table of some documents."""
    batches = list(decode_batches([batch(*documents)], **options))
    return pa.Table.from_batches(batches)


@every_style
def test_an_archive_of_any_style_is_read(style: Callable[[list[str]], str]) -> None:
    """Its columns are those of its events."""
    text = style(LINES).encode()
    assert read_arrow(text).read_all().equals(to_arrow(EVENTS))
    small = read_arrow(io.BytesIO(gzip.compress(text)), batch_size=7).read_all()
    assert list(from_arrow(small)) == EVENTS


@pytest.mark.parametrize("seed", range(30))
def test_damage_is_found_as_read_finds_it(seed: int) -> None:
    """The same events and the same errors, in the same order."""
    choose = random.Random(seed)
    text = bytearray("\n".join(choose.choices(LINES, k=30)).encode())
    for _ in range(5):
        position = choose.randrange(len(text))
        text[position : position + choose.randrange(40)] = choose.choice([b"", b"{", b'"', b"\n", b"\xff"])
    expected: list[Any] = []
    expected.extend(read(bytes(text), on_error=expected.append))
    found: list[Any] = []
    reader = read_arrow(bytes(text), batch_size=1, on_error=found.append)
    for part in reader:
        found += from_arrow(part)
    assert list(map(plain, found)) == list(map(plain, expected))
    rows = read_arrow(bytes(text), on_error="row").read_all().column("error").drop_null().to_pylist()
    assert rows == [error_values(error) for error in expected if isinstance(error, ArchiveError)]


def plain(item: Any) -> Any:
    """Return an event, or the values of an error."""
    return error_values(item) if isinstance(item, ArchiveError) else item


def error_values(error: ArchiveError) -> dict[str, Any]:
    """Return the values of an error by name."""
    return {
        "file": error.file,
        "offset": error.offset,
        "line": error.line,
        "path": error.path,
        "reason": error.reason,
        "payload": error.payload,
    }


def outcome(read_one: Callable[[], Any]) -> Any:
    """Return the event that is read, or the error."""
    try:
        return read_one()
    except DecodeError as error:
        return str(error)


def same_outcome(payload: bytes) -> None:
    """Check that a payload is a row exactly if it is an event, with the same error."""
    expected = outcome(lambda: decode(payload))
    assume(has_exact_counts(expected))
    assert outcome(lambda: next(from_arrow(decoded(payload)))) == expected


TIME = "2026-05-04T09:15:31Z"


@given(st.integers(0, len(TIME)), st.integers(0, 4), st.text("0123456789TtZz:+-. W\u0663", max_size=8))
@example(0, 0, "")
@example(0, 4, "0000")
@example(19, 1, "+02:00")
@example(19, 1, ".5Z")
@example(17, 3, "60Z")
@example(11, 2, "24")
@example(5, 5, "W19-1")
@example(10, 1, " ")
@example(0, 20, "2026-05-04")
@example(0, 20, "2026-05-04T09:15Z")
@example(0, 20, "0001-01-01T00:00:00+01:00")
def test_times_are_accepted_as_decode_accepts_them(position: int, length: int, text: str) -> None:
    """Arrow's parser and msgspec's differ."""
    time = TIME[:position] + text + TIME[position + length :]
    payload = json.dumps(document(ECRImageActionEvent) | {"time": time}).encode()
    expected = outcome(lambda: decode(payload))
    if time == "0001-01-01T00:00:00+01:00":
        expected = "out of range in UTC at $.time"
    for source in (payload, payload + b"\n" + encode(PUSH)):
        assert outcome(partial(first, source)) == expected
    assert outcome(lambda: next(from_arrow(decoded(payload)))) == expected


def first(source: bytes) -> Any:
    """Return the first event of an archive, or raise its error without its position."""
    errors: list[DecodeError] = []
    events = list(from_arrow(read_arrow(source, on_error=errors.append).read_all()))
    for error in errors:
        raise DecodeError(error.reason, error.path, error.payload)
    return events[0]


@given(st.sampled_from(CLASSES).flatmap(payloads))
def test_a_payload_that_is_an_event_is_a_row(payload: bytes) -> None:
    """With everything that `decode` tolerates."""
    same_outcome(payload)


@given(st.sampled_from(get_args(ECREvent)).flatmap(malformed_payloads))
def test_a_malformed_payload_is_an_error(payload: bytes) -> None:
    """The one of `decode`."""
    same_outcome(payload)


def test_batches_have_the_wanted_size() -> None:
    """Except the last one; an empty archive has none."""
    text = b"\n".join([encode(PUSH)] * 10)
    assert [part.num_rows for part in read_arrow(text, batch_size=4)] == [4, 4, 2]
    assert [part.num_rows for part in read_arrow(text, batch_size=10)] == [10]
    empty = read_arrow(b"")
    assert empty.schema.equals(arrow_schema())
    assert list(empty) == []


def test_batches_of_long_events_are_smaller() -> None:
    """So that memory is bounded: to 8 MiB of JSON, of errors too."""
    long = document(UnknownEvent) | {"detail": {"a": "x" * 70_000}}
    for line in (json.dumps(long), json.dumps(long | {"id": 7})):
        text = b"\n".join([line.encode()] * 300)
        sizes = [part.num_rows for part in read_arrow(text, columns=["id"], on_error="row")]
        assert sum(sizes) == 300
        assert 100 < max(sizes) < 125
        (*parts,) = decode_batches([batch(*[line.encode()] * 300)], columns=["id"], on_error="row")
        assert 100 < max(part.num_rows for part in parts) < 125


class Named(io.BytesIO):
    """A stream with a name."""

    def __init__(self, data: bytes, name: Any) -> None:
        super().__init__(data)
        self.name = name


@pytest.mark.parametrize(
    ("name", "shown"), [(7, None), (None, None), ("a.gz", "a.gz"), (Path("a"), "a"), ("\udcff.gz", "\\xff.gz")]
)
def test_the_name_of_a_stream_is_text(name: Any, shown: str | None) -> None:
    """A number is a file descriptor, and a file's name may be other than UTF-8."""
    (row,) = read_arrow(Named(b"{", name), on_error="row").read_all().column("error").to_pylist()
    assert row is not None
    assert row["file"] == shown


def test_a_string_that_is_not_utf_8_is_an_error_of_its_row() -> None:
    """Spark passes such strings on."""
    documents = pa.array([encode(PUSH), encode(PUSH).replace(b"PUSH", b"P\xffSH")], pa.binary())
    buffers: Any = documents.buffers()
    strings = pa.Array.from_buffers(pa.string(), 2, buffers)
    (part,) = decode_batches([pa.RecordBatch.from_arrays([strings], ["value"])], on_error="row")
    assert part.column("id").to_pylist() == [PUSH.id, None]


@pytest.mark.parametrize("key", ["-detail_type", "-detail", "-error", "-time", "detail_row", "error"])
@pytest.mark.parametrize("value", ["null", '"a"', "{}"])
def test_keys_that_no_event_has_change_nothing(key: str, value: str) -> None:
    """Also if a row has a column under such a key."""
    outer = encode(PUSH)[:-1] + f',"{key}":{value}}}'.encode()
    inner = encode(PUSH)[:-2] + f',"-request_parameters":{value},"{key}":{value}}}}}'.encode()
    for payload in (outer, inner):
        assert list(from_arrow(read_arrow(payload).read_all())) == [PUSH]
        assert read_arrow(payload).read_all().column("request_parameters").to_pylist() == [None]
        assert decoded(payload).column("request_parameters").to_pylist() == [None]


@pytest.mark.parametrize("depth", [900, 960, *range(975, 1_000)])
def test_deep_nesting_is_a_row_or_an_error(depth: int) -> None:
    """Whatever the stack allows; encoding needs more of it than decoding."""
    deep = '{"a":' * depth + "1" + "}" * depth
    record = json.dumps(document(ECRAWSAPICallViaCloudTrailEvent, {"requestParameters": "DEEP"}))
    unknown = json.dumps(document(UnknownEvent) | {"detail": "DEEP"})
    for text in (record, unknown):
        payload = text.replace('"DEEP"', deep).encode()
        assert decoded(payload, on_error="row").num_rows == 1
        assert read_arrow(payload, on_error="row").read_all().num_rows == 1


def test_what_is_too_deep_to_be_encoded_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """The events around it are not affected."""

    def encode_json(value: Any) -> bytes:
        if isinstance(value, dict) and "deep" in value:
            raise RecursionError("maximum recursion depth exceeded")
        return msgspec.json.encode(value)

    monkeypatch.setattr(rows, "_encode", encode_json)
    lines = [encode(PUSH), json.dumps(document(UnknownEvent) | {"detail": {"deep": 1}}).encode(), encode(PUSH)]
    lines.insert(0, json.dumps(document(ECRAWSAPICallViaCloudTrailEvent, {"requestParameters": {"deep": 1}})).encode())
    assert decoded(lines[0], on_error="row").column("error").null_count == 0
    for table in (read_arrow(b"\n".join(lines), on_error="row").read_all(), decoded(*lines, on_error="row")):
        errors = table.column("error").to_pylist()
        assert [row and row["payload"] for row in errors] == [lines[0], None, lines[2], None]
        assert [row["reason"] for row in errors if row] == ["maximum recursion depth exceeded"] * 2


def test_what_precedes_an_error_is_not_lost(tmp_path: Path) -> None:
    """In a batch of its own, before the error is raised."""
    reader = read_arrow(encode(PUSH) + b"\n{")
    assert list(from_arrow(reader.read_next_batch())) == [PUSH]
    with pytest.raises(ArchiveError):
        reader.read_next_batch()
    (tmp_path / "0").write_bytes(encode(PUSH))
    (tmp_path / "1").symlink_to("/proc/self/mem")
    reader = read_arrow(tmp_path, on_error="row")
    assert list(from_arrow(reader.read_next_batch())) == [PUSH]
    with pytest.raises(OSError, match="Input/output error"):
        reader.read_next_batch()


@pytest.mark.parametrize("time", [TIME, TIME[:-1] + ".5Z", TIME[:-1] + "+00:00"])
def test_what_is_not_selected_is_not_checked_whatever_the_time(time: str) -> None:
    """Its form does not matter."""
    broken = json.dumps(document(ECRImageScanEvent, {"image-tags": 7}) | {"time": time}).encode()
    for table in (read_arrow(broken, columns=["id"]).read_all(), decoded(broken, columns=["id"])):
        assert table.num_rows == 1


def test_an_error_has_the_document_as_it_was() -> None:
    """Also where the event is valid, and only its row is not."""
    payload = json.dumps(document(ECRImageScanEvent, {"finding-severity-counts": {"HIGH": 2**53 + 1}, "a": 1})).encode()
    for table in (read_arrow(payload, on_error="row").read_all(), decoded(payload, on_error="row")):
        assert [row and row["payload"] for row in table.column("error").to_pylist()] == [payload]


class OwnUnknown(UnknownEvent, frozen=True, kw_only=True):
    """A user's subclass."""


def test_a_subclass_selects_as_it_does_in_read() -> None:
    """Nothing: no event of an archive is decoded to it."""
    text = b"\n".join(map(encode, EVENTS))
    assert list(read(text, types=[OwnUnknown])) == []
    assert read_arrow(text, types=[OwnUnknown]).read_all().num_rows == 0


@pytest.mark.parametrize(
    "types", [[ECRImageScanEvent], [ScanEvent], [UnknownEvent], [ECRImageActionEvent, UnknownEvent]]
)
def test_only_wanted_types_are_rows(types: list[Any]) -> None:
    """With their columns, in the order of the archive; errors are rows whatever the types."""
    text = b"\n".join([*map(encode, EVENTS), b"{"])
    wanted = [event for event in EVENTS if isinstance(event, tuple(types))]
    table = read_arrow(text, types=types, on_error="skip").read_all()
    assert list(from_arrow(table)) == wanted
    assert len(wanted) > 2
    schema = arrow_schema(types[0] if len(types) == 1 else types[0] | types[1])
    assert table.schema.equals(schema)
    rows = read_arrow(text, types=types, on_error="row").read_all()
    assert rows.column("error").null_count == len(wanted) == rows.num_rows - 1
    documents = [*map(encode, EVENTS), b"{"]
    found = pa.Table.from_batches(decode_batches([batch(*documents)], types=types, on_error="row"))
    assert found.column("error").null_count == len(wanted) == found.num_rows - 1


def test_with_some_columns_only_required_fields_are_checked() -> None:
    """Events of other services and of other resources stay unknown."""
    broken = document(ECRImageScanEvent, {"image-tags": 7})
    table = read_arrow(json.dumps(broken).encode(), columns=["image_digest", "id"]).read_all()
    assert table.to_pylist() == [{"image_digest": broken["detail"]["image-digest"], "id": broken["id"]}]
    with pytest.raises(ArchiveError, match=r"expected `array \| null`, got `int` at \$.detail.image-tags"):
        read_arrow(json.dumps(broken).encode(), columns=["image_tags"]).read_all()
    machine = document(Inspector2FindingEvent)
    machine["detail"]["resources"][0]["type"] = "AWS_EC2_INSTANCE"
    record = document(ECRAWSAPICallViaCloudTrailEvent, {"eventSource": "s3.amazonaws.com"})
    scan = document(Inspector2ScanEvent, missing=("repository-name", "image-digest")) | {"resources": ["i-0"]}
    lines = [json.dumps(item).encode() for item in (machine, record, scan, document(Inspector2FindingEvent))]
    found = read_arrow(b"\n".join(lines), columns=["detail", "severity"]).read_all().to_pylist()
    assert [row["detail"] is None for row in found] == [False, False, False, True]
    assert [row["severity"] for row in found[:3]] == [None, None, None]


def test_an_event_that_needs_a_closer_look_is_skipped_like_others() -> None:
    """If its type is not wanted."""
    repeated = b'{"detail-type":"ECR Image Scan",' + encode(PUSH)[1:]
    text = b"\n".join([repeated, encode(sample(ECRImageScanEvent))])
    assert list(from_arrow(read_arrow(text).read_all())) == [PUSH, sample(ECRImageScanEvent)]
    assert list(from_arrow(read_arrow(text, types=[ScanEvent]).read_all())) == [sample(ECRImageScanEvent)]


def test_every_column_can_be_read_alone() -> None:
    """Its values are those of the whole table."""
    events = [event for cls in CLASSES for event in (sample(cls), *variants(cls).values())]
    text, whole = b"\n".join(map(encode, events)), to_arrow(events)
    for name in whole.column_names:
        assert read_arrow(text, columns=[name]).read_all().column(name).equals(whole.column(name))


def test_errors_are_raised_skipped_or_passed() -> None:
    """As by `read`."""
    text = encode(PUSH) + b"\n{\n" + encode(PUSH)
    reader = read_arrow(text, batch_size=1)
    assert list(from_arrow(reader.read_next_batch())) == [PUSH]
    with pytest.raises(ArchiveError) as caught:
        reader.read_next_batch()
    assert (caught.value.line, caught.value.offset) == (2, len(encode(PUSH)) + 1)
    assert read_arrow(text, on_error="skip").read_all().num_rows == 2
    errors: list[DecodeError] = []
    assert read_arrow(text, on_error=errors.append).read_all().num_rows == 2
    assert [error.payload for error in errors] == [b"{"]
    only_bad = read_arrow(b"{", on_error="row").read_all()
    assert only_bad.num_rows == 1
    assert only_bad.drop_columns(["error"]).to_pylist() == [dict.fromkeys(arrow_schema().names)]
    with pytest.raises(DecodeError, match=r"the row is an error, not an event at \$\[0\]"):
        list(from_arrow(only_bad))


def test_documents_that_are_no_events_are_errors() -> None:
    """Null included; their positions are those of the rows around them."""
    documents = [encode(PUSH), None, b"{", "é".encode("latin-1"), encode(sample(UnknownEvent))]
    table = decoded(*documents, on_error="row")
    assert table.column("id").to_pylist() == [PUSH.id, None, None, None, sample(UnknownEvent).id]
    assert [row and row["payload"] for row in table.column("error").to_pylist()] == [
        None,
        b"null",
        b"{",
        "é".encode("latin-1"),
        None,
    ]
    with pytest.raises(DecodeError, match=r"expected `object`, got `null` at \$"):
        decoded(*documents)
    assert decoded(*documents, on_error="skip").num_rows == 2
    errors: list[DecodeError] = []
    decoded(*documents, on_error=errors.append)
    assert len(errors) == 3
    assert decoded(b"{", b"{", on_error="skip").num_rows == 0
    rows = pa.Table.from_batches(decode_batches([batch("{", type=pa.string())], on_error="row"))
    assert [row and row["payload"] for row in rows.column("error").to_pylist()] == [b"{"]


@pytest.mark.parametrize(
    "type",
    [
        pa.string(),
        pa.large_string(),
        pa.large_binary(),
        pa.string_view(),
        pa.binary_view(),
        pa.dictionary(pa.int32(), pa.binary()),
    ],
    ids=str,
)
def test_json_may_be_in_any_column_of_text(type: pa.DataType) -> None:
    """Long batches are split."""
    many = [encode(event) for event in EVENTS * 50]
    values = pa.array(many, pa.binary()).cast(pa.string()).cast(type)
    batches = list(decode_batches([pa.RecordBatch.from_arrays([values], ["value"])]))
    assert [part.num_rows for part in batches] == [2_048, 952]
    assert pa.Table.from_batches(batches).equals(
        pa.Table.from_batches(decode_batches([batch(*many)]), arrow_schema(dictionaries=False))
    )
    assert list(from_arrow(pa.Table.from_batches(batches))) == EVENTS * 50


def test_decode_batches_can_be_pickled_with_its_options() -> None:
    """As engines do it. It has no dictionaries, unless they are wanted."""
    function: Any = pickle.loads(pickle.dumps(partial(decode_batches, columns=["result"], on_error="skip")))
    (part,) = function([batch(encode(PUSH))])
    assert part.schema.equals(arrow_schema(columns=["result"], dictionaries=False))
    (part,) = decode_batches([batch(encode(PUSH))], columns=["result"], dictionaries=True)
    assert part.schema.equals(arrow_schema(columns=["result"]))


@pytest.mark.parametrize(
    ("function", "arguments", "error", "message"),
    [
        (read_arrow, {"on_error": "ignore"}, ValueError, "on_error must be 'raise', 'skip', 'row' or a callable"),
        (read_arrow, {"on_error": None}, TypeError, "on_error must be 'raise', 'skip', 'row' or a callable, not NoneT"),
        (read_arrow, {"types": [dict]}, TypeError, "type must be an event class with a detail-type, not dict"),
        (read_arrow, {"types": 7}, TypeError, "types must be an iterable of event classes, not 7"),
        (read_arrow, {"columns": ["digest"]}, ValueError, "no event has a column 'digest': columns are version, id"),
        (read_arrow, {"batch_size": 0}, ValueError, "batch_size must be a positive integer, not 0"),
        (read_arrow, {"batch_size": "9"}, ValueError, "batch_size must be a positive integer, not '9'"),
        (decode_batches, {"columns": ["digest"]}, ValueError, "no event has a column 'digest'"),
        (decode_batches, {"on_error": 7}, TypeError, "on_error must be 'raise', 'skip', 'row' or a callable, not int"),
    ],
)
def test_wrong_arguments_are_errors_at_the_call(function: Any, arguments: Any, error: Any, message: str) -> None:
    """Before anything is read."""
    with pytest.raises(error) as caught:
        function(b"", **arguments)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("item", "message"),
    [
        (b"{}", "batches must be an iterable of pyarrow.RecordBatch, not of bytes"),
        (pa.record_batch({"a": [b""], "b": [b""]}), "a batch must have one column of JSON, not 2: ['a', 'b']"),
        (pa.record_batch({"a": [7]}), "column 'a' must be binary or string, not int64"),
    ],
)
def test_other_batches_are_errors(item: Any, message: str) -> None:
    """They name the columns."""
    with pytest.raises(TypeError) as caught:
        list(decode_batches([item]))
    assert str(caught.value) == message


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    """Of the iteration."""
    reader = read_arrow(tmp_path / "missing")
    with pytest.raises(FileNotFoundError):
        reader.read_next_batch()
