"""Memory and garbage collection while events are held."""

import gc
import json
import resource
import time

import psutil

from benchmarks.contenders import load, select
from benchmarks.runner import RSS_UNIT, Section, Size, run_rounds
from benchmarks.workloads import make_events

RETAINED = "retained"
PAUSE = "full collection"
_ROUNDS = 2


def run(size: Size) -> list[Section]:
    """Return the memory of a million events, and the pause of a full collection."""
    modules = select(lambda contender: contender.decodes_mix and not contender.shares_type)
    measured = run_rounds(hold, modules, min(size.rounds, _ROUNDS), size.collected)
    text = f"{size.collected:,} events of all detail-types are decoded and held; the bytes they came from are not."
    return [
        Section("Memory", f"{text} Bytes per event.", {name: measured[name] for name in (RETAINED, "peak")}),
        Section("Garbage collection", f"{text} Milliseconds of `gc.collect()`.", {PAUSE: measured[PAUSE]}),
    ]


def hold(module: str, count: int) -> dict[str, float]:
    """Return bytes per event, and milliseconds of a full collection."""
    contender = load(module)
    decode = contender.decoder(None)
    assert decode is not None
    for event in make_events(100):
        contender.check(decode(event), json.loads(event))
    gc.collect()
    process = psutil.Process()
    before = process.memory_info().rss
    held = [decode(event) for event in make_events(count)]
    retained = process.memory_info().rss - before
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * RSS_UNIT - before
    start = time.perf_counter()
    gc.collect()
    pause = time.perf_counter() - start
    return {RETAINED: retained / len(held), "peak": peak / len(held), PAUSE: pause * 1e3}
