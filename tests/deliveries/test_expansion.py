"""The limit of a delivery: nothing takes more memory than it says, and what exceeds it fails alone."""

import gc
import gzip
import inspect
import itertools
import json
import string
import sys
import tracemalloc
from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec
import pytest
from delivery_samples import MALFORMED_JSON, PUSH, PUSH_JSON, UNKNOWN_JSON
from generated_base64 import expanded, expected, strings
from hypothesis import given
from hypothesis import strategies as st

from ecr_events import ECRAWSAPICallViaCloudTrailEvent, Inspector2FindingEvent
from ecr_events.deliveries import InvalidRecord, Record, process, transform, unwrap
from ecr_events.deliveries.expansion import MAX_EXPANDED_SIZE, UNMEASURED, ExpansionLimit, expand, expand_if_encoded
from ecr_events.samples import sample_json
from ecr_events.testing.wrappers import b64, firehose, kafka, kafka_record, kinesis, logs, notification, sqs

MIB = 1 << 20
EXCEEDED = "takes more memory than `max_expanded_size`"


def peak(function: Callable[[], object]) -> int:
    """Return the bytes that Python allocated at most while `function` ran, without a search for reference cycles."""
    gc.collect()
    gc.disable()  # it takes a third of the time
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    result = function()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    gc.enable()
    del result
    return most - before


def reasons(delivery: Any, **options: Any) -> list[str | None]:
    """Return why each record is invalid, None for those that are valid."""
    return [
        record.error.reason if isinstance(record, InvalidRecord) else None for record in unwrap(delivery, **options)
    ]


# What parsed JSON takes

KEYS = ["".join(letters) for letters in itertools.islice(itertools.product(string.ascii_letters, repeat=3), 5_000)]

GROWING = {
    "objects": "[" + "{}," * 5_000 + "0]",
    "arrays": "[" + "[]," * 5_000 + "0]",
    "nested arrays": "[" + ("[" * 400 + "]" * 400 + ",") * 20 + "0]",
    "nested objects": "[" + ('{"":' * 400 + "0" + "}" * 400 + ",") * 20 + "0]",
    "objects with one member": "[" + '{"":"a"},' * 5_000 + "0]",
    "objects with six members": "[" + '{"a":0,"b":0,"c":0,"d":0,"e":0,"f":0},' * 5_000 + "0]",
    "arrays with one item": "[" + '["a"],' * 5_000 + "0]",
    "strings": "[" + '"a",' * 5_000 + "0]",
    "strings that are not ASCII": "[" + '"\N{GRINNING FACE}",' * 5_000 + "0]",
    "a long string": json.dumps("a" * 100_000),
    "a long string that is not ASCII in escapes": json.dumps("a" * 100_000 + "\N{GRINNING FACE}"),
    "a long string that is not ASCII": json.dumps("a" * 100_000 + "\N{GRINNING FACE}", ensure_ascii=False),
    "numbers": "[" + "1.5," * 5_000 + "0]",
    "members": json.dumps(dict.fromkeys(KEYS, "ab"), separators=(",", ":")),
}


def charged(text: str | bytes, unmeasured: int = 0) -> int:
    """Return what the limit charges for JSON."""
    limit = ExpansionLimit(MAX_EXPANDED_SIZE, unmeasured)
    limit.consume_json(text)
    return MAX_EXPANDED_SIZE - limit.remaining


@pytest.mark.parametrize("text", GROWING.values(), ids=GROWING)
@pytest.mark.parametrize("encode", [str, str.encode])
def test_json_is_charged_for_all_that_it_grows_to(text: str, encode: Callable[[str], str | bytes]) -> None:
    """The charge of each form is more than it takes, and what needs no measure takes less than is set aside."""
    content = encode(text)
    grown = size_of(msgspec.json.decode(content))
    assert grown <= charged(content)
    assert grown <= UNMEASURED // 8 * len(content)


SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()


@given(st.recursive(SCALARS, lambda values: st.lists(values) | st.dictionaries(st.text(), values)))
def test_any_json_is_charged_for_all_that_it_grows_to(value: Any) -> None:
    """Also with all forms mixed."""
    text = json.dumps(value, separators=(",", ":"))
    assert size_of(msgspec.json.decode(text)) <= charged(text)


def size_of(value: Any) -> int:
    """Return the bytes of all objects in parsed JSON, each counted once."""
    objects = {id(value): value}
    waiting = [value]
    while waiting:
        outer = waiting.pop()
        parts: Any = itertools.chain(outer, outer.values()) if isinstance(outer, dict) else outer
        for part in parts if isinstance(outer, dict | list) else ():
            if id(part) not in objects:
                objects[id(part)] = part
                waiting.append(part)
    return sum(map(sys.getsizeof, objects.values()))


def test_texts_are_measured_when_what_is_set_aside_is_used_up() -> None:
    """Up to there they are free of charge."""
    limit = ExpansionLimit(1_000, unmeasured=10)
    limit.consume_json('["aaaa"]')
    assert limit == ExpansionLimit(1_000, unmeasured=2)
    limit.consume_json(b"[]")
    assert limit == ExpansionLimit(1_000, unmeasured=0)
    limit.consume_json('[1,{"a":"b"}]')
    assert limit == ExpansionLimit(1_000 - 128 - 13 - 104 - 136 - 208, unmeasured=0)


# Bombs

ENVELOPE = UNKNOWN_JSON[: UNKNOWN_JSON.index('"detail":')]


def unknown(item: str, size: int) -> bytes:
    """Return an event of an unknown type, of `size` bytes, whose detail is an array of the same item."""
    return f'{ENVELOPE}"detail":{{"a":[{item * (size // len(item))}0]}}}}'.replace(",0]", "]").encode()


def compressed(content: bytes) -> bytes:
    return gzip.compress(content, 6, mtime=0)


def api_call(item: str, size: int) -> bytes:
    """Return an event of a known type, of `size` bytes, whose request parameters are an array of the same item."""
    event = sample_json(ECRAWSAPICallViaCloudTrailEvent).decode()
    start, rest = event.split('"requestParameters": {', 1)
    return f'{start}"requestParameters": {{"a":[{item * (size // len(item))}0],{rest}'.encode()


def finding(type_: str) -> bytes:
    """Return a finding about a resource of a type that is not ECR's."""
    event = json.loads(sample_json(Inspector2FindingEvent))
    event["detail"]["resources"][0]["type"] = type_
    return json.dumps(event).encode()


DEEP = "[" * 400 + "]" * 400 + ","

BOMBS: dict[str, Callable[[], Any]] = {
    "objects": lambda: {"Records": [kinesis(compressed(unknown("{},", 8 * MIB)))]},
    "nested arrays": lambda: {"Records": [kinesis(compressed(unknown(DEEP, 8 * MIB)))]},
    "known type": lambda: {"Records": [kinesis(api_call(DEEP, 4 * MIB))]},
    "known type, Kafka": lambda: kafka(kafka_record(api_call(DEEP, 4 * MIB))),
    "known type, SQS": lambda: {"Records": [sqs(api_call(DEEP, 6 * MIB).decode())]},
    "known type, bytes": lambda: json.dumps(
        {"Records": [kinesis(api_call(DEEP, 4 * MIB))]}, separators=(",", ":")
    ).encode(),
    "a value that an error quotes": lambda: {
        "Records": [
            sqs(b64(compressed(finding("x" * 60_000_000)))),
            sqs(b64(compressed(finding("x" * 15_000_000)))),
        ]
    },
    "a batch beside what it is parsed to": lambda: json.dumps(
        [kinesis(compressed(unknown(DEEP, MIB))), json.loads(f"[{DEEP * 2_900}0]"), *[0] * 22_000],
        separators=(",", ":"),
    ).encode(),
    "spaces": lambda: {"Records": [kinesis(compressed(b" " * (300 * MIB)))]},
    "many": lambda: {"Records": [kinesis(compressed(unknown("{},", MIB // 10)))] * 500},
    "records": lambda: {"Records": [kinesis(compressed(b"[" + b"{}," * (12 * MIB) + b"0]"))]},
    "log events": lambda: {"records": [firehose(compressed(b'{"logEvents":[' + b'{"message":7},' * MIB + b"0]}"))]},
    "body": lambda: {"Records": [sqs(unknown(DEEP, 6 * MIB).decode())]},
    "bodies": lambda: {"Records": [sqs(unknown(DEEP, 6 * MIB // 1_000).decode())] * 1_000},
    "truncated gzip": lambda: {"Records": [kinesis(compressed(b" " * (50 * MIB))[:-1])] * 15},
    "damaged gzip": lambda: {"Records": [kinesis(compressed(b" " * (50 * MIB))[:-8] + b"damaged!")] * 15},
    "empty gzip": lambda: {"records": [{"recordId": "", "data": "H4sI"}] * 5_000},
    "empty gzip in gzip": lambda: kinesis(
        compressed(b'{"records":[0' + b',{"recordId":0,"data":"H4sI"}' * 5_000 + b"]}")
    ),
    "damaged base64": lambda: {"records": [{"recordId": "", "data": "!"}] * 5_000},
    "records without a payload": lambda: [{"Sns": 0} for _ in range(163_000)] + [{"specversion": ""}] * 230_000,
    "compressed in text": lambda: {
        "Records": [sqs(b64(compressed(b'{"messageId":"a","body":"eyAg' + b"ICAg" * (25 * MIB) + b'"}')))]
    },
    "compressed body": lambda: {"Records": [sqs(b64(compressed(unknown("{},", 8 * MIB))))]},
    "notification": lambda: {"Records": [sqs(json.dumps(notification(unknown(DEEP, 5 * MIB).decode())))]},
    "text": lambda: unknown(DEEP, 6 * MIB),
    "text of a batch": lambda: b'{"Records":[' + b"0," * (3 * MIB) + b"0]}",
    "text of an array": lambda: b"[" + b"{}," * (2 * MIB) + b"0]",
    "items": lambda: {"Records": [sqs(PUSH_JSON), *[0] * (3 * MIB)]},
    "one character that is not ASCII": lambda: {
        "Records": [sqs(unknown('"a",', 6 * MIB).decode() + "\N{GRINNING FACE}")]
    },
}


def unwrap_all(delivery: Any, limit: int) -> list[Record | InvalidRecord]:
    return list(unwrap(delivery, max_expanded_size=limit))


@pytest.mark.slow
@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS)
def test_a_bomb_is_not_expanded(bomb: Callable[[], Any]) -> None:
    """No delivery of 6 MB, Lambda's maximum, takes more memory than stated, even if all records are stored."""
    delivery = bomb()
    for limit, most in ((MAX_EXPANDED_SIZE, 300 * 10**6), (16 * MIB, 100 * 10**6)):
        assert peak(partial(unwrap_all, delivery, limit)) < most


def test_a_bomb_fails_alone() -> None:
    """The records around it are decoded."""
    bomb = compressed(b" " * (300 * MIB))
    delivery = {"Records": [kinesis(PUSH_JSON), kinesis(bomb), kinesis(compressed(PUSH_JSON.encode())), kinesis(bomb)]}
    assert reasons(delivery) == [None, EXCEEDED, None, EXCEEDED]


def test_what_a_record_exceeds_the_limit_with_is_not_charged() -> None:
    """Whether its data is too large, or only what it would be parsed to; its error has the record, not the data."""
    bomb = kinesis(compressed(b"[" + b"0," * MIB + b"0]"))
    good = kinesis(compressed(PUSH_JSON.encode().ljust(4_000_000)))
    delivery = {"Records": [bomb, good, bomb, good]}
    records = list(unwrap(delivery, max_expanded_size=30_000_000))
    assert [isinstance(record, Record) for record in records] == [False, True, False, True]
    assert isinstance(records[0], InvalidRecord)
    assert records[0].error.payload == bomb


def test_neighbours_of_what_cannot_be_parsed_are_decoded() -> None:
    """Parsing that failed is not charged."""
    spaces = firehose(compressed(b" " * 50_000_000))
    good = firehose(compressed(json.dumps(logs(*[PUSH_JSON] * 500)).encode()))
    response = transform({"records": [spaces, good, good, good]}, lambda _: None, on_error=lambda _: None)
    assert [record["result"] for record in response["records"]] == ["ProcessingFailed", "Ok", "Ok", "Ok"]


@pytest.mark.parametrize("wrap", [sqs, kinesis, firehose])
def test_what_need_not_be_measured_is_bounded(wrap: Callable[[str], Any]) -> None:
    """Many small events of a known type count, too: on the fast path, in a compact batch, and inside base64."""
    event = api_call("{},", 20_000).decode()
    key = "records" if wrap is firehose else "Records"
    delivery = {"invocationId": "i", key: [wrap(event)] * 40} if wrap is firehose else {key: [wrap(event)] * 40}
    for form in (delivery, json.dumps(delivery), json.dumps(delivery, separators=(",", ":")).encode()):
        taken = reasons(form, max_expanded_size=16 * MIB)
        assert taken.count(None) < 10
        assert {*taken} <= {None, EXCEEDED}


def test_neighbours_of_what_is_nested_too_deeply_are_decoded() -> None:
    """Its items are not charged."""
    deep: Any = [0] * 196_608
    for _ in range(7):
        deep = notification("") | {"Message": deep}
    assert reasons({"Records": [sqs(json.dumps(deep)), kinesis(compressed(PUSH_JSON.encode()))]})[1:] == [None]


def test_a_message_is_charged_once() -> None:
    """Also if its source has tried to decode it in vain."""
    body = unknown("1,", 300_000).decode()
    assert reasons({"Records": [sqs(body)] * 3}, max_expanded_size=100_000_000) == [None] * 3


def test_base64_is_charged() -> None:
    """By what it is decoded to, whether that is JSON or not."""
    limit = ExpansionLimit(10_000)
    assert expand(b64("x" * 3_000), limit) == b"x" * 3_000
    assert limit.remaining == 7_000
    assert expand_if_encoded(b64("{".ljust(3_000)), limit) == b"{".ljust(3_000)
    assert limit.remaining == 4_000
    with pytest.raises(ValueError, match=EXCEEDED):
        expand(b64("x" * 6_000), limit)


def test_the_limit_is_that_of_the_whole_delivery() -> None:
    """Many records together may not take more than one may."""
    record = firehose(compressed(unknown("{},", 10_000)))
    taken = reasons({"records": [record] * 20}, max_expanded_size=4 * MIB)
    fitting = taken.count(None)
    assert 0 < fitting < 20
    assert taken == [None] * fitting + [EXCEEDED] * (20 - fitting)


def test_more_items_than_the_limit_allows_are_one_invalid_record() -> None:
    """Instead of one for each of millions."""
    assert reasons([{}] * 3_000, max_expanded_size=MIB) == [EXCEEDED]
    assert reasons(sqs(json.dumps([{}] * 3_000)), max_expanded_size=MIB) == [EXCEEDED]
    assert len(reasons([{}] * 1_000, max_expanded_size=MIB)) == 1_000


def test_every_member_of_gzip_counts() -> None:
    """A second member adds to the first."""
    member = gzip.compress(b" " * 500_000)
    assert reasons(kinesis(member), max_expanded_size=2_000_000) == ["input data was truncated"]
    assert reasons(kinesis(member * 2), max_expanded_size=2_000_000) == [EXCEEDED]
    halves = gzip.compress(PUSH_JSON[:100].encode()) + gzip.compress(PUSH_JSON[100:].encode())
    assert [*unwrap(kinesis(halves))] == [Record("s-1", PUSH)]


@pytest.mark.parametrize("function", [unwrap, process, transform])
def test_the_default_limit_is_256_mib(function: Callable[..., Any]) -> None:
    """All functions have the same limit by default."""
    assert inspect.signature(function).parameters["max_expanded_size"].default == 268_435_456


def test_large_deliveries_of_good_events_fit() -> None:
    """10,000 events in a batch, and 10,000 log events in one record, exceed what is not measured, but not the limit."""
    events = [PUSH_JSON] * 10_000
    for delivery in (
        {"Records": [sqs(event) for event in events]},
        {"Records": [kinesis(event) for event in events]},
        {"Records": [kinesis(compressed(json.dumps(logs(*events)).encode()))]},
    ):
        assert reasons(delivery) == [None] * 10_000


# Errors


def test_an_error_holds_one_copy_of_the_payload() -> None:
    """Neither its traceback nor its cause holds another one, or a part of the parsed document."""
    text = MALFORMED_JSON[:-2] + ',"x":"' + "a" * MIB + '"}}'
    records: list[Any] = []
    data = b64(text)
    retained = peak(
        lambda: records.extend(
            unwrap({"Records": [kinesis("{}") | {"kinesis": {"sequenceNumber": "1", "data": data}}]})
        )
    )
    assert isinstance(records[0], InvalidRecord)
    assert records[0].error.payload == text.encode()
    assert retained < 5 * MIB
    cause = records[0].error.__cause__
    assert cause is not None
    assert cause.__traceback__ is None
    assert records[0].error.__traceback__ is None


def test_an_error_of_invalid_utf_8_holds_one_copy() -> None:
    """Python's own error has a copy of the text."""
    (record,) = unwrap({"Records": [kinesis(b'{"detail-type":"' + b"A" * MIB + b'\xff"}')]})
    assert isinstance(record, InvalidRecord)
    assert "can't decode byte 0xff" in record.error.reason
    assert record.error.__cause__ is None


def test_errors_form_no_reference_cycles() -> None:
    """An invalid record is freed with its last reference."""
    strange = [sqs("{"), sqs("7"), None, sqs(json.dumps([7])), sqs("") | {"body": 7}, sqs(b64(gzip.compress(b"{")))]
    data = ["!", b64(b"\xff"), b64(gzip.compress(b"{")[:-1]), b64(gzip.compress(b" " * 10_000_000))]
    records = [{"recordId": "1", "data": each} for each in data]
    deliveries: list[Any] = [{"Records": [sqs(MALFORMED_JSON), *strange]}, {"records": records}]
    gc.collect()
    gc.disable()
    try:
        for delivery in deliveries:
            assert all(reasons(delivery, max_expanded_size=5_000_000))
        assert gc.collect() == 0
    finally:
        gc.enable()


# base64


def test_base64_has_the_verdict_of_the_strict_standard_decoder() -> None:
    """On text made at random; ``tests/generated_base64.py`` compares a million."""
    texts = list(strings(20_000))
    assert [expanded(text) for text in texts] == [expected(text) for text in texts]
    assert 0.2 < sum(expected(text) is not None for text in texts) / len(texts) < 0.8


@pytest.mark.parametrize(
    "encoded",
    [
        b64(PUSH_JSON),
        b64(gzip.compress(PUSH_JSON.encode())),
        b64(json.dumps([json.loads(PUSH_JSON)])),
        *[b64(space + PUSH_JSON) for space in (" ", "\t", "\n", "\r\n  ")],
    ],
)
def test_a_body_may_be_base64(encoded: str) -> None:
    """Senders encode what is compressed, and Argo Events every body."""
    assert [*unwrap({"Records": [sqs(encoded)]})] == [Record("m-1", PUSH)]


@pytest.mark.parametrize("text", ["ey", "W", "eyJ!", "WWWW", "hello", "Dear", "CQ=="])
def test_text_that_is_not_base64_of_json_is_its_own_evidence(text: str) -> None:
    """The error has the text as it was sent."""
    (record,) = unwrap({"Records": [sqs(text)]})
    assert isinstance(record, InvalidRecord)
    assert (record.id, record.error.payload) == ("m-1", text)
