"""All sources, and their recognition.

To add a source, subclass `Source` in a module of its own beside this one, and add an instance to `SOURCES`, before
those that its records would match too, and to `BATCHES` if its batches have a key of their own. Those keys are in
`ecr_events.deliveries.raw`, too. What it wraps around an event is in `ecr_events.testing.wrappers` and
`ecr_events.testing.delivery`. The tests have a sample of each in `DELIVERIES`, and the README a row in its table of
sources.
"""

# Parsed JSON has no types.
# pyright: reportUnknownArgumentType=false, reportUnknownVariableType=false

from typing import Any

from ecr_events.deliveries.sources.cloudevents import ArgoEvent, CloudEvent
from ecr_events.deliveries.sources.cloudwatch_logs import LogEvent, LogsSubscription, is_control_message
from ecr_events.deliveries.sources.event_bus import EventWithMetadata
from ecr_events.deliveries.sources.firehose import Firehose, FirehoseOfKafka
from ecr_events.deliveries.sources.http import HTTPRequest
from ecr_events.deliveries.sources.kafka import KafkaRecord, PipesKafkaRecord
from ecr_events.deliveries.sources.kinesis import KinesisRecord, PipesKinesisRecord
from ecr_events.deliveries.sources.lambda_invocation import (
    BatchInvocation,
    Invocation,
    InvocationEvent,
    is_invocation_event,
)
from ecr_events.deliveries.sources.mq import ActiveMQMessage, RabbitMQMessage
from ecr_events.deliveries.sources.sns import SNSNotification, SNSRecord
from ecr_events.deliveries.sources.source import NoSource, Source
from ecr_events.deliveries.sources.sqs import SQS, ReceivedMessage, is_sqs_batch
from ecr_events.deliveries.sources.step_functions import FunctionResult

__all__ = ["BATCHES", "NO_SOURCE", "SOURCES", "batch_of", "is_control_message", "is_event", "name_of", "source_of"]

NO_SOURCE = NoSource()

_FIREHOSE_OF_KAFKA, _FIREHOSE = FirehoseOfKafka(), Firehose()
_LOG_EVENT, _RECEIVED = LogEvent(), ReceivedMessage()
_RABBITMQ, _ACTIVEMQ = RabbitMQMessage(), ActiveMQMessage()

SOURCES: tuple[Source, ...] = (
    SNSNotification(),  # whatever else it has, as in the body of a message
    SQS,
    SNSRecord(),
    KinesisRecord(),
    _FIREHOSE_OF_KAFKA,
    _FIREHOSE,
    _RECEIVED,
    LogsSubscription(),
    _LOG_EVENT,
    PipesKinesisRecord(),
    PipesKafkaRecord(),
    _RABBITMQ,
    _ACTIVEMQ,
    HTTPRequest(),
    CloudEvent(),
    ArgoEvent(),
    Invocation(),
    InvocationEvent(),
    BatchInvocation(),
    FunctionResult(),
    EventWithMetadata(),
)

BATCHES: tuple[Source, ...] = (
    SQS,
    _FIREHOSE_OF_KAFKA,
    _FIREHOSE,
    _RECEIVED,
    _LOG_EVENT,
    KafkaRecord(),
    _RABBITMQ,
    _ACTIVEMQ,
)
"""One source per form of a batch."""

_BATCHES_BY_KEY: dict[str, list[Source]] = {"ResponseMetadata": [_RECEIVED]}  # the only key of an empty queue
for _source in BATCHES:
    _BATCHES_BY_KEY.setdefault(_source.batch_key, []).append(_source)


def source_of(document: Any) -> Source | None:
    """Return the source of a record; None for anything else."""
    if isinstance(document, dict):
        for source in SOURCES:
            if source.matches(document):
                return source
    return None


def batch_of(document: Any) -> tuple[list[Any], Source] | None:
    """Return the records of a batch and their source; None for anything else."""
    if isinstance(document, list):
        return document, _source_of_first(document)
    if not isinstance(document, dict):
        return None
    if is_sqs_batch(document):  # whatever else it has, as outermost
        return document["Records"], SQS
    sources = [source for key in document if key in _BATCHES_BY_KEY for source in _BATCHES_BY_KEY[key]]
    batches = [(items, source) for source in sources if (items := source.items(document)) is not None]
    if not batches:
        return None
    items, source = next((batch for batch in batches if batch[0]), batches[0])
    return items, _source_of_first(items) if source is SQS else source


def _source_of_first(items: list[Any]) -> Source:
    """Return the source of the first item that is recognised: several sources have such batches."""
    for item in items:
        if source := source_of(item):
            return source
        if is_event(item):
            break
    return NO_SOURCE if items else SQS


def is_event(document: Any) -> bool:
    """Return whether a document is an event, valid or not, and does not wrap another one."""
    return isinstance(document, dict) and "detail-type" in document and not is_invocation_event(document)


def name_of(document: Any) -> str:
    """Return what a document is called that delivers events; an empty string for anything else."""
    batch = batch_of(document)
    source = batch[1] if batch else source_of(document)
    return source.name if source else ""
