"""Decoding in a Lambda function: an event as a dict, and a batch of SQS messages."""

import json
from typing import Any

from benchmarks.contenders import OURS, load, select
from benchmarks.decode import MIX, by_detail_type
from benchmarks.runner import Section, Size, microseconds, run_rounds
from benchmarks.workloads import CLASSES, make_events, sqs_delivery

SQS = "10 SQS records"
BATCH = 10


def run(size: Size) -> list[Section]:
    """Return the costs of both."""
    converting = select(lambda contender: contender.converter is not None)
    mixing = select(lambda contender: contender.decodes_mix)
    return [
        Section(
            "Lambda: an event as a dict",
            "EventBridge invokes a function directly; Lambda has parsed the event to a dict. Microseconds per event.",
            run_rounds(convert, converting, size.rounds, size.streamed, size.seconds),
        ),
        Section(
            "Lambda: a batch from SQS",
            f"A delivery of {BATCH} messages, with events of all detail-types. `{OURS}` is `unwrap`, which recognizes "
            "the source and gives each event its message id; the others loop over the bodies. Microseconds per batch.",
            run_rounds(unwrap, mixing, size.rounds, size.streamed, size.seconds),
        ),
    ]


def convert(module: str, count: int, seconds: float) -> dict[str, float]:
    """Return microseconds per event, by detail-type and for the mix."""
    contender = load(module)
    assert contender.converter is not None
    workloads = {MIX: make_events(count), **{name: make_events(count, name) for name in CLASSES}}
    documents = {workload: [*map(json.loads, events)] for workload, events in workloads.items()}
    return by_detail_type(contender, contender.converter, documents, seconds)


def unwrap(module: str, count: int, seconds: float) -> dict[str, float]:
    """Return microseconds per batch."""
    contender = load(module)
    decode = contender.decoder(None)
    assert decode is not None

    def loop(delivery: dict[str, Any]) -> list[Any]:
        return [decode(record["body"]) for record in delivery["Records"]]

    function = contender.unwrap or loop
    events = list(make_events(max(count, BATCH)))
    deliveries = [sqs_delivery(events[start : start + BATCH]) for start in range(0, len(events), BATCH)]
    for delivery in deliveries[:10]:
        for value, record in zip(function(delivery), delivery["Records"], strict=True):
            contender.check(value, json.loads(record["body"]))
    return {SQS: microseconds(function, deliveries, seconds)}
