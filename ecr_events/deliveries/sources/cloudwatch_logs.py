"""CloudWatch Logs: subscriptions of Lambda, Kinesis and Firehose.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html
"""

from typing import Any

from ecr_events.deliveries.sources.source import Source, as_dict

__all__ = ["LogEvent", "LogsSubscription", "is_control_message"]


class LogsSubscription(Source):
    """A delivery to Lambda."""

    name = "a CloudWatch Logs delivery"
    is_base64 = True
    key = "awslogs"
    nested_in = "awslogs"


class LogEvent(Source):
    """A log event in the document that is delivered to Lambda, Kinesis and Firehose."""

    name = "a CloudWatch Logs delivery"
    key = "message"
    id_key = "id"
    payload_key = "message"
    batch_key = "logEvents"

    def matches(self, record: dict[str, Any], /) -> bool:
        """Return whether `record` is a log event, not a line of a log in JSON."""
        return self.key in record and "timestamp" in record and self.id_key in record

    def items(self, document: dict[str, Any]) -> list[Any] | None:
        """Return the log events; None for a control message."""
        return None if is_control_message(document) else super().items(document)


def is_control_message(document: Any) -> bool:
    """Return whether a document only tests that the destination is reachable. It has no events."""
    fields = as_dict(document)
    return fields.get("messageType") == "CONTROL_MESSAGE" and "logEvents" in fields
