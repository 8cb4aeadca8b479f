"""Counts of events by outcome and day, and of the events that need attention."""

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator
from typing import TypeAlias

from ecr_events.cli.outcomes import Outcome, in_utc, outcome_key, outcome_of
from ecr_events.events import (
    ECREvent,
    ECRImageScanEvent,
    ECRReplicationActionEvent,
    Inspector2FindingEvent,
    Inspector2ScanEvent,
    UnknownEvent,
)

__all__ = ["CRITICAL_FINDING", "CRITICAL_SCAN", "FAILED_REPLICATION", "Alarm", "EventCounts", "count_events"]

FAILED_REPLICATION, CRITICAL_FINDING, CRITICAL_SCAN = (
    "replication failed",
    "critical finding",
    "critical findings in scan",
)

Alarm: TypeAlias = tuple[str, str, str]
"""Kind, repositories and details of an event that needs attention."""


class EventCounts:
    """Counts of events, which can be pickled and merged with those of other events."""

    def __init__(self) -> None:
        self.days: dict[Outcome, Counter[int]] = {}
        """Events by outcome and day, in the order in which the outcomes were first seen.

        A day is the ordinal of its date in UTC.
        """

        self.alarms: Counter[Alarm] = Counter()
        """Events that need attention."""

    def add(self, events: Iterable[ECREvent | UnknownEvent]) -> None:
        """Count events."""
        known: dict[Hashable, tuple[Outcome, bool, Counter[int]]] = {}
        for event in events:
            key = outcome_key(event)
            counted = known.get(key)
            if counted is None:
                outcome = outcome_of(event)
                days = self.days.setdefault(outcome, Counter())
                counted = known[key] = outcome, outcome.needs_attention, days
            outcome, needs_attention, days = counted
            days[in_utc(event.time).toordinal()] += 1
            if needs_attention:
                self.alarms[_alarm(event, outcome)] += 1

    def merge(self, other: "EventCounts") -> None:
        """Add the counts of other events."""
        for outcome, days in other.days.items():
            self.days.setdefault(outcome, Counter()).update(days)
        self.alarms.update(other.alarms)


def count_events(events: Iterable[ECREvent | UnknownEvent]) -> Iterator[EventCounts]:
    """Yield the counts of events."""
    counts = EventCounts()
    counts.add(events)
    yield counts


def _alarm(event: ECREvent | UnknownEvent, outcome: Outcome) -> Alarm:
    name = ", ".join(outcome.repositories)
    match event:
        case ECRReplicationActionEvent():
            return FAILED_REPLICATION, name, f"{event.detail.source_region} to {event.region}"
        case Inspector2FindingEvent():
            return CRITICAL_FINDING, name, event.detail.title
        case ECRImageScanEvent() | Inspector2ScanEvent():
            return CRITICAL_SCAN, name, event.detail.image_tag or event.detail.image_digest or ""
        case _:
            return f"{outcome.detail_type}: {outcome.text}", name, event.region
