"""An archive of millions of events through Spark to Parquet, and questions about it: ``python -m benchmarks.engines``.

Requires Linux, the extra ``engines``, and Java 17 or later. One event in a thousand is damaged, in eight ways. Spark
writes the archive to Parquet on two cores, with what is damaged as rows. Each damaged event must be there, with file,
offset and bytes, and each intact one. Spark, DuckDB, Polars and Ray answer five questions on the Parquet, and a plain
loop answers them over `read`; each in a process of its own, which imports no other engine. Prints Markdown.
"""

import argparse
import json
import os
import platform
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec
import psutil

from benchmarks.workloads import make_events

sys.path.append(str(Path(__file__).parent.parent / "tests"))
from damaged_archives import Damage, write_archive
from questions import QUESTIONS, Answer, answers

_PACKAGES = ("msgspec", "pyarrow", "pyspark", "ray", "duckdb", "polars")
_START = datetime(2026, 5, 4, tzinfo=UTC)
_DAYS = 10
_DAMAGED = 1_000
"""Number of events of which one is damaged."""
_REPEATED = 1_000
"""Number of events of which one is delivered twice."""
_NEVER_REPLICATED = 100
"""Number of pushes of which one is never replicated."""
_WAITING = 100
"""Pushes that wait for their replication. Beyond them, images are deleted."""


def make_documents(count: int) -> Iterator[tuple[str, bytes]]:
    """Yield distinct events, each with the name of the file of its hour, and some of them twice.

    The mix is that of the other benchmarks. Replications follow pushes of the same images.
    """
    choose = random.Random(2)
    waiting: deque[tuple[dict[str, Any], datetime]] = deque()
    for number, text in enumerate(make_events(count)):
        document = msgspec.json.decode(text)
        detail, now = document["detail"], _START + number * timedelta(days=_DAYS) / count
        document["time"] = f"{now:%Y-%m-%dT%H:%M:%SZ}"
        if document["detail-type"] == "ECR Image Action":
            if len(waiting) > _WAITING:
                detail["action-type"] = "DELETE"
            elif choose.randrange(_NEVER_REPLICATED):
                waiting.append((detail, now))
        elif document["detail-type"] == "ECR Replication Action" and waiting:
            image, pushed = waiting.popleft()
            detail |= {key: image[key] for key in ("repository-name", "image-digest", "image-tag")}
            document["region"] = choose.choice(("us-east-1", "eu-central-1"))
            document["time"] = f"{pushed + timedelta(seconds=choose.randint(2, 90)):%Y-%m-%dT%H:%M:%SZ}"
        encoded = msgspec.json.encode(document)
        for _ in range(2 if choose.randrange(_REPEATED) == 0 else 1):
            yield f"{now:%Y/%m/%d/%H}.gz", encoded


def spark_session() -> Any:
    """Return a session with two cores."""
    from pyspark.sql import SparkSession

    from ecr_events.columns.spark import ECREventsDataSource

    os.environ["PYSPARK_PYTHON"] = sys.executable
    builder: Any = SparkSession.builder
    options = {
        "spark.driver.memory": "4g",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": "8",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }
    session = builder.master("local[2]").config(map=options).getOrCreate()
    session.dataSource.register(ECREventsDataSource)
    return session


class PeakMemory(threading.Thread):
    """The peak resident memory of the processes that this one started, sampled ten times a second."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.worker = 0
        """Of one Python worker."""
        self.java = 0
        """Of Spark's JVM."""
        self._ended = threading.Event()

    def run(self) -> None:
        """Sample until `stop` is called."""
        while not self._ended.wait(0.1):
            for process in psutil.Process().children(recursive=True):
                try:
                    size, name = process.memory_info().rss, process.name()
                except psutil.NoSuchProcess:
                    continue
                if name == "java":
                    self.java = max(self.java, size)
                elif name.startswith("python"):
                    self.worker = max(self.worker, size)

    def stop(self) -> None:
        """Stop sampling."""
        self._ended.set()
        self.join()


def write_parquet(archive: Path, parquet: Path) -> dict[str, float]:
    """Write an archive to Parquet with Spark, and return the seconds and the peaks of memory in MiB."""
    spark = spark_session()
    spark.range(1).count()
    peak = PeakMemory()
    peak.start()
    start = time.perf_counter()
    spark.read.format("ecr-events").option("onError", "row").load(str(archive)).write.parquet(str(parquet))
    seconds = time.perf_counter() - start
    peak.stop()
    return {"seconds": seconds, "worker": peak.worker / 1024**2, "java": peak.java / 1024**2}


def _ask_loop(archive: Path, _: Path) -> dict[str, Answer]:
    from ecr_events.archives import read

    return answers(read(archive, on_error="skip"))


def _ask_spark(_: Path, parquet: Path) -> dict[str, Answer]:
    from engine_answers import spark_answers

    return spark_answers(spark_session().read.parquet(str(parquet)))


def _ask_duckdb(_: Path, parquet: Path) -> dict[str, Answer]:
    from engine_answers import duckdb_answers

    return duckdb_answers(parquet)


def _ask_polars(_: Path, parquet: Path) -> dict[str, Answer]:
    import polars as pl
    from engine_answers import polars_answers

    return polars_answers(pl.scan_parquet(parquet / "*.parquet"))


def _ask_ray(_: Path, parquet: Path) -> dict[str, Answer]:
    import ray.data
    from engine_answers import ray_answers

    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    return ray_answers(ray.data.read_parquet(str(parquet)))


_ENGINES: dict[str, Callable[[Path, Path], dict[str, Answer]]] = {
    "a plain loop over `read`": _ask_loop,
    "Spark": _ask_spark,
    "DuckDB": _ask_duckdb,
    "Polars": _ask_polars,
    "Ray": _ask_ray,
}


def ask(engine: str, archive: Path, parquet: Path) -> dict[str, Any]:
    """Return the answers of an engine, the seconds, and the peak of the memory of this process in MiB."""
    start = time.perf_counter()
    found = _ENGINES[engine](archive, parquet)
    seconds = time.perf_counter() - start
    return {"answers": found, "seconds": seconds, "peak": _peak()}


def _peak() -> float:
    """Return the peak resident memory of this process in MiB. `getrusage` includes the process that forked it."""
    (line,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


def check_rows(parquet: Path, damaged: list[Damage], intact: int) -> None:
    """Raise an AssertionError if a damaged event is not a row with its position and bytes, or an intact one is lost."""
    import pyarrow.parquet as pq

    errors = [row for row in pq.read_table(parquet, columns=["error"]).column("error").to_pylist() if row]
    rows = [Damage(row["file"], row["offset"], row["payload"]) for row in errors]
    assert sorted(rows) == sorted(damaged), "the damaged events differ"
    found = sum(pq.read_metadata(file).num_rows for file in parquet.glob("*.parquet")) - len(errors)
    assert found == intact, f"{found} events, not {intact}"


def _run(*arguments: str) -> Any:
    """Return what a call of this module prints, in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.engines", *arguments]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}  # for the engines' workers
    process = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if process.returncode:
        sys.exit(process.stderr)
    # Ray's workers may print too.
    return json.loads(next(line for line in reversed(process.stdout.splitlines()) if line.startswith("{")))


def report(count: int, folder: Path) -> Iterator[str]:
    """Yield the lines of the report."""
    archive, parquet = folder / "archive", folder / "parquet"
    damaged, intact = write_archive(archive, make_documents(count), _DAMAGED)
    total = intact + len(damaged)
    files = list(archive.rglob("*.gz"))
    size = sum(path.stat().st_size for path in files) / 1024**2
    yield f"# {total:,} events through Spark\n"
    yield f"`python -m benchmarks.engines --events {count}`\n"
    versions = ", ".join(f"{package} {version(package)}" for package in _PACKAGES)
    yield f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; Python {platform.python_version()}, {versions}."
    yield f"\nThe archive: {len(files)} gzip files, {size:,.0f} MiB, {len(damaged):,} of {total:,} events damaged.\n"
    written = _run("--write", str(archive), str(parquet))
    check_rows(parquet, damaged, intact)
    yield "| Spark, `local[2]`, archive to Parquet | |\n|---|---:|"
    yield f"| seconds | {written['seconds']:,.1f} |"
    yield f"| rows per second | {total / written['seconds']:,.0f} |"
    yield f"| peak memory of a Python worker, MiB | {written['worker']:,.0f} |"
    yield f"| peak memory of the JVM, MiB | {written['java']:,.0f} |"
    yield f"| damaged events with file, offset and bytes | {len(damaged):,} of {len(damaged):,} |"
    yield f"| intact events | {intact:,} of {intact:,} |\n"
    expected: dict[str, Answer] = {}
    yield f"| | seconds | peak memory, MiB | {' | '.join(QUESTIONS)} |"
    yield f"|---|---:|---:|{'---|' * len(QUESTIONS)}"
    differing = 0
    for engine in _ENGINES:
        found = _run("--ask", engine, str(archive), str(parquet))
        expected = expected or found["answers"]
        equal = [found["answers"][name] == expected[name] for name in QUESTIONS]
        differing += equal.count(False)
        rows = [len(expected[name]) for name in QUESTIONS]
        cells = [f"{n:,} rows" if ok else "DIFFERENT" for n, ok in zip(rows, equal, strict=True)]
        yield f"| {engine} | {found['seconds']:,.1f} | {found['peak']:,.0f} | {' | '.join(cells)} |"
    yield "\nThe rows of each answer equal those of the plain loop. Memory is that of the process that asks, without"
    yield "Spark's JVM and Ray's workers."
    if differing:
        sys.exit(f"{differing} answers differ from those of the plain loop")


def main() -> None:
    """Print the report, or run a part of it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.engines", description=__doc__)
    parser.add_argument(
        "--events", type=int, default=5_000_000, metavar="N", help="number of events (default: 5000000)"
    )
    parser.add_argument("--write", nargs=2, type=Path, metavar=("ARCHIVE", "PARQUET"), help=argparse.SUPPRESS)
    parser.add_argument("--ask", nargs=3, metavar=("ENGINE", "ARCHIVE", "PARQUET"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.write:
        print(json.dumps(write_parquet(*arguments.write)))
    elif arguments.ask:
        engine, archive, parquet = arguments.ask
        print(json.dumps(ask(engine, Path(archive), Path(parquet))))
    else:
        with tempfile.TemporaryDirectory() as folder:
            for line in report(arguments.events, Path(folder)):
                print(line, flush=True)


if __name__ == "__main__":
    main()
