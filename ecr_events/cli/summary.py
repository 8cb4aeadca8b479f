"""``summary``: what happened, counted, and what somebody on call wants to see first."""

import argparse
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator
from datetime import date
from typing import Any

from rich.bar import Bar
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from ecr_events.cli.inputs import Reading, add_arguments
from ecr_events.cli.outcomes import Saying, same, say
from ecr_events.cli.terminal import Commands, add_command, cell, complain, console
from ecr_events.events import (
    ECREvent,
    ECRImageScanEvent,
    ECRReplicationActionEvent,
    Inspector2FindingEvent,
    Inspector2ScanEvent,
    UnknownEvent,
)

__all__ = ["add_to", "show"]

FAILED_REPLICATION, CRITICAL_FINDING, CRITICAL_SCAN = (
    "replication failed",
    "critical finding",
    "critical findings in scan",
)
_ORDER = {FAILED_REPLICATION: 0, CRITICAL_FINDING: 1, CRITICAL_SCAN: 2}
"""What comes first in the list of what needs a look, and then the rest."""

_BAR = 30
_TOP = 10
_TOP_ALARMS = 5
"""So many repositories are listed, and so many of each kind of what needs a look."""


def add_to(commands: Commands) -> None:
    """Add the command."""
    command = add_command(
        commands,
        "summary",
        "count events by type, outcome, repository and day; what failed and what is critical comes first",
        "ecr-events summary --since 2026-05-01 'archive/**/*.gz'",
    )
    add_arguments(command)
    command.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    reading = Reading(options)
    show(reading.events(), console())
    if reading.refused:
        complain(f"{reading.refused:,} texts were no events")
    return reading.status


def show(events: Iterable[ECREvent | UnknownEvent], screen: Console) -> None:
    """Print the summary of events."""
    sayings: dict[Hashable, Saying] = {}
    counts: defaultdict[Hashable, defaultdict[int, int]] = defaultdict(lambda: defaultdict(int))
    alarms: Counter[tuple[str, str, str]] = Counter()
    for event in events:
        key = same(event)
        counts[key][event.time.toordinal()] += 1
        said = sayings.get(key)
        if said is None:
            said = sayings[key] = say(event)
        if said.is_bad:
            alarms[_alarm(event, said)] += 1
    kinds: Counter[tuple[str, str, bool]] = Counter()
    names: Counter[str] = Counter()
    days: Counter[str] = Counter()
    for key, said in sayings.items():
        for day, count in counts[key].items():
            kinds[said[:3]] += count
            days[date.fromordinal(day).isoformat()] += count
            for name in said.repositories:
                names[name] += count
    for table in _tables(alarms, kinds, names, days):
        screen.print(table)
    screen.print(f"{kinds.total():,} events", highlight=False)


def _tables(
    alarms: Counter[tuple[str, str, str]],
    kinds: Counter[tuple[str, str, bool]],
    names: Counter[str],
    days: Counter[str],
) -> Iterator[Table]:
    if alarms:
        table = _table(
            "needs a look", "repository", "where, or what", "events", title=f"{alarms.total():,} events need a look"
        )
        shown: Counter[str] = Counter()
        for what, count in sorted(alarms.items(), key=_by_alarm):
            shown[what[0]] += 1
            if shown[what[0]] <= _TOP_ALARMS:
                table.add_row(*(cell(text, "red") for text in what), f"{count:,}")
        yield _cut(table, len(alarms))
    table = _table("event", "outcome", "events", "", title="by type and outcome")
    for (kind, said, bad), count in sorted(kinds.items(), key=lambda item: (item[0][0], -item[1])):
        table.add_row(cell(kind), cell(said, "red" if bad else ""), f"{count:,}", _bar(count, kinds))
    yield table
    for title, counts, rows in (
        ("repository", names, _first(names)),
        ("day", days, sorted(days.items())),
    ):
        table = _table(title, "events", "", title=f"by {title}")
        for name, count in rows:
            table.add_row(cell(name), f"{count:,}", _bar(count, counts))
        yield _cut(table, len(counts)) if counts is names else table


def _table(*columns: str, title: str) -> Table:
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        table.add_column(column, justify="right" if column == "events" else "left", overflow="fold")
    return table


def _first(counts: Counter[Any]) -> list[tuple[Any, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:_TOP]


def _by_alarm(item: tuple[tuple[str, str, str], int]) -> tuple[int, int, tuple[str, str, str]]:
    what, count = item
    return _ORDER.get(what[0], len(_ORDER)), -count, what


def _cut(table: Table, rows: int) -> Table:
    """Say below the table how many rows were left out."""
    if rows > table.row_count:
        table.caption = f"and {rows - table.row_count:,} more"
        table.caption_justify = "left"
    return table


def _bar(count: int, counts: Counter[Any]) -> Bar:
    return Bar(max(counts.values()), 0, count, width=_BAR, color="blue")


def _alarm(event: ECREvent | UnknownEvent, said: Saying) -> tuple[str, str, str]:
    """Return what is wrong, in what, and where."""
    name = ", ".join(said.repositories)
    match event:
        case ECRReplicationActionEvent():
            return FAILED_REPLICATION, name, f"{event.detail.source_region} to {event.region}"
        case Inspector2FindingEvent():
            return CRITICAL_FINDING, name, event.detail.title
        case ECRImageScanEvent() | Inspector2ScanEvent():
            return CRITICAL_SCAN, name, f"{event.detail.image_tag or event.detail.image_digest}"
        case _:
            return f"{said.detail_type}: {said.outcome}", name, event.region
