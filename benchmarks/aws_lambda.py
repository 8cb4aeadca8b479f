"""What a Lambda function does: it gets an event as a dict, or ten messages of SQS."""

import json
from collections.abc import Callable
from typing import Any

from benchmarks.contenders import JSON, ORJSON, OURS, SCAN, check, contender, installed
from benchmarks.decode import MIX, by_kind
from benchmarks.runner import Section, Size, in_rounds, microseconds
from benchmarks.workloads import KINDS, mixed, of_kind, sqs_delivery
from ecr_events.deliveries import Record, unwrap

_BATCH = 10
SQS = "10 records of SQS"


def run(size: Size) -> list[Section]:
    """Return what the two cost."""
    names = [name for name in installed() if name not in {SCAN, ORJSON, JSON}]
    return [
        Section(
            "Lambda: an event as a dict",
            "The event is a dict already, as Lambda hands it to a function. Microseconds an event.",
            in_rounds(convert, names, size.rounds, size.streamed, size.seconds),
        ),
        Section(
            "Lambda: a batch from SQS",
            f"A delivery of {_BATCH} messages, with events of all detail-types. `{OURS}` goes through `unwrap`, which "
            "finds out what the delivery is and gives each event its id; all others get a loop that decodes each body. "
            "Microseconds a batch.",
            in_rounds(sqs, [name for name in installed() if name != SCAN], size.rounds, size.streamed, size.seconds),
        ),
    ]


def convert(name: str, count: int, seconds: float) -> dict[str, float]:
    """Return microseconds an event, by kind of event."""
    workloads = {MIX: mixed(count), **{kind: of_kind(kind, count) for kind in KINDS}}
    documents = {workload: [*map(json.loads, events)] for workload, events in workloads.items()}
    return by_kind(name, contender(name).converter, documents, seconds)


def sqs(name: str, count: int, seconds: float) -> dict[str, float]:
    """Return microseconds a batch."""
    rival = contender(name)
    events = list(mixed(max(count, _BATCH)))
    deliveries = [sqs_delivery(events[start : start + _BATCH]) for start in range(0, len(events), _BATCH)]
    decode = rival.decoder(None)
    if decode is None:
        return {}

    def loop(delivery: dict[str, Any]) -> list[Any]:
        return [decode(record["body"]) for record in delivery["Records"]]

    def unwrapped(delivery: dict[str, Any]) -> list[Any]:
        return [record.event for record in unwrap(delivery) if isinstance(record, Record)]

    function: Callable[[dict[str, Any]], list[Any]] = unwrapped if name == OURS else loop
    for delivery in deliveries[:10]:
        for value, record in zip(function(delivery), delivery["Records"], strict=True):
            check(name, rival, value, json.loads(record["body"]))
    return {SQS: microseconds(function, deliveries, seconds)}
