"""The events that EventBridge delivers about Amazon ECR, one module for each detail-type.

To add one: write its module, then list its class here, in `ECREvent`.

Source: https://docs.aws.amazon.com/eventbridge/latest/ref/events-ref-ecr.html, whose order
this list keeps, then CloudTrail's and Inspector's.
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
from ecr_events.events.scan_resource_change import ECRScanResourceChange, ECRScanResourceChangeEvent
from ecr_events.events.unknown import UnknownEvent

__all__ = [
    "ECRAWSAPICallViaCloudTrail",
    "ECRAWSAPICallViaCloudTrailEvent",
    "ECRAWSServiceEventViaCloudTrail",
    "ECRAWSServiceEventViaCloudTrailEvent",
    "ECREvent",
    "ECRImageAction",
    "ECRImageActionEvent",
    "ECRImageScan",
    "ECRImageScanEvent",
    "ECRPullThroughCacheAction",
    "ECRPullThroughCacheActionEvent",
    "ECRReferrerAction",
    "ECRReferrerActionEvent",
    "ECRReplicationAction",
    "ECRReplicationActionEvent",
    "ECRScanResourceChange",
    "ECRScanResourceChangeEvent",
    "EventBridgeEvent",
    "Inspector2Finding",
    "Inspector2FindingEvent",
    "Inspector2Scan",
    "Inspector2ScanEvent",
    "UnknownEvent",
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
"""Every event that is typed here; a union to match over."""
