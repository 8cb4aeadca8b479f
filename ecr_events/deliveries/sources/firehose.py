"""Firehose: transformation by a Lambda function.

Source: https://docs.aws.amazon.com/firehose/latest/dev/data-transformation.html and
https://docs.aws.amazon.com/firehose/latest/dev/data-transformation-status-model.html
"""

from typing import Any

from ecr_events.deliveries.sources.source import TransformSource, as_dict

__all__ = ["Firehose", "FirehoseOfKafka"]


class Firehose(TransformSource):
    """A record of a transformation."""

    name = "a Firehose delivery"
    key = "recordId"
    id_key = "recordId"
    is_base64 = True
    batch_key = "records"


class FirehoseOfKafka(Firehose):
    """A record of a transformation whose source is Amazon MSK."""

    key = "kafkaRecordValue"
    payload_key = "kafkaRecordValue"

    def items(self, document: dict[str, Any]) -> list[Any] | None:
        """Return the records, if the first one is from Kafka."""
        items = super().items(document)
        return items if items and self.key in as_dict(items[0]) else None
