"""The document in Markdown."""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import pyarrow as pa

from benchmarks.report import number
from benchmarks.scale.measurements import TEXTS
from benchmarks.scale.prices import CONSTANTS

__all__ = ["document"]

_ENVIRONMENT = (
    "machine",
    "platform",
    "load at the start",
    "Python",
    "date",
    "commit",
    "ecr_events",
    "msgspec",
    "boto3",
)

_INTRODUCTION = """\
# Scale

Made by `python -m benchmarks.scale`; do not edit. What a million events, and a billion events a day, cost: measured on
one core, and computed with list prices by the formulas shown.
"""

_MEASURED = """
Mixed events in the proportions of RESULTS.md. Ids, digests and times vary as AWS's do, other values less: compressed
sizes are lower bounds. Processor time, so that other programs matter less; medians of fresh processes.
"""

_PRICES = """
Prices of us-east-1, on demand, first tier, without free tiers. They were read on 2026-11-28 in the documents named, not
from AWS: check one before you rely on it. EventBridge does not charge for events of AWS's services on the default bus.
"""

_COMPUTED = """
Cores of this machine, fully busy: a core of Lambda, Glue or EC2 is another one. Not included: starts of functions and
clusters, the runtime around a function, shuffles, requests to S3, network, logs, and peaks above the mean.
"""

_LOOKUPS = """\
A billion events a day are {rate} a second (`1e9 / 86_400`). AWS publishes no rate for DescribeImages,
DescribeRepositories and DescribeImageScanFindings, and users are throttled (github.com/mondoohq/mql/pull/8450). The
yardstick here is the rate that it publishes for BatchGetImage; the others may be lower.
"""

_CALLS = """
Calls a second are `1e9 / 86_400 * calls`, lookups a day `quota * 86_400 / calls`. A fake ECR counts the calls, as in
RESULTS.md under Lookups. A call names up to `ids` images of one repository, so what batching saves depends on how many
events of a repository are looked up together: in a Lambda function, those of its batch.
"""


class _Line(NamedTuple):
    """A computed quantity."""

    text: str
    formula: str


_LINES = (
    _Line("cores busy with `decode` alone", "events * decode / 1e6 / 86_400"),
    _Line("cores busy with Lambda's SQS batches", "events * handler / 1e6 / 86_400"),
    _Line("cores busy with JSON to Parquet", "events * (row + parquet) / 1e6 / 86_400"),
    _Line("GB of JSON", "events * raw / 1e9"),
    _Line("GB with gzip", "events * zipped / 1e9"),
    _Line("GB of Parquet, zstd", "events * stored / 1e9"),
    _Line("GB that Firehose bills, each record rounded up", "events * firehose * ceil(raw / firehose) / 1e9"),
    _Line("$ a month to keep JSON with gzip in S3", "events * zipped / 1e9 * s3"),
    _Line("$ a month to keep Parquet in S3", "events * stored / 1e9 * s3"),
    _Line("Lambda invocations by SQS", "events / batch"),
    _Line("$ of Lambda by SQS", "events / batch * request + events * handler / 1e6 * vcpu / 1_024 * second"),
    _Line("$ of SQS: a send per event, receives and deletes of 10", "events * (1 + 1 / 10 + 1 / 10) * sqs"),
    _Line(
        "$ of Lambda by EventBridge: 128 MB, whole milliseconds",
        "events * (request + ceil(direct * vcpu / 128 / 1_000) / 1_000 * 128 / 1_024 * second)",
    ),
    _Line("DPU-hours of Glue, JSON to Parquet", "events * (row + parquet) / 1e6 / 3_600 / 4"),
    _Line("$ of Glue", "events * (row + parquet) / 1e6 / 3_600 / 4 * dpu"),
    _Line("hours of m7g.large, JSON to Parquet", "events * (row + parquet) / 1e6 / 3_600 / 2"),
    _Line("$ of m7g.large", "events * (row + parquet) / 1e6 / 3_600 / 2 * ec2"),
    _Line("$ of Athena to scan JSON", "events * raw / 1e12 * athena"),
    _Line("$ of Athena to scan JSON with gzip", "events * zipped / 1e12 * athena"),
    _Line("$ of Athena to scan five columns of Parquet", "events * five / 1e12 * athena"),
)


def document(machine: Mapping[str, str], measured: Mapping[str, float], lookups: Mapping[str, float], note: str) -> str:
    """Return the document: what was measured, the constants, and what follows from both."""
    values = {symbol: constant.value for symbol, constant in CONSTANTS.items()} | dict(measured)
    rate = 1e9 / 86_400
    lines = [
        _INTRODUCTION,
        " · ".join(f"{key}: {machine[key]}" for key in _ENVIRONMENT) + f" · pyarrow: {pa.__version__}",
        *(["", note] if note else []),
        "",
        "## Measured",
        "",
        "| symbol | | |",
        "|---|---|---:|",
        *(f"| `{symbol}` | {TEXTS[symbol]} | {number(value)} |" for symbol, value in measured.items()),
        _MEASURED,
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
        "| | formula | a million events | a billion a day |",
        "|---|---|---:|---:|",
        *(
            f"| {line.text} | `{line.formula}` | {_evaluate(line.formula, values, 1e6)} "
            f"| {_evaluate(line.formula, values, 1e9)} |"
            for line in _LINES
        ),
        _COMPUTED,
        "## Lookups",
        "",
        _LOOKUPS.format(rate=number(rate)),
        "| lookups | calls per lookup | calls a second, a billion lookups a day | lookups a day within `quota` |",
        "|---|---:|---:|---:|",
        *(
            f"| {text} | {number(calls)} | {number(rate * calls)} | {number(values['quota'] * 86_400 / calls)} |"
            for text, calls in lookups.items()
        ),
        _CALLS,
    ]
    return "\n".join(lines)


def _evaluate(formula: str, values: Mapping[str, float], events: float) -> str:
    names: dict[str, Any] = {**values, "events": events, "ceil": math.ceil, "__builtins__": {}}
    return number(eval(formula, names))  # noqa: S307 - the formulas stand above
