import re
from typing import Any

import pyarrow as pa
import pytest

from ecr_events.columns import arrow_schema, athena_ddl

TYPES: dict[str, pa.DataType] = {
    "string": pa.string(),
    "timestamp": pa.timestamp("us", "UTC"),
    "boolean": pa.bool_(),
    "double": pa.float64(),
    "array<string>": pa.list_(pa.string()),
    "map<string,double>": pa.map_(pa.string(), pa.float64()),
}
"""The types of Arrow by Athena's names, as in Athena's documentation of data types."""

DDL = re.compile(
    r"CREATE EXTERNAL TABLE (?P<name>\S+) \(\n(?P<columns>(  `\w+` \S+,?\n)+)\)\n"
    r"PARTITIONED BY \((?P<partitions>`\w+` \w+(, `\w+` \w+)*)\)\nSTORED AS PARQUET\nLOCATION '(?P<location>.*)'\n"
)


def test_columns_and_types_are_those_of_the_schema() -> None:
    """In its order, except for those of the partitions, which are not in the files."""
    found = DDL.fullmatch(athena_ddl("events", "s3://bucket/events/"))
    assert found
    columns: list[Any] = re.findall(r"`(\w+)` (\S+?),?\n", found["columns"])
    schema = arrow_schema(dictionaries=False)
    assert pa.schema([(name, TYPES[type]) for name, type in columns]).equals(
        schema.remove(schema.names.index("detail_type"))
    )
    assert found["partitions"] == "`date` date, `detail_type` string"


def test_the_columns_of_the_partitions_are_in_no_file() -> None:
    """A column named date would hide that of the partition."""
    assert "date" not in arrow_schema().names


@pytest.mark.parametrize(
    ("table", "quoted"), [("events", "`events`"), ("audit.ecr_events_2", "`audit`.`ecr_events_2`"), ("date", "`date`")]
)
@pytest.mark.parametrize(
    ("location", "folder"),
    [
        ("s3://bucket", "s3://bucket/"),
        ("s3://bucket/", "s3://bucket/"),
        ("s3://my.bucket-1/a/b c", "s3://my.bucket-1/a/b c/"),
        ("s3://bucket/year=2026/", "s3://bucket/year=2026/"),
    ],
)
def test_names_are_quoted(table: str, quoted: str, location: str, folder: str) -> None:
    """As reserved words have to be, and the location ends in a slash."""
    found = DDL.fullmatch(athena_ddl(table, location))
    assert found
    assert (found["name"], found["location"]) == (quoted, folder)


@pytest.mark.parametrize(
    "table", ["", ".", "a.", "a.b.c", "Events", "e-v", "e`v", "e v", "événements", "a" * 256, "a\n"]
)
def test_other_names_of_tables_are_refused(table: str) -> None:
    """Athena would change them, or refuse the statement."""
    with pytest.raises(ValueError, match=r"^table must be a name of lower-case letters, digits and ") as caught:
        athena_ddl(table, "s3://bucket/")
    assert repr(table)[:200] in str(caught.value)


@pytest.mark.parametrize(
    "location",
    [
        "",
        "s3://",
        "bucket/events",
        "s3a://bucket/",
        "https://bucket/",
        "s3://Bucket/",
        "s3://b/'",
        "s3://bucket/*",
        "s3://bucket/a\n",
        "s3://bucket/\x9b31m",
    ],
)
def test_other_locations_are_refused(location: str) -> None:
    """They do not name a folder of S3, or would end the string."""
    with pytest.raises(ValueError, match=r"^location must be a folder such as 's3://bucket/events/', not ") as caught:
        athena_ddl("events", location)
    assert repr(location) in str(caught.value)
