"""JSON to values: streamed, held, encoded again and pickled."""

import json
import pickle
import time
from collections.abc import Callable
from typing import Any

from benchmarks.contenders import SCAN, Kind, check, contender, installed
from benchmarks.runner import Section, Size, in_rounds, microseconds
from benchmarks.workloads import KINDS, detail_type_last, mixed, of_kind

MIX = "all detail-types mixed"
LAST = "all detail-types mixed, with the key detail-type last"


def run(size: Size) -> list[Section]:
    """Return what decoding costs, and what follows it."""
    names = installed()
    keeping = [name for name in names if name != SCAN]
    return [
        Section(
            "Streaming",
            "Each event is decoded from its bytes and dropped. botocraft takes part for the four detail-types that it "
            "decodes to the same values; Powertools' parser returns the detail alone. Microseconds an event.",
            in_rounds(stream, names, size.rounds, size.streamed, size.seconds),
        ),
        Section(
            "Holding",
            f"{size.held:,} events are decoded into one list, in a process that did nothing else before, with the "
            "garbage collector on. Microseconds an event.",
            {
                **in_rounds(hold, keeping, size.rounds, None, size.held),
                **in_rounds(hold, keeping, size.rounds, "ECR Replication Action", size.held),
            },
        ),
        Section(
            "Encoding and pickling",
            "What was decoded becomes JSON with AWS's key names again, or goes through pickle. Microseconds an event; "
            "bytes where it says so.",
            in_rounds(encode, keeping, size.rounds, size.streamed, size.seconds),
        ),
    ]


def stream(name: str, count: int, seconds: float) -> dict[str, float]:
    """Return microseconds an event, by kind of event."""
    mix = list(mixed(count))
    workloads = {MIX: mix, LAST: [*map(detail_type_last, mix)], **{kind: [*of_kind(kind, count)] for kind in KINDS}}
    return by_kind(name, contender(name).decoder, workloads, seconds)


def by_kind(
    name: str,
    function_for: Callable[[Kind], Callable[[Any], Any] | None],
    workloads: dict[str, list[Any]],
    seconds: float,
) -> dict[str, float]:
    """Return microseconds an event of each workload that a contender has a function for, its values checked."""
    rival = contender(name)
    costs: dict[str, float] = {}
    for workload, events in workloads.items():
        function = function_for(workload if workload in KINDS else None)
        if function is not None:
            for event in events[:100]:
                check(name, rival, function(event), event if isinstance(event, dict) else json.loads(event))
            costs[workload] = microseconds(function, events, seconds)
    return costs


def hold(name: str, kind: str | None, count: int) -> dict[str, float]:
    """Return microseconds an event when all of them are kept."""
    rival = contender(name)
    decode = rival.decoder(kind)
    if decode is None:
        return {}
    events = list(of_kind(kind, count) if kind else mixed(count))
    check(name, rival, decode(events[0]), json.loads(events[0]))
    start = time.perf_counter()
    held = [decode(event) for event in events]
    seconds = time.perf_counter() - start
    return {kind or MIX: seconds / len(held) * 1e6}


def encode(name: str, count: int, seconds: float) -> dict[str, float]:
    """Return microseconds an event on its way back."""
    rival = contender(name)
    decode = rival.decoder(None)
    if decode is None:
        return {}
    texts = list(mixed(count))
    documents, events = [*map(json.loads, texts)], [*map(decode, texts)]
    pickled = [pickle.dumps(event) for event in events]
    for document, text in zip(documents, pickled, strict=True):
        check(name, rival, pickle.loads(text), document)  # noqa: S301 - pickled above
    costs = {
        "pickle.dumps": microseconds(pickle.dumps, events, seconds),
        "pickle.loads": microseconds(pickle.loads, pickled, seconds),
        "bytes of a pickle": sum(map(len, pickled)) / count,
    }
    if rival.encode is not None:
        for document, event in zip(documents, events, strict=True):
            check(name, rival, decode(rival.encode(event)), document)
        costs["to JSON"] = microseconds(rival.encode, events, seconds)
    return costs
