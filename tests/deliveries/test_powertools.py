"""Powertools for AWS Lambda: its batch processors and its idempotency around `decode`."""

from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from aws_lambda_powertools.utilities.batch import (
    AsyncBatchProcessor,
    BatchProcessor,
    EventType,
    async_process_partial_response,
    process_partial_response,
)
from aws_lambda_powertools.utilities.data_classes.kinesis_stream_event import KinesisStreamRecord
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from delivery_samples import MALFORMED_JSON, PUSH, PUSH_JSON
from moto import mock_aws
from readme import block

from ecr_events import EventBridgeEvent, decode
from ecr_events.testing.wrappers import kinesis, sqs

DELIVERY = {"Records": [sqs(PUSH_JSON, "a"), sqs(MALFORMED_JSON, "b")]}
FAILED = {"batchItemFailures": [{"itemIdentifier": "b"}]}

CONTEXT: Any = SimpleNamespace(get_remaining_time_in_millis=lambda: 3_000)


def test_decode_in_the_record_handler_of_a_batch_processor() -> None:
    """A malformed event fails its record."""
    seen: list[EventBridgeEvent] = []

    def record_handler(record: SQSRecord) -> None:
        seen.append(decode(record.body))

    processor = BatchProcessor(event_type=EventType.SQS)
    response = process_partial_response(
        event=DELIVERY, record_handler=record_handler, processor=processor, context=CONTEXT
    )
    assert (response, seen) == (FAILED, [PUSH])


def test_decode_in_the_record_handler_of_an_async_batch_processor() -> None:
    """The record handler is a coroutine function."""
    seen: list[EventBridgeEvent] = []

    async def record_handler(record: SQSRecord) -> None:
        seen.append(decode(record.body))

    processor = AsyncBatchProcessor(event_type=EventType.SQS)
    response = async_process_partial_response(
        event=DELIVERY, record_handler=record_handler, processor=processor, context=CONTEXT
    )
    assert (response, seen) == (FAILED, [PUSH])


def test_decode_of_data_of_kinesis() -> None:
    """Powertools has decoded the base64."""
    seen: list[EventBridgeEvent] = []

    def record_handler(record: KinesisStreamRecord) -> None:
        seen.append(decode(record.kinesis.data_as_bytes()))

    processor = BatchProcessor(event_type=EventType.KinesisDataStreams)
    delivery = {"Records": [kinesis(PUSH_JSON, "a"), kinesis(MALFORMED_JSON, "b")]}
    response = process_partial_response(
        event=delivery, record_handler=record_handler, processor=processor, context=CONTEXT
    )
    assert (response, seen) == (FAILED, [PUSH])


def test_an_event_that_is_delivered_twice_is_handled_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The README's function, with moto's DynamoDB."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "key")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    names: dict[str, Any] = {}
    with mock_aws():
        boto3.client("dynamodb").create_table(
            TableName="idempotency",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        exec(compile(block("idempotent_function"), "README.md", "exec"), names)  # noqa: S102 - the README is ours
        assert names["lambda_handler"](DELIVERY, CONTEXT) == FAILED
        assert names["lambda_handler"](DELIVERY, CONTEXT) == FAILED
    assert capsys.readouterr().out.count("ECR Image Action") == 1
