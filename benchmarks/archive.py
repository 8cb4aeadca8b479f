"""Reading and summarizing an archive of many events."""

import gzip
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.contenders import OURS, load, select
from benchmarks.decode import MIX, REPLICATION
from benchmarks.runner import RSS_UNIT, Section, Size, run_rounds
from benchmarks.workloads import make_events

COMMAND = "ecr-events summary"
_LOOP = """
import gzip, {library}, sys
from collections import Counter
outcomes, repositories, days = Counter(), Counter(), Counter()
for line in gzip.open(sys.argv[1]):
    event = {library}.loads(line)
    detail = event["detail"]
    outcome = detail.get("result") or detail.get("scan-status") or detail.get("sync-status") or detail.get("severity")
    outcomes[event["detail-type"], detail.get("action-type"), outcome] += 1
    repositories[detail.get("repository-name")] += 1
    days[event["time"][:10]] += 1
print(outcomes.total(), "events")
"""
_SUMMARIES = {
    COMMAND: ["-m", "ecr_events", "summary"],
    "json.loads in a loop": ["-c", _LOOP.format(library="json")],
    "orjson.loads in a loop": ["-c", _LOOP.format(library="orjson")],
}

_PEAK = """
import resource, subprocess, sys
status = subprocess.run([sys.executable, *sys.argv[1:]]).returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)
sys.exit(status)
"""


def run(size: Size) -> list[Section]:
    """Return the costs of reading and of summarizing an archive."""
    with tempfile.TemporaryDirectory() as folder:
        mixed, alike, packed = (f"{folder}/{name}" for name in ("mixed.ndjson", "alike.ndjson", "packed.ndjson.gz"))
        write(mixed, make_events(size.archived))
        write(alike, make_events(size.archived, REPLICATION))
        write(packed, make_events(size.summarized))
        reading = select(lambda contender: contender.decodes_mix or contender.read is not None)
        return [
            Section(
                "Archives",
                f"{size.archived:,} events are read from an NDJSON file; each is dropped before the next. `{OURS}` is "
                "`archives.read`; pyarrow builds a table of inferred types, on all cores; the others loop over the "
                "lines and stop at the first invalid one. Microseconds per event.",
                run_rounds(read, reading, size.rounds, mixed, MIX)
                | run_rounds(read, reading, size.rounds, alike, REPLICATION),
            ),
            Section(
                "Archives: a summary on the command line",
                f"`{COMMAND}` counts {size.summarized:,} events in a gzip file and shows those that need attention. "
                "The loops count detail-types, outcomes, repositories and days, and stop at the first invalid line. "
                "Microseconds per event, and MiB at the peak.",
                run_rounds(summarize, _SUMMARIES, min(size.rounds, 3), packed, size.summarized),
                COMMAND,
            ),
        ]


def write(path: str, events: Iterable[bytes]) -> None:
    """Write events to an NDJSON file, with gzip if its name ends in ``.gz``."""
    open_gzip: Any = partial(gzip.open, compresslevel=1)
    with (open_gzip if path.endswith(".gz") else open)(path, "wb") as file:
        for event in events:
            file.write(event + b"\n")


def read(module: str, archive: str, workload: str) -> dict[str, float]:
    """Return microseconds per event."""
    contender = load(module)

    def loop(path: str) -> Iterable[Any]:
        decode = contender.decoder(None)
        assert decode is not None
        with Path(path).open("rb") as file:
            for line in file:
                yield decode(line)

    function = contender.read or loop
    lines = Path(archive).read_bytes().splitlines()
    count = len(lines)
    for value, line, _ in zip(function(archive), lines, range(100), strict=False):
        contender.check(value, json.loads(line))
    del lines
    start = time.perf_counter()
    total = sum(1 for _ in function(archive))
    seconds = time.perf_counter() - start
    assert total == count
    return {workload: seconds / count * 1e6}


def summarize(arguments: list[str], archive: str, count: int) -> dict[str, float]:
    """Return microseconds per event, and MiB at the peak."""
    command = [sys.executable, "-c", _PEAK, *arguments, archive]
    start = time.perf_counter()
    output = subprocess.run(command, check=True, capture_output=True, text=True)
    seconds = time.perf_counter() - start
    assert f"{count} events" in output.stdout.replace(",", "")
    return {"time": seconds / count * 1e6, "memory": int(output.stderr) * RSS_UNIT / 1024**2}
