"""A custom event bus of EventBridge that sends events with their metadata.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-custom-bus.html
"""

from collections.abc import Mapping
from typing import Any

from ecr_events.deliveries.sources.source import Source, as_dict, text_values

__all__ = ["EventWithMetadata"]


class EventWithMetadata(Source):
    """An event with its metadata. Without, a target receives an event, or an array of events."""

    name = "an event with the metadata of EventBridge"
    key = "SystemMetadata"
    payload_key = "Data"

    def id(self, record: dict[str, Any]) -> str | None:
        """Return the id of the event on the bus."""
        return self.attributes(record).get("aws:EventId")

    def attributes(self, record: dict[str, Any]) -> Mapping[str, str]:
        """Return both kinds of metadata."""
        return text_values(as_dict(record.get("Metadata")) | as_dict(record.get(self.key)))
