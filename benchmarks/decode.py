"""Decoding JSON to values that are dropped, held, encoded again or pickled."""

import json
import pickle
import time
from collections.abc import Callable
from typing import Any

from benchmarks.contenders import Contender, DetailType, load, select
from benchmarks.runner import Section, Size, microseconds, run_rounds
from benchmarks.workloads import CLASSES, detail_type_last, make_events

MIX = "all detail-types mixed"
LAST = "all detail-types mixed, with the key detail-type last"
REPLICATION = "ECR Replication Action"


def run(size: Size) -> list[Section]:
    """Return the costs of decoding, holding, encoding and pickling."""
    holding = select(lambda contender: contender.plain is not None)
    mixing = select(lambda contender: contender.decodes_mix)
    return [
        Section(
            "Streaming",
            "Each event is decoded from its bytes and dropped. botocraft takes part for the four detail-types that it "
            "decodes to the same values. Microseconds per event.",
            run_rounds(stream, select(), size.rounds, size.streamed, size.seconds),
        ),
        Section(
            "Holding",
            f"{size.held:,} events are decoded into one list, in a fresh process with the garbage collector on. "
            "Microseconds per event.",
            run_rounds(hold, mixing, size.rounds, None, size.held)
            | run_rounds(hold, holding, size.rounds, REPLICATION, size.held),
        ),
        Section(
            "Encoding and pickling",
            "Decoded events are encoded as JSON with AWS's key names, or pickled and unpickled. Microseconds per "
            "event, except for the size of a pickle.",
            run_rounds(encode, mixing, size.rounds, size.streamed, size.seconds),
        ),
    ]


def stream(module: str, count: int, seconds: float) -> dict[str, float]:
    """Return microseconds per event, by detail-type and for the mix."""
    contender = load(module)
    mix = list(make_events(count))
    workloads = {
        MIX: mix,
        LAST: [*map(detail_type_last, mix)],
        **{name: [*make_events(count, name)] for name in CLASSES},
    }
    return by_detail_type(contender, contender.decoder, workloads, seconds)


def by_detail_type(
    contender: Contender,
    function_for: Callable[[DetailType], Callable[[Any], Any] | None],
    workloads: dict[str, list[Any]],
    seconds: float,
) -> dict[str, float]:
    """Return microseconds per event of each workload that the contender can decode, after checking its values."""
    costs: dict[str, float] = {}
    for workload, events in workloads.items():
        function = function_for(workload if workload in CLASSES else None)
        if function is not None:
            for event in events[:100]:
                contender.check(function(event), event if isinstance(event, dict) else json.loads(event))
            costs[workload] = microseconds(function, events, seconds)
    return costs


def hold(module: str, detail_type: DetailType, count: int) -> dict[str, float]:
    """Return microseconds per event when all events stay in memory."""
    contender = load(module)
    decode = contender.decoder(detail_type)
    assert decode is not None
    events = list(make_events(count, detail_type))
    contender.check(decode(events[0]), json.loads(events[0]))
    start = time.perf_counter()
    held = [decode(event) for event in events]
    seconds = time.perf_counter() - start
    return {detail_type or MIX: seconds / len(held) * 1e6}


def encode(module: str, count: int, seconds: float) -> dict[str, float]:
    """Return microseconds per event to encode and to pickle, after checking that no value is lost."""
    contender = load(module)
    decode = contender.decoder(None)
    assert decode is not None
    raw = list(make_events(count))
    documents, events = [*map(json.loads, raw)], [*map(decode, raw)]
    pickles = [pickle.dumps(event) for event in events]
    for document, data in zip(documents, pickles, strict=True):
        contender.check(pickle.loads(data), document)  # noqa: S301 - pickled above
    costs = {
        "pickle.dumps": microseconds(pickle.dumps, events, seconds),
        "pickle.loads": microseconds(pickle.loads, pickles, seconds),
        "bytes of a pickle": sum(map(len, pickles)) / count,
    }
    if contender.encode is not None:
        for document, event in zip(documents, events, strict=True):
            contender.check(decode(contender.encode(event)), document)
        costs["to JSON"] = microseconds(contender.encode, events, seconds)
    return costs
