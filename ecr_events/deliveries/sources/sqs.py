"""SQS: Lambda batches, EventBridge Pipes, `receive_message`, and messages in other deliveries.

Source: https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html,
https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html and
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-sqs.html
"""

# Parsed JSON has no types.
# pyright: reportUnknownArgumentType=false, reportUnknownVariableType=false, reportUnknownMemberType=false

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from ecr_events import codec
from ecr_events.deliveries.expansion import UNMEASURED, ExpansionLimit, expand_if_encoded
from ecr_events.deliveries.records import Record
from ecr_events.deliveries.sources.sns import decode_notification, is_notification
from ecr_events.deliveries.sources.source import REFUSED, Outcome, PartialBatchSource, UnwrapItem, as_dict, text_values
from ecr_events.events.envelope import bind
from ecr_events.session import EventSession

__all__ = ["MAX_BATCH", "SQS", "ReceivedMessage", "SQSMessage", "is_sqs_batch"]

MAX_BATCH = 10_000
"""Maximum number of messages in a batch, by AWS's quotas."""


def is_sqs_batch(delivery: Any) -> bool:
    """Return whether a delivery is the most common one, at the least cost."""
    if delivery.__class__ is not dict:
        return False
    try:
        items = delivery["Records"]
        is_event = "detail-type" in delivery
        return not is_event and items.__class__ is list and "messageId" in items[0] and len(items) <= MAX_BATCH
    except (LookupError, TypeError):
        return False


class SQSMessage(PartialBatchSource):
    """A message in a Lambda batch, from EventBridge Pipes or from Argo Events."""

    name = "an SQS delivery"
    key = "messageId"
    id_key = "messageId"
    payload_key = "body"
    attributes_key = "messageAttributes"
    system_attributes_key: ClassVar[str] = "attributes"

    def matches(self, record: dict[str, Any], /) -> bool:
        """Return whether `record` is a message, even if its id is missing."""
        return self.key in record or record.get("eventSource") == "aws:sqs"

    def decode_text(self, text: str | bytes, limit: ExpansionLimit, /) -> str | bytes:
        """Return the JSON in a body. Argo Events encodes it as base64, and so do senders who compress it."""
        return expand_if_encoded(text, limit)

    def order(self, items: Sequence[Any]) -> Sequence[str | None]:
        """Return one group for a FIFO queue."""
        return ["" if any(map(self._is_fifo, items)) else None] * len(items)

    def _is_fifo(self, item: Any) -> bool:
        """Return whether a message is from a FIFO queue, by its name or by a number that other queues do not give."""
        message = as_dict(item)
        queue = message.get("eventSourceARN")
        if isinstance(queue, str):
            return queue.endswith(".fifo")
        return "SequenceNumber" in as_dict(message.get(self.system_attributes_key))

    def unwrap(
        self,
        items: Sequence[Any],
        session: EventSession | None,
        max_expanded_size: int,
        unwrap_item: UnwrapItem[Outcome],
        keys: tuple[str, str, str] = (id_key, payload_key, attributes_key),  # costs less than three attributes
    ) -> Iterator[Record | Outcome]:
        """Yield the record in each message, or in the notification of SNS that is its body."""
        id_key, payload_key, attributes_key = keys
        decode, unmeasured, limit = codec.decode_known, max_expanded_size // UNMEASURED, None
        for item in items:
            charged = 0
            try:
                id_, body, attributes = item[id_key], item[payload_key], item.get(attributes_key)
                unmeasured -= len(body)
                if unmeasured < 0:
                    limit = limit or ExpansionLimit.of(max_expanded_size)
                    charged = limit.consume_json(body)
                if body[2] != "v" and is_notification(body):  # the first key of an event is `version`
                    notification = decode_notification(body)
                    body = notification.message
                    if notification.message_attributes:
                        attributes = text_values(notification.message_attributes) or attributes
                if id_.__class__ is not str:
                    raise TypeError
                record = Record(id_, decode(body), text_values(attributes)) if attributes else Record(id_, decode(body))
            except REFUSED:
                limit = limit or ExpansionLimit.of(max_expanded_size)
                limit.remaining += charged
                yield from unwrap_item(self, item, session, limit)
            else:
                if session is not None:
                    bind(record.event, session)
                yield record


SQS = SQSMessage()
"""By far the most common source."""


class ReceivedMessage(SQSMessage):
    """A message as boto3's ``receive_message`` returns it."""

    key = "Body"
    id_key = "MessageId"
    payload_key = "Body"
    attributes_key = "MessageAttributes"
    system_attributes_key = "Attributes"
    batch_key = "Messages"

    def items(self, document: dict[str, Any]) -> list[Any] | None:
        """Return the messages; the result for an empty queue does not have the key."""
        items = super().items(document)
        return [] if document.keys() == {"ResponseMetadata"} else items

    def unwrap(
        self,
        items: Sequence[Any],
        session: EventSession | None,
        max_expanded_size: int,
        unwrap_item: UnwrapItem[Outcome],
        keys: tuple[str, str, str] = (id_key, payload_key, attributes_key),
    ) -> Iterator[Record | Outcome]:
        """Yield the record in each message."""
        return super().unwrap(items, session, max_expanded_size, unwrap_item, keys)
