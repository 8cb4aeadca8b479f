"""Unwrapping deliveries, and the same by hand to plain dicts; and what other ways than the plainest cost."""

import base64
import gzip
import json
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Any, TypeAlias

import orjson

from benchmarks.contenders import OURS
from benchmarks.runner import Section, Size, microseconds, run_rounds
from benchmarks.workloads import make_events, sqs_delivery
from ecr_events.deliveries import Record, process, unwrap

__all__ = ["run"]

BY_HAND = "orjson, by hand"
SQS = "10 SQS records"
_BATCH = 10
_LOG_EVENTS = 100


def run(size: Size) -> list[Section]:
    """Return the costs of each source, and of each way."""
    contenders = {OURS: OURS, BY_HAND: BY_HAND}
    ways = {way: way for way in _WAYS}
    return [
        Section(
            "Deliveries",
            f"Mixed events in deliveries of {_BATCH}, parsed as Lambda passes them or as bytes; each event is dropped "
            f"before the next. `{OURS}` is `unwrap`; by hand, the id and the parsed event are taken out of each record "
            "without any check. Microseconds per delivery.",
            run_rounds(measure, contenders, size.rounds, size.streamed, size.seconds),
        ),
        Section(
            "Deliveries: ways and failures",
            f"The same deliveries of {_BATCH} messages in SQS. Microseconds per delivery.",
            run_rounds(measure_way, ways, size.rounds, size.streamed, size.seconds),
            _UNWRAP,
        ),
    ]


# Deliveries

_Delivery: TypeAlias = dict[str, Any]


def _kinesis(events: list[bytes]) -> _Delivery:
    return {"Records": [_kinesis_record(event, number) for number, event in enumerate(events)]}


def _kinesis_record(data: bytes, number: int) -> _Delivery:
    return {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": "1",
            "sequenceNumber": f"4959{number:052}",
            "data": base64.b64encode(data).decode(),
            "approximateArrivalTimestamp": 1777886131.5,
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": f"shardId-000000000006:4959{number:052}",
        "eventName": "aws:kinesis:record",
        "invokeIdentityArn": "arn:aws:iam::012345678901:role/events",
        "awsRegion": "eu-west-1",
        "eventSourceARN": "arn:aws:kinesis:eu-west-1:012345678901:stream/events",
    }


def _firehose(events: list[bytes]) -> _Delivery:
    records = [
        {
            "recordId": f"4959{number:052}000000",
            "approximateArrivalTimestamp": 1777886131000,
            "data": base64.b64encode(event).decode(),
        }
        for number, event in enumerate(events)
    ]
    return {"invocationId": "i", "deliveryStreamArn": "arn:aws:firehose:eu-west-1:1:d/e", "records": records}


def _kafka(events: list[bytes]) -> _Delivery:
    records = [
        {
            "topic": "events",
            "partition": 0,
            "offset": number,
            "timestamp": 1777886131000,
            "timestampType": "CREATE_TIME",
            "value": base64.b64encode(event).decode(),
            "headers": [],
        }
        for number, event in enumerate(events)
    ]
    return {"eventSource": "aws:kafka", "bootstrapServers": "b-1:9092", "records": {"events-0": records}}


def _logs(events: list[bytes]) -> _Delivery:
    log_events = [
        {"id": f"{number:056}", "timestamp": 1777886131000, "message": event.decode()}
        for number, event in enumerate(events)
    ]
    document = {"messageType": "DATA_MESSAGE", "owner": "1", "logGroup": "g", "logStream": "s", "logEvents": log_events}
    return {"Records": [_kinesis_record(gzip.compress(orjson.dumps(document)), 0)]}


def _sns_in_sqs(events: list[bytes]) -> _Delivery:
    return sqs_delivery([_notification(event) for event in events])


def _notification(event: bytes) -> bytes:
    document = {
        "Type": "Notification",
        "MessageId": "00000000-0000-4000-8000-000000000000",
        "TopicArn": "arn:aws:sns:eu-west-1:012345678901:events",
        "Message": event.decode(),
        "Timestamp": "2026-05-04T09:15:31.000Z",
        "SignatureVersion": "1",
        "Signature": "x" * 344,
        "SigningCertURL": "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123456789abcdef.pem",
        "UnsubscribeURL": "https://sns.eu-west-1.amazonaws.com/?Action=Unsubscribe&SubscriptionArn=a",
    }
    return json.dumps(document, indent=2, separators=(",", " : ")).encode()  # as SNS writes it


# The same by hand


def _messages(delivery: _Delivery) -> Iterator[tuple[str, Any]]:
    for record in delivery["Records"]:
        yield record["messageId"], orjson.loads(record["body"])


def _notifications(delivery: _Delivery) -> Iterator[tuple[str, Any]]:
    for record in delivery["Records"]:
        yield record["messageId"], orjson.loads(orjson.loads(record["body"])["Message"])


def _kinesis_records(delivery: _Delivery) -> Iterator[tuple[str, Any]]:
    for record in delivery["Records"]:
        kinesis = record["kinesis"]
        yield kinesis["sequenceNumber"], orjson.loads(base64.b64decode(kinesis["data"]))


def _firehose_records(delivery: _Delivery) -> Iterator[tuple[str, Any]]:
    for record in delivery["records"]:
        yield record["recordId"], orjson.loads(base64.b64decode(record["data"]))


def _kafka_records(delivery: _Delivery) -> Iterator[tuple[str, Any]]:
    for record in chain.from_iterable(delivery["records"].values()):
        place = f"{record['topic']}-{record['partition']}:{record['offset']}"
        yield place, orjson.loads(base64.b64decode(record["value"]))


def _log_events(delivery: _Delivery) -> Iterator[tuple[str, Any]]:
    for record in delivery["Records"]:
        kinesis = record["kinesis"]
        document = orjson.loads(gzip.decompress(base64.b64decode(kinesis["data"])))
        for log_event in document["logEvents"]:
            yield kinesis["sequenceNumber"], orjson.loads(log_event["message"])


_ByHand: TypeAlias = Callable[[Any], Iterable[tuple[str, Any]]]


def _after_parsing(by_hand: _ByHand) -> _ByHand:
    return lambda text: by_hand(orjson.loads(text))


def _as_bytes(wrap: Callable[[list[bytes]], _Delivery]) -> Callable[[list[bytes]], bytes]:
    return lambda events: orjson.dumps(wrap(events))


_SOURCES: dict[str, tuple[int, Callable[[list[bytes]], Any], _ByHand]] = {
    SQS: (_BATCH, sqs_delivery, _messages),
    "1 SQS record": (1, sqs_delivery, _messages),
    "SNS in SQS": (_BATCH, _sns_in_sqs, _notifications),
    "Kinesis": (_BATCH, _kinesis, _kinesis_records),
    "Firehose": (_BATCH, _firehose, _firehose_records),
    "Kafka": (_BATCH, _kafka, _kafka_records),
    f"CloudWatch Logs in Kinesis, {_LOG_EVENTS} log events": (_LOG_EVENTS, _logs, _log_events),
    "SQS, bytes": (_BATCH, _as_bytes(sqs_delivery), _after_parsing(_messages)),
    "SNS in SQS, bytes": (_BATCH, _as_bytes(_sns_in_sqs), _after_parsing(_notifications)),
    "Kinesis, bytes": (_BATCH, _as_bytes(_kinesis), _after_parsing(_kinesis_records)),
    "Firehose, bytes": (_BATCH, _as_bytes(_firehose), _after_parsing(_firehose_records)),
}
"""The number of events of a delivery, the delivery around them, and its ids and events by hand."""


def measure(name: str, count: int, seconds: float) -> dict[str, float]:
    """Return microseconds per delivery of each source, after checking ids and events."""
    costs: dict[str, float] = {}
    for workload, (batch, wrap, by_hand) in _SOURCES.items():
        deliveries = [wrap(events) for events in _batches(max(count, batch), batch)]
        for delivery in deliveries[:3]:
            records = [record for record in unwrap(delivery) if isinstance(record, Record)]
            expected = [(id_, event["id"]) for id_, event in by_hand(delivery)]
            if [(record.id, record.event.id) for record in records] != expected:
                raise ValueError(f"{workload} was unwrapped to {records}")
        costs[workload] = microseconds(_drain(unwrap if name == OURS else by_hand), deliveries, seconds)
    return costs


def _batches(count: int, batch: int) -> Iterator[list[bytes]]:
    events = list(make_events(count))
    for start in range(0, len(events), batch):
        yield events[start : start + batch]


def _drain(function: Callable[[Any], Iterable[object]]) -> Callable[[Any], None]:
    def drain(delivery: Any) -> None:
        for _ in function(delivery):
            pass

    return drain


# Ways

_UNWRAP = "unwrap"


def _handle(_: object) -> None:
    """Do nothing."""


def _malformed(event: bytes) -> bytes:
    return event.replace(b'"version":"0"', b'"version":0')


def _unknown(event: bytes) -> bytes:
    return orjson.dumps(orjson.loads(event) | {"detail-type": "ECR Artifact Action"})


_WAYS: dict[str, tuple[Callable[[bytes], bytes], Callable[[Any], object]]] = {
    _UNWRAP: (bytes, _drain(unwrap)),
    "process, with a handler that does nothing": (bytes, lambda delivery: process(delivery, _handle)),
    "unwrap, SNS in SQS": (_notification, _drain(unwrap)),
    "unwrap, all malformed": (_malformed, _drain(unwrap)),
    "unwrap, all of an unknown type": (_unknown, _drain(unwrap)),
}
"""The content of each message, and the function of a delivery."""


def measure_way(name: str, count: int, seconds: float) -> dict[str, float]:
    """Return microseconds per delivery."""
    convert, function = _WAYS[name]
    batches = _batches(max(count, _BATCH), _BATCH)
    deliveries = [sqs_delivery([convert(event) for event in events]) for events in batches]
    return {SQS: microseconds(function, deliveries, seconds)}
