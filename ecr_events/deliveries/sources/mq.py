"""Amazon MQ, for RabbitMQ and ActiveMQ: Lambda batches and EventBridge Pipes, which are retried as a whole.

Source: https://docs.aws.amazon.com/lambda/latest/dg/with-mq.html and
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-mq.html
"""

from collections.abc import Mapping
from typing import Any

from ecr_events.deliveries.records import NO_ATTRIBUTES
from ecr_events.deliveries.sources.source import Source, as_dict, decode_bytes, flatten

__all__ = ["ActiveMQMessage", "RabbitMQMessage"]


class RabbitMQMessage(Source):
    """A message of RabbitMQ. A Lambda batch has a list of messages for each queue."""

    name = "a RabbitMQ delivery"
    is_base64 = True
    key = "basicProperties"
    batch_key = "rmqMessagesByQueue"

    def items(self, document: dict[str, Any]) -> list[Any] | None:
        """Return the messages of all queues."""
        return flatten(document.get(self.batch_key))

    def id(self, record: dict[str, Any]) -> str | None:
        """Return the id that the sender may have given."""
        id_ = as_dict(record.get(self.key)).get("messageId")
        return id_ if isinstance(id_, str) else None

    def attributes(self, record: dict[str, Any]) -> Mapping[str, str]:
        """Return the headers that are text."""
        headers = as_dict(as_dict(record.get(self.key)).get("headers"))
        found = {name: decode_bytes(as_dict(value).get("bytes")) for name, value in headers.items()}
        return {name: text for name, text in found.items() if text is not None} or NO_ATTRIBUTES


class ActiveMQMessage(Source):
    """A message of ActiveMQ."""

    name = "an ActiveMQ delivery"
    is_base64 = True
    key = "messageID"
    id_key = "messageID"
    attributes_key = "properties"
    batch_key = "messages"

    def items(self, document: dict[str, Any]) -> list[Any] | None:
        """Return the messages, if a broker delivers them: other documents have messages, too."""
        return super().items(document) if "eventSource" in document else None
