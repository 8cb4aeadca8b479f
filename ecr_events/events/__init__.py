"""The events that EventBridge delivers about Amazon ECR, one module per detail-type.

To add a detail-type: write its module, import and list its classes here, add a sample to
``samples/`` with its edge cases in ``samples/edge_cases.py``, a test module to ``tests/events/``, and
a row to the README's table of events. If AWS documents the values of a field, list them in ``_SENT`` of
``patterns/building.py``; if the event tells what exists in ECR, add that to ``testing/contents.py``.

In the order of https://docs.aws.amazon.com/eventbridge/latest/ref/events-ref-ecr.html, followed by
CloudTrail and Inspector.
"""

from typing import TypeAlias

from ecr_events.events.aws_api_call_via_cloudtrail import (
    ECRAWSAPICallViaCloudTrail,
    ECRAWSAPICallViaCloudTrailEvent,
)
from ecr_events.events.aws_service_event_via_cloudtrail import (
    ECRAWSServiceEventViaCloudTrail,
    ECRAWSServiceEventViaCloudTrailEvent,
)
from ecr_events.events.envelope import EventBridgeEvent
from ecr_events.events.image_action import ECRImageAction, ECRImageActionEvent
from ecr_events.events.image_scan import ECRImageScan, ECRImageScanEvent
from ecr_events.events.inspector2_finding import Inspector2Finding, Inspector2FindingEvent
from ecr_events.events.inspector2_scan import Inspector2Scan, Inspector2ScanEvent
from ecr_events.events.pull_through_cache_action import (
    ECRPullThroughCacheAction,
    ECRPullThroughCacheActionEvent,
)
from ecr_events.events.referrer_action import ECRReferrerAction, ECRReferrerActionEvent
from ecr_events.events.replication_action import ECRReplicationAction, ECRReplicationActionEvent
from ecr_events.events.scan import ScanEvent
from ecr_events.events.scan_resource_change import ECRScanResourceChange, ECRScanResourceChangeEvent
from ecr_events.events.unknown import UnknownEvent

__all__ = [
    # Every event
    "EventBridgeEvent",
    "ECREvent",
    "UnknownEvent",
    # Both scans
    "ScanEvent",
    # ECR
    "ECRImageActionEvent",
    "ECRImageAction",
    "ECRImageScanEvent",
    "ECRImageScan",
    "ECRReplicationActionEvent",
    "ECRReplicationAction",
    "ECRReferrerActionEvent",
    "ECRReferrerAction",
    "ECRScanResourceChangeEvent",
    "ECRScanResourceChange",
    "ECRPullThroughCacheActionEvent",
    "ECRPullThroughCacheAction",
    # ECR by way of CloudTrail
    "ECRAWSAPICallViaCloudTrailEvent",
    "ECRAWSAPICallViaCloudTrail",
    "ECRAWSServiceEventViaCloudTrailEvent",
    "ECRAWSServiceEventViaCloudTrail",
    # Inspector, about images in ECR
    "Inspector2ScanEvent",
    "Inspector2Scan",
    "Inspector2FindingEvent",
    "Inspector2Finding",
]

ECREvent: TypeAlias = (
    ECRImageActionEvent
    | ECRImageScanEvent
    | ECRReplicationActionEvent
    | ECRReferrerActionEvent
    | ECRScanResourceChangeEvent
    | ECRPullThroughCacheActionEvent
    | ECRAWSAPICallViaCloudTrailEvent
    | ECRAWSServiceEventViaCloudTrailEvent
    | Inspector2ScanEvent
    | Inspector2FindingEvent
)
"""Union of all typed events, to match over. `UnknownEvent` is not one of them."""
