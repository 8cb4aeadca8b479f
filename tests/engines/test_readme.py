"""The README's recipes for Spark and Ray, executed on an archive in place of the paths that they name."""

import re
import textwrap
from pathlib import Path
from typing import Any

import pytest
import ray
from damaged_archives import Damage
from pyspark.sql import SparkSession
from readme import README

from ecr_events import ECREvent, UnknownEvent

pytestmark = [pytest.mark.timeout(300), pytest.mark.filterwarnings("default")]

RECIPES = [
    textwrap.dedent(code)
    for code in re.findall(r"^    (?s:.*?)(?=\n\n\S)", README, re.MULTILINE)
    if "ecr_events.columns" in code
]


def run(mark: str, archive: Path, names: dict[str, Any]) -> Any:
    """Return `events` of the recipe that contains `mark`."""
    (code,) = (code for code in RECIPES if mark in code)
    code = re.sub(r'"(/mnt|s3a?:/)/events/"', repr(str(archive)), code)
    exec(code, names)  # noqa: S102 - the README is ours
    return names["events"]


def test_the_data_source(spark: SparkSession, archive: Path, damaged: list[Damage]) -> None:
    """With its options: of the types that it does not select, only some damage is found."""
    rows = run("ECREventsDataSource", archive, {"spark": spark}).collect()
    assert rows[0].asDict().keys() == {"id", "time", "error"}
    errors = {(row.error.file, row.error.offset, bytes(row.error.payload)) for row in rows if row.error}
    assert errors
    assert errors < {*damaged}


def test_spark_reads_text_and_files(
    spark: SparkSession, archive: Path, damaged: list[Damage], events: list[ECREvent | UnknownEvent]
) -> None:
    """The last one of both: rows of files."""
    rows = run("mapInArrow", archive, {"spark": spark, "__name__": "__main__"}).select("id", "error.payload").collect()
    assert sorted(bytes(row.payload) for row in rows if row.payload) == sorted(damage.payload for damage in damaged)
    assert sorted(row.id for row in rows if row.id) == sorted(event.id for event in events)


@pytest.mark.usefixtures("cluster")
def test_ray_reads_files(archive: Path, damaged: list[Damage], events: list[ECREvent | UnknownEvent]) -> None:
    """Rows of files."""
    assert ray.is_initialized()
    rows = run("ray.data", archive, {"__name__": "__main__"}).take_all()
    assert sorted(row["error"]["payload"] for row in rows if row["error"]) == sorted(item.payload for item in damaged)
    assert sorted(row["id"] for row in rows if row["id"]) == sorted(event.id for event in events)
