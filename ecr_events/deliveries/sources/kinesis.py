"""Kinesis: Lambda batches and EventBridge Pipes.

Source: https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html and
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-kinesis.html
"""

from collections.abc import Iterable
from itertools import islice
from typing import Any

from ecr_events.deliveries.sources.source import PartialBatchSource, Response

__all__ = ["KinesisRecord", "PipesKinesisRecord"]


class PipesKinesisRecord(PartialBatchSource):
    """A record from EventBridge Pipes."""

    name = "a Kinesis delivery"
    key = "sequenceNumber"
    id_key = "eventID"
    is_base64 = True

    def response(self, failed: Iterable[Any]) -> Response:
        """Return the first id alone: the stream is delivered again from there on."""
        return super().response(islice(failed, 1))


class KinesisRecord(PipesKinesisRecord):
    """A record of a Lambda batch."""

    key = "kinesis"
    nested_in = "kinesis"
    id_key = "sequenceNumber"
