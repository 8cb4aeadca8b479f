"""The document of a soak in Markdown."""

import statistics
from collections.abc import Iterator, Mapping
from itertools import pairwise

from benchmarks.environment import environment_line
from benchmarks.report import number
from benchmarks.soak.faulty_ecr import FAULTS
from benchmarks.soak.run import MOTO, STEADY, VICTIM, Result, Sample
from benchmarks.soak.worker import FAILURES

__all__ = ["document", "problems"]

_INTRODUCTION = """
For {minutes} minutes, two processes run the worker of the README, with {visibility} s as its visibility timeout, on a
queue of moto's SQS, and look up the images and repositories of each event in a fake ECR; both servers are on loopback.
Messages are sent as fast as moto takes them, {rate} a second at most. {failures:.0%} of handlings fail, and
{faults:.0%} of ECR's responses are errors, broken connections or truncated. One of the workers gets SIGKILL every
{kill} s, and another one starts in its place. The other worker lives on.

![Soak](soak.svg)

## Ledger

Each message is in one line. A handler's last step is to write a line to a file.
"""

_AGAIN = """
What was delivered again had been handled by a worker that was killed before it deleted the message, {longest} s before
at the most; workers delete messages when their batch is done. No message was delivered again for another reason. SQS
and EventBridge may deliver any event twice, so a handler should be idempotent, by the id of the event, as in the
README's recipe with Powertools.
"""

_GROWTH = """
From minute {minute} on, the worker that lives on grew by {steady} KiB. moto keeps something of each message for ever:
it grew by {moto} KiB for each of {sent} that were sent.
"""

_ERRORS = "ECR failed {faults} of {requests} requests, of which botocore or this library sent most again."


def problems(result: Result) -> list[str]:
    """Return what should not have happened; empty if the soak is passed."""
    ledger = result.ledger
    found = {
        "lost": ledger.lost,
        "invented": ledger.invented,
        "delivered again without a kill": ledger.unexplained,
        "handled although they always fail": [
            name for name in ledger.handled if ledger.sent.get(name) in {"broken", "poison"}
        ],
    }
    listed = [f"{len(names)} {what}: {', '.join(sorted(names)[:10])}" for what, names in found.items() if names]
    return listed + result.ended


def document(result: Result, machine: Mapping[str, str], command: str, note: str) -> str:
    """Return the document.

    Args:
        result: The result of the soak.
        machine: The machine and the versions.
        command: The command that was run.
        note: A sentence about the machine or the run; empty for none.
    """
    plan = result.plan
    introduction = _INTRODUCTION.format(
        minutes=number(plan.seconds / 60),
        visibility=plan.visibility,
        rate=number(plan.rate),
        failures=FAILURES,
        faults=FAULTS,
        kill=number(plan.kill_seconds),
    )
    repeated = [handling for handlings in result.ledger.repeated.values() for handling in handlings]
    delays = [
        result.ledger.killed[handling.worker] - handling.time
        for handling in repeated
        if handling.worker in result.ledger.killed
    ]
    lines = [
        "# Soak",
        "",
        f"Made by `{command}`; do not edit.",
        "",
        environment_line(machine),
        *(["", note] if note else []),
        introduction,
        *_ledger_lines(result),
        *([_AGAIN.format(longest=f"{max(delays):.1f}")] if delays else [""]),
        "## Figures",
        "",
        *_figure_lines(result),
        "## Errors",
        "",
        _ERRORS.format(faults=f"{sum(result.faults.values()):,}", requests=f"{result.requests:,}"),
        "",
        *_error_lines(result),
        "",
    ]
    return "\n".join(lines)


def _ledger_lines(result: Result) -> Iterator[str]:
    ledger = result.ledger
    again = ledger.repeated
    rows = {
        "sent": ledger.sent,
        "handled once": [name for name in ledger.handled if name not in again],
        "handled, delivered again after a kill": again,
        "only in the dead-letter queue": ledger.dead.keys() - ledger.handled.keys(),
        "only in the queue": ledger.queued.keys() - ledger.handled.keys() - ledger.dead.keys(),
        "lost": ledger.lost,
        "never sent": ledger.invented,
    }
    kinds = {"good": "events", "replayed": "sent twice", "poison": "always failing", "broken": "broken"}
    yield f"| messages | {' | '.join(kinds.values())} | all |"
    yield f"|---|{'---:|' * (len(kinds) + 1)}"
    for text, names in rows.items():
        counts = " | ".join(f"{ledger.count(kind, names):,}" for kind in kinds)
        yield f"| {text} | {counts} | {len(names):,} |"


def _figure_lines(result: Result) -> Iterator[str]:
    samples = [sample for sample in result.samples if sample.time <= result.plan.seconds]
    third = len(samples) // 3
    thirds = {"first third": samples[:third], "second": samples[third : 2 * third], "last": samples[2 * third :]}
    yield f"| medians of samples, one each {number(result.plan.sample_seconds)} s | {' | '.join(thirds)} |"
    yield f"|---|{'---:|' * len(thirds)}"
    rows = {
        "events handled per second": [statistics.median(_rates(part)) for part in thirds.values()],
        "messages in the queue": [
            statistics.median(each.waiting + each.in_flight for each in part) for part in thirds.values()
        ],
    }
    names = {STEADY: "the worker that lives on", VICTIM: "the worker that is killed", MOTO: "moto"}
    for name, text in names.items():
        rows[f"resident MiB of {text}"] = [
            statistics.median(each.rss[name] for each in part) / (1 << 20) for part in thirds.values()
        ]
    for text, values in rows.items():
        yield f"| {text} | {' | '.join(f'{value:,.1f}' for value in values)} |"
    early, last = samples[len(samples) // 6], samples[-1]
    grown = {name: last.rss[name] - early.rss[name] for name in names}
    yield _GROWTH.format(
        minute=number(early.time / 60),
        steady=number(grown[STEADY] / 1024),
        moto=number(grown[MOTO] / 1024 / max(last.sent - early.sent, 1)),
        sent=f"{last.sent - early.sent:,}",
    )


def _rates(samples: list[Sample]) -> list[float]:
    return [(b.handled - a.handled) / (b.time - a.time) for a, b in pairwise(samples)] or [0.0]


def _error_lines(result: Result) -> Iterator[str]:
    errors = result.samples[-1].errors
    total = sum(errors.values()) + result.samples[-1].handled
    yield "| error | handlings | share |"
    yield "|---|---:|---:|"
    for name, count in sorted(errors.items(), key=lambda item: -item[1]):
        yield f"| {name} | {count:,} | {count / total:.2%} |"
