"""The statement for Athena makes a table of what ``convert --partition`` wrote, in Spark with Hive's catalog."""

from datetime import UTC
from pathlib import Path
from typing import Any, get_args

import pytest
from pyspark.sql import DataFrame, SparkSession

from ecr_events import ECREvent, EventBridgeEvent, UnknownEvent
from ecr_events.archives import write
from ecr_events.cli import main
from ecr_events.columns import arrow_schema, athena_ddl, to_arrow
from ecr_events.samples import sample, variants

pytestmark = [pytest.mark.timeout(300), pytest.mark.filterwarnings("default")]  # of the engine itself

NAMES = [*arrow_schema().names, "date"]
TYPES = [
    "a/b",
    "50 % of 100%",
    "%2F",
    "a=b",
    "a:b",
    'say "it\'s"',
    "#?*{[]}^<>|&+~$;,",
    "line\nbreak",
    "Gr\u00f6\u00dfe",
]


def rows(found: list[dict[str, Any]]) -> list[str]:
    """Return rows in an order of their own, with sorted maps, and days of the times in UTC."""
    for row in found:
        row["time"] = row["time"].astimezone(UTC)
        row["date"] = row["time"].date()
        counts = row["finding_severity_counts"]
        row["finding_severity_counts"] = None if counts is None else sorted(dict(counts).items())
    return sorted(str([row[name] for name in NAMES]) for row in found)


def collect(table: DataFrame) -> list[str]:
    """Return the rows of a table, after checking that each is in the folder of its day."""
    found = [row.asDict() for row in table.collect()]
    assert all(str(row["date"]) == f"{row['time'].astimezone(UTC):%Y-%m-%d}" for row in found)
    return rows(found)


def test_the_table_has_the_rows_of_the_archive(spark: SparkSession, tmp_path: Path) -> None:
    """With detail-types that are escaped in the names of folders. Spark finds the same rows without the statement."""
    every = (*get_args(ECREvent), UnknownEvent)
    events: list[EventBridgeEvent] = [event for cls in every for event in (sample(cls), *variants(cls).values())]
    events += [sample(UnknownEvent, detail_type=text) for text in TYPES]
    write(events, tmp_path / "events.ndjson")
    assert main(["convert", str(tmp_path / "events.ndjson"), "--to", str(tmp_path / "table"), "--partition"]) == 0
    expected = rows(to_arrow(events).to_pylist())
    location = (tmp_path / "table").as_uri()
    spark.sql(athena_ddl("events", "s3://bucket/table/").replace("s3://bucket/table", location))
    try:
        assert spark.table("events").count() == 0
        spark.sql("msck repair table events")
        assert spark.table("events").columns[-2:] == ["date", "detail_type"]
        assert collect(spark.table("events")) == expected
    finally:
        spark.sql("drop table events")
    assert collect(spark.read.parquet(str(tmp_path / "table"))) == expected
