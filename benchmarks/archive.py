"""An archive of many events: read as values, and summarised."""

import gzip
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.contenders import ADAPTER, BARE, CATTRS, JSON, MASHUMARO, ORJSON, OURS, check, contender
from benchmarks.decode import MIX
from benchmarks.runner import RSS_UNIT, Section, Size, in_rounds
from benchmarks.workloads import mixed, of_kind
from ecr_events.archives import read

ARROW = "pyarrow.json, columns"
ALIKE = "ECR Replication Action"
COMMAND = "ecr-events summary"
BY_HAND = {"json.loads, by hand": "json", "orjson.loads, by hand": "orjson"}
_NAMES = [OURS, BARE, ADAPTER, MASHUMARO, CATTRS, ORJSON, JSON, ARROW]

_COUNTING = """
import gzip, {library}, sys
from collections import Counter
kinds, names, days = Counter(), Counter(), Counter()
for line in gzip.open(sys.argv[1]):
    event = {library}.loads(line)
    detail = event["detail"]
    said = detail.get("result") or detail.get("scan-status") or detail.get("sync-status") or detail.get("severity")
    kinds[event["detail-type"], detail.get("action-type"), said] += 1
    names[detail.get("repository-name")] += 1
    days[event["time"][:10]] += 1
print(kinds.total(), "events")
"""

_PEAK = """
import resource, subprocess, sys
status = subprocess.run([sys.executable, *sys.argv[1:]]).returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)
sys.exit(status)
"""


def run(size: Size) -> list[Section]:
    """Return what reading and summarising an archive costs."""
    with tempfile.TemporaryDirectory() as folder:
        plain, alike, packed = (Path(folder) / name for name in ("mix.ndjson", "alike.ndjson", "many.ndjson.gz"))
        write(plain, mixed(size.archived))
        write(alike, of_kind(ALIKE, size.archived))
        write(packed, mixed(size.summarised))
        rounds = min(size.rounds, 3)
        counted = in_rounds(summarise, [COMMAND, *BY_HAND], rounds, str(packed), size.summarised)
        return [
            Section(
                "Archives",
                f"NDJSON of {size.archived:,} events, a line each, is read event by event, each dropped at once. "
                f"`{OURS}` is `archives.read`; all others get a loop over the lines, which stops at the first bad one; "
                f"`{ARROW}` makes no events but a table, of inferred types and on all cores. Microseconds an event.",
                in_rounds(read_all, _NAMES, size.rounds, str(plain), MIX)
                | in_rounds(read_all, _NAMES, size.rounds, str(alike), ALIKE),
            ),
            Section(
                "Archives: a summary on the command line",
                f"`{COMMAND}` counts {size.summarised:,} events, compressed, and shows what needs a look; beside it "
                "loops that count detail-types, outcomes, repositories and days, and stop at what is no event. "
                "Microseconds an event, and MiB at the peak.",
                counted,
                COMMAND,
            ),
        ]


def write(path: Path, events: Iterable[bytes]) -> None:
    """Write the events, a line each, compressed if the name says so."""
    compressed: Any = partial(gzip.open, compresslevel=1)
    with (compressed if path.suffix == ".gz" else open)(path, "wb") as file:
        for event in events:
            file.write(event + b"\n")


def read_all(name: str, archive: str, workload: str) -> dict[str, float]:
    """Return microseconds an event."""
    lines = Path(archive).read_bytes().splitlines()
    count = len(lines)
    function = _reader(name, archive)
    if name != ARROW:
        rival = contender(name)
        for value, line, _ in zip(function(), lines, range(100), strict=False):
            check(name, rival, value, json.loads(line))
    del lines
    start = time.perf_counter()
    total = sum(1 for _ in function())
    seconds = time.perf_counter() - start
    assert total == count
    return {workload: seconds / count * 1e6}


def _reader(name: str, archive: str) -> Callable[[], Iterable[Any]]:
    if name == OURS:
        return lambda: read(archive)
    if name == ARROW:
        from pyarrow.json import read_json

        return lambda: range(read_json(archive).num_rows)
    decode = contender(name).decoder(None)
    assert decode is not None

    def loop() -> Iterable[Any]:
        with Path(archive).open("rb") as file:
            for line in file:
                yield decode(line)

    return loop


def summarise(name: str, archive: str, count: int) -> dict[str, float]:
    """Return microseconds an event, and the peak of memory."""
    by_hand = ["-c", _COUNTING.format(library=BY_HAND.get(name)), archive]
    command = ["-m", "ecr_events", "summary", archive] if name == COMMAND else by_hand
    start = time.perf_counter()
    output = subprocess.run([sys.executable, "-c", _PEAK, *command], check=True, capture_output=True, text=True)
    seconds = time.perf_counter() - start
    assert f"{count:,} events" in output.stdout or f"{count} events" in output.stdout
    return {"time": seconds / count * 1e6, "memory": int(output.stderr) * RSS_UNIT / 1024**2}
