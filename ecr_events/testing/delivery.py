"""Events as each source delivers them."""

# Parsed JSON has no types.
# pyright: reportUnknownArgumentType=false

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec

from ecr_events.errors import Payload
from ecr_events.events import EventBridgeEvent
from ecr_events.testing import wrappers as wrap

__all__ = ["SOURCES", "WITH_BASE64", "deliver"]

_BYTES = bytes | bytearray | memoryview

WITH_BASE64 = {
    "activemq",
    "api-gateway",
    "argo-events",
    "firehose",
    "function-url",
    "kafka",
    "kinesis",
    "load-balancer",
    "pipes-activemq",
    "pipes-kafka",
    "pipes-kinesis",
    "pipes-rabbitmq",
    "rabbitmq",
}
"""The sources that carry bytes in base64."""


def deliver(events: Iterable[EventBridgeEvent | Payload], source: str) -> Any:
    """Return events as AWS delivers them: what Lambda passes to a function, or ``receive_message`` returns, parsed.

    Args:
        events: Events, or any payloads, such as malformed ones. Sources without batches deliver exactly one. Sources
            of text replace bytes that are not UTF-8; those with base64 deliver them as they are.
        source: One of `SOURCES`: ``sqs``, ``sns``, ``kinesis``, ``kafka``, ``function-url`` ...

    Raises:
        TypeError: `events` is a single event or payload, or contains something else.
        ValueError: `source` is unknown, or delivers exactly one event.
    """
    if isinstance(events, EventBridgeEvent | dict | str | _BYTES):
        raise TypeError(f"events must be a list of events or payloads, not one {type(events).__name__}")
    payloads = [_payload(event) for event in events]
    if source not in WITH_BASE64:
        payloads = [_text(payload) for payload in payloads]
    if source in _BATCHES:
        return _BATCHES[source](payloads)
    if source not in _SINGLE:
        raise ValueError(f"unknown source {source!r}: must be one of {', '.join(SOURCES)}")
    if len(payloads) != 1:
        raise ValueError(f"{source} delivers exactly one event, not {len(payloads)}")
    return _SINGLE[source](payloads[0])


def _payload(event: Any) -> str | bytes:
    """Return the JSON of an event, or a payload as text, or as bytes if it is not UTF-8."""
    if isinstance(event, str):
        return event
    if not isinstance(event, EventBridgeEvent | dict | _BYTES):
        raise TypeError(f"neither an event nor a payload: {event!r:.200}")
    payload = bytes(event) if isinstance(event, _BYTES) else msgspec.json.encode(event)
    try:
        return payload.decode()
    except UnicodeDecodeError:
        return payload


def _text(payload: str | bytes) -> str:
    return payload if isinstance(payload, str) else payload.decode(errors="replace")


def _numbered(wrap_one: Callable[[Any, str], Any], texts: Iterable[Any], prefix: str) -> list[Any]:
    return [wrap_one(text, f"{prefix}-{number}") for number, text in enumerate(texts)]


def _records(wrap_one: Callable[[Any, str], Any], prefix: str) -> Callable[[Sequence[Any]], Any]:
    return lambda texts: {"Records": _numbered(wrap_one, texts, prefix)}


def _sns_in_sqs(text: str, id_: str) -> dict[str, Any]:
    return wrap.sqs(json.dumps(wrap.notification(text, f"n-{id_}")), id_)


def _firehose(texts: Sequence[Any]) -> dict[str, Any]:
    return {
        "invocationId": "i-0",
        "deliveryStreamArn": "arn:aws:firehose:eu-west-1:012345678901:deliverystream/events",
        "region": "eu-west-1",
        "records": _numbered(wrap.firehose, texts, "f"),
    }


def _kafka_records(texts: Iterable[Any]) -> list[Any]:
    return [wrap.kafka_record(text, offset) for offset, text in enumerate(texts)]


def _parsed(text: str) -> Any:
    """Return a JSON object parsed, and other text as it is: AWS delivers no other JSON there."""
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except (ValueError, RecursionError):
        return text


_BATCHES: dict[str, Callable[[Sequence[Any]], Any]] = {
    "sqs": _records(wrap.sqs, "m"),
    "sqs-receive-message": lambda texts: {"Messages": _numbered(wrap.received, texts, "m")},
    "sns": _records(wrap.sns, "n"),
    "sns-sqs": _records(_sns_in_sqs, "m"),
    "kinesis": _records(wrap.kinesis, "s"),
    "firehose": _firehose,
    "kafka": lambda texts: wrap.kafka(*_kafka_records(texts)),
    "rabbitmq": lambda texts: wrap.rabbitmq(*_numbered(wrap.rabbitmq_message, texts, "r")),
    "activemq": lambda texts: wrap.activemq(*_numbered(wrap.activemq_message, texts, "ID:b")),
    "cloudwatch-logs": lambda texts: wrap.subscription(wrap.logs(*texts)),
    "pipes": lambda texts: [_parsed(text) for text in texts],
    "pipes-sqs": lambda texts: _numbered(wrap.sqs, texts, "m"),
    "pipes-kinesis": lambda texts: _numbered(wrap.pipes_kinesis, texts, "e"),
    "pipes-kafka": _kafka_records,
    "pipes-rabbitmq": lambda texts: _numbered(wrap.rabbitmq_message, texts, "r"),
    "pipes-activemq": lambda texts: _numbered(wrap.activemq_message, texts, "ID:b"),
    "cloudevents": lambda texts: [
        wrap.cloud_event(_parsed(text), id=f"c-{number}") for number, text in enumerate(texts)
    ],
}

_SINGLE: dict[str, Callable[[Any], Any]] = {
    "eventbridge": _parsed,
    "event-bus": lambda text: wrap.with_metadata(_parsed(text)),
    "sns-http": wrap.notification,
    "function-url": wrap.function_url,
    "api-gateway": wrap.rest_api,
    "load-balancer": wrap.load_balancer,
    "argo-events": wrap.argo_event,
    "lambda-destination": lambda text: wrap.invocation(_parsed(text)),
    "step-functions": lambda text: wrap.function_result(_parsed(text)),
}

SOURCES = (*_SINGLE, *_BATCHES)
"""The sources that `deliver` knows. Those up to ``step-functions`` deliver exactly one event."""
