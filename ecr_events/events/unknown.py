"""Events of other services, and events added by AWS after this release."""

from typing import Any

from ecr_events.events.envelope import EventBridgeEvent
from ecr_events.hashing import HashIgnoringDicts

__all__ = ["UnknownEvent"]


class UnknownEvent(HashIgnoringDicts, EventBridgeEvent, frozen=True, kw_only=True):
    """An EventBridge event with a typed envelope and an untyped detail.

    `decode` returns it for unknown detail-types and sources, for CloudTrail records of other
    services, and for Inspector events about anything but container images.
    """

    detail_type: str  # pyright: ignore[reportIncompatibleMethodOverride] - a property in the other classes
    """Type of the event, ``detail-type`` in JSON."""

    detail: dict[str, Any]
    """Detail as parsed JSON."""
