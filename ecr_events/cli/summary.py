"""``summary``: counts of events, and first the events that need attention."""

import argparse
from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from ecr_events.cli.arguments import add_arguments, add_jobs
from ecr_events.cli.counts import CRITICAL_FINDING, CRITICAL_SCAN, FAILED_REPLICATION, Alarm, EventCounts, count_events
from ecr_events.cli.inputs import EventInput
from ecr_events.cli.terminal import Commands, add_command, count_of, print_error, write_json

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["add_to", "show"]

_ORDER = {FAILED_REPLICATION: 0, CRITICAL_FINDING: 1, CRITICAL_SCAN: 2}
"""The first kinds in the table of events that need attention."""

_MAX_REPOSITORIES = 10

_MAX_ALARMS = 5
"""Maximum number of rows of a kind in the table of events that need attention."""


def add_to(commands: Commands) -> None:
    """Add the command."""
    command = add_command(
        commands,
        "summary",
        "count events by type, outcome, repository and day; failures and critical findings come first",
        "ecr-events summary --since 7d 'archive/**/*.gz'",
    )
    add_arguments(command)
    add_jobs(command)
    command.add_argument("--json", action="store_true", help="print all counts as one JSON document")
    command.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    screen = None if options.json else _screen()
    events, counts = EventInput(options), EventCounts()
    events.process(count_events, counts.merge)
    if screen is None:
        write_json(_to_json(counts))
    else:
        show(counts, screen)
    status = events.finish()
    if events.invalid:
        print_error(f"{count_of('document', events.invalid)} could not be decoded")
    return status


def _screen() -> "Console":
    """Return the console. It is missing where rich is, which is told before anything is read."""
    from ecr_events.cli.tables import console

    return console()


class _Totals(NamedTuple):
    """The number of events, counted in three ways."""

    kinds: Counter[tuple[str, str, bool]]
    """By detail-type, outcome, and whether it needs attention."""
    repositories: Counter[str]
    days: Counter[str]


def _totals(counts: EventCounts) -> _Totals:
    totals = _Totals(Counter(), Counter(), Counter())
    for outcome, by_day in counts.days.items():
        for day, count in by_day.items():
            totals.kinds[outcome[:3]] += count
            totals.days[date.fromordinal(day).isoformat()] += count
            for name in outcome.repositories:
                totals.repositories[name] += count
    return totals


def _to_json(counts: EventCounts) -> bytes:
    totals = _totals(counts)
    document = {
        "events": totals.kinds.total(),
        "needs_attention": [
            {"kind": alarm[0], "repository": alarm[1], "details": alarm[2], "events": count}
            for alarm, count in sorted(counts.alarms.items(), key=_alarm_order)
        ],
        "types": [
            {"detail_type": kind[0], "outcome": kind[1], "needs_attention": kind[2], "events": count}
            for kind, count in sorted(totals.kinds.items(), key=_kind_order)
        ],
        "repositories": dict(_by_count(totals.repositories)),
        "days": dict(sorted(totals.days.items())),
    }
    return msgspec.json.encode(document)


def show(counts: EventCounts, screen: "Console") -> None:
    """Print the summary of counted events."""
    from ecr_events.cli.tables import Cell, Column, cell, print_table

    totals = _totals(counts)
    number, bar = Column("events", is_number=True), Column("", is_bar=True)
    if counts.alarms:
        shown = Counter[str]()
        rows: list[list[Cell]] = []
        for alarm, count in sorted(counts.alarms.items(), key=_alarm_order):
            shown[alarm[0]] += 1
            if shown[alarm[0]] <= _MAX_ALARMS:
                rows.append([*(cell(text, "red") for text in alarm), cell(f"{count:,}")])
        columns = Column("needs attention"), Column("repository", folds=True), Column("details", folds=True), number
        total = counts.alarms.total()
        title = f"{count_of('event', total)} {'needs' if total == 1 else 'need'} attention"
        print_table(screen, columns, rows, title=title, caption=_omitted(counts.alarms, rows))
        screen.print()
    if totals.kinds:
        rows, most = [], max(totals.kinds.values())
        for (detail_type, outcome, is_alarm), count in sorted(totals.kinds.items(), key=_kind_order):
            texts = cell(detail_type), cell(outcome, "red" if is_alarm else ""), cell(f"{count:,}")
            rows.append([*texts, count / most])
        print_table(screen, (Column("event"), Column("outcome"), number, bar), rows, title="by type and outcome")
        screen.print()
    for title, found, shown_counts in (
        ("repository", totals.repositories, _by_count(totals.repositories)[:_MAX_REPOSITORIES]),
        ("day", totals.days, sorted(totals.days.items())),
    ):
        if found:
            most = max(found.values())
            rows = [[cell(name), cell(f"{count:,}"), count / most] for name, count in shown_counts]
            print_table(
                screen,
                (Column(title, folds=True), number, bar),
                rows,
                title=f"by {title}",
                caption=_omitted(found, rows),
            )
            screen.print()
    total = totals.kinds.total()
    screen.print(count_of("event", total))


def _by_count(counts: Counter[str]) -> list[tuple[str, int]]:
    """Return the highest counts first, equal ones by name."""
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def _kind_order(item: tuple[tuple[str, str, bool], int]) -> tuple[str, int]:
    kind, count = item
    return kind[0], -count


def _alarm_order(item: tuple[Alarm, int]) -> tuple[int, int, Alarm]:
    alarm, count = item
    return _ORDER.get(alarm[0], len(_ORDER)), -count, alarm


def _omitted(counts: Counter[Alarm] | Counter[str], rows: Sequence[object]) -> str:
    """Return the number of rows that a table lacks, in words."""
    more = len(counts) - len(rows)
    return f"and {more:,} more" if more else ""
