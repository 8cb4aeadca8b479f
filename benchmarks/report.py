"""Results as Markdown: what they say in short, every table, and what they do not say."""

from collections.abc import Iterator, Mapping

from benchmarks import aws_lambda, decode, imports, memory
from benchmarks.contenders import ADAPTER, BARE, MODULES, ORJSON, OURS
from benchmarks.runner import Section
from benchmarks.workloads import KINDS, PROPORTIONS

__all__ = ["markdown"]

_MEANING = """\
## What these numbers do not mean

- **They are of one machine, one Python and the versions above.** Ratios carry over better than microseconds do. Another
  run of the same differs by some percent, and a busy machine makes the intervals wide.
- **They are of these events.** They are distinct, but made from one sample of each detail-type, in the proportions
  below. Regions, results, media types and the like are words that the library knows and shares; each one that it does
  not know costs an event some 60 bytes and 0.2 µs.
- **They are of pydantic's own paths.** `model_validate_json` and a `TypeAdapter` parse JSON in Rust, and are the fast
  ones; `Model(**json.loads(raw))` is what botocraft does, and what much code does. Models with validators of their own
  are slower than these, which have none.
- **Not everybody does the same work.** pydantic coerces, takes validators and reports every error, where msgspec stops
  at the first. mashumaro, orjson, json and Powertools' data class take what comes for strings. Powertools' parser
  returns the detail alone.
- **A plain dict is enough for some.** Where two fields of an event are all that you read, and you trust what sends it,
  orjson may be as fast while events are dropped at once, and it is one dependency too. Powertools' data class around a
  dict that Lambda has parsed already costs next to nothing. Neither checks anything, and times stay text.
- **Arrow's readers win on columns.** To have a table for Polars, DuckDB or Spark, pyarrow's own JSON reader makes no
  Python object and uses all cores; on one detail-type it is hard to beat. On a mix, every key becomes a column, and its
  types follow the content, not the contract.
- **Time to decode is seldom the bill.** A Lambda function that looks up an image waits longer for the network than it
  decodes a thousand events. It is the cold start, and the memory of what is held, that are noticed.
"""


def markdown(sections: list[Section], environment: Mapping[str, str], command: str) -> str:
    """Return the whole report."""
    lines = ["# Results", "", f"Made by `{command}`; do not edit.", "", *_environment(environment)]
    titled = {section.title: section for section in sections}
    short = [*_in_short(titled)]
    if short:
        lines += ["", "## In short", "", f"How many times as much as `{OURS}` it costs; more is worse.", "", *short]
    lines += ["", "![Throughput](throughput.svg)"] if "Streaming" in titled else []
    lines += ["", "![Memory](memory.svg)"] if "Memory" in titled else []
    for section in sections:
        lines += ["", f"## {section.title}", "", section.text]
        for workload in section.values:
            lines += ["", f"**{workload}**", "", *_table(section, workload)]
    return "\n".join([*lines, "", _MEANING, *_proportions(), ""])


def _proportions() -> Iterator[str]:
    yield "| of 100 mixed events | |"
    yield "|---|---:|"
    for cls, count in PROPORTIONS.items():
        yield f"| {cls.__struct_config__.tag} | {count} |"


def _environment(environment: Mapping[str, str]) -> Iterator[str]:
    yield "| | |"
    yield "|---|---|"
    for key, value in environment.items():
        yield f"| {key} | {value} |"


def _table(section: Section, workload: str) -> Iterator[str]:
    against, sure = "", ""
    if section.baseline in section.values[workload]:
        against, sure = f"times `{section.baseline}`", f"interval, {section.confidence(workload):.0%} sure"
    yield f"| | median | from | to | {against} | {sure} |"
    yield "|---|---:|---:|---:|---:|---:|"
    for name, values in section.values[workload].items():
        shown = (section.median(workload, name), min(values), max(values))
        numbers = " | ".join(_number(value) for value in shown)
        if against and name != section.baseline:
            ratio, low, high = section.ratio(workload, name)
            yield f"| {name} | {numbers} | {ratio:.2f} | {low:.2f} to {high:.2f} |"
        else:
            yield f"| {name} | {numbers} | | |"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"  # noqa: PLR2004 - three digits are enough


def _in_short(sections: Mapping[str, Section]) -> Iterator[str]:
    """Yield a table of what matters most, over all kinds of events where there are several."""
    columns = [
        ("streaming, any detail-type", "Streaming", list(KINDS)),
        ("streaming, mixed", "Streaming", [decode.MIX]),
        ("holding", "Holding", [decode.MIX, "ECR Replication Action"]),
        ("retained memory", "Memory", [memory.RETAINED]),
        ("full collection", "Garbage collection", [memory.PAUSE]),
        ("from a dict", "Lambda: an event as a dict", list(KINDS)),
        ("ten records of SQS", "Lambda: a batch from SQS", [aws_lambda.SQS]),
        ("archive", "Archives", [decode.MIX]),
        ("import", "Importing", [imports.TIME]),
        ("until the first event", "A cold start", [imports.COLD_START]),
    ]
    columns = [column for column in columns if column[1] in sections]
    if not columns:
        return
    yield f"| | {' | '.join(title for title, *_ in columns)} |"
    yield f"|---|{'---:|' * len(columns)}"
    for name in MODULES:
        cells = [_range(sections[section], workloads, name) for _, section, workloads in columns]
        if any(cells) and name != OURS:
            yield f"| {name} | {' | '.join(cells)} |"
    if "Streaming" in sections:
        usual, last = (sections["Streaming"].median(workload, OURS) for workload in (decode.MIX, decode.LAST))
        yield ""
        yield f"With the key `detail-type` behind all others, `{OURS}` takes {last / usual:.2f} times as long."


def _range(section: Section, workloads: list[str], name: str) -> str:
    """Return the ratio of a contender, from its smallest to its largest; nothing where it takes no part."""
    if section.title in {"Importing", "A cold start"}:
        name = {ADAPTER: imports.PYDANTIC, BARE: imports.MSGSPEC, ORJSON: "orjson"}.get(name, name)
    ratios = [section.ratio(workload, name)[0] for workload in workloads if name in section.values.get(workload, {})]
    if not ratios:
        return ""
    low, high = _number(min(ratios)), _number(max(ratios))
    return low if low == high else f"{low} to {high}"
