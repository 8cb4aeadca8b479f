"""What holding events costs: memory, and the pauses of the garbage collector."""

import gc
import json
import resource
import time

import psutil

from benchmarks.contenders import ADAPTER, CATTRS, JSON, MASHUMARO, ORJSON, OURS, POWERTOOLS_DATA, check, contender
from benchmarks.runner import RSS_UNIT, Section, Size, in_rounds
from benchmarks.workloads import mixed

RETAINED = "retained"
PAUSE = "full collection"
_ROUNDS = 2
_NAMES = [OURS, ADAPTER, POWERTOOLS_DATA, MASHUMARO, CATTRS, ORJSON, JSON]
"""Every way to represent an event once: the bare msgspec decoder makes ours, every way of pydantic's makes models."""


def run(size: Size) -> list[Section]:
    """Return what a million events cost while they are held."""
    measured = in_rounds(hold, _NAMES, min(size.rounds, _ROUNDS), size.collected)
    text = f"{size.collected:,} events of all detail-types are decoded and held, without the bytes they came from."
    return [
        Section("Memory", f"{text} Bytes an event.", {name: measured[name] for name in (RETAINED, "peak")}),
        Section("Garbage collection", f"{text} Milliseconds that gc.collect() takes.", {PAUSE: measured[PAUSE]}),
    ]


def hold(name: str, count: int) -> dict[str, float]:
    """Return bytes an event, and milliseconds of a full collection."""
    rival = contender(name)
    decode = rival.decoder(None)
    assert decode is not None
    for event in mixed(100):
        check(name, rival, decode(event), json.loads(event))
    gc.collect()
    process = psutil.Process()
    before = process.memory_info().rss
    held = [decode(event) for event in mixed(count)]
    retained = process.memory_info().rss - before
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * RSS_UNIT - before
    start = time.perf_counter()
    gc.collect()
    pause = time.perf_counter() - start
    return {RETAINED: retained / len(held), "peak": peak / len(held), PAUSE: pause * 1e3}
