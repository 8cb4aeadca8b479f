"""Kafka, of Amazon MSK and self-managed: Lambda batches and EventBridge Pipes.

Source: https://docs.aws.amazon.com/lambda/latest/dg/with-msk.html,
https://docs.aws.amazon.com/lambda/latest/dg/kafka-retry-configurations.html and
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-msk.html
"""

# Parsed JSON has no types.
# pyright: reportUnknownArgumentType=false, reportUnknownVariableType=false

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from ecr_events.deliveries.records import NO_ATTRIBUTES
from ecr_events.deliveries.sources.source import PartialBatchSource, Source, as_dict, decode_bytes, flatten

__all__ = ["KafkaRecord", "PipesKafkaRecord"]


class PipesKafkaRecord(Source):
    """A record from EventBridge Pipes, which retry the whole batch."""

    name = "a Kafka delivery"
    is_base64 = True
    key = "offset"
    payload_key = "value"

    def matches(self, record: dict[str, Any], /) -> bool:
        """Return whether `record` has a topic, a partition and an offset."""
        return "topic" in record and "partition" in record and self.key in record

    def id(self, record: dict[str, Any]) -> str | None:
        """Return the topic, the partition and the offset: ``topic-0:15``."""
        position = self.position(record)
        return None if position is None else f"{position[0]}:{position[1]}"

    def position(self, record: dict[str, Any]) -> tuple[str, int] | None:
        """Return the partition with its topic, and the offset; None if one of them is malformed."""
        topic, partition, offset = record.get("topic"), record.get("partition"), record.get("offset")
        if isinstance(topic, str) and isinstance(partition, int | str) and isinstance(offset, int):
            with suppress(ValueError):  # more digits than Python converts
                return f"{topic}-{partition}", offset
        return None

    def attributes(self, record: dict[str, Any]) -> Mapping[str, str]:
        """Return the headers that are text, such as the ``ce_type`` of a CloudEvent."""
        return dict(_text_headers(record.get("headers"))) or NO_ATTRIBUTES


class KafkaRecord(PipesKafkaRecord, PartialBatchSource):
    """A record of a Lambda batch, which has a list of records for each partition."""

    batch_key = "records"

    def items(self, document: dict[str, Any]) -> list[Any] | None:
        """Return the records of all partitions."""
        return flatten(document.get(self.batch_key)) if "eventSource" in document else None

    def id_in_response(self, item: Any) -> Any:
        """Return the partition and the offset. Lambda takes an unknown one for the failure of the whole batch."""
        position = self.position(as_dict(item))
        return "" if position is None else {"partition": position[0], "offset": position[1]}

    def order(self, items: Sequence[Any]) -> Sequence[str | None]:
        """Return the partitions."""
        positions = [self.position(as_dict(item)) for item in items]
        return [None if position is None else position[0] for position in positions]


def _text_headers(headers: Any) -> Iterator[tuple[str, str]]:
    """Yield the names and values of headers that are text."""
    for header in headers if isinstance(headers, list) else ():
        for name, numbers in as_dict(header).items():
            if (text := decode_bytes(numbers)) is not None:
                yield name, text
