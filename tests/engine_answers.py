"""The answers of engines to the questions, from the columns of events."""

from pathlib import Path
from typing import Any

import pyarrow as pa
from questions import QUESTIONS, Answer

__all__ = ["COLUMNS", "duckdb_answers", "polars_answers", "ray_answers", "spark_answers"]

COLUMNS = [
    "id",
    "time",
    "region",
    "account",
    "detail_type",
    "result",
    "action_type",
    "repository_name",
    "image_digest",
    "scan_status",
    "finding_severity_counts",
    "severity",
    "detail_resources",
]
"""The columns that the questions are about."""

_SQL = {
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

_SPARK_SQL = _SQL | {
    "failed replications": """
        select region, account, unix_seconds(time) div 3600 * 3600 as hour, count(*) from events
        where detail_type = 'ECR Replication Action' and result = 'FAILED' group by all order by all
    """,
    "never replicated": """
        select distinct repository_name, image_digest from events
        where detail_type = 'ECR Image Action' and action_type = 'PUSH' and result = 'SUCCESS'
        except
        select repository_name, image_digest from events
        where detail_type = 'ECR Replication Action' and result = 'SUCCESS'
        order by all
    """,
    "critical findings": """
        select repository, cast(sum(critical) as bigint) as findings from (
            select regexp_replace(repository_name, '^arn:.*:repository/', '') as repository,
                finding_severity_counts['CRITICAL'] as critical from events where scan_status is not null
            union all
            select get_json_object(detail_resources, '$[0].details.awsEcrContainerImage.repositoryName'), 1 from events
            where detail_type = 'Inspector2 Finding' and severity = 'CRITICAL'
        ) group by repository having findings > 0 order by all
    """,
    "replication delay": """
        select explode(percentile(delay, array(0.5, 0.99))) from (
            select (unix_micros(r.time) - unix_micros(p.time)) / 1e6 as delay from events r join (
                select distinct repository_name, image_digest, time from events
                where detail_type = 'ECR Image Action' and action_type = 'PUSH' and result = 'SUCCESS'
            ) p using (repository_name, image_digest)
            where r.detail_type = 'ECR Replication Action' and r.result = 'SUCCESS'
        )
    """,
}


def _rounded(rows: dict[str, Answer]) -> dict[str, Answer]:
    return rows | {"replication delay": [round(delay, 6) for (delay,) in rows["replication delay"]]}


def duckdb_answers(events: Path | pa.Table | pa.RecordBatchReader) -> dict[str, Answer]:
    """Return the answers of DuckDB on Parquet, on an Arrow table, or on a stream, of which it makes a table."""
    import duckdb

    connection = duckdb.connect()
    source: Any = connection.read_parquet(f"{events}/**/*.parquet") if isinstance(events, Path) else events
    if isinstance(events, pa.RecordBatchReader):
        connection.register("stream", source)
        connection.execute("create table events as from stream")
    else:
        connection.register("events", source)
    return _rounded({name: connection.sql(query).fetchall() for name, query in _SQL.items()})


def polars_answers(events: Any) -> dict[str, Answer]:
    """Return the answers of Polars on a `LazyFrame`."""
    import polars as pl

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
    frames = {
        "failed replications": failed.group_by("region", "account", hour).len().sort(pl.all()),
        "never replicated": pushes.join(replicated, on=image, how="anti").select(image).unique().sort(pl.all()),
        "critical findings": critical.sort("repository"),
        "replication delay": pl.concat([delays.quantile(share, "linear") for share in (0.5, 0.99)]),
        "duplicates": ids.sort("id"),
    }
    return _rounded({name: frame.collect().rows() for name, frame in frames.items()})


def spark_answers(events: Any) -> dict[str, Answer]:
    """Return the answers of Spark SQL on a `DataFrame`."""
    events.createOrReplaceTempView("events")
    run = events.sparkSession.sql
    return _rounded({name: [tuple(row) for row in run(_SPARK_SQL[name]).collect()] for name in QUESTIONS})


def ray_answers(events: Any) -> dict[str, Answer]:
    """Return the answers of Ray Data on a `Dataset`: it scans and filters, and DuckDB joins and counts what is left.

    Ray's own groups and joins shuffle the rows between actors, which one machine has no use for.
    """
    kept = events.select_columns(COLUMNS).map_batches(_relevant, batch_format="pyarrow", batch_size=None)
    return duckdb_answers(pa.concat_tables(kept.iter_batches(batch_format="pyarrow", batch_size=None)))


def _relevant(table: pa.Table) -> pa.Table:
    """Return the events of a block."""
    return table.filter(table.column("id").is_valid())
