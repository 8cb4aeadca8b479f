"""Events as each source delivers them."""

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from ecr_events.codec import encode
from ecr_events.events import EventBridgeEvent
from ecr_events.testing import wrappers as wrap

__all__ = ["SOURCES", "deliver"]


def deliver(events: Iterable[EventBridgeEvent | bytes | str], source: str) -> Any:
    """Return events as AWS delivers them: what Lambda passes to a function, or ``receive_message`` returns, parsed.

    Args:
        events: Events, or any payloads, such as malformed ones. Sources without batches deliver exactly one.
        source: One of `SOURCES`: ``sqs``, ``sns``, ``kinesis``, ``kafka``, ``function-url`` ...

    Raises:
        ValueError: `source` is unknown, or delivers exactly one event.
    """
    texts = [_text(event) for event in events]
    if source in _BATCHES:
        return _BATCHES[source](texts)
    if source not in _SINGLE:
        raise ValueError(f"unknown source {source!r}: must be one of {', '.join(SOURCES)}")
    if len(texts) != 1:
        raise ValueError(f"{source} delivers exactly one event, not {len(texts)}")
    return _SINGLE[source](texts[0])


def _text(event: EventBridgeEvent | bytes | str) -> str:
    payload = encode(event) if isinstance(event, EventBridgeEvent) else event
    return payload if isinstance(payload, str) else payload.decode(errors="replace")


def _numbered(wrap_one: Callable[[str, str], Any], texts: Iterable[str], prefix: str) -> list[Any]:
    return [wrap_one(text, f"{prefix}-{number}") for number, text in enumerate(texts)]


def _records(wrap_one: Callable[[str, str], Any], prefix: str) -> Callable[[Sequence[str]], Any]:
    return lambda texts: {"Records": _numbered(wrap_one, texts, prefix)}


def _sns_in_sqs(text: str, id_: str) -> dict[str, Any]:
    return wrap.sqs(json.dumps(wrap.notification(text, f"n-{id_}")), id_)


def _firehose(texts: Sequence[str]) -> dict[str, Any]:
    return {
        "invocationId": "i-0",
        "deliveryStreamArn": "arn:aws:firehose:eu-west-1:012345678901:deliverystream/events",
        "region": "eu-west-1",
        "records": _numbered(wrap.firehose, texts, "f"),
    }


def _kafka_records(texts: Iterable[str]) -> list[Any]:
    return [wrap.kafka_record(text, offset) for offset, text in enumerate(texts)]


def _parsed(text: str) -> Any:
    """Return parsed JSON, and text that is not JSON as it is."""
    try:
        return json.loads(text)
    except ValueError:
        return text


_BATCHES: dict[str, Callable[[Sequence[str]], Any]] = {
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

_SINGLE: dict[str, Callable[[str], Any]] = {
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
