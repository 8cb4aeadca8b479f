"""Fixtures of the tests that require the extra ``engines``, and Java 17 or later: an archive with damage."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import ray
from damaged_archives import Damage, write_archive
from pyspark.sql import SparkSession
from questions import Answer, answers, documents

from ecr_events import ECREvent, UnknownEvent
from ecr_events.archives import read
from ecr_events.columns.spark import ECREventsDataSource

os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))  # for the engines' worker processes


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of an archive."""
    return tmp_path_factory.mktemp("archive")


@pytest.fixture(scope="session")
def damaged(archive: Path) -> list[Damage]:
    """Return what is damaged in the archive."""
    damaged, _ = write_archive(archive, documents(), 29)
    assert damaged
    return sorted(damaged)


@pytest.fixture(scope="session")
def events(archive: Path, damaged: list[Damage]) -> list[ECREvent | UnknownEvent]:
    """Return the events of the archive."""
    assert damaged
    return list(read(archive, on_error="skip"))


@pytest.fixture(scope="session")
def expected(events: list[ECREvent | UnknownEvent]) -> dict[str, Answer]:
    """Return the answers of a plain loop."""
    found = answers(events)
    assert all(len(answer) > 1 for answer in found.values())
    return found


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    """Return a session with two cores, and Hive's catalog."""
    folder = tmp_path_factory.mktemp("hive")
    os.environ["PYSPARK_PYTHON"] = sys.executable
    builder: Any = SparkSession.builder
    options = {
        # Compiles in less time, for a short run.
        "spark.driver.extraJavaOptions": f"-XX:TieredStopAtLevel=1 -Dderby.system.home={folder}",
        "spark.driver.memory": "1g",
        "spark.hadoop.javax.jdo.option.ConnectionURL": f"jdbc:derby:;databaseName={folder}/metastore;create=true",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.warehouse.dir": str(folder),
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }
    session: SparkSession = builder.master("local[2]").config(map=options).enableHiveSupport().getOrCreate()
    session.dataSource.register(ECREventsDataSource)
    yield session
    session.stop()


@pytest.fixture(scope="session")
def cluster() -> Iterator[None]:
    """Start Ray with two processors."""
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    yield
    ray.shutdown()
