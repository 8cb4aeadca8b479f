"""An event that is not ECR's, or that AWS added after this version was made."""

from typing import Any

from ecr_events.events.envelope import EventBridgeEvent
from ecr_events.hashing import HashIgnoringDicts

__all__ = ["UnknownEvent"]


class UnknownEvent(HashIgnoringDicts, EventBridgeEvent, frozen=True, kw_only=True):
    """Any event of EventBridge: the envelope is typed, the detail is as it came.

    Comes out of `decode` for a detail-type or a source that this library does not know, for
    a CloudTrail record of another service, and for Inspector's word on anything but an image.
    """

    detail_type: str  # pyright: ignore[reportIncompatibleMethodOverride]  # the other classes have it as their tag
    """The kind of event, ``detail-type`` in the JSON."""

    detail: dict[str, Any]
    """The detail as parsed JSON."""
