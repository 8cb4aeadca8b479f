"""The layout of partitioned tables that Hive introduced, and that Spark, Athena, DuckDB, Polars and pyarrow read.

Each row is in a folder with the names and values of its partition columns, which are not in the files:
``date=2026-05-04/detail_type=ECR Image Action/part-00000.parquet``.
"""

import re

from ecr_events.columns.rows import RowDecoders
from ecr_events.columns.schema import Column
from ecr_events.errors import DecodeError
from ecr_events.events import EventBridgeEvent
from ecr_events.structs import build_once

__all__ = ["PARTITION_COLUMNS", "PartitionDecoders", "partition_decoders", "partition_path"]

PARTITION_COLUMNS = "date", "detail_type"
"""The day of the event's ``time`` in UTC, and the type."""

_NULL = "__HIVE_DEFAULT_PARTITION__"
"""The value that stands for null, and in Hive for an empty string."""

_MAX_NAME = 255
"""Bytes in the name of a folder."""

_ESCAPED = re.compile(r"""[\x00-\x1f"#%'*/:=?\\\x7f{\[\]^]""")
"""The characters that Hive and Spark escape. A NUL, which no name can have, is escaped too, and they read it."""


class PartitionDecoders(RowDecoders):
    """Decoders that refuse events whose detail-type cannot be the name of a folder."""

    def decode_other(self, document: bytes) -> object:
        """Return the row of a document that `decode_known` refused. Raises DecodeError."""
        row = super().decode_other(document)
        for wanted in self._select_rows([row]):
            if not _can_be_folder(wanted.detail_type):
                raise DecodeError("empty, too long or reserved as the name of a partition", "$.detail-type", document)
        return row


@build_once
def partition_decoders(
    arguments: tuple[frozenset[type[EventBridgeEvent]] | None, tuple[Column, ...]],
) -> PartitionDecoders:
    """Return the decoders for wanted events, or for all, and for some columns."""
    return PartitionDecoders(*arguments)


def partition_path(day: str, detail_type: str) -> str:
    """Return the path of a partition in the folder of its table."""
    return "/".join(
        f"{name}={_escape(value)}" for name, value in zip(PARTITION_COLUMNS, (day, detail_type), strict=True)
    )


def _escape(value: str) -> str:
    """Return a value as it stands in a path, escaped as Hive does it."""
    return _ESCAPED.sub(lambda found: f"%{ord(found[0]):02X}", value)


def _can_be_folder(detail_type: str) -> bool:
    """Return whether a folder can have this value, and not as null. EventBridge allows 128 characters of any kind."""
    name = f"{PARTITION_COLUMNS[1]}={_escape(detail_type)}"
    return detail_type not in {"", _NULL} and len(name.encode()) <= _MAX_NAME
