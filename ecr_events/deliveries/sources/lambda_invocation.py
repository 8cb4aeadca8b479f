"""Records of failed and successful invocations that Lambda and EventBridge Pipes send to a destination.

Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html,
https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html and
https://docs.aws.amazon.com/lambda/latest/dg/kafka-on-failure.html
"""

# Parsed JSON has no types.
# pyright: reportUnknownArgumentType=false, reportUnknownVariableType=false

from collections.abc import Mapping
from typing import Any

from ecr_events.deliveries.expansion import ExpansionLimit
from ecr_events.deliveries.sources.source import Source, as_dict, json_bytes, text_values

__all__ = ["BatchInvocation", "Invocation", "InvocationEvent", "is_invocation_event"]


class Invocation(Source):
    """A record of an asynchronous invocation, with the payload."""

    name = "a record of a Lambda destination"
    key = "requestPayload"
    id_key = "requestId"
    nested_in = "requestContext"

    def payload(self, record: dict[str, Any], _limit: ExpansionLimit, /) -> Any:
        """Return the event that the function was invoked with, parsed."""
        return record[self.key]

    def attributes(self, record: dict[str, Any]) -> Mapping[str, str]:
        """Return the ``condition``, such as ``RetriesExhausted``, the ``functionArn`` and the ``requestId``."""
        return text_values(self.fields(record))


class InvocationEvent(Source):
    """Such a record as the detail of an event, if the destination is an event bus."""

    id_key = "id"
    payload_key = "detail"

    def matches(self, record: dict[str, Any], /) -> bool:
        """Return whether `record` is such an event."""
        return is_invocation_event(record)


class BatchInvocation(Source):
    """A record of an invocation with a batch of a stream. It has the batch if it is from S3 or Kafka."""

    name = "a record of a Lambda destination"
    id_key = "requestId"
    nested_in = "requestContext"

    def matches(self, record: dict[str, Any], /) -> bool:
        """Return whether `record` has information on a batch of Kinesis, DynamoDB or Kafka."""
        return bool(self._batch_info(record))

    def payload(self, record: dict[str, Any], _limit: ExpansionLimit, /) -> Any:
        """Return the event that the function was invoked with, as text or parsed."""
        payload = record.get("payload")
        if isinstance(payload, str | dict | list):
            return payload
        raise ValueError("names the failed records of a stream, but does not have their data")

    def attributes(self, record: dict[str, Any]) -> Mapping[str, str]:
        """Return the condition and the position of the batch: ``shardId``, ``startSequenceNumber``, ``streamArn`` ...

        Kafka's ``recordsInfo``, with the offsets of each partition, is JSON.
        """
        context = self.fields(record) or as_dict(record.get("context"))
        fields = context | self._batch_info(record)
        return text_values({name: _as_text(value) for name, value in fields.items()})

    def _batch_info(self, record: dict[str, Any]) -> dict[str, Any]:
        for key in ("KinesisBatchInfo", "DDBStreamBatchInfo", "KafkaBatchInfo"):
            if isinstance(info := record.get(key), dict):
                return info
        return {}


def is_invocation_event(document: dict[str, Any]) -> bool:
    """Return whether an event is about an invocation, of which it has the record."""
    detail_type = document.get("detail-type")
    return (
        isinstance(detail_type, str)
        and detail_type.startswith("Lambda Function Invocation Result")
        and Invocation.key in as_dict(document.get("detail"))
    )


def _as_text(value: Any) -> Any:
    return json_bytes(value).decode() if isinstance(value, dict) else value
