"""Firehose: transformation by a Lambda function.

Source: https://docs.aws.amazon.com/firehose/latest/dev/data-transformation.html and
https://docs.aws.amazon.com/firehose/latest/dev/data-transformation-status-model.html
"""

from typing import Any, Literal

from ecr_events.deliveries.sources.source import TransformSource, as_dict, json_bytes

__all__ = ["Firehose", "FirehoseOfKafka"]


class Firehose(TransformSource):
    """A record of a transformation."""

    key = "recordId"
    id_key = "recordId"
    is_base64 = True
    batch_key = "records"

    def transformed(
        self, item: Any, result: Literal["Ok", "Dropped", "ProcessingFailed"], data: bytes | None = None
    ) -> dict[str, str]:
        """Return the transformed record, with its original data if `data` is None."""
        record = as_dict(item)
        return {
            "recordId": self.id(record) or "",
            "result": result,
            self.payload_key: _encode(record.get(self.payload_key) if data is None else data),
        }


class FirehoseOfKafka(Firehose):
    """A record of a transformation whose source is Amazon MSK."""

    key = "kafkaRecordValue"
    payload_key = "kafkaRecordValue"

    def items(self, document: dict[str, Any]) -> list[Any] | None:
        """Return the records, if the first one is from Kafka."""
        items = super().items(document)
        return items if items and self.key in as_dict(items[0]) else None


def _encode(data: Any) -> str:
    """Return data in base64, as text is already."""
    if isinstance(data, str):
        return data
    from binascii import b2a_base64

    if isinstance(data, dict | list):  # parsed by what delivers it
        data = json_bytes(data)
    return b2a_base64(data, newline=False).decode() if isinstance(data, bytes | bytearray) else ""
