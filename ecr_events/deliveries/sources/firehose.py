"""Firehose: transformation by a Lambda function.

Source: https://docs.aws.amazon.com/firehose/latest/dev/data-transformation.html
"""

from typing import Any, Literal

from ecr_events.deliveries.sources.source import Source, as_dict

__all__ = ["Firehose"]


class Firehose(Source):
    """A record of a transformation."""

    is_base64 = True
    expects_data = True
    key = "recordId"
    id_key = "recordId"
    batch_key = "records"

    def transformed(
        self, item: Any, result: Literal["Ok", "Dropped", "ProcessingFailed"], data: bytes | None = None
    ) -> dict[str, str]:
        """Return the transformed record, with its original data if `data` is None."""
        record = as_dict(item)
        original = record.get(self.payload_key)
        if data is not None:
            from binascii import b2a_base64

            original = b2a_base64(data, newline=False).decode()
        return {
            "recordId": self.id(record) or "",
            "result": result,
            "data": original if isinstance(original, str) else "",
        }
