"""Every delivery that AWS makes, with good, bad and mixed records, alone and in each other."""

import base64
import gzip
import json
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from ecr_events import (
    DecodeError,
    ECRImageActionEvent,
    ECRReplicationActionEvent,
    EventBridgeEvent,
    UnknownEvent,
    decode,
    encode,
)
from ecr_events.deliveries import DROPPED, Failure, Record, process, unwrap
from ecr_events.samples import sample

PUSH, COPY, OTHER = sample(ECRImageActionEvent), sample(ECRReplicationActionEvent), sample(UnknownEvent)


def text(event: EventBridgeEvent) -> str:
    return encode(event).decode()


BROKEN = text(PUSH).replace('"PUSH"', "7")


def b64(content: str | bytes) -> str:
    return base64.b64encode(content.encode() if isinstance(content, str) else content).decode()


# What AWS wraps an event in


def sqs(body: str, id_: str = "m-1", *, queue: str = "events", **attributes: str) -> dict[str, Any]:
    return {
        "messageId": id_,
        "receiptHandle": "AQEB",
        "body": body,
        "attributes": {"ApproximateReceiveCount": "1"},
        "messageAttributes": {name: {"stringValue": value, "dataType": "String"} for name, value in attributes.items()},
        "eventSource": "aws:sqs",
        "eventSourceARN": f"arn:aws:sqs:eu-west-1:012345678901:{queue}",
    }


def received(body: str, id_: str = "m-1", **attributes: str) -> dict[str, Any]:
    values = {name: {"StringValue": value, "DataType": "String"} for name, value in attributes.items()}
    return {"MessageId": id_, "ReceiptHandle": "AQEB", "Body": body, "MessageAttributes": values}


def sns(message: str, id_: str = "n-1") -> dict[str, Any]:
    values = {"team": {"Type": "String", "Value": "a"}}
    return {
        "EventSource": "aws:sns",
        "EventSubscriptionArn": "arn:aws:sns:eu-west-1:012345678901:events:1",
        "Sns": {"Type": "Notification", "MessageId": id_, "Message": message, "MessageAttributes": values},
    }


def notification(message: str, id_: str = "n-1") -> dict[str, Any]:
    return {"Type": "Notification", "MessageId": id_, "TopicArn": "arn:aws:sns:::events", "Message": message}


def kinesis(content: str | bytes, id_: str = "s-1") -> dict[str, Any]:
    return {
        "kinesis": {"partitionKey": "1", "sequenceNumber": id_, "data": b64(content)},
        "eventSource": "aws:kinesis",
        "eventID": f"shardId-000000000000:{id_}",
    }


def kinesis_of_pipes(content: str, id_: str = "e-1") -> dict[str, Any]:
    return {"eventID": id_, "sequenceNumber": "1", "data": b64(content), "eventSource": "aws:kinesis"}


def firehose(content: str | bytes, id_: str = "f-1") -> dict[str, Any]:
    return {"recordId": id_, "approximateArrivalTimestamp": 1, "data": b64(content)}


def logs(*messages: str) -> dict[str, Any]:
    events = [{"id": f"l-{number}", "timestamp": 1, "message": message} for number, message in enumerate(messages)]
    return {"messageType": "DATA_MESSAGE", "owner": "012345678901", "logGroup": "/aws/events", "logEvents": events}


def packed(document: Any) -> bytes:
    return gzip.compress(json.dumps(document).encode())


def found(delivery: Any, **options: Any) -> list[tuple[str | None, Any]]:
    """Return id and event of each record, or the path of its error."""
    return [
        (record.id, record.event if record.error is None else record.error.path)
        for record in unwrap(delivery, **options)
    ]


DELIVERIES: dict[str, tuple[Any, list[tuple[str | None, Any]]]] = {
    "the event itself": (json.loads(text(PUSH)), [(None, PUSH)]),
    "the event as text": (text(PUSH), [(None, PUSH)]),
    "an event of another service": (json.loads(text(OTHER)), [(None, OTHER)]),
    "a replay": (
        json.loads(text(PUSH)) | {"replay-name": "again"},
        [(None, decode(json.loads(text(PUSH)) | {"replay-name": "again"}))],
    ),
    "SQS": ({"Records": [sqs(text(PUSH)), sqs(text(COPY), "m-2")]}, [("m-1", PUSH), ("m-2", COPY)]),
    "SQS, one bad": (
        {"Records": [sqs(BROKEN), sqs(text(COPY), "m-2")]},
        [("m-1", "$.detail.action-type"), ("m-2", COPY)],
    ),
    "SQS, no JSON": ({"Records": [sqs("{"), sqs("hello", "m-2")]}, [("m-1", "$"), ("m-2", "$")]),
    "SQS, no body": ({"Records": [{"messageId": "m-1"}, None, 7, {}]}, [(None, "$")] * 4),
    "SQS, empty": ({"Records": []}, []),
    "SNS": ({"Records": [sns(text(PUSH))]}, [("n-1", PUSH)]),
    "SNS, bad": ({"Records": [sns(BROKEN)]}, [("n-1", "$.detail.action-type")]),
    "SNS in SQS": ({"Records": [sqs(json.dumps(notification(text(PUSH))))]}, [("m-1", PUSH)]),
    "SNS in SQS, bad": ({"Records": [sqs(json.dumps(notification(BROKEN)))]}, [("m-1", "$.detail.action-type")]),
    "SNS over HTTP": (json.dumps(notification(text(PUSH))), [("n-1", PUSH)]),
    "Kinesis": ({"Records": [kinesis(text(PUSH)), kinesis(text(COPY), "s-2")]}, [("s-1", PUSH), ("s-2", COPY)]),
    "Kinesis, bad": (
        {"Records": [kinesis(BROKEN), kinesis("", "s-2")]},
        [("s-1", "$.detail.action-type"), ("s-2", "$")],
    ),
    "Firehose, members of gzip": (
        {"records": [firehose(gzip.compress(b"[") + gzip.compress(text(PUSH).encode() + b"]"))]},
        [("f-1", PUSH)],
    ),
    "Firehose": ({"invocationId": "i", "records": [firehose(text(PUSH) + "\n")]}, [("f-1", PUSH)]),
    "Pipes, events": ([json.loads(text(PUSH)), json.loads(text(OTHER))], [(None, PUSH), (None, OTHER)]),
    "Pipes, SQS": ([sqs(text(PUSH))], [("m-1", PUSH)]),
    "Pipes, Kinesis": ([kinesis_of_pipes(text(PUSH))], [("e-1", PUSH)]),
    "Pipes, strings": ([text(PUSH), "x"], [(None, PUSH), (None, "$")]),
    "CloudWatch Logs": (
        {"awslogs": {"data": b64(packed(logs(text(PUSH), BROKEN)))}},
        [("l-0", PUSH), ("l-1", "$.detail.action-type")],
    ),
    "CloudWatch Logs in Kinesis": (
        {"Records": [kinesis(packed(logs(text(PUSH), text(COPY))))]},
        [("s-1", PUSH), ("s-1", COPY)],
    ),
    "CloudWatch Logs in Firehose": ({"records": [firehose(packed(logs(text(PUSH))))]}, [("f-1", PUSH)]),
    "CloudWatch Logs, control": ({"awslogs": {"data": b64(packed(logs() | {"messageType": "CONTROL_MESSAGE"}))}}, []),
    "CloudWatch Logs, odd": (logs(text(PUSH)) | {"logEvents": [7]}, [(None, "$")]),
    "receive_message": ({"Messages": [received(text(PUSH))]}, [("m-1", PUSH)]),
    "receive_message of an empty queue": ({"ResponseMetadata": {"HTTPStatusCode": 200}}, []),
    "one received message": (received(text(PUSH)), [("m-1", PUSH)]),
    "SQS in a list in SNS in SQS": (
        {"Records": [sqs(json.dumps(notification(json.dumps([sqs(text(PUSH), "deep"), sqs("{", "deep")]))))]},
        [("m-1", PUSH), ("m-1", "$")],
    ),
    "nothing": ({}, [(None, "$")]),
    "null": ("null", [(None, "$")]),
    "no JSON": (b"\xff{", [(None, "$")]),
}


@pytest.mark.parametrize(("delivery", "expected"), DELIVERIES.values(), ids=DELIVERIES)
def test_every_delivery_is_unwrapped(delivery: Any, expected: list[tuple[str | None, Any]]) -> None:
    """Parsed and as text, with the outermost id, and nothing is lost with a bad record."""
    assert found(delivery) == expected
    if isinstance(delivery, dict | list):
        assert found(json.dumps(delivery)) == found(json.dumps(delivery).encode()) == expected


@pytest.mark.parametrize("delivery", [None, 7, object()])
def test_what_is_no_delivery_at_all_is_a_type_error(delivery: Any) -> None:
    """A mistake in the code, not in the data."""
    with pytest.raises(TypeError):
        list(unwrap(delivery))


def test_attributes_come_with_the_record() -> None:
    """Of SQS, in both spellings, and of SNS; in a dead-letter queue they say what went wrong."""
    why = {"ERROR_CODE": "NO_PERMISSIONS", "RULE_ARN": "arn:aws:events:eu-west-1:012345678901:rule/ecr"}
    (record,) = unwrap({"Records": [sqs(text(PUSH), **why)]})
    assert (record.event, record.attributes) == (PUSH, why)
    (record,) = unwrap({"Messages": [received(text(PUSH), **why)]})
    assert (record.event, record.attributes) == (PUSH, why)
    (record,) = unwrap({"Records": [sns(text(PUSH))]})
    assert record.attributes == {"team": "a"}
    (record,) = unwrap({"Records": [sqs("{", **why)]})
    assert (record.event, record.attributes) == (None, why)
    (record,) = unwrap({"Records": [sqs(text(PUSH)) | {"messageAttributes": {"a": {"binaryValue": "x"}, "b": 7}}]})
    assert record.attributes == {}
    (record,) = unwrap({"Records": [sqs(text(PUSH)) | {"messageAttributes": "odd"}]})
    assert record.attributes == {}


def test_a_session_is_bound_to_every_event() -> None:
    """Through every wrapping."""
    session: Any = object()
    records = unwrap({"Records": [sqs(text(PUSH)), sqs(json.dumps(notification(text(COPY))))]}, session=session)
    assert [record.event.session for record in records if record.event] == [session, session]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ("%%%", "only base64 data is allowed"),
        (b64(packed(logs(text(PUSH)))[:40]), "not gzip|truncated|malformed"),
        (b64(b"\x1f\x8b" + b"x" * 40), "not gzip"),
        (b64(gzip.compress(b" " * 2_000_000)), "expands to more than 1,000,000 bytes"),
        (b64(b" " * 1_000_001), "expands to more than 1,000,000 bytes"),
        (b64(gzip.compress(b"[" + b"{}," * 100_000 + b"{}]")), "expands to more than 1,000,000 bytes"),
        (b64(packed(logs(*[""] * 10_000))), "expands to more than 1,000,000 bytes"),
        (b64(gzip.compress(text(PUSH).encode())[:-8]), "not gzip: it is cut off"),
        (b64(gzip.compress(text(PUSH).encode()) + b"junk"), "not gzip"),
    ],
)
def test_what_cannot_be_unpacked_is_an_error(data: str, reason: str) -> None:
    """Bad base64, damaged gzip, and bombs, which are not unpacked beyond the limit."""
    record: Record
    (record,) = unwrap(
        {"Records": [kinesis("") | {"kinesis": {"sequenceNumber": "s-1", "data": data}}]}, limit=1_000_000
    )
    assert record.event is None
    assert isinstance(record.error, DecodeError)
    with pytest.raises(DecodeError, match=f"(?i){reason}"):
        raise record.error


def test_the_limit_is_that_of_the_whole_delivery() -> None:
    """Many records cannot together hold what one may not."""
    part = kinesis(gzip.compress(b" " * 400_000))
    reasons = [record.error.reason for record in unwrap({"Records": [part] * 4}, limit=1_000_000) if record.error]
    assert [reason.startswith("expands") for reason in reasons] == [False, False, True, True]


def test_a_nest_that_aws_does_not_make_is_an_error() -> None:
    """Wrapping in wrapping is opened only so deep."""
    nest: Any = json.loads(text(PUSH))
    for _ in range(50):
        nest = [nest]
    assert found(nest) == [(None, "$")]


# Processing and answering


def handler(event: EventBridgeEvent) -> None:
    """Fail on replications."""
    if event.detail_type == "ECR Replication Action":
        raise LookupError(event.id)


def processed(delivery: Any, handler: Any = handler) -> tuple[Any, list[Failure]]:
    failures: list[Failure] = []
    return process(delivery, handler, on_error=failures.append), failures


def test_sqs_hears_of_each_failed_message() -> None:
    """By its messageId; each failure is handed over, with its record."""
    answer, failures = processed({"Records": [sqs(text(COPY), "a"), sqs(text(PUSH), "b"), sqs(BROKEN, "c")]})
    assert answer == {"batchItemFailures": [{"itemIdentifier": "a"}, {"itemIdentifier": "c"}]}
    assert [type(failure.error) for failure in failures] == [LookupError, DecodeError]
    assert [failure.record.id for failure in failures] == ["a", "c"]
    assert failures[0].record.event == COPY


@pytest.mark.parametrize(
    ("bodies", "failed"),
    [([text(PUSH)] * 3, []), ([text(COPY)] * 3, ["0", "1", "2"]), ([], [])],
    ids=["none failed", "all failed", "empty"],
)
@pytest.mark.parametrize("wrap", ["lambda", "pipes", "receive_message", "text"])
def test_all_none_or_nothing_failed(wrap: str, bodies: list[str], failed: list[str]) -> None:
    """As an event of Lambda, an array of Pipes, and what boto3 received."""
    messages = [sqs(body, str(number)) for number, body in enumerate(bodies)]
    delivery: Any = {
        "lambda": {"Records": messages},
        "pipes": messages,
        "receive_message": {"Messages": [received(body, str(number)) for number, body in enumerate(bodies)]},
        "text": json.dumps({"Records": messages}),
    }[wrap]
    assert processed(delivery)[0] == {"batchItemFailures": [{"itemIdentifier": id_} for id_ in failed]}


def test_a_fifo_queue_stops_at_the_first_failure() -> None:
    """What is behind it must wait: it is reported, and not handled."""
    handled: list[EventBridgeEvent] = []

    def note(event: EventBridgeEvent) -> None:
        handled.append(event)
        handler(event)

    messages = [sqs(body, str(n), queue="events.fifo") for n, body in enumerate([text(PUSH), text(COPY), text(PUSH)])]
    answer, failures = processed({"Records": messages}, note)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "1"}, {"itemIdentifier": "2"}]}
    assert handled == [PUSH, COPY]
    assert len(failures) == 1


def test_a_received_fifo_message_is_known_by_its_group() -> None:
    """What boto3 receives has no name of a queue."""
    messages = [received(body, str(number)) for number, body in enumerate([text(COPY), text(PUSH)])]
    for message in messages:
        message["Attributes"] = {"MessageGroupId": "a", "SequenceNumber": "1"}
    answer, _ = processed({"Messages": messages})
    assert answer == {"batchItemFailures": [{"itemIdentifier": "0"}, {"itemIdentifier": "1"}]}
    assert processed({"ResponseMetadata": {}})[0] == {"batchItemFailures": []}


@pytest.mark.parametrize(("wrap", "batch"), [(kinesis, "Records"), (kinesis_of_pipes, None)])
def test_kinesis_hears_of_the_first_failure(wrap: Any, batch: str | None) -> None:
    """It delivers again from there on, so nothing behind it is handled."""
    records = [wrap(body, str(number)) for number, body in enumerate([text(PUSH), BROKEN, text(COPY)])]
    answer, failures = processed({batch: records} if batch else records)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "1"}]}
    assert len(failures) == 1
    assert processed({"Records": [kinesis(text(PUSH))]})[0] == {"batchItemFailures": []}


def test_a_message_with_several_events_fails_as_one() -> None:
    """Its first failure ends it, for it comes again as a whole."""
    several = json.dumps([json.loads(text(event)) for event in (PUSH, COPY, PUSH)])
    assert processed({"Records": [sqs(several, "a"), sqs(text(PUSH), "b")]})[0] == {
        "batchItemFailures": [{"itemIdentifier": "a"}]
    }


def test_a_message_without_an_id_fails_the_batch() -> None:
    """Lambda takes an empty id for that."""
    nameless = {"eventSource": "aws:sqs", "body": "{"}
    assert processed({"Records": [nameless]})[0] == {"batchItemFailures": [{"itemIdentifier": ""}]}


def test_firehose_hears_of_every_record() -> None:
    """Ok with the data as it was or anew, Dropped, or ProcessingFailed."""

    def transform(event: EventBridgeEvent) -> Any:
        handler(event)
        if isinstance(event, UnknownEvent):
            return DROPPED
        return {"1.4.2": "text\n", "bytes": b"\x00"}.get(str(event.detail.image_tag))  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]

    untagged = text(PUSH).replace('"1.4.2"', '""')
    as_bytes = text(PUSH).replace('"1.4.2"', '"bytes"')
    bodies = [text(PUSH), as_bytes, untagged, text(OTHER), text(COPY), BROKEN]
    records = [firehose(body, str(number)) for number, body in enumerate(bodies)]
    answer, failures = processed({"invocationId": "i", "records": records}, transform)
    assert answer == {
        "records": [
            {"recordId": "0", "result": "Ok", "data": b64("text\n")},
            {"recordId": "1", "result": "Ok", "data": b64(b"\x00")},
            {"recordId": "2", "result": "Ok", "data": b64(untagged)},
            {"recordId": "3", "result": "Dropped", "data": b64(text(OTHER))},
            {"recordId": "4", "result": "ProcessingFailed", "data": b64(text(COPY))},
            {"recordId": "5", "result": "ProcessingFailed", "data": b64(BROKEN)},
        ]
    }
    assert len(failures) == 2
    assert processed({"invocationId": "i", "records": []})[0] == {"records": []}


def _next(answers: Iterator[Any], _: EventBridgeEvent) -> Any:
    return next(answers)


@pytest.mark.parametrize("returned", [{"a": 1}, True, "\ud800"])
def test_what_firehose_cannot_have_fails_its_record(returned: Any) -> None:
    """And no other: a mistake of the handler is one failure like others."""
    answers = iter([returned, None])
    records = [firehose(text(PUSH), "0"), firehose(text(PUSH), "1")]
    answer, failures = processed({"records": records}, partial(_next, answers))
    assert [record["result"] for record in answer["records"]] == ["ProcessingFailed", "Ok"]
    assert len(failures) == 1


def test_what_is_returned_for_several_events_of_a_record_is_put_together() -> None:
    """As CloudWatch Logs has several in one."""
    answers = iter([b"a\n", DROPPED, "b\n"])
    answer, _ = processed({"records": [firehose(packed(logs(*[text(PUSH)] * 3)))]}, partial(_next, answers))
    assert answer["records"][0]["data"] == b64("a\nb\n")


@pytest.mark.parametrize(
    "delivery",
    [
        json.loads(text(COPY)),
        {"Records": [sns(text(COPY))]},
        notification(text(COPY)),
        {"awslogs": {"data": b64(packed(logs(text(COPY))))}},
        [json.loads(text(PUSH)), json.loads(text(COPY))],
    ],
)
def test_the_error_of_a_direct_invocation_is_raised(delivery: Any) -> None:
    """Lambda tries again, or not, by its own rules; without an error there is no answer."""
    with pytest.raises(LookupError):
        processed(delivery)
    assert processed(json.loads(json.dumps(delivery).replace("ECR Replication Action", "ECR Something")), print) == (
        None,
        [],
    )
    with pytest.raises(DecodeError):
        processed(BROKEN)


def test_what_on_error_raises_is_raised() -> None:
    """Whoever cannot live with a failure can say so."""

    def give_up(failure: Failure) -> None:
        raise failure.error

    with pytest.raises(LookupError):
        process({"Records": [sqs(text(COPY))]}, handler, on_error=give_up)


def test_decode_inside_powertools() -> None:
    """Its BatchProcessor calls the record handler; decode is one line of it."""
    processor = BatchProcessor(event_type=EventType.SQS)
    seen: list[EventBridgeEvent] = []

    def record_handler(record: SQSRecord) -> None:
        seen.append(decode(record.body))

    context: Any = None
    answer = process_partial_response(
        event={"Records": [sqs(text(PUSH), "a"), sqs(BROKEN, "b")]},
        record_handler=record_handler,
        processor=processor,
        context=context,
    )
    assert answer == {"batchItemFailures": [{"itemIdentifier": "b"}]}
    assert seen == [PUSH]
