"""The document in Markdown."""

import math
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import pyarrow as pa

from benchmarks.environment import environment_line
from benchmarks.report import number
from benchmarks.runner import SMALLEST, Size
from benchmarks.scale.measurements import TEXTS, rounds_of
from benchmarks.scale.prices import CONSTANTS

__all__ = ["document"]

_FULL = "Made by `python -m benchmarks.scale`; do not edit."

_SMALLEST = """\
**The numbers mean nothing.** Made by `python -m benchmarks.scale --smallest`, which checks that everything runs."""

_INTRODUCTION = """
What a million and a billion events a day cost: measured on one core, and computed with list prices by the formulas
shown.
"""

_MACHINE = """
Streaming of mixed events, measured as in RESULTS.md, takes {here} µs per event here and {recorded} µs there: {ratio}
times as long. The other costs in time scale with the machine too.
"""

_MEASURED = """
Mixed events in the proportions of RESULTS.md, {events} for `decode`, `handler` and `direct`, and an archive of
{archived} for the others. Ids, digests and times vary as AWS's do, other values less: compressed sizes are lower
bounds. Processor time, so that other programs matter less; medians of {rounds}, each in a fresh process. That of
`ecr-events` is user and system time, without what the command takes for an empty archive.
"""

_PRICES = """
Prices of us-east-1, on demand, first tier, without free tiers. They were read on 2026-11-28 in the documents
named, most of them not AWS's: check one before you rely on it. EventBridge does not charge for events of AWS's services
on the default bus.
"""

_COMPUTED = """
Cores of this machine, fully busy: a core of Lambda, Glue or EC2 is another one. A day's events are one job and one
query. On Glue and EC2, Spark and Ray run functions of this library, not the command: their rows take the time of
`partitioned`, which writes the table that Athena reads. Not included: starts of functions and clusters, the runtime
around a function, batches that are not full, shuffles, requests to S3, network, logs, and peaks above the mean.
"""

_SIZES = (1, 10, 100, 1_000)
"""Gigabytes of JSON."""

_LOOKUPS = """\
A billion events a day are {rate} a second (`1e9 / 86_400`). AWS publishes no rate for DescribeImages,
DescribeRepositories and DescribeImageScanFindings, and users are throttled (github.com/mondoohq/mql/pull/8450). The
yardstick here is the rate that it publishes for BatchGetImage, `quota`; the others may be lower. {rate} calls a second
are {single} times `quota`; batched as below, they become {least} to {most} times `quota`.
"""

_CALLS = """
Calls a second are `1e9 / 86_400 * calls`, lookups a day `quota * 86_400 / calls`. A fake ECR counts the calls, as in
RESULTS.md under Lookups. A call names up to `ids` images of one repository, so what batching saves depends on how many
events of a repository are looked up together: in a Lambda function, those of its batch. ECR's error names one missing
image of a call, which is removed at the cost of another call; beyond three of a repository, its pages of up to 1,000
images are read instead, so that many missing images may take fewer calls than none. These repositories hold no other
images: larger ones have more pages.
"""


class _Line(NamedTuple):
    """A computed quantity."""

    text: str
    formula: str


_LINES = (
    _Line("cores busy with `decode` alone", "events * decode / 1e6 / 86_400"),
    _Line("cores busy with `read_arrow` alone", "events * row / 1e6 / 86_400"),
    _Line("cores busy with Lambda's SQS batches", "events * handler / 1e6 / 86_400"),
    _Line("cores busy with `ecr-events convert`", "events * convert / 1e6 / 86_400"),
    _Line("cores busy with `ecr-events convert --partition`", "events * partitioned / 1e6 / 86_400"),
    _Line("GB a day of JSON", "events * raw / 1e9"),
    _Line("GB a day with gzip", "events * zipped / 1e9"),
    _Line("GB a day of Parquet, zstd", "events * stored / 1e9"),
    _Line("GB a day that Firehose bills, each record rounded up", "events * firehose * ceil(raw / firehose) / 1e9"),
    _Line("$ a month to keep one day's events in S3, JSON with gzip", "events * zipped / 1e9 * s3"),
    _Line("$ a month to keep each day's events in S3 for 30 days, JSON with gzip", "30 * events * zipped / 1e9 * s3"),
    _Line("$ a month to keep one day's events in S3, Parquet", "events * stored / 1e9 * s3"),
    _Line("$ a month to keep each day's events in S3 for 30 days, Parquet", "30 * events * stored / 1e9 * s3"),
    _Line("Lambda invocations a day by SQS", "events / batch"),
    _Line("$ a day of Lambda by SQS", "events / batch * request + events * handler / 1e6 * vcpu / 1_024 * second"),
    _Line("$ a day of SQS: a send per event, receives and deletes of 10", "events * (1 + 1 / 10 + 1 / 10) * sqs"),
    _Line(
        "$ a day of Lambda by EventBridge: 128 MB, whole milliseconds",
        "events * (request + ceil(direct * vcpu / 128 / 1_000) / 1_000 * 128 / 1_024 * second)",
    ),
    _Line("DPU-hours a day of Glue, JSON to Parquet", "max(events * partitioned / 1e6 / 4, dpus * job) / 3_600"),
    _Line("$ a day of Glue", "max(events * partitioned / 1e6 / 4, dpus * job) / 3_600 * dpu"),
    _Line("hours a day of m7g.large, JSON to Parquet", "max(events * partitioned / 1e6 / 2, instance) / 3_600"),
    _Line("$ a day of m7g.large", "max(events * partitioned / 1e6 / 2, instance) / 3_600 * ec2"),
    _Line("$ of Athena to scan a day's JSON", "max(events * raw, query) / 1e12 * athena"),
    _Line("$ of Athena to scan a day's JSON with gzip", "max(events * zipped, query) / 1e12 * athena"),
    _Line("$ of Athena to scan five columns of a day's Parquet", "max(events * five, query) / 1e12 * athena"),
)


def document(
    machine: Mapping[str, str],
    size: Size,
    *,
    streaming: tuple[float, float],
    measured: Mapping[str, float],
    lookups: Mapping[str, float],
    note: str,
) -> str:
    """Return the document: what was measured, the constants, and what follows from both.

    Args:
        machine: The machine and the versions.
        size: What was measured with.
        streaming: Microseconds per event on this machine, and in RESULTS.md.
        measured: The medians, by symbol.
        lookups: Calls per lookup, by what is looked up.
        note: A sentence about the machine; empty for none.
    """
    values = {symbol: constant.value for symbol, constant in CONSTANTS.items()} | dict(measured)
    here, recorded = streaming
    lines = [
        "# Scale",
        "",
        _SMALLEST if size is SMALLEST else _FULL,
        _INTRODUCTION,
        environment_line(machine) + f" · pyarrow: {pa.__version__}",
        _MACHINE.format(here=number(here), recorded=number(recorded), ratio=number(here / recorded)),
        *([note, ""] if note else []),
        "## Measured",
        "",
        "| symbol | | |",
        "|---|---|---:|",
        *(f"| `{symbol}` | {TEXTS[symbol]} | {number(value)} |" for symbol, value in measured.items()),
        _MEASURED.format(
            events=f"{size.archived:,}",
            archived=f"{size.tabulated:,}",
            rounds=f"{rounds_of(size)} round{'' if rounds_of(size) == 1 else 's'}",
        ),
        "## Prices and limits",
        "",
        "| symbol | | | source | as of |",
        "|---|---|---:|---|---|",
        *(
            f"| `{symbol}` | {constant.text} | {constant.value:.10g} | {constant.source} | {constant.date} |"
            for symbol, constant in CONSTANTS.items()
        ),
        _PRICES,
        "## Computed",
        "",
        "| | formula | a million events a day | a billion events a day |",
        "|---|---|---:|---:|",
        *(
            f"| {line.text} | `{line.formula}` | {_evaluate(line.formula, values, 1e6)} "
            f"| {_evaluate(line.formula, values, 1e9)} |"
            for line in _LINES
        ),
        _COMPUTED,
        "By the size of the JSON, on one core:",
        "",
        *_size_lines(values),
        "",
        "## Lookups",
        "",
        *_lookup_lines(lookups, values["quota"]),
    ]
    return "\n".join(lines)


def _size_lines(values: Mapping[str, float]) -> Iterator[str]:
    formulas = ("events * convert / 6e7", "events * partitioned / 6e7")
    yield (
        f"| GB of JSON | events: `GB * 1e9 / raw` | minutes of `convert`: `{formulas[0]}` "
        f"| minutes of `convert --partition`: `{formulas[1]}` |"
    )
    yield "|---:|---:|---:|---:|"
    for gigabytes in _SIZES:
        events = gigabytes * 1e9 / values["raw"]
        minutes = [_evaluate(formula, values, events) for formula in formulas]
        yield f"| {number(gigabytes)} | {number(events)} | {' | '.join(minutes)} |"


def _lookup_lines(lookups: Mapping[str, float], quota: float) -> Iterator[str]:
    rate = 1e9 / 86_400
    shares = sorted(rate * calls / quota for calls in lookups.values() if calls < 1)
    yield _LOOKUPS.format(
        rate=number(rate), single=number(rate / quota), least=number(shares[0]), most=number(shares[-1])
    )
    yield "| lookups | calls per lookup | calls a second, a billion lookups a day | lookups a day within `quota` |"
    yield "|---|---:|---:|---:|"
    for text, calls in lookups.items():
        yield f"| {text} | {number(calls)} | {number(rate * calls)} | {number(quota * 86_400 / calls)} |"
    yield _CALLS


def _evaluate(formula: str, values: Mapping[str, float], events: float) -> str:
    names: dict[str, Any] = {**values, "events": events, "ceil": math.ceil, "max": max, "__builtins__": {}}
    return number(eval(formula, names))  # noqa: S307 - the formulas stand above
