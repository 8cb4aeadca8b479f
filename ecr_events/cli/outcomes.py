"""What an event says, in the few words of a row.

`same` tells in a moment which events say the same, so that of millions of them few are asked
what they say.
"""

from collections.abc import Callable, Hashable
from operator import attrgetter
from typing import Any, NamedTuple

from ecr_events.errors import InvalidReferenceError
from ecr_events.events import (
    ECRAWSAPICallViaCloudTrailEvent,
    ECRAWSServiceEventViaCloudTrailEvent,
    ECRImageActionEvent,
    ECRImageScanEvent,
    ECRPullThroughCacheActionEvent,
    ECRReferrerActionEvent,
    ECRReplicationActionEvent,
    ECRScanResourceChangeEvent,
    EventBridgeEvent,
    Inspector2FindingEvent,
    Inspector2ScanEvent,
    UnknownEvent,
)

__all__ = ["Saying", "repositories", "same", "say"]


class Saying(NamedTuple):
    """What an event says."""

    detail_type: str
    outcome: str
    """What happened, in AWS's own words."""
    is_bad: bool
    """Whether somebody on call should look at it: what failed, and what is critical."""
    repositories: tuple[str, ...]
    """The names of the repositories that it is about, each once."""


def same(event: EventBridgeEvent) -> Hashable:
    """Return what is equal for events that say the same."""
    return _SAME[event.__class__](event)


def say(event: EventBridgeEvent) -> Saying:
    """Return what an event says."""
    return _SAYINGS[event.__class__](event)


def repositories(event: EventBridgeEvent) -> tuple[str, ...]:
    """Return the names of the repositories that an event is about, each once."""
    try:
        return tuple(dict.fromkeys(reference.repository_name for reference in event.repository_references))
    except InvalidReferenceError:
        return ()


def _action(event: Any) -> Saying:
    detail = event.detail
    said = f"{detail.action_type} {detail.result or ''}".rstrip()
    return Saying(event.detail_type, said, detail.result not in {"SUCCESS", None}, (detail.repository_name,))


def _replication(event: Any) -> Saying:
    detail = event.detail
    return Saying(event.detail_type, detail.result, detail.result != "SUCCESS", (detail.repository_name,))


def _cached(event: Any) -> Saying:
    detail = event.detail
    return Saying(event.detail_type, detail.sync_status, detail.sync_status != "SUCCESS", (detail.repository_name,))


def _is_critical(detail: Any) -> bool:
    counts: dict[str, float] = detail.finding_severity_counts or {}
    return counts.get("CRITICAL", 0) > 0


def _scan(event: Any) -> Saying:
    detail = event.detail
    bad = detail.scan_status == "FAILED" or _is_critical(detail)
    return Saying(event.detail_type, detail.scan_status, bad, repositories(event))


def _same_scan(event: Any) -> Hashable:
    detail = event.detail
    return event.__class__, detail.scan_status, detail.repository_name, _is_critical(detail)


def _same_finding(event: Any) -> Hashable:
    detail = event.detail
    images = [resource.details.aws_ecr_container_image.repository_name for resource in detail.resources]
    return event.__class__, detail.severity, detail.status, *images


def _finding(event: Any) -> Saying:
    detail = event.detail
    bad = detail.severity == "CRITICAL" and detail.status == "ACTIVE"
    return Saying(event.detail_type, f"{detail.severity} {detail.status}", bad, repositories(event))


def _harmless(outcome: Callable[[Any], str]) -> Callable[[Any], Saying]:
    return lambda event: Saying(event.detail_type, outcome(event.detail), False, repositories(event))  # noqa: FBT003


_SAYINGS: dict[type, Callable[[Any], Saying]] = {
    ECRImageActionEvent: _action,
    ECRImageScanEvent: _scan,
    ECRReplicationActionEvent: _replication,
    ECRReferrerActionEvent: _action,
    ECRScanResourceChangeEvent: _harmless(lambda detail: detail.action_type),
    ECRPullThroughCacheActionEvent: _cached,
    ECRAWSAPICallViaCloudTrailEvent: _harmless(
        lambda detail: f"{detail.event_name} {detail.error_code or ''}".rstrip()
    ),
    ECRAWSServiceEventViaCloudTrailEvent: _harmless(lambda detail: detail.event_name),
    Inspector2ScanEvent: _scan,
    Inspector2FindingEvent: _finding,
    UnknownEvent: _harmless(lambda _: ""),
}

_SAME: dict[type, Callable[[Any], Hashable]] = {
    ECRImageActionEvent: attrgetter("__class__", "detail.action_type", "detail.result", "detail.repository_name"),
    ECRImageScanEvent: _same_scan,
    ECRReplicationActionEvent: attrgetter("__class__", "detail.result", "detail.repository_name"),
    ECRReferrerActionEvent: attrgetter("__class__", "detail.action_type", "detail.result", "detail.repository_name"),
    ECRScanResourceChangeEvent: say,
    ECRPullThroughCacheActionEvent: attrgetter("__class__", "detail.sync_status", "detail.repository_name"),
    ECRAWSAPICallViaCloudTrailEvent: say,
    ECRAWSServiceEventViaCloudTrailEvent: say,
    Inspector2ScanEvent: _same_scan,
    Inspector2FindingEvent: _same_finding,
    UnknownEvent: attrgetter("detail_type"),
}
