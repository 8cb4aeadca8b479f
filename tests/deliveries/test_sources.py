"""Every source of deliveries, with valid, invalid and mixed records, alone and nested."""

import gzip
import json
from typing import Any

import pytest
from delivery_samples import (
    MALFORMED_JSON,
    PUSH,
    PUSH_JSON,
    REPLICATION,
    REPLICATION_JSON,
    UNKNOWN,
    UNKNOWN_JSON,
    firehose,
    gzipped,
    kinesis,
    logs,
    notification,
    pipes_kinesis,
    received,
    sns,
    sqs,
    subscription,
)

from ecr_events import decode
from ecr_events.deliveries import Record, unwrap

CONTROL = logs("CWL CONTROL MESSAGE: Checking health of destination Firehose.") | {"messageType": "CONTROL_MESSAGE"}

REPLAY = json.loads(PUSH_JSON) | {"replay-name": "again"}

DELIVERIES: dict[str, tuple[Any, list[tuple[str | None, Any]]]] = {
    "event": (json.loads(PUSH_JSON), [(None, PUSH)]),
    "event as text": (PUSH_JSON, [(None, PUSH)]),
    "event, malformed": (json.loads(MALFORMED_JSON), [(None, "$.detail.action-type")]),
    "event of another service": (json.loads(UNKNOWN_JSON), [(None, UNKNOWN)]),
    "replayed event": (REPLAY, [(None, decode(REPLAY))]),
    "SQS": ({"Records": [sqs(PUSH_JSON), sqs(REPLICATION_JSON, "m-2")]}, [("m-1", PUSH), ("m-2", REPLICATION)]),
    "SQS, one malformed": (
        {"Records": [sqs(MALFORMED_JSON), sqs(REPLICATION_JSON, "m-2")]},
        [("m-1", "$.detail.action-type"), ("m-2", REPLICATION)],
    ),
    "SQS, not JSON": ({"Records": [sqs("{"), sqs("hello", "m-2")]}, [("m-1", "$"), ("m-2", "$")]),
    "SQS, no body": ({"Records": [{"messageId": "m-1"}]}, [("m-1", "$")]),
    "SQS, no id": ({"Records": [{"eventSource": "aws:sqs", "body": PUSH_JSON}]}, [(None, PUSH)]),
    "SQS, empty": ({"Records": []}, []),
    "SNS": ({"Records": [sns(PUSH_JSON)]}, [("n-1", PUSH)]),
    "SNS, malformed": ({"Records": [sns(MALFORMED_JSON)]}, [("n-1", "$.detail.action-type")]),
    "SNS in SQS": ({"Records": [sqs(json.dumps(notification(PUSH_JSON)))]}, [("m-1", PUSH)]),
    "SNS in SQS, as SNS writes it": (
        {"Records": [sqs(json.dumps(notification(PUSH_JSON), indent=2))]},
        [("m-1", PUSH)],
    ),
    "SNS in SQS, other order": (
        {"Records": [sqs(json.dumps(dict(reversed(notification(PUSH_JSON).items()))))]},
        [("m-1", PUSH)],
    ),
    "SNS in SQS, malformed": (
        {"Records": [sqs(json.dumps(notification(MALFORMED_JSON)))]},
        [("m-1", "$.detail.action-type")],
    ),
    "SNS over HTTP": (json.dumps(notification(PUSH_JSON)), [("n-1", PUSH)]),
    "SNS over HTTP, confirmation": (notification("hello") | {"Type": "SubscriptionConfirmation"}, [(None, "$")]),
    "Kinesis": (
        {"Records": [kinesis(PUSH_JSON), kinesis(REPLICATION_JSON, "s-2")]},
        [("s-1", PUSH), ("s-2", REPLICATION)],
    ),
    "Kinesis, malformed": (
        {"Records": [kinesis(MALFORMED_JSON), kinesis("", "s-2")]},
        [("s-1", "$.detail.action-type"), ("s-2", "$")],
    ),
    "Firehose": ({"invocationId": "i", "records": [firehose(PUSH_JSON + "\n")]}, [("f-1", PUSH)]),
    "Firehose, members of gzip": (
        {"records": [firehose(gzip.compress(b"[") + gzip.compress(PUSH_JSON.encode() + b"]"))]},
        [("f-1", PUSH)],
    ),
    "Pipes, events": ([json.loads(PUSH_JSON), json.loads(UNKNOWN_JSON)], [(None, PUSH), (None, UNKNOWN)]),
    "Pipes, SQS": ([sqs(PUSH_JSON)], [("m-1", PUSH)]),
    "Pipes, Kinesis": ([pipes_kinesis(PUSH_JSON)], [("e-1", PUSH)]),
    "Pipes, text": ([PUSH_JSON, "x"], [(None, PUSH), (None, "$")]),
    "CloudWatch Logs": (
        subscription(logs(PUSH_JSON, MALFORMED_JSON)),
        [("l-0", PUSH), ("l-1", "$.detail.action-type")],
    ),
    "CloudWatch Logs in Kinesis": (
        {"Records": [kinesis(gzipped(logs(PUSH_JSON, REPLICATION_JSON)))]},
        [("s-1", PUSH), ("s-1", REPLICATION)],
    ),
    "CloudWatch Logs in Firehose": ({"records": [firehose(gzipped(logs(PUSH_JSON)))]}, [("f-1", PUSH)]),
    "CloudWatch Logs, control message": (subscription(CONTROL), []),
    "CloudWatch Logs, control message with an event": (
        subscription(logs(PUSH_JSON) | {"messageType": "CONTROL_MESSAGE"}),
        [],
    ),
    "CloudWatch Logs, strange": (logs() | {"logEvents": [7, {"message": PUSH_JSON}]}, [(None, "$"), (None, "$")]),
    "receive_message": (
        {"Messages": [received(PUSH_JSON)], "ResponseMetadata": {"HTTPStatusCode": 200}},
        [("m-1", PUSH)],
    ),
    "receive_message, empty queue": ({"ResponseMetadata": {"HTTPStatusCode": 200}}, []),
    "receive_message, one message": (received(PUSH_JSON), [("m-1", PUSH)]),
    "SQS in an array in SNS in SQS": (
        {"Records": [sqs(json.dumps(notification(json.dumps([sqs(PUSH_JSON, "deep"), sqs("{", "deep")]))))]},
        [("m-1", PUSH), ("m-1", "$")],
    ),
    "empty object": ({}, [(None, "$")]),
    "null": ("null", [(None, "$")]),
    "not JSON": (b"\xff{", [(None, "$")]),
}


def outcomes(delivery: Any) -> list[tuple[str | None, Any]]:
    """Return the id and the event of each record, or the path of its error."""
    return [
        (record.id, record.event if isinstance(record, Record) else record.error.path) for record in unwrap(delivery)
    ]


@pytest.mark.parametrize(("delivery", "expected"), DELIVERIES.values(), ids=DELIVERIES)
def test_every_source_is_unwrapped(delivery: Any, expected: list[tuple[str | None, Any]]) -> None:
    """Parsed or as text, records have the outermost id, and an invalid one does not affect others."""
    assert outcomes(delivery) == expected
    if isinstance(delivery, dict | list):
        assert outcomes(json.dumps(delivery)) == outcomes(json.dumps(delivery).encode()) == expected
