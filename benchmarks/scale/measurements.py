"""The measurements: processor time, so that other programs on the machine matter less."""

import gzip
import hashlib
import json
import re
import statistics
import time
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks import lookup, lookup_batches
from benchmarks.archive import write
from benchmarks.lookup import BATCHED
from benchmarks.runner import Size, run_rounds
from benchmarks.scale.prices import CONSTANTS
from benchmarks.workloads import make_events, sqs_delivery
from ecr_events import decode
from ecr_events.columns import read_arrow
from ecr_events.deliveries import process

__all__ = ["TEXTS", "measure", "measure_lookups"]

_ROUNDS = 3
_ROW_GROUP = 64
"""Batches of a row group: 131,072 rows."""
_COLUMNS = ("detail_type", "region", "account", "time", "result")
"""The columns of the question: failed replications by region, account and hour."""

TEXTS = {
    "decode": "µs of `decode` per event, from bytes",
    "handler": "µs per event of a Lambda function for SQS: `json.loads` of the payload, `process`, a handler that does "
    "nothing",
    "direct": "µs per event of a Lambda function for EventBridge: `json.loads`, `decode` of the dict",
    "batch": "messages of a batch: as many as fit into the payload, 10,000 at most",
    "row": "µs of `read_arrow` per row, all columns",
    "parquet": "µs of pyarrow per row to write Parquet, zstd, 131,072 rows per row group",
    "raw": "bytes of JSON per event, with a newline",
    "zipped": "bytes with gzip at level 6 per event",
    "stored": "bytes of Parquet per row, all columns",
    "five": f"bytes of Parquet per row in the columns {', '.join(_COLUMNS)}",
}


def measure(size: Size) -> dict[str, float]:
    """Return the medians of the rounds, by symbol."""
    rounds = min(size.rounds, _ROUNDS)
    with TemporaryDirectory() as folder:
        archive = f"{folder}/events.ndjson"
        write(archive, _realistic(make_events(size.archived)))
        rows = run_rounds(measure_columns, {"": archive}, rounds)
        content = Path(archive).read_bytes()
    found = {
        **run_rounds(measure_events, {"": size.archived}, rounds),
        **rows,
    }
    medians = {symbol: statistics.median(values[""]) for symbol, values in found.items()}
    medians |= {"raw": len(content) / size.archived, "zipped": len(gzip.compress(content, 6)) / size.archived}
    return {symbol: medians[symbol] for symbol in TEXTS}


def _realistic(events: Iterable[bytes]) -> Iterator[bytes]:
    """Yield events with ids, digests and times of day that do not compress better than AWS's do."""
    for number, event in enumerate(events):
        digest = hashlib.sha256(str(number).encode()).hexdigest()
        id = f"{digest[:8]}-{digest[8:12]}-4{digest[13:16]}-8{digest[17:20]}-{digest[20:32]}"
        changed = re.sub(rb"sha256:[0-9a-f]{64}", f"sha256:{digest}".encode(), event)
        changed = re.sub(rb'"id":"[0-9a-f-]{36}"', f'"id":"{id}"'.encode(), changed, count=1)
        minute, second = divmod(number % 3_600, 60)
        yield changed.replace(b"T09:15:31Z", f"T09:{minute:02}:{second:02}Z".encode(), 1)


def measure_columns(archive: str) -> dict[str, float]:
    """Return microseconds of processor time per row, to read and to write; and bytes of Parquet per row."""
    next(iter(read_arrow(archive)))  # builds the decoders
    rows, start = 0, time.process_time()
    for batch in read_arrow(archive):
        rows += batch.num_rows
    reading = time.process_time() - start
    with TemporaryDirectory() as folder:
        path, start = f"{folder}/events.parquet", time.process_time()
        reader = read_arrow(archive)
        with pq.ParquetWriter(path, reader.schema, compression="zstd") as file:
            while batches := list(islice(reader, _ROW_GROUP)):
                file.write_table(pa.Table.from_batches(batches))
        both = time.process_time() - start
        groups = pq.ParquetFile(path).metadata
        chunks = [
            groups.row_group(group).column(column)
            for group in range(groups.num_row_groups)
            for column in range(groups.num_columns)
        ]
        assert groups.num_rows == rows
        return {
            "row": reading / rows * 1e6,
            "parquet": (both - reading) / rows * 1e6,
            "stored": Path(path).stat().st_size / rows,
            "five": sum(chunk.total_compressed_size for chunk in chunks if chunk.path_in_schema in _COLUMNS) / rows,
        }


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
