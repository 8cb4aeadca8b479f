"""Every source of deliveries, with valid, invalid and mixed records, alone and nested."""

import gzip
import json
from collections import UserDict
from collections.abc import Callable, Iterable
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
    batch_invocation,
    invocation_event,
)

from ecr_events import codec, decode
from ecr_events.deliveries import InvalidRecord, Record, unwrap
from ecr_events.deliveries.nesting import unwrap_records
from ecr_events.deliveries.sources.registry import BATCHES, SOURCES, batch_of, source_of
from ecr_events.deliveries.sources.source import Source
from ecr_events.testing.wrappers import (
    activemq,
    activemq_message,
    argo_event,
    b64,
    cloud_event,
    firehose,
    function_result,
    function_url,
    gzipped,
    invocation,
    kafka,
    kafka_record,
    kinesis,
    load_balancer,
    logs,
    notification,
    pipes_kinesis,
    rabbitmq,
    rabbitmq_message,
    received,
    rest_api,
    sns,
    sqs,
    subscription,
    with_metadata,
)

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
    "Firehose, named": ({"eventSource": "aws:firehose", "records": [firehose(PUSH_JSON)]}, [("f-1", PUSH)]),
    "Firehose of Kafka": (
        {"invocationId": "i", "records": [{"recordId": "f-1", "kafkaRecordValue": b64(PUSH_JSON)}]},
        [("f-1", PUSH)],
    ),
    "Firehose of Kafka, one record": ({"recordId": "f-1", "kafkaRecordValue": b64("{")}, [("f-1", "$")]),
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
    "CloudWatch Logs, control message, alone": (CONTROL, []),
    "CloudWatch Logs, control message, in SQS": ({"Records": [sqs(json.dumps(CONTROL))]}, []),
    "CloudWatch Logs, control message in an array": (
        {"Records": [sqs(json.dumps([CONTROL, json.loads(PUSH_JSON)]))]},
        [("m-1", PUSH)],
    ),
    "CloudWatch Logs, control message with a notification": (CONTROL | notification(PUSH_JSON), [("n-1", PUSH)]),
    "CloudWatch Logs, control message with a body, in SQS": (
        {"Records": [sqs(json.dumps(CONTROL | {"headers": {}, "body": PUSH_JSON}))]},
        [("m-1", PUSH)],
    ),
    "CloudWatch Logs, control message with records": (CONTROL | {"Records": [sqs(PUSH_JSON)]}, [("m-1", PUSH)]),
    "CloudWatch Logs, control message with records, in SQS": (
        {"Records": [sqs(json.dumps(CONTROL | {"Records": [sqs(PUSH_JSON)]}), "m-2")]},
        [("m-2", PUSH)],
    ),
    "CloudWatch Logs, control message with an event": (
        subscription(logs(PUSH_JSON) | {"messageType": "CONTROL_MESSAGE"}),
        [],
    ),
    "CloudWatch Logs, strange": (logs() | {"logEvents": [7, {"message": PUSH_JSON}]}, [(None, "$"), (None, PUSH)]),
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
    "SQS, compressed": ({"Records": [sqs(b64(gzip.compress(PUSH_JSON.encode())))]}, [("m-1", PUSH)]),
    "Kafka": (
        kafka(kafka_record(PUSH_JSON), kafka_record("{", 16), kafka_record(REPLICATION_JSON, 3) | {"partition": 1}),
        [("events-0:15", PUSH), ("events-0:16", "$"), ("events-1:3", REPLICATION)],
    ),
    "Kafka, self-managed": (
        kafka(kafka_record(PUSH_JSON)) | {"eventSource": "SelfManagedKafka"},
        [("events-0:15", PUSH)],
    ),
    "Kafka, no value": (kafka(kafka_record("") | {"value": None}), [("events-0:15", "$")]),
    "Kafka, strange": (
        kafka(None, kafka_record(PUSH_JSON) | {"offset": "15"}, kafka_record(PUSH_JSON) | {"headers": 7}),
        [(None, "$"), (None, PUSH), ("events-0:15", PUSH)],
    ),
    "Kafka, one partition strange": (
        {
            "eventSource": "aws:kafka",
            "records": {"events-0": 7, "events-1": [kafka_record(PUSH_JSON) | {"partition": 1}]},
        },
        [(None, "$"), ("events-1:15", PUSH)],
    ),
    "records of something else": ({"records": {}}, [(None, "$")]),
    "messages of something else": ({"messages": []}, [(None, "$")]),
    "function URL, data elsewhere": (
        function_url("{") | {"requestContext": {"requestId": "r-1", "data": PUSH_JSON}},
        [("r-1", "$")],
    ),
    "two batches, one empty": ({"Records": [], "records": [firehose(PUSH_JSON)]}, [("f-1", PUSH)]),
    "CloudWatch Logs, no timestamps": (
        {"logEvents": [{"id": "1", "message": PUSH_JSON}, {"id": "2", "message": UNKNOWN_JSON}]},
        [("1", PUSH), ("2", UNKNOWN)],
    ),
    "SQS, detail-type in a message": (
        {"Records": [sqs(PUSH_JSON) | {"detail-type": "x"}, sqs(UNKNOWN_JSON, "m-2") | {"detail-type": "x"}]},
        [("m-1", PUSH), ("m-2", UNKNOWN)],
    ),
    "SQS, another batch beside it": (
        {"Messages": [received(REPLICATION_JSON)], "Records": [sqs(PUSH_JSON)]},
        [("m-1", PUSH)],
    ),
    "SNS, another source beside it": (notification(PUSH_JSON) | {"Sns": {}, "messageId": "m-1"}, [("n-1", PUSH)]),
    "SQS, detail-type in the batch": ({"detail-type": "x", "Records": [sqs(PUSH_JSON)]}, [(None, "$")]),
    "Pipes, Kafka": (
        [kafka_record(PUSH_JSON) | {"partition": "0", "eventSource": "aws:kafka", "eventSourceKey": "events-0"}],
        [("events-0:15", PUSH)],
    ),
    "RabbitMQ": (rabbitmq(rabbitmq_message(PUSH_JSON), rabbitmq_message("{", "b")), [(None, PUSH), ("b", "$")]),
    "RabbitMQ, strange": (
        rabbitmq(None, {"basicProperties": None, "data": b64(PUSH_JSON)}, {"basicProperties": {"messageId": 7}}),
        [(None, "$"), (None, PUSH), (None, "$")],
    ),
    "Pipes, RabbitMQ": (
        [rabbitmq_message(PUSH_JSON) | {"eventSource": "aws:rmq", "eventSourceKey": "events::/"}],
        [(None, PUSH)],
    ),
    "ActiveMQ": (
        activemq(activemq_message(PUSH_JSON), activemq_message(MALFORMED_JSON, "ID:b-2")),
        [("ID:b-1", PUSH), ("ID:b-2", "$.detail.action-type")],
    ),
    "Pipes, ActiveMQ": ([activemq_message(PUSH_JSON) | {"eventSource": "aws:amq"}], [("ID:b-1", PUSH)]),
    "function URL": (function_url(PUSH_JSON), [("r-1", PUSH)]),
    "function URL, base64": (function_url(PUSH_JSON.encode()), [("r-1", PUSH)]),
    "function URL, SNS": (function_url(json.dumps(notification(PUSH_JSON))), [("r-1", PUSH)]),
    "function URL, malformed": (function_url(MALFORMED_JSON), [("r-1", "$.detail.action-type")]),
    "function URL, no body": (function_url(None), [("r-1", "$")]),
    "function URL, damaged base64": (function_url(b"x") | {"body": "%"}, [("r-1", "$")]),
    "API Gateway": (rest_api(PUSH_JSON), [("r-1", PUSH)]),
    "load balancer": (load_balancer(PUSH_JSON), [(None, PUSH)]),
    "web framework": ({"headers": {"Content-Type": "application/json"}, "body": json.loads(PUSH_JSON)}, [(None, PUSH)]),
    "CloudEvent": (cloud_event(json.loads(PUSH_JSON)), [("c-1", PUSH)]),
    "CloudEvent, text": (cloud_event(PUSH_JSON), [("c-1", PUSH)]),
    "CloudEvent, base64": (cloud_event(None) | {"data_base64": b64(PUSH_JSON)}, [("c-1", PUSH)]),
    "CloudEvent 0.3, base64": (
        cloud_event(b64(PUSH_JSON), specversion="0.3", datacontentencoding="base64"),
        [("c-1", PUSH)],
    ),
    "CloudEvents, batch": (
        [cloud_event(json.loads(PUSH_JSON)), cloud_event(json.loads(MALFORMED_JSON)), cloud_event(7)],
        [("c-1", PUSH), ("c-1", "$.detail.action-type"), ("c-1", "$")],
    ),
    "CloudEvent, binary": (
        function_url(PUSH_JSON, ce_id="c-1", ce_specversion="1.0", ce_type="com.amazon.events.event"),
        [("r-1", PUSH)],
    ),
    "CloudEvent of a message, parsed": (
        cloud_event({"MessageId": "m-1", "Body": json.loads(PUSH_JSON), "MessageAttributes": None}),
        [("c-1", PUSH)],
    ),
    "Argo Events": (argo_event(PUSH_JSON), [("c-1", PUSH)]),
    "Argo Events, SQS": (
        argo_event(json.dumps({"messageId": "m-1", "messageAttributes": None, "body": b64(PUSH_JSON)})),
        [("c-1", PUSH)],
    ),
    "Argo Events, SNS": (
        argo_event(
            json.dumps({"header": {"X-Amz-Sns-Message-Type": ["Notification"]}, "body": notification(PUSH_JSON)})
        ),
        [("c-1", PUSH)],
    ),
    "Argo Events, body of a message": ({"messageId": "m-1", "body": json.loads(PUSH_JSON)}, [("m-1", PUSH)]),
    "Lambda invocation": (invocation(json.loads(PUSH_JSON)), [("q-1", PUSH)]),
    "Lambda invocation, malformed": (invocation(json.loads(MALFORMED_JSON)), [("q-1", "$.detail.action-type")]),
    "Lambda invocation, SNS": (invocation({"Records": [sns(PUSH_JSON)]}), [("q-1", PUSH)]),
    "Lambda invocation, no payload": (invocation(None), [("q-1", "$")]),
    "Lambda invocation in SQS": ({"Records": [sqs(json.dumps(invocation(json.loads(PUSH_JSON))))]}, [("m-1", PUSH)]),
    "Lambda invocation as an event": (invocation_event(invocation(json.loads(PUSH_JSON))), [(PUSH.id, PUSH)]),
    "Lambda invocation as an event, in SQS": (
        {"Records": [sqs(json.dumps(invocation_event(invocation(json.loads(PUSH_JSON)))))]},
        [("m-1", PUSH)],
    ),
    "Lambda invocation as an event, no record": (
        invocation_event({"a": 1}),
        [(None, decode(invocation_event({"a": 1})))],
    ),
    "Lambda batch invocation, Kinesis": (batch_invocation(), [("q-1", "$")]),
    "Lambda batch invocation, Kinesis, from S3": (
        batch_invocation(payload=json.dumps({"Records": [kinesis(PUSH_JSON)]})),
        [("q-1", PUSH)],
    ),
    "Lambda batch invocation, Kafka, from Kafka": (
        kafka(kafka_record(json.dumps(batch_invocation("KafkaBatchInfo", payload=kafka(kafka_record(PUSH_JSON)))))),
        [("events-0:15", PUSH)],
    ),
    "body without headers": ({"body": PUSH_JSON}, [(None, "$")]),
    "log event without id": ({"message": PUSH_JSON, "timestamp": 1}, [(None, "$")]),
    "log event without time": ({"message": PUSH_JSON, "id": "l-1"}, [(None, "$")]),
    "Kafka, no topic": ({"partition": 0, "offset": 15, "value": b64(PUSH_JSON)}, [(None, "$")]),
    "Kafka, no partition": ({"topic": "events", "offset": 15, "value": b64(PUSH_JSON)}, [(None, "$")]),
    "Step Functions, no version": ({"Payload": json.loads(PUSH_JSON)}, [(None, "$")]),
    "Step Functions": (function_result(json.loads(PUSH_JSON)), [(None, PUSH)]),
    "Step Functions, malformed": (function_result(7), [(None, "$")]),
    "custom event bus": ([json.loads(PUSH_JSON), json.loads(REPLICATION_JSON)], [(None, PUSH), (None, REPLICATION)]),
    "custom event bus, metadata": (
        [with_metadata(json.loads(PUSH_JSON)), with_metadata(7)],
        [("b-1", PUSH), ("b-1", "$")],
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
        compact = json.dumps(delivery, separators=(",", ":"))  # as AWS does
        for text in (json.dumps(delivery), compact, compact.encode(), bytearray(compact.encode())):
            assert outcomes(text) == expected


@pytest.mark.parametrize("delivery", [delivery for delivery, _ in DELIVERIES.values()], ids=DELIVERIES)
def test_both_paths_agree(delivery: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The fast one, of plain events of known types, and the general one that unwraps step by step."""

    def details(records: Iterable[Record | InvalidRecord]) -> list[Any]:
        return [
            record if isinstance(record, Record) else (record.id, str(record.error), record.error.payload)
            for record in records
        ]

    fast = details(unwrap(delivery))
    monkeypatch.setattr(codec, "decode_known", refuse)
    assert details(unwrap(delivery)) == fast


def refuse(_: object) -> None:
    raise ValueError


WRAPS: dict[str, Callable[[str], Any]] = {
    "SQS": lambda text: {"Records": [sqs(text)]},
    "receive_message": lambda text: {"Messages": [received(text)]},
    "SNS": lambda text: {"Records": [sns(text)]},
    "SNS over HTTP": notification,
    "Kinesis": lambda text: {"Records": [kinesis(text)]},
    "Kinesis, compressed": lambda text: {"Records": [kinesis(gzip.compress(text.encode()))]},
    "Firehose": lambda text: {"records": [firehose(text)]},
    "Kafka": lambda text: kafka(kafka_record(text)),
    "RabbitMQ": lambda text: rabbitmq(rabbitmq_message(text)),
    "ActiveMQ": lambda text: activemq(activemq_message(text)),
    "Pipes, SQS": lambda text: [sqs(text)],
    "Pipes, Kinesis": lambda text: [pipes_kinesis(text)],
    "Pipes, Kafka": lambda text: [kafka_record(text) | {"partition": "0"}],
    "CloudWatch Logs": lambda text: subscription(logs(text)),
    "CloudWatch Logs in Firehose": lambda text: {"records": [firehose(gzipped(logs(text)))]},
    "function URL": function_url,
    "function URL, base64": lambda text: function_url(text.encode()),
    "API Gateway": rest_api,
    "load balancer": load_balancer,
    "CloudEvent": cloud_event,
    "CloudEvent, base64": lambda text: cloud_event(None) | {"data_base64": b64(text)},
    "Argo Events": argo_event,
    "Lambda invocation": invocation,
    "Lambda batch invocation": lambda text: batch_invocation(payload=text),
    "Step Functions": function_result,
    "array": lambda text: [text],
}
"""A delivery of each source around one payload."""


@pytest.mark.parametrize("inner", WRAPS.values(), ids=WRAPS)
@pytest.mark.parametrize("outer", [None, *WRAPS.values()], ids=["alone", *WRAPS])
def test_every_source_is_unwrapped_in_every_other(
    outer: Callable[[str], Any] | None, inner: Callable[[str], Any]
) -> None:
    """Events of known and unknown types, malformed ones, and what is not JSON."""
    payloads: dict[str, Any] = {
        PUSH_JSON: PUSH,
        UNKNOWN_JSON: UNKNOWN,
        MALFORMED_JSON: "$.detail.action-type",
        "{": "$",
    }
    for payload, expected in payloads.items():
        delivery = inner(payload) if outer is None else outer(json.dumps(inner(payload)))
        assert [event for _, event in outcomes(delivery)] == [expected]


ATTRIBUTES: dict[str, tuple[Any, dict[str, str]]] = {
    "Kafka": (
        kafka(kafka_record(PUSH_JSON, ce_type="com.amazon.events.event", name="\N{LATIN SMALL LETTER E WITH ACUTE}")),
        {"ce_type": "com.amazon.events.event", "name": "\N{LATIN SMALL LETTER E WITH ACUTE}"},
    ),
    "Kafka, odd headers": (
        kafka(kafka_record(PUSH_JSON) | {"headers": [{"a": [255]}, 7, {"b": "text"}, {"c": None}, {"d": [*b"d"]}]}),
        {"d": "d"},
    ),
    "RabbitMQ": (rabbitmq(rabbitmq_message(PUSH_JSON)), {"team": "a"}),
    "ActiveMQ": (activemq(activemq_message(PUSH_JSON)), {"team": "a"}),
    "function URL": (
        function_url(PUSH_JSON, ce_id="c-1", Authorization="secret"),
        {"ce-id": "c-1", "authorization": "secret"},
    ),
    "load balancer": (load_balancer(PUSH_JSON), {"content-type": "application/json"}),
    "CloudEvent": (
        cloud_event(json.loads(PUSH_JSON), subject="team/app"),
        {key: value for key, value in cloud_event(None, subject="team/app").items() if key != "data"},
    ),
    "CloudEvent, text": (
        cloud_event(PUSH_JSON),
        {key: value for key, value in cloud_event(0).items() if key != "data"},
    ),
    "Argo Events": (argo_event(PUSH_JSON), argo_event(PUSH_JSON)["context"]),
    "Argo Events, SQS": (
        {"messageId": "m", "messageAttributes": {"a": {"DataType": "String", "StringValue": "b"}}, "body": PUSH_JSON},
        {"a": "b"},
    ),
    "Lambda invocation": (
        invocation(json.loads(PUSH_JSON)),
        {
            "requestId": "q-1",
            "functionArn": "arn:aws:lambda:eu-west-1:012345678901:function:notify:$LATEST",
            "condition": "RetriesExhausted",
        },
    ),
    "custom event bus": (
        with_metadata(json.loads(PUSH_JSON)),
        {"team": "a", "aws:EventId": "b-1", "aws:DeliveryType": "LIVE"},
    ),
}


@pytest.mark.parametrize(("delivery", "expected"), ATTRIBUTES.values(), ids=ATTRIBUTES)
def test_attributes_are_what_came_as_text(delivery: Any, expected: dict[str, str]) -> None:
    """Headers, attributes and metadata that are not text are left out."""
    (record,) = unwrap(delivery)
    assert record.attributes == expected


def test_a_batch_invocation_tells_where_to_read_again() -> None:
    """Its attributes are what Kinesis needs to find the records."""
    (record,) = unwrap({"Records": [sqs(json.dumps(batch_invocation()))]})
    assert isinstance(record, InvalidRecord)
    assert record.error.reason == "names the failed records of a stream, but does not have their data"
    assert record.attributes["shardId"] == "shardId-000000000001"
    assert record.attributes["startSequenceNumber"] == "1"
    assert record.attributes["condition"] == "RetriesExhausted"


@pytest.mark.parametrize("key", ["KinesisBatchInfo", "DDBStreamBatchInfo"])
def test_each_kind_of_batch_is_recognised(key: str) -> None:
    """Also where a batch of Pipes failed, which has another context."""
    context = {"partnerResourceArn": "arn:aws:pipes:eu-west-1:012345678901:pipe/a", "condition": "RecordAgeExceeded"}
    (record,) = unwrap({"context": context, "version": "1.0", key: batch_invocation(key)[key]})
    assert isinstance(record, InvalidRecord)
    assert record.error.reason.startswith("names the failed records of a stream")
    assert record.attributes.items() > context.items()


def test_a_batch_invocation_of_kafka_has_the_offsets() -> None:
    """By partition, as JSON."""
    offsets = {"events-0": {"firstRecordOffset": "49", "lastRecordOffset": "50"}}
    info = {"batchSize": 500, "bootstrapServers": "b-1:9092", "payloadSize": 2039086, "recordsInfo": offsets}
    (record,) = unwrap({"requestContext": {"requestId": "q-1"}, "responseContext": None, "KafkaBatchInfo": info})
    assert isinstance(record, InvalidRecord)
    assert json.loads(record.attributes["recordsInfo"]) == offsets


@pytest.mark.parametrize("headers", [UserDict({"CE-Id": "c-1"}), {"CE-Id": "c-1"}, {"ce-id": ["c-0", "c-1"]}])
def test_headers_may_be_of_any_mapping(headers: Any) -> None:
    """Web frameworks have types of their own."""
    assert list(unwrap({"headers": headers, "body": PUSH_JSON})) == [Record(None, PUSH, {"ce-id": "c-1"})]


def test_every_source_is_in_these_tests() -> None:
    """A delivery, or an item of it, is recognised as from each source."""
    documents: list[Any] = [delivery for delivery, _ in DELIVERIES.values()]
    documents += [json.loads(text) for text in documents if isinstance(text, str) and text.startswith("{")]
    for document in documents:
        batch = batch_of(document)
        documents += [item for item in batch[0] if isinstance(item, dict)] if batch else []
    recognised = {type(source_of(document)) for document in documents}
    recognised |= {type(batch[1]) for document in documents if (batch := batch_of(document))}
    assert recognised >= {type(source) for source in (*SOURCES, *BATCHES)}


class Signed(Source):
    """A source whose payloads need more than decoding."""

    key = "signed"

    def payload(self, record: dict[str, Any], _limit: Any, /) -> Any:
        """Check the signature."""
        if record.get("signature") != "right":
            raise ValueError("the signature is wrong")
        return record["data"]


def test_a_payload_of_its_own_is_never_bypassed() -> None:
    """A source that overrides `payload` has each record go through it."""
    items = [{"signed": 1, "data": PUSH_JSON, "signature": each} for each in ("right", "wrong")]
    records = list(Signed().unwrap(items, None, 1_000_000, unwrap_records))
    assert records[0] == Record(None, PUSH)
    assert isinstance(records[1], InvalidRecord)
    assert records[1].error.reason == "the signature is wrong"


@pytest.mark.parametrize("body", [b"%", PUSH_JSON.encode(), PUSH_JSON])
def test_a_body_of_a_web_framework_may_be_bytes(body: str | bytes) -> None:
    """Frameworks hand over what came on the wire."""
    (record,) = unwrap({"headers": {"ce-id": "c-1"}, "body": body})
    assert isinstance(record, Record) == (body != b"%")
    assert record.attributes == {"ce-id": "c-1"}


STRANGE: dict[str, Any] = {
    "names of headers": {**function_url(PUSH_JSON), "headers": {1: "a", "b": "c"}},
    "names of attributes": sqs(PUSH_JSON) | {"messageAttributes": {1: {"stringValue": "a"}, "b": {"stringValue": "c"}}},
}


@pytest.mark.parametrize("delivery", STRANGE.values(), ids=STRANGE)
def test_names_that_are_not_text_are_left_out(delivery: Any) -> None:
    """Parsed JSON has none, but dicts made by hand may."""
    assert list(unwrap(delivery)) == [Record("r-1" if "headers" in delivery else "m-1", PUSH, {"b": "c"})]


CONTENT: list[Any] = [
    json.loads(UNKNOWN_JSON) | {"detail": range(3)},
    sqs("") | {"body": memoryview(b"1234").cast("B", (2, 2))},
    sqs("") | {"body": object()},
    dict,
]


@pytest.mark.parametrize("content", CONTENT, ids=range(len(CONTENT)))
def test_content_never_raises(content: Any) -> None:
    """Whatever a delivery made by hand holds fails alone."""
    good: dict[str, Any] = json.loads(PUSH_JSON)
    batches: list[Any] = [[content, good], {"Records": [sqs(PUSH_JSON), content, sqs(PUSH_JSON)]}]
    for batch in batches:
        valid = [isinstance(record, Record) for record in unwrap(batch)]
        items = batch["Records"] if isinstance(batch, dict) else batch
        assert valid == [item is not content for item in items]


def test_a_place_in_kafka_that_cannot_be_text_is_no_id() -> None:
    """The event is decoded."""
    delivery = kafka(kafka_record(PUSH_JSON))
    delivery["records"]["events-0"][0]["partition"] = 10**5_000
    assert list(unwrap(delivery)) == [Record(None, PUSH)]


def test_a_released_memoryview_is_invalid() -> None:
    """It has no content any more."""
    view = memoryview(PUSH_JSON.encode())
    view.release()
    (record,) = unwrap(view)
    assert isinstance(record, InvalidRecord)


def test_attributes_of_a_notification_do_not_depend_on_the_event() -> None:
    """Those of the message, where the notification has none that are text."""
    for event in (PUSH_JSON, UNKNOWN_JSON):
        document = notification(event) | {"MessageAttributes": {"b": {"Type": "Binary", "Value": None}}}
        (record,) = unwrap({"Records": [sqs(json.dumps(document), team="a")]})
        assert record.attributes == {"team": "a"}


def test_data_is_not_an_attribute() -> None:
    """Of a CloudEvent."""
    (record,) = unwrap(cloud_event(None) | {"data_base64": b64(PUSH_JSON)})
    assert "data_base64" not in record.attributes


def test_a_compact_batch_that_is_not_as_aws_writes_it_is_parsed_all_the_same() -> None:
    """An odd record does not affect others."""
    odd: list[Any] = [sqs(PUSH_JSON), sqs(PUSH_JSON, "m-2") | {"messageAttributes": 7}, None, {"messageId": "m-4"}]
    text = json.dumps({"Records": odd}, separators=(",", ":")).encode()
    assert outcomes(text) == [("m-1", PUSH), ("m-2", PUSH), (None, "$"), ("m-4", "$")]
    data = kinesis(PUSH_JSON) | {"kinesis": {"sequenceNumber": "s-2", "data": "%"}}
    text = json.dumps({"Records": [kinesis(PUSH_JSON), data]}, separators=(",", ":")).encode()
    assert outcomes(text) == [("s-1", PUSH), ("s-2", "$")]
