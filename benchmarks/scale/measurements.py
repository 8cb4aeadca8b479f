"""The measurements: processor time, so that other programs on the machine matter less."""

import gzip
import hashlib
import json
import re
import resource
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow.parquet as pq

from benchmarks import lookup, lookup_batches
from benchmarks.archive import write
from benchmarks.contenders import OURS, select
from benchmarks.decode import MIX, stream
from benchmarks.lookup import BATCHED
from benchmarks.runner import Size, run_rounds
from benchmarks.scale.prices import CONSTANTS
from benchmarks.workloads import make_events, sqs_delivery
from ecr_events import decode
from ecr_events.columns import read_arrow
from ecr_events.deliveries import process

__all__ = ["TEXTS", "measure", "measure_lookups", "measure_streaming", "rounds_of", "streaming_of"]

_ROUNDS = 3
_COLUMNS = ("detail_type", "region", "account", "time", "result")
"""The columns of the question: failed replications by region, account and hour."""

TEXTS = {
    "decode": "µs of `decode` per event, from bytes",
    "handler": "µs per event of a Lambda function for SQS: `json.loads` of the payload, `process`, a handler that does "
    "nothing",
    "direct": "µs per event of a Lambda function for EventBridge: `json.loads`, `decode` of the dict",
    "batch": "messages of a batch: as many as fit into the payload, 10,000 at most",
    "row": "µs of `read_arrow` per row, all columns",
    "convert": "µs of `ecr-events convert --jobs 1` per event, to one Parquet file",
    "partitioned": "µs of `ecr-events convert --jobs 1 --partition` per event, to a table of ten days",
    "raw": "bytes of JSON per event, with a newline",
    "zipped": "bytes with gzip at level 6 per event",
    "stored": "bytes of that Parquet file per row, all columns",
    "five": f"bytes of that Parquet file per row in the columns {', '.join(_COLUMNS)}",
}


def rounds_of(size: Size) -> int:
    """Return the number of rounds."""
    return min(size.rounds, _ROUNDS)


def measure(size: Size) -> dict[str, float]:
    """Return the medians of the rounds, by symbol."""
    rounds = rounds_of(size)
    with TemporaryDirectory() as folder:
        archive, packed = Path(folder, "events.ndjson"), Path(folder, "events.ndjson.gz")
        write(str(archive), _realistic(make_events(size.tabulated)))
        with archive.open("rb") as source, gzip.open(packed, "wb", compresslevel=6) as target:
            shutil.copyfileobj(source, target)
        sizes = {"raw": archive.stat().st_size, "zipped": packed.stat().st_size}
        found = {
            **run_rounds(measure_events, {"": size.archived}, rounds),
            **run_rounds(measure_reading, {"": str(archive)}, rounds),
            **run_rounds(measure_converting, {"": str(archive)}, rounds, size.tabulated),
        }
    medians = {symbol: statistics.median(values[""]) for symbol, values in found.items()}
    medians |= {symbol: value / size.tabulated for symbol, value in sizes.items()}
    return {symbol: medians[symbol] for symbol in TEXTS}


def measure_streaming(size: Size) -> float:
    """Return the microseconds per event of `decode` that RESULTS.md has under Streaming, on this machine."""
    found = run_rounds(stream, {OURS: select()[OURS]}, rounds_of(size), size.streamed, size.seconds)
    return statistics.median(found[MIX][OURS])


def streaming_of(results: str) -> float:
    """Return the same figure of the text of a RESULTS.md.

    Raises:
        ValueError: The text has none.
    """
    section = results.partition("\n## Streaming\n")[2]
    found = re.search(rf"\*\*{re.escape(MIX)}\*\*\n\n.*\n.*\n\| {OURS} \| ([\d.]+) \|", section)
    if found is None:
        raise ValueError(f"RESULTS.md has no microseconds of {OURS} under Streaming, {MIX}")
    return float(found[1])


def _realistic(events: Iterable[bytes]) -> Iterator[bytes]:
    """Yield events with ids, digests and times of day that do not compress better than AWS's do."""
    for number, event in enumerate(events):
        digest = hashlib.sha256(str(number).encode()).hexdigest()
        id = f"{digest[:8]}-{digest[8:12]}-4{digest[13:16]}-8{digest[17:20]}-{digest[20:32]}"
        changed = re.sub(rb"sha256:[0-9a-f]{64}", f"sha256:{digest}".encode(), event)
        changed = re.sub(rb'"id":"[0-9a-f-]{36}"', f'"id":"{id}"'.encode(), changed, count=1)
        minute, second = divmod(number % 3_600, 60)
        yield changed.replace(b"T09:15:31Z", f"T09:{minute:02}:{second:02}Z".encode(), 1)


def measure_reading(archive: str) -> dict[str, float]:
    """Return microseconds of processor time per row of `read_arrow`, whose batches are dropped."""
    next(iter(read_arrow(archive)))  # builds the decoders
    rows, start = 0, time.process_time()
    for batch in read_arrow(archive):
        rows += batch.num_rows
    return {"row": (time.process_time() - start) / rows * 1e6}


def measure_converting(archive: str, count: int) -> dict[str, float]:
    """Return microseconds of processor time per event of the command, without its start; and bytes of Parquet per row.

    Args:
        archive: The events.
        count: Their number.
    """
    with TemporaryDirectory() as folder:
        empty, file = Path(folder, "empty.ndjson"), Path(folder, "events.parquet")
        empty.touch()
        converting = _convert(archive, count, "--to", str(file))
        converting -= _convert(str(empty), 0, "--to", f"{folder}/empty.parquet")
        partitioning = _convert(archive, count, "--partition", "--to", f"{folder}/table")
        partitioning -= _convert(str(empty), 0, "--partition", "--to", f"{folder}/empty")
        groups = pq.ParquetFile(file).metadata
        chunks = [
            groups.row_group(group).column(column)
            for group in range(groups.num_row_groups)
            for column in range(groups.num_columns)
        ]
        return {
            "convert": converting / count * 1e6,
            "partitioned": partitioning / count * 1e6,
            "stored": file.stat().st_size / count,
            "five": sum(chunk.total_compressed_size for chunk in chunks if chunk.path_in_schema in _COLUMNS) / count,
        }


def _convert(archive: str, count: int, *options: str) -> float:
    """Return the seconds of processor time, user and system, of the command, which writes `count` rows."""
    command = [sys.executable, "-m", "ecr_events", "convert", "--jobs", "1", archive, *options]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    process = subprocess.run(command, check=True, capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert f"{count:,} rows from 1 file\n" in process.stderr
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def measure_events(count: int) -> dict[str, float]:
    """Return microseconds of processor time per event, alone and in Lambda functions, and the messages of a batch."""
    events = list(_realistic(make_events(count)))
    message = len(json.dumps(sqs_delivery(events))) / count
    batch = min(10_000, int(CONSTANTS["payload"].value / message))
    payloads = [json.dumps(sqs_delivery(events[start : start + batch])) for start in range(0, count, batch)]
    decode(events[0])  # builds the decoders
    start = time.process_time()
    for event in events:
        decode(event)
    alone = time.process_time() - start
    start = time.process_time()
    for payload in payloads:
        response = process(json.loads(payload), lambda _: None)
        assert response == {"batchItemFailures": []}
    handler = time.process_time() - start
    start = time.process_time()
    for event in events:
        decode(json.loads(event))
    direct = time.process_time() - start
    seconds = {"decode": alone, "handler": handler, "direct": direct}
    return {symbol: value / count * 1e6 for symbol, value in seconds.items()} | {"batch": batch}


def measure_lookups(size: Size) -> dict[str, float]:
    """Return calls per lookup, by what is looked up."""
    count = max(size.looked_up, lookup_batches.REPOSITORIES * 10)
    distinct = min(size.looked_up, lookup.REPOSITORIES * lookup.IMAGES)
    repeated = run_rounds(lookup.look_up, {"": BATCHED}, 1, size.looked_up)["requests"][""][0]
    found = {
        f"`ECRService`: {size.looked_up:,} events name {distinct} images in {lookup.REPOSITORIES} repositories; image "
        "and repository of each": repeated / (2 * size.looked_up)
    }
    for missing in (0, count // 100, count // 2):
        scenario = f"{missing} missing"
        requests = run_rounds(lookup_batches.look_up, {"": BATCHED}, 1, scenario, count)[f"{scenario}: requests"][""][0]
        images = f"{count:,} images in {lookup_batches.REPOSITORIES} repositories, each once"
        found[f"`ECRService`: {images}; {missing:,} do not exist"] = requests / count
    return {"a call per lookup": 1.0, **found}
