"""A summary of two million events: ``python -m benchmarks.archive [EVENTS]``.

Writes an archive of so many distinct events, in realistic proportions and compressed, and has
``ecr-events summary`` count it; beside it a loop over ``json.loads`` that does the same counts.
Each runs in a process of its own, whose peak memory is printed.
"""

import gzip
import json
import platform
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from ecr_events import (
    ECRImageActionEvent,
    ECRImageScanEvent,
    ECRPullThroughCacheActionEvent,
    ECRReplicationActionEvent,
    EventBridgeEvent,
    Inspector2FindingEvent,
    Inspector2ScanEvent,
)
from ecr_events.samples import sample_json

EVENTS = 2_000_000

PROPORTIONS: dict[type[EventBridgeEvent], int] = {
    ECRImageActionEvent: 50,
    ECRReplicationActionEvent: 20,
    ECRImageScanEvent: 10,
    ECRPullThroughCacheActionEvent: 10,
    Inspector2ScanEvent: 5,
    Inspector2FindingEvent: 5,
}

_FAILING = 0.02

BY_HAND = """
import gzip, json, sys
from collections import Counter
kinds, names, days = Counter(), Counter(), Counter()
for line in gzip.open(sys.argv[1]):
    event = json.loads(line)
    detail = event["detail"]
    said = detail.get("result") or detail.get("scan-status") or detail.get("sync-status") or detail.get("severity")
    kinds[event["detail-type"], detail.get("action-type"), said] += 1
    names[detail.get("repository-name")] += 1
    days[event["time"][:10]] += 1
print(kinds.total(), "events")
"""


def main(events: int) -> None:
    """Print events a second, and peak memory, of both."""
    print(f"CPython {platform.python_version()}, msgspec {msgspec.__version__}, {events:,} events, gzip")
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder) / "events.ndjson.gz"
        with gzip.open(archive, "wb", compresslevel=1) as file:
            for line in archive_lines(events):
                file.write(line)
        for name, command in (
            ("ecr-events summary", ["-m", "ecr_events", "summary", str(archive)]),
            ("json.loads, by hand", ["-c", BY_HAND, str(archive)]),
        ):
            start = time.perf_counter()
            measured = [sys.executable, "-c", _MEASURED, *command]
            output = subprocess.run(measured, check=True, capture_output=True, text=True)  # noqa: S603
            seconds = time.perf_counter() - start
            assert f"{events:,} events" in output.stdout or f"{events} events" in output.stdout
            rate, peak = events / seconds, int(output.stderr) // 1024
            print(f"  {name:22} {rate:10,.0f} events/s  {seconds:6.1f} s  peak {peak:5} MiB")


_MEASURED = """
import resource, subprocess, sys
status = subprocess.run([sys.executable, *sys.argv[1:]]).returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)
sys.exit(status)
"""


def archive_lines(events: int) -> Iterator[bytes]:
    """Yield so many distinct events, a line each, over ten days and 200 repositories."""
    choose = random.Random(1)  # noqa: S311 - no cryptography
    documents: dict[Any, dict[str, Any]] = {cls: json.loads(sample_json(cls)) for cls in PROPORTIONS}
    encode = msgspec.json.encode
    for number, cls in enumerate(choose.choices(list(PROPORTIONS), list(PROPORTIONS.values()), k=events)):
        document = documents[cls]
        name = f"team/app-{int(choose.random() ** 3 * 200)}"
        detail: dict[str, Any] = document["detail"] | {"image-digest": f"sha256:{number:064x}"}
        if cls in {ECRImageActionEvent, ECRReplicationActionEvent}:
            result = "FAILED" if cls is ECRReplicationActionEvent and choose.random() < _FAILING else "SUCCESS"
            detail |= {"repository-name": name, "image-tag": f"1.{number}", "result": result}
        elif cls is ECRPullThroughCacheActionEvent:
            detail |= {"repository-name": f"docker-hub/{name}", "image-tag": f"1.{number}"}
        elif cls is Inspector2FindingEvent:
            detail = document["detail"] | {"severity": choose.choices(("CRITICAL", "HIGH", "MEDIUM"), (1, 9, 20))[0]}
        else:
            counts = {"CRITICAL": 1} if choose.random() < _FAILING else {"HIGH": 4, "MEDIUM": 12}
            named = f"arn:aws:ecr:eu-west-1:012345678901:repository/{name}" if cls is Inspector2ScanEvent else name
            detail |= {"repository-name": named, "finding-severity-counts": counts, "image-tags": [f"1.{number}"]}
        day = 4 + int(10 * (number / events) ** 0.8)
        moment = f"2026-05-{day:02}T09:15:31Z"
        yield encode(document | {"id": f"{number:036}", "time": moment, "detail": detail}) + b"\n"


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else EVENTS)
