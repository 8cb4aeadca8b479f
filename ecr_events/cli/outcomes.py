"""The outcome of an event in a few words, found by the names of its detail's fields.

AWS uses the same names in all detail-types, so a new detail-type needs no code here.
"""

from collections.abc import Callable, Hashable
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any, NamedTuple

from ecr_events.errors import InvalidReferenceError
from ecr_events.events import (
    ECRAWSAPICallViaCloudTrailEvent,
    EventBridgeEvent,
    Inspector2FindingEvent,
    UnknownEvent,
)
from ecr_events.events.image_event import ImageEvent

__all__ = ["Outcome", "in_utc", "needs_attention", "outcome_key", "outcome_of", "repository_names"]

_FIELDS = (
    "action_type",
    "result",
    "sync_status",
    "scan_status",
    "severity",
    "status",
    "event_name",
    "error_code",
)
"""The fields of a detail that make up its outcome, in order."""


def in_utc(time: datetime) -> datetime:
    """Return a time in UTC, or unchanged if UTC cannot represent it."""
    if time.tzinfo is UTC:
        return time
    try:
        return time.astimezone(UTC)
    except OverflowError:
        return time


class Outcome(NamedTuple):
    """The outcome of an event."""

    detail_type: str

    text: str
    """AWS's values: ``PUSH SUCCESS``, ``COMPLETE, critical``, ``CRITICAL ACTIVE``."""

    needs_attention: bool

    repositories: tuple[str, ...]
    """The names of the event's repositories, without duplicates."""


def outcome_of(event: EventBridgeEvent) -> Outcome:
    """Return the outcome of an event."""
    detail: Any = getattr(event, "detail", None)
    text = " ".join(filter(None, (getattr(detail, name, None) for name in _FIELDS)))
    if _has_critical_findings(getattr(detail, "finding_severity_counts", None)):
        text += ", critical"
    return Outcome(event.detail_type, text, needs_attention(detail), repository_names(event))


def needs_attention(detail: Any) -> bool:
    """Return whether a detail reports a failure, or critical findings."""
    return (
        getattr(detail, "result", None) not in {None, "SUCCESS"}
        or getattr(detail, "sync_status", None) not in {None, "SUCCESS"}
        or getattr(detail, "scan_status", None) == "FAILED"
        or _has_critical_findings(getattr(detail, "finding_severity_counts", None))
        or (getattr(detail, "severity", None), getattr(detail, "status", None)) == ("CRITICAL", "ACTIVE")
    )


def _has_critical_findings(counts: dict[str, float] | None) -> bool:
    return counts is not None and counts.get("CRITICAL", 0) > 0


def repository_names(event: EventBridgeEvent) -> tuple[str, ...]:
    """Return the names of the event's repositories, without duplicates; none if a reference is malformed."""
    try:
        return tuple(dict.fromkeys(reference.repository_name for reference in event.repository_references))
    except InvalidReferenceError:
        return ()


def outcome_key(event: EventBridgeEvent) -> Hashable:
    """Return a key that only events with equal outcomes share, at a fraction of the cost of an outcome."""
    key = _keys.get(event.__class__)
    if key is None:
        key = _keys[event.__class__] = _key_function(event)
    return key(event)


_keys: dict[type[EventBridgeEvent], Callable[[Any], Hashable]] = {}


def _key_function(event: Any) -> Callable[[Any], Hashable]:
    """Return the function for the events of a class, of which `event` is one."""
    if issubclass(event.__class__, UnknownEvent):
        return attrgetter("detail_type")
    fields: tuple[str, ...] = event.detail.__struct_fields__
    names = [name for name in _FIELDS if name in fields]
    if not issubclass(event.__class__, ImageEvent):
        values, named = attrgetter("__class__", *(f"detail.{name}" for name in names)), _name_key(event.__class__)
        return lambda event: (values(event), named(event))
    values = attrgetter("__class__", *(f"detail.{name}" for name in ("repository_name", *names)))
    if "finding_severity_counts" in fields:
        return lambda event: (values(event), _has_critical_findings(event.detail.finding_severity_counts))
    return values


def _name_key(cls: type[EventBridgeEvent]) -> Callable[[Any], Hashable]:
    """Return a function for the events of a class whose result only events with equal repository names share.

    The frequent events that name their repository in one field do without a reference to it.
    """
    if issubclass(cls, ECRAWSAPICallViaCloudTrailEvent):
        return _requested_name
    return _found_name if issubclass(cls, Inspector2FindingEvent) else repository_names


def _requested_name(event: ECRAWSAPICallViaCloudTrailEvent) -> Hashable:
    parameters = event.detail.request_parameters
    name = parameters.get("repositoryName") if parameters else None
    return name if name and isinstance(name, str) else repository_names(event)


def _found_name(event: Inspector2FindingEvent) -> Hashable:
    resources = event.detail.resources
    if len(resources) == 1 and (image := resources[0].details.aws_ecr_container_image).image_hash:
        return image.repository_name
    return repository_names(event)
