"""Firehose: transformation by a Lambda function.

Source: https://docs.aws.amazon.com/firehose/latest/dev/data-transformation.html
"""

from typing import Any, Literal

from ecr_events.deliveries.sources.source import Source, as_dict, json_bytes

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
        return {
            "recordId": self.id(record) or "",
            "result": result,
            "data": _encode(record.get(self.payload_key) if data is None else data),
        }


def _encode(data: Any) -> str:
    """Return data in base64, as text is already."""
    if isinstance(data, str):
        return data
    from binascii import b2a_base64

    if isinstance(data, dict | list):  # parsed by what delivers it
        data = json_bytes(data)
    return b2a_base64(data, newline=False).decode() if isinstance(data, bytes | bytearray) else ""
