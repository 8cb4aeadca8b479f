"""The table of events in Amazon Athena."""

import re
from typing import Any

import pyarrow as pa

from ecr_events.columns.hive import PARTITION_COLUMNS
from ecr_events.columns.schema import TIME, arrow_schema

__all__ = ["athena_ddl"]

_TYPES: dict[pa.DataType, str] = {
    pa.string(): "string",
    pa.float64(): "double",
    pa.bool_(): "boolean",
    TIME: "timestamp",
}
"""The names in Athena's DDL, which are Hive's."""

_PARTITION_TYPES = "date", "string"

_NAME = re.compile(r"[a-z0-9_]{1,255}", re.ASCII)

_LOCATION = re.compile(r"s3://[a-z0-9][a-z0-9.-]+[a-z0-9](/[^'\\*]*)?", re.ASCII)
"""A bucket and a prefix, without what Athena refuses in a location and what would end a string."""


def athena_ddl(table: str, location: str) -> str:
    r"""Return the statement that creates the table of what ``ecr-events convert --partition`` wrote, in Amazon Athena.

    It has the columns of `arrow_schema`. Columns that the files lack are null: Athena reads Parquet by name. Names are
    in backticks, because ``date`` is a reserved word.

    Athena finds partitions with the statement ``MSCK REPAIR TABLE``, which is to be run after the table has been
    created, and after each upload. Partition projection needs no such statement, but the values of ``detail_type``
    cannot be enumerated: a new one from AWS would be invisible with its type ``enum``, and with ``injected`` each query
    must name one. A partition whose value contains a colon has to be added with ``ALTER TABLE ADD PARTITION``.

    See https://docs.aws.amazon.com/athena/latest/ug/msck-repair-table.html,
    https://docs.aws.amazon.com/athena/latest/ug/partition-projection-supported-types.html and
    https://docs.aws.amazon.com/athena/latest/ug/reserved-words.html.

    Args:
        table: Name of the table, optionally behind that of its database: ``audit.events``.
        location: The S3 folder with the partitions: ``s3://bucket/events/``.

    Raises:
        ValueError: A name has other characters than lower-case letters, digits and underscores, or `location` is not
            an S3 folder.
    """
    names = table.split(".")
    if not (len(names) <= len(("database", "table")) and all(map(_NAME.fullmatch, names))):
        raise ValueError(
            f"table must be a name of lower-case letters, digits and underscores, or database.table, not {table!r:.200}"
        )
    if not (_LOCATION.fullmatch(location) and location.isprintable()):
        raise ValueError(f"location must be a folder such as 's3://bucket/events/', not {location!r:.200}")
    schema = arrow_schema(dictionaries=False)
    types = zip(schema.names, schema.types, strict=True)
    columns = [(name, _type_of(type)) for name, type in types if name not in PARTITION_COLUMNS]
    partitions = zip(PARTITION_COLUMNS, _PARTITION_TYPES, strict=True)
    return (
        f"CREATE EXTERNAL TABLE {'.'.join(map(_quote, names))} (\n"
        + ",\n".join(f"  {_quote(name)} {type}" for name, type in columns)
        + "\n)\nPARTITIONED BY ("
        + ", ".join(f"{_quote(name)} {type}" for name, type in partitions)
        + f")\nSTORED AS PARQUET\nLOCATION '{location.removesuffix('/')}/'\n"
    )


def _quote(name: str) -> str:
    return f"`{name}`"


def _type_of(type: Any) -> str:
    if pa.types.is_list(type):
        return f"array<{_type_of(type.value_type)}>"
    if pa.types.is_map(type):
        return f"map<{_type_of(type.key_type)},{_type_of(type.item_type)}>"
    return _TYPES[type]
