"""The report of a run in Markdown."""

from collections.abc import Iterator, Mapping

from benchmarks import aws_lambda, decode, imports, memory
from benchmarks.charts import charts_of
from benchmarks.contenders import OURS, select
from benchmarks.runner import Section
from benchmarks.workloads import CLASSES, PROPORTIONS

__all__ = ["markdown", "number"]

_SOAK = """\
## Soak

![Soak](soak.svg)

The README's worker for half an hour, with faults, kills and duplicates: [SOAK.md](SOAK.md) has the ledger of every
message, by `python -m benchmarks.soak`.
"""

_LIMITS = """\
## Limits

- **One machine, one Python, the versions above.** Ratios are more portable than microseconds. They vary by some percent
  from run to run, and a busy machine widens the intervals.
- **Generated events.** They are distinct, but derived from one sample of each detail-type, in the proportions below.
  Common values such as regions, results and media types are interned; a value that is not costs some 60 bytes and
  0.2 µs.
- **Plain pydantic models.** `model_validate_json` and a `TypeAdapter` parse JSON in Rust and are the fast ways;
  `Model(**json.loads(raw))` is common, and is what botocraft does. Models with validators in Python are slower.
- **Different work.** pydantic coerces values, runs validators and reports all errors; msgspec stops at the first error.
  mashumaro, orjson, json and Powertools' data class accept any value for a string.
- **A plain dict may be enough.** To read two fields of trusted events and drop them, orjson is about as fast and also a
  single dependency. Powertools' data class costs next to nothing where Lambda has parsed the event. Neither validates
  anything, and times stay `str`.
- **Columns are a different task.** Readers of JSON build tables without Python objects; under Columns they are given
  the schema. Under Archives, pyarrow infers it on all cores: on a mix, every key becomes a column, with a type that
  depends on the data.
- **Decoding is rarely the bottleneck.** A Lambda function that looks up an image waits longer for the network than it
  takes to decode a thousand events. Cold starts and the memory of held events matter more.
"""


def markdown(sections: list[Section], environment: Mapping[str, str], command: str) -> str:
    """Return the report."""
    lines = ["# Results", "", f"Made by `{command}`; do not edit.", "", *_environment(environment)]
    titled = {section.title: section for section in sections}
    summary = [*_summary(titled)]
    if summary:
        lines += ["", "## Summary", "", f"Cost as a multiple of that of `{OURS}`; more is worse.", "", *summary]
    for chart in charts_of(sections):
        lines += ["", f"![{chart.capitalize()}]({chart}.svg)"]
    for section in sections:
        lines += ["", f"## {section.title}", "", section.text]
        for workload in section.values:
            lines += ["", f"**{workload}**", "", *_table(section, workload)]
    return "\n".join([*lines, "", _SOAK, _LIMITS, *_proportions(), ""])


def _proportions() -> Iterator[str]:
    yield "| of 100 mixed events | |"
    yield "|---|---:|"
    for detail_type, cls in CLASSES.items():
        yield f"| {detail_type} | {PROPORTIONS[cls]} |"


def _environment(environment: Mapping[str, str]) -> Iterator[str]:
    yield "| | |"
    yield "|---|---|"
    for key, value in environment.items():
        yield f"| {key} | {value} |"


def _table(section: Section, workload: str) -> Iterator[str]:
    yield f"| | median | min | max | ÷ `{section.baseline}` | {section.confidence(workload):.0%} interval |"
    yield "|---|---:|---:|---:|---:|---:|"
    for name, values in section.values[workload].items():
        shown = (section.median(workload, name), min(values), max(values))
        numbers = " | ".join(number(value) for value in shown)
        if name != section.baseline:
            ratio, low, high = section.ratio(workload, name)
            yield f"| {name} | {numbers} | {ratio:.2f} | {low:.2f} to {high:.2f} |"
        else:
            yield f"| {name} | {numbers} | | |"


def number(value: float) -> str:
    """Return a number with three digits or more."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"  # noqa: PLR2004 - three digits are enough


def _summary(sections: Mapping[str, Section]) -> Iterator[str]:
    """Yield a table of ratios: one line per contender, a range where a column covers several workloads."""
    columns = [
        ("streaming, by detail-type", "Streaming", list(CLASSES)),
        ("streaming, mixed", "Streaming", [decode.MIX]),
        ("holding", "Holding", [decode.MIX, decode.REPLICATION]),
        ("retained memory", "Memory", [memory.RETAINED]),
        ("full collection", "Garbage collection", [memory.PAUSE]),
        ("from a dict", "Lambda: an event as a dict", list(CLASSES)),
        ("10 SQS records", "Lambda: a batch from SQS", [aws_lambda.SQS]),
        ("archive", "Archives", [decode.MIX]),
        ("import", "Importing", [imports.TIME]),
        ("until the first event", "A cold start", [imports.COLD_START]),
    ]
    columns = [column for column in columns if column[1] in sections]
    if not columns:
        return
    yield f"| | {' | '.join(title for title, *_ in columns)} |"
    yield f"|---|{'---:|' * len(columns)}"
    for name in select():
        cells = [_range(sections[section], workloads, name) for _, section, workloads in columns]
        if any(cells) and name != OURS:
            yield f"| {name} | {' | '.join(cells)} |"
    if "Streaming" in sections:
        first, last = (sections["Streaming"].median(workload, OURS) for workload in (decode.MIX, decode.LAST))
        yield ""
        yield f"If `detail-type` is the last key, `{OURS}` takes {last / first:.2f} times as long."


def _range(section: Section, workloads: list[str], name: str) -> str:
    """Return the smallest to the largest ratio of a contender, or an empty cell if it was not measured."""
    ratios = [section.ratio(workload, name)[0] for workload in workloads if name in section.values.get(workload, {})]
    if not ratios:
        return ""
    low, high = number(min(ratios)), number(max(ratios))
    return low if low == high else f"{low} to {high}"
