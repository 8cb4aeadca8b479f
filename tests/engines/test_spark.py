"""PySpark on two cores, over an archive with damage: by the data source, and by `decode_batches` over its text."""

from functools import partial
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from damaged_archives import Damage
from engine_answers import spark_answers
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.pandas.types import from_arrow_schema
from questions import Answer

from ecr_events import ECREvent, UnknownEvent, encode
from ecr_events.columns import arrow_schema, decode_batches, from_arrow

pytestmark = [pytest.mark.timeout(300), pytest.mark.filterwarnings("default")]  # of the engine itself


def by_data_source(spark: SparkSession, archive: Path) -> DataFrame:
    """Return the rows of the archive."""
    return spark.read.format("ecr-events").option("onError", "row").load(str(archive))


def by_text(spark: SparkSession, archive: Path) -> DataFrame:
    """Return the rows of the lines that Spark reads."""
    schema = from_arrow_schema(arrow_schema(dictionaries=False, errors=True))
    lines = spark.read.option("recursiveFileLookup", "true").text(str(archive))
    return lines.mapInArrow(partial(decode_batches, on_error="row"), schema)


@pytest.fixture(scope="module", params=[by_data_source, by_text])
def parquet(
    request: pytest.FixtureRequest, spark: SparkSession, archive: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Any, Path]:
    """Return what made rows of the archive, and the folder of its Parquet files."""
    folder = tmp_path_factory.mktemp("spark") / "parquet"
    request.param(spark, archive).write.parquet(str(folder))
    return request.param, folder


def test_events_come_back_and_bad_records_are_accounted_for(
    parquet: tuple[Any, Path], damaged: list[Damage], events: list[ECREvent | UnknownEvent]
) -> None:
    """File and offset of each are known to the data source; to `decode_batches`, its bytes."""
    made_by, folder = parquet
    table = pq.read_table(folder)
    errors = [row for row in table.column("error").to_pylist() if row]
    found = sorted((row["file"], row["offset"], row["payload"]) for row in errors if row["file"])
    if made_by is by_data_source:
        assert found == damaged
    assert sorted(row["payload"] for row in errors) == sorted(damage.payload for damage in damaged)
    back = list(from_arrow(table.filter(table.column("error").is_null())))
    assert sorted(back, key=encode) == sorted(events, key=encode)


def test_answers_are_those_of_a_loop(
    parquet: tuple[Any, Path], spark: SparkSession, expected: dict[str, Answer]
) -> None:
    """Of Spark SQL, on Parquet."""
    assert spark_answers(spark.read.parquet(str(parquet[1]))) == expected


def test_errors_name_the_place(spark: SparkSession, archive: Path, damaged: list[Damage]) -> None:
    """Of a record, and of an option."""
    with pytest.raises(PySparkException, match=rf"{damaged[0].file}:\d+: byte {damaged[0].offset}: "):
        spark.read.format("ecr-events").load(str(archive)).collect()
    with pytest.raises(PySparkException, match="no event has a column 'nothing'"):
        spark.read.format("ecr-events").option("columns", "nothing").load(str(archive))
