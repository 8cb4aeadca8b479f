"""The answers of engines to five questions, on the Arrow stream and on Parquet, equal those of a plain loop."""

import gzip
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pyarrow.parquet as pq
import pytest
from questions import QUESTIONS, answers, make_events

from ecr_events import encode
from ecr_events.archives import read
from ecr_events.columns import read_arrow

SQL = {
    "failed replications": """
        select region, account, epoch(time)::bigint // 3600 * 3600 as hour, count(*) from events
        where detail_type = 'ECR Replication Action' and result = 'FAILED' group by all order by all
    """,
    "never replicated": """
        select distinct repository_name, image_digest from events as push
        where detail_type = 'ECR Image Action' and action_type = 'PUSH' and result = 'SUCCESS' and not exists (
            from events where detail_type = 'ECR Replication Action' and result = 'SUCCESS'
            and repository_name = push.repository_name and image_digest = push.image_digest
        ) order by all
    """,
    "critical findings": r"""
        select repository, sum(critical)::bigint as findings from (
            select regexp_replace(repository_name, '^arn:.*:repository/', '') as repository,
                finding_severity_counts['CRITICAL'] as critical from events where scan_status is not null
            union all
            select detail_resources->>'$[0].details.awsEcrContainerImage.repositoryName', 1 from events
            where detail_type = 'Inspector2 Finding' and severity = 'CRITICAL'
        ) group by all having findings > 0 order by all
    """,
    "replication delay": """
        select unnest(quantile_cont(delay, [0.5, 0.99])) from (
            select epoch(r.time) - epoch(p.time) as delay from events r join (
                select distinct repository_name, image_digest, time from events
                where detail_type = 'ECR Image Action' and action_type = 'PUSH' and result = 'SUCCESS'
            ) p using (repository_name, image_digest)
            where r.detail_type = 'ECR Replication Action' and r.result = 'SUCCESS'
        )
    """,
    "duplicates": "select id, count(*) as n from events where id is not null group by id having n > 1 order by id",
}


def duckdb_answers(table: Any) -> dict[str, Any]:
    """Return the answers of DuckDB, whose table `events` is a Parquet file or an Arrow table."""
    connection = duckdb.connect()
    connection.register("events", table if not isinstance(table, Path) else connection.read_parquet(str(table)))
    rows = {name: connection.sql(query).fetchall() for name, query in SQL.items()}
    return rows | {"replication delay": [round(delay, 6) for (delay,) in rows["replication delay"]]}


def polars_answers(events: Any) -> dict[str, Any]:
    """Return the answers of Polars."""
    image = ["repository_name", "image_digest"]
    texts = pl.selectors.by_dtype(pl.Categorical)
    events = events.with_columns(texts.cast(pl.String))
    replications = events.filter(detail_type="ECR Replication Action")
    replicated = replications.filter(result="SUCCESS")
    pushes = events.filter(detail_type="ECR Image Action", action_type="PUSH", result="SUCCESS").unique(
        [*image, "time"]
    )
    delays = replicated.join(pushes, on=image, suffix="_pushed").select(
        delay=(pl.col("time") - pl.col("time_pushed")).dt.total_seconds(fractional=True)
    )
    scans = events.filter(pl.col("scan_status").is_not_null()).select(
        repository=pl.col("repository_name").str.replace("^arn:.*:repository/", ""),
        findings=pl.col("finding_severity_counts").map.get("CRITICAL").cast(pl.Int64),
    )
    findings = events.filter(detail_type="Inspector2 Finding", severity="CRITICAL").select(
        repository=pl.col("detail_resources").str.json_path_match("$[0].details.awsEcrContainerImage.repositoryName"),
        findings=pl.lit(1, pl.Int64),
    )
    failed = replications.filter(result="FAILED")
    hour = pl.col("time").dt.truncate("1h").dt.epoch("s")
    critical = pl.concat([scans, findings]).group_by("repository").sum().filter(pl.col("findings") > 0)
    ids = events.drop_nulls("id").group_by("id").len().filter(pl.col("len") > 1)
    return {
        "failed replications": failed.group_by("region", "account", hour).len().sort(pl.all()).rows(),
        "never replicated": pushes.join(replicated, on=image, how="anti").select(image).sort(pl.all()).rows(),
        "critical findings": critical.sort("repository").rows(),
        "replication delay": [round(float(delays["delay"].quantile(share, "linear") or 0), 6) for share in (0.5, 0.99)],
        "duplicates": ids.sort("id").rows(),
    }


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of compressed files, partitioned by hour, with a broken event in each."""
    folder = tmp_path_factory.mktemp("archive")
    lines: dict[str, list[bytes]] = {}
    for event in make_events():
        lines.setdefault(f"{event.time:%Y/%m/%d/%H}", [b'{"broken": ']).append(encode(event))
    for name, found in lines.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.gz").write_bytes(gzip.compress(b"\n".join(found)))
    return folder


@pytest.fixture(scope="module")
def parquet(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the archive as one Parquet file, errors included."""
    path = tmp_path_factory.mktemp("parquet") / "events.parquet"
    reader = read_arrow(archive, on_error="row")
    with pq.ParquetWriter(path, reader.schema) as file:
        for batch in reader:
            file.write_batch(batch)
    return path


@pytest.fixture(scope="module")
def found(archive: Path, parquet: Path) -> dict[str, dict[str, Any]]:
    """Return the answers of each engine to all questions."""
    return {
        "DuckDB, Arrow": duckdb_answers(read_arrow(archive, on_error="row").read_all()),
        "DuckDB, Parquet": duckdb_answers(parquet),
        "Polars, Arrow": polars_answers(pl.from_arrow(read_arrow(archive, on_error="row"))),
        "Polars, Parquet": polars_answers(pl.read_parquet(parquet)),
    }


@pytest.mark.parametrize("question", QUESTIONS)
def test_engines_answer_as_a_loop_does(found: dict[str, dict[str, Any]], question: str, archive: Path) -> None:
    """Bad records are rows of their own, which no question is about."""
    expected = answers(read(archive, on_error="skip"))[question]
    assert len(expected) > 1
    assert {engine: rows[question] for engine, rows in found.items()} == dict.fromkeys(found, expected)


def test_bad_records_are_accounted_for(archive: Path, parquet: Path) -> None:
    """One of each file, with its position."""
    errors = [row for row in pq.read_table(parquet).column("error").to_pylist() if row]
    assert [(row["file"], row["offset"]) for row in errors] == [
        (str(path), 0) for path in sorted(archive.rglob("*.gz"))
    ]
