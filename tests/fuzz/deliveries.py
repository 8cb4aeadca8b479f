"""`unwrap`, `process` and `transform`."""

import base64
import gzip
import json
import tracemalloc
import zlib
from collections.abc import Callable, Iterable, Iterator
from random import Random
from typing import Any
from unittest import mock
from zlib import crc32

from ecr_events import DecodeError, EventBridgeEvent, codec, decode
from ecr_events.deliveries import InvalidRecord, Record, process, transform, unwrap
from ecr_events.deliveries.expansion import MAX_EXPANDED_SIZE
from ecr_events.deliveries.sources import registry
from ecr_events.deliveries.unwrap import open_delivery
from ecr_events.testing import wrappers as wrap
from ecr_events.testing.delivery import SOURCES, deliver
from fuzz.events import SAMPLES
from fuzz.mutation import SECRET, changed_json, check_error, dump, mutate_json, mutate_text, nodes
from fuzz.plain_reading import read_json

__all__ = ["bound_memory", "memory_seeds", "mutate_delivery", "mutate_memory", "seeds", "unwrap_delivery"]

Unwrapped = list[Record | InvalidRecord]


def unwrap_delivery(data: bytes) -> None:
    """Check that a delivery is unwrapped alike in every form, with a record for each event or error."""
    found = _unwrap(data)
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return  # ignored in keys that need not be parsed
    _check_general_path(data, found)
    assert _equal(found, _unwrap(bytearray(data)))
    assert _equal(found, _unwrap(text))
    reading = read_json(data)
    if reading.is_json and reading.is_exact and isinstance(reading.value, dict | list):
        parsed = _unwrap(reading.value)
        assert _equal(found, parsed), (found, parsed)
        _check_general_path(reading.value, found)
        _check_items(reading.value, found)
        _check_process(reading.value, found)
    _check_neighbours(text, found)


def _unwrap(delivery: Any, **options: Any) -> Unwrapped:
    """Return the records of a delivery. Any error is a finding."""
    found = list(unwrap(delivery, **options))
    for record in found:
        assert record.id is None or isinstance(record.id, str)
        assert all(isinstance(item, str) for pair in record.attributes.items() for item in pair)
        if isinstance(record, Record):
            assert isinstance(record.event, EventBridgeEvent)
        else:
            check_error(record.error)
    return found


def _equal(found: Unwrapped, other: Unwrapped) -> bool:
    return list(map(_parts, found)) == list(map(_parts, other))


def _parts(record: Record | InvalidRecord) -> tuple[Any, ...]:
    if isinstance(record, Record):
        return record.id, record.event, dict(record.attributes)
    return record.id, record.error.reason, record.error.path, dict(record.attributes)


def _results(records: Iterable[Record | InvalidRecord]) -> list[Any]:
    return [record.event if isinstance(record, Record) else record.error.path for record in records]


def _check_general_path(delivery: Any, found: Unwrapped) -> None:
    """Check that records are the same without the decoder of known types, which skips unknown keys unseen."""
    with mock.patch.object(codec, "decode_known", _refuse):
        general = _unwrap(delivery)
    assert len(general) == len(found)
    for record, other in zip(general, found, strict=True):
        has_invalid_text = isinstance(record, InvalidRecord) and "codec can't decode" in record.error.reason
        assert has_invalid_text or _parts(record) == _parts(other)


def _refuse(_: object) -> Any:
    raise ValueError


def _check_items(delivery: Any, found: Unwrapped) -> None:
    """Check that an array of nothing that could be an event has an error for each item."""
    if isinstance(delivery, list) and not any(isinstance(item, dict | list | str) for item in delivery):
        assert len(found) == len(delivery)
        assert all(isinstance(record, InvalidRecord) for record in found)


def _check_process(delivery: Any, found: Unwrapped) -> None:
    """Check that each event is handled once, and each failure is reported."""
    handled: list[EventBridgeEvent] = []
    failures: list[Any] = []
    invalid = [record for record in found if isinstance(record, InvalidRecord)]
    events = [record.event for record in found if isinstance(record, Record)]
    try:
        response = process(delivery, handled.append, on_error=failures.append)
    except TypeError:
        transformed = transform(delivery, handled.append, on_error=failures.append)["records"]
        assert len(transformed) == len(open_delivery(delivery, MAX_EXPANDED_SIZE).items)
        assert all(record["result"] in {"Ok", "Dropped", "ProcessingFailed"} for record in transformed)
        assert bool(invalid) == any(record["result"] == "ProcessingFailed" for record in transformed)
        return
    except DecodeError:
        assert invalid
    else:
        if response is not None and "batchItemFailures" in response:
            assert bool(response["batchItemFailures"]) == bool(invalid)
        else:
            assert not invalid
    if invalid:
        assert all(event in events for event in handled)
    else:
        assert handled == events
        assert not failures


_GOOD = SAMPLES[0].decode()
_EVENT = decode(_GOOD)

_AROUND: tuple[Callable[[list[str]], Any], ...] = (
    lambda texts: {"Records": [wrap.sqs(text, f"i{number}") for number, text in enumerate(texts)]},
    lambda texts: {"Messages": [wrap.received(text, f"i{number}") for number, text in enumerate(texts)]},
    lambda texts: {"Records": [wrap.sns(text, f"i{number}") for number, text in enumerate(texts)]},
    lambda texts: {"Records": [wrap.kinesis(text, f"i{number}") for number, text in enumerate(texts)]},
    lambda texts: {"records": [wrap.firehose(text, f"i{number}") for number, text in enumerate(texts)]},
    lambda texts: {
        "Records": [
            wrap.sqs(json.dumps(wrap.notification(text, f"n{number}")), f"i{number}")
            for number, text in enumerate(texts)
        ]
    },
    lambda texts: {
        "Records": [wrap.kinesis(gzip.compress(text.encode()), f"i{number}") for number, text in enumerate(texts)]
    },
)


def _check_neighbours(text: str, found: Unwrapped) -> None:
    """Check that a batch with the text between two events has all three, each under its id.

    The text is read as it is alone, unless it is of several sources at once, as AWS sends none.
    """
    around = _AROUND[crc32(text.encode()) % len(_AROUND)]
    records = _unwrap(around([_GOOD, text, _GOOD]))
    assert records[0] == Record("i0", _EVENT, records[0].attributes)
    assert records[-1] == Record("i2", _EVENT, records[-1].attributes)
    assert {record.id for record in records[1:-1]} <= {"i1"}
    document = read_json(text.encode()).value
    forms = [source.matches(document) for source in registry.SOURCES] if isinstance(document, dict) else []
    is_ambiguous = sum((*forms, registry.batch_of(document) is not None, registry.is_event(document))) > 1
    is_deep = any(isinstance(item, InvalidRecord) and "wrapped more than" in item.error.reason for item in records)
    if not is_deep and not is_ambiguous:
        assert _results(records[1:-1]) == _results(found)


_LIMIT = 1 << 22

_OVERHEAD = 1 << 20
"""Bytes that unwrapping takes beside the content: zlib's windows, a piece of a decompressed text."""


def bound_memory(data: bytes) -> None:
    """Check that a delivery takes no more memory than its limit, in addition to itself."""
    tracemalloc.start()
    try:
        for _ in unwrap(data, max_expanded_size=_LIMIT):
            pass
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < _LIMIT + _OVERHEAD + 4 * len(data), peak


def seeds() -> Iterator[bytes]:
    """Yield deliveries of every source, nested, compressed and malformed ones."""
    payloads = [_GOOD, "{", "null", _GOOD.replace('"PUSH"', "7")]
    for source in SOURCES:
        for batch in ([_GOOD], payloads):
            try:
                yield json.dumps(deliver(batch, source)).encode()
            except ValueError:
                continue
        yield json.dumps(deliver([_GOOD], source), separators=(",", ":")).encode()
    logs = wrap.logs(_GOOD, "text")
    yield json.dumps({"records": [wrap.firehose(wrap.gzipped(logs))]}).encode()
    yield json.dumps(wrap.subscription(logs | {"messageType": "CONTROL_MESSAGE"})).encode()
    nested: Any = wrap.sqs(_GOOD)
    for _ in range(9):
        nested = {"Records": [wrap.sqs(json.dumps(nested))]}
    yield json.dumps(nested).encode()
    yield from (b"", b"null", b"[]", b"{}", b'{"Records":[]}', b'{"Records":[null,1,"a",[],{}]}', *SAMPLES)


_VALUES: tuple[Any, ...] = (
    *(
        None,
        True,
        0,
        2.5,
        "",
        "a",
        [],
        {},
        SECRET,
        "\ud800",
        "CONTROL_MESSAGE",
        "Notification",
        "aws:sqs",
        "aws:kinesis",
    ),
    *(_GOOD, json.loads(_GOOD), "H4sI", wrap.b64(_GOOD), wrap.b64(gzip.compress(_GOOD.encode())), "e30=", "W10=", "!!"),
    *(wrap.sqs("{"), wrap.sns("{"), wrap.kinesis("{"), wrap.logs("{"), wrap.kafka_record("{"), wrap.firehose("{")),
    *(deliver([_GOOD], source) for source in SOURCES),
)

_KEYS = [
    "Records",
    "records",
    "body",
    "messageId",
    "eventSource",
    "Sns",
    "Type",
    "Message",
    "MessageId",
    "kinesis",
    "data",
    "sequenceNumber",
    "recordId",
    "awslogs",
    "logEvents",
    "message",
    "timestamp",
    "messageType",
    "offset",
    "topic",
    "partition",
    "value",
    "headers",
    "basicProperties",
    "rmqMessagesByQueue",
    "messages",
    "messageID",
    "properties",
    "requestContext",
    "isBase64Encoded",
    "specversion",
    "data_base64",
    "context",
    "requestPayload",
    "KinesisBatchInfo",
    "payload",
    "Payload",
    "ExecutedVersion",
    "SystemMetadata",
    "Data",
    "Messages",
    "ResponseMetadata",
    "attributes",
    "messageAttributes",
    "detail-type",
    "source",
    "detail",
    "kafkaRecordValue",
    "id",
    "multiValueHeaders",
]

_TEXTS: tuple[Callable[[bytes], Any], ...] = (
    lambda data: data.decode(errors="replace"),
    wrap.b64,
    lambda data: wrap.b64(gzip.compress(data, mtime=0)),
    lambda data: wrap.b64(gzip.compress(data, mtime=0)[:-5]),
    lambda data: wrap.b64(gzip.compress(data[:100], mtime=0) + gzip.compress(data[100:], mtime=0)),
)


def mutate_delivery(data: bytes, choose: Random) -> bytes:
    """Return a delivery with changed values, also in the texts and in the base64 in it, or wrapped once more."""
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        return mutate_text(data, choose)
    match choose.randrange(10):
        case 0:
            return mutate_text(data, choose)
        case 1 if len(data) < 4_000:
            text = data.decode(errors="replace")
            source = choose.choice(SOURCES)
            try:
                document = deliver(choose.choice(([text], [text, _GOOD], [_GOOD, text, "{"])), source)
            except ValueError:
                document = deliver([text], source)
        case _:
            document = _changed(document, choose)
    return dump(document, choose)


def _changed(value: Any, choose: Random) -> Any:
    """Return parsed JSON with a change, often in a text that is JSON itself."""
    texts = [node for node in _nodes(value) if isinstance(node[0][node[1]], str) and len(node[0][node[1]]) > 20]
    if not texts or choose.random() < 0.4:
        return changed_json(value, choose, _VALUES, _KEYS)
    container, key = choose.choice(texts)
    content = container[key].encode("utf-8", "surrogatepass")
    try:
        content = base64.b64decode(content, validate=True)
        content = gzip.decompress(content)
    except (ValueError, OSError, EOFError, zlib.error):
        pass
    if len(content) < 20_000:
        changed = mutate_delivery(content, choose) if choose.random() < 0.5 else mutate_json(content, choose)
        container[key] = choose.choice(_TEXTS)(changed)
    return value


def _nodes(value: Any) -> Iterator[tuple[Any, Any]]:
    return nodes(value) if isinstance(value, dict | list) else iter(())


def memory_seeds() -> Iterator[bytes]:
    """Yield the seeds, and deliveries that are small and expand to much."""
    yield from seeds()
    choose = Random(0)
    for _ in range(20):
        yield json.dumps(_inflated(choose)).encode()


def mutate_memory(data: bytes, choose: Random) -> bytes:
    """Return the same as `mutate_delivery`, or a delivery that expands to much."""
    return dump(_inflated(choose), choose) if choose.random() < 0.2 else mutate_delivery(data, choose)


def _inflated(choose: Random) -> Any:
    """Return a delivery that is small and expands to much."""
    item = choose.choice((b"{},", b"[],", b"[[]],", b'{"a":1},', b"1,", b'"",', b'"\\u00e9",', b"{", b"[", b" ", b"x"))
    end = choose.choice((b"", b"1]", b"1]}}", b"null]"))
    start = choose.choice((b"[", b'{"detail-type":"x","detail":{"a":[', b'{"Records":[', b'{"records":[', b'"'))
    content = start + item * choose.choice((1_000, 20_000, 300_000)) + end
    packed = gzip.compress(content, mtime=0)
    records: tuple[Any, ...] = wrap.kinesis(packed), wrap.firehose(packed), wrap.kafka_record(packed)
    return choose.choice((*records, wrap.sqs(wrap.b64(packed))))
