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

from ecr_events.cli.events import Reading, add_arguments
from ecr_events.cli.saying import Saying, same, say
from ecr_events.cli.screen import Commands, add_command, cell, complain, console
from ecr_events.events import (
    ECREvent,
    ECRImageScanEvent,
    ECRReplicationActionEvent,
    Inspector2FindingEvent,
    Inspector2ScanEvent,
    UnknownEvent,
)

__all__ = ["add_to", "show"]

_BAR = 30
_TOP = 10
"""So many repositories, and so many of what went wrong, are listed."""


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
    screen.print(f"{kinds.total():,} events")


def _tables(
    alarms: Counter[tuple[str, str, str]],
    kinds: Counter[tuple[str, str, bool]],
    names: Counter[str],
    days: Counter[str],
) -> Iterator[Table]:
    if alarms:
        table = _table(
            "needs a look", "repository", "where, or what", "events", title=f"{alarms.total():,} events to look at"
        )
        for what, count in _first(alarms):
            table.add_row(*(cell(text, "red") for text in what), f"{count:,}")
        yield _cut(table, alarms)
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
        yield _cut(table, counts) if counts is names else table


def _table(*columns: str, title: str) -> Table:
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        table.add_column(column, justify="right" if column == "events" else "left", overflow="fold")
    return table


def _first(counts: Counter[Any]) -> list[tuple[Any, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:_TOP]


def _cut(table: Table, counts: Counter[Any]) -> Table:
    """Say below the table how many rows were left out."""
    if len(counts) > _TOP:
        table.caption = f"and {len(counts) - _TOP:,} more"
        table.caption_justify = "left"
    return table


def _bar(count: int, counts: Counter[Any]) -> Bar:
    return Bar(max(counts.values()), 0, count, width=_BAR, color="blue")


def _alarm(event: ECREvent | UnknownEvent, said: Saying) -> tuple[str, str, str]:
    """Return what is wrong, in what, and where."""
    name = ", ".join(said.repositories)
    match event:
        case ECRReplicationActionEvent():
            return "replication failed", name, f"{event.detail.source_region} to {event.region}"
        case Inspector2FindingEvent():
            return "critical finding", name, event.detail.title
        case ECRImageScanEvent() | Inspector2ScanEvent():
            return "critical findings in scan", name, f"{event.detail.image_tag or event.detail.image_digest}"
        case _:
            return f"{said.detail_type}: {said.outcome}", name, event.region
