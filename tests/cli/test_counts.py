import pickle
from datetime import timedelta

import msgspec
from command_line import EVENTS

from ecr_events import ECREvent, UnknownEvent
from ecr_events.cli.counts import EventCounts
from ecr_events.cli.outcomes import outcome_of


def count(*events: ECREvent | UnknownEvent) -> EventCounts:
    counts = EventCounts()
    counts.add(events)
    return counts


def test_events_are_counted_by_outcome_and_day() -> None:
    """In the order of the first event of each outcome."""
    first, second = EVENTS[:2]
    later = msgspec.structs.replace(first, time=first.time + timedelta(days=1))
    counts = count(first, second, later, first)
    day = first.time.toordinal()
    assert counts.days == {outcome_of(first): {day: 2, day + 1: 1}, outcome_of(second): {day: 1}}
    assert list(counts.days) == [outcome_of(first), outcome_of(second)]


def test_events_that_need_attention_are_counted_by_their_details() -> None:
    """Other events are not."""
    assert count(*EVENTS, EVENTS[1]).alarms == {
        ("critical findings in scan", "team/app", "1.4.2"): 3,
        ("critical finding", "team/app", "CVE-2026-EXAMPLE - example-xml"): 1,
    }


def test_merged_counts_are_those_of_all_events() -> None:
    """Also counts that come from another process, in the same order."""
    later = [msgspec.structs.replace(event, time=event.time + timedelta(days=1)) for event in EVENTS[5:]]
    counts, other, together = count(*EVENTS[:8]), count(*EVENTS[3:], *later), count(*EVENTS[:8], *EVENTS[3:], *later)
    counts.merge(pickle.loads(pickle.dumps(other)))
    assert (counts.days, counts.alarms) == (together.days, together.alarms)
    assert list(counts.days) == list(together.days)
