"""``summary``: counts of events, and first the events that need attention."""

import argparse
from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import Any

from rich.bar import Bar
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from ecr_events.cli.counts import CRITICAL_FINDING, CRITICAL_SCAN, FAILED_REPLICATION, Alarm, EventCounts, count_events
from ecr_events.cli.inputs import EventInput, add_arguments, add_jobs
from ecr_events.cli.terminal import Commands, add_command, cell, console, print_error

__all__ = ["add_to", "show"]

_ORDER = {FAILED_REPLICATION: 0, CRITICAL_FINDING: 1, CRITICAL_SCAN: 2}
"""The first kinds in the table of events that need attention."""

_BAR = 30
"""Columns of the longest bar."""

_MAX_REPOSITORIES = 10

_MAX_ALARMS = 5
"""Maximum number of rows of a kind in the table of events that need attention."""


def add_to(commands: Commands) -> None:
    """Add the command."""
    command = add_command(
        commands,
        "summary",
        "count events by type, outcome, repository and day; failures and critical findings come first",
        "ecr-events summary --since 2026-05-01 'archive/**/*.gz'",
    )
    add_arguments(command)
    add_jobs(command)
    command.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    events, counts = EventInput(options), EventCounts()
    events.process(count_events, counts.merge)
    show(counts, console())
    if events.invalid:
        documents = "document" if events.invalid == 1 else "documents"
        print_error(f"{events.invalid:,} {documents} could not be decoded")
    return events.status


def show(counts: EventCounts, screen: Console) -> None:
    """Print the summary of counted events."""
    kinds: Counter[tuple[str, str, bool]] = Counter()
    names: Counter[str] = Counter()
    days: Counter[str] = Counter()
    for outcome, by_day in counts.days.items():
        for day, count in by_day.items():
            kinds[outcome[:3]] += count
            days[date.fromordinal(day).isoformat()] += count
            for name in outcome.repositories:
                names[name] += count
    for table in _tables(counts.alarms, kinds, names, days):
        screen.print(table)
    screen.print(f"{kinds.total():,} {'event' if kinds.total() == 1 else 'events'}", highlight=False)


def _tables(
    alarms: Counter[Alarm],
    kinds: Counter[tuple[str, str, bool]],
    names: Counter[str],
    days: Counter[str],
) -> Iterator[Table]:
    if alarms:
        table = _table(
            "needs attention", "repository", "details", "events", title=f"{alarms.total():,} events need attention"
        )
        shown: Counter[str] = Counter()
        for alarm, count in sorted(alarms.items(), key=_alarm_order):
            shown[alarm[0]] += 1
            if shown[alarm[0]] <= _MAX_ALARMS:
                table.add_row(*(cell(text, "red") for text in alarm), f"{count:,}")
        yield _with_omitted(table, len(alarms))
    table = _table("event", "outcome", "events", "", title="by type and outcome")
    for (detail_type, text, is_alarm), count in sorted(kinds.items(), key=lambda item: (item[0][0], -item[1])):
        table.add_row(cell(detail_type), cell(text, "red" if is_alarm else ""), f"{count:,}", _bar(count, kinds))
    yield table
    for title, counts, rows in (
        ("repository", names, _most_common(names)),
        ("day", days, sorted(days.items())),
    ):
        table = _table(title, "events", "", title=f"by {title}")
        for name, count in rows:
            table.add_row(cell(name), f"{count:,}", _bar(count, counts))
        yield _with_omitted(table, len(counts))


def _table(*columns: str, title: str) -> Table:
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        table.add_column(column, justify="right" if column == "events" else "left", overflow="fold")
    return table


def _most_common(counts: Counter[str]) -> list[tuple[str, int]]:
    """Return the highest counts, equal ones by name."""
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:_MAX_REPOSITORIES]


def _alarm_order(item: tuple[Alarm, int]) -> tuple[int, int, Alarm]:
    alarm, count = item
    return _ORDER.get(alarm[0], len(_ORDER)), -count, alarm


def _with_omitted(table: Table, rows: int) -> Table:
    """Return the table with the number of omitted rows as its caption."""
    if rows > table.row_count:
        table.caption = f"and {rows - table.row_count:,} more"
        table.caption_justify = "left"
    return table


def _bar(count: int, counts: Counter[Any]) -> Bar:
    return Bar(max(counts.values()), 0, count, width=_BAR, color="blue")
