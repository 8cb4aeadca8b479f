"""SNS: in a Lambda batch, over HTTP, and in SQS.

Source: https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html and
https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html
"""

from typing import Any

import msgspec

from ecr_events.deliveries.sources.source import Source
from ecr_events.structs import build_once

__all__ = ["Notification", "SNSNotification", "SNSRecord", "decode_notification", "is_notification"]


class SNSRecord(Source):
    """A record of a Lambda batch."""

    name = "an SNS delivery"
    key = "Sns"
    nested_in = "Sns"
    id_key = "MessageId"
    payload_key = "Message"
    attributes_key = "MessageAttributes"


class SNSNotification(SNSRecord):
    """A notification over HTTP or in SQS."""

    key = "Type"
    nested_in = ""

    def matches(self, record: dict[str, Any], /) -> bool:
        """Return whether `record` is a notification, not the confirmation of a subscription."""
        return record.get(self.key) == "Notification"


class Notification(msgspec.Struct, rename="pascal", tag_field="Type", tag="Notification", gc=False):
    """A notification as text."""

    message: str
    message_attributes: Any = None


def decode_notification(text: str) -> Notification:
    """Return the notification in text. Raises msgspec's errors."""
    return _decoder(Notification).decode(text)


@build_once
def _decoder(type_: type[Notification]) -> msgspec.json.Decoder[Notification]:
    return msgspec.json.Decoder(type_)


def is_notification(text: str) -> bool:
    """Return whether text starts like a notification, of which the type is the first key."""
    return '"Type"' in text[:12]
