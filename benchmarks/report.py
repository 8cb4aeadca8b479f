"""Results as Markdown: what they say in short, every table, and what they do not say."""

from collections.abc import Iterator, Mapping

from benchmarks import aws_lambda, decode, imports, memory
from benchmarks.contenders import ADAPTER, BARE, BOTOCRAFT, BOTOCRAFT_PATH, MODEL, ORJSON, OURS, SCAN
from benchmarks.measuring import Section
from benchmarks.workloads import KINDS

__all__ = ["markdown"]

_MEANING = """\
## What these numbers do not mean

- **They are of one machine, one Python and the versions above.** Ratios carry over better than microseconds do. Another
  run of the same differs by some percent, and a busy machine makes the intervals wide.
- **They are of pydantic's own paths.** `model_validate_json` and a `TypeAdapter` parse JSON in Rust, and are the fast
  ones; `Model(**json.loads(raw))` is what botocraft does, and what much code does. Models with validators of their own
  are slower than these, which have none.
- **pydantic does more.** It coerces, takes validators and reports every error, where msgspec stops at the first.
- **A plain dict is enough for some.** Where two fields of an event are all that you read, and you trust what sends it,
  orjson is about as fast while events are dropped at once, and it is one dependency too. Powertools' data class around
  a dict that Lambda has parsed already costs next to nothing. Neither checks anything, and times stay text.
- **Arrow's readers win on columns.** To have a table for Polars, DuckDB or Spark, pyarrow's own JSON reader makes no
  Python object and uses all cores. How it fares depends on the events: it is fast on one detail-type with a few
  columns, and slow on a mix, whose every key becomes a column. Its types follow the content, not the contract.
- **Time to decode is seldom the bill.** A Lambda function that looks up an image waits longer for the network than it
  decodes a thousand events. It is the import, at every cold start, and the memory of what is held that are noticed.
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
    return "\n".join([*lines, "", _MEANING])


def _environment(environment: Mapping[str, str]) -> Iterator[str]:
    yield "| | |"
    yield "|---|---|"
    for key, value in environment.items():
        yield f"| {key} | {value} |"


def _table(section: Section, workload: str) -> Iterator[str]:
    yield f"| | median | from | to | times `{section.baseline}` | 95 % interval |"
    yield "|---|---:|---:|---:|---:|---:|"
    for name, values in section.values[workload].items():
        shown = (section.median(workload, name), min(values), max(values))
        numbers = " | ".join(_number(value) for value in shown)
        if section.baseline in section.values[workload] and name != section.baseline:
            ratio, low, high = section.ratio(workload, name)
            yield f"| {name} | {numbers} | {ratio:.2f} | {low:.2f} to {high:.2f} |"
        else:
            yield f"| {name} | {numbers} | 1 | |"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"  # noqa: PLR2004 - three digits are enough


def _in_short(sections: Mapping[str, Section]) -> Iterator[str]:
    """Yield a table of what matters most, over all kinds of events where there are several."""
    rivals = [ADAPTER, MODEL, BOTOCRAFT_PATH, BOTOCRAFT, ORJSON, BARE, SCAN]
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
    ]
    columns = [column for column in columns if column[1] in sections]
    if not columns:
        return
    yield f"| | {' | '.join(title for title, *_ in columns)} |"
    yield f"|---|{'---:|' * len(columns)}"
    for name in rivals:
        cells = [_range(sections[section], workloads, name) for _, section, workloads in columns]
        if any(cells):
            yield f"| {name} | {' | '.join(cells)} |"
    if "Streaming" in sections:
        usual, last = (sections["Streaming"].median(workload, OURS) for workload in (decode.MIX, decode.LAST))
        yield ""
        yield f"With the key `detail-type` behind all others, `{OURS}` takes {last / usual:.2f} times as long."


def _range(section: Section, workloads: list[str], name: str) -> str:
    """Return the ratio of a contender, from its smallest to its largest; nothing where it takes no part."""
    if section.title == "Importing":
        name = {ADAPTER: imports.PYDANTIC, BARE: imports.MSGSPEC, ORJSON: "orjson"}.get(name, name)
    ratios = [section.ratio(workload, name)[0] for workload in workloads if name in section.values.get(workload, {})]
    if not ratios:
        return ""
    low, high = f"{min(ratios):.2g}", f"{max(ratios):.2g}"
    return low if low == high else f"{low} to {high}"
