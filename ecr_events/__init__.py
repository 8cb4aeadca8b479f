"""Typed values for every event that Amazon ECR sends to EventBridge, on msgspec.

See the README for a tour; `decode` is where to begin.
"""

from ecr_events.codec import decode, encode, json_schema
from ecr_events.errors import (
    AccessDeniedError,
    ArchiveError,
    CredentialsError,
    DecodeError,
    ECREventsError,
    InvalidReferenceError,
    InvalidRequestError,
    ServiceError,
    ThrottledError,
    UnavailableError,
)
from ecr_events.events import (
    ECRAWSAPICallViaCloudTrail,
    ECRAWSAPICallViaCloudTrailEvent,
    ECRAWSServiceEventViaCloudTrail,
    ECRAWSServiceEventViaCloudTrailEvent,
    ECREvent,
    ECRImageAction,
    ECRImageActionEvent,
    ECRImageScan,
    ECRImageScanEvent,
    ECRPullThroughCacheAction,
    ECRPullThroughCacheActionEvent,
    ECRReferrerAction,
    ECRReferrerActionEvent,
    ECRReplicationAction,
    ECRReplicationActionEvent,
    ECRScanResourceChange,
    ECRScanResourceChangeEvent,
    EventBridgeEvent,
    Inspector2Finding,
    Inspector2FindingEvent,
    Inspector2Scan,
    Inspector2ScanEvent,
    UnknownEvent,
)
from ecr_events.references import ImageReference, RepositoryReference

__all__ = [  # noqa: RUF022 - in reading order
    # JSON to events and back
    "decode",
    "encode",
    "json_schema",
    # What decode returns
    "EventBridgeEvent",
    "ECREvent",
    "UnknownEvent",
    # The events of ECR, in AWS's order
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
    # ECR's events by way of CloudTrail
    "ECRAWSAPICallViaCloudTrailEvent",
    "ECRAWSAPICallViaCloudTrail",
    "ECRAWSServiceEventViaCloudTrailEvent",
    "ECRAWSServiceEventViaCloudTrail",
    # Inspector's events about images in ECR
    "Inspector2ScanEvent",
    "Inspector2Scan",
    "Inspector2FindingEvent",
    "Inspector2Finding",
    # Where the things are that an event names
    "RepositoryReference",
    "ImageReference",
    # What can go wrong
    "ECREventsError",
    "DecodeError",
    "ArchiveError",
    "InvalidReferenceError",
    "ServiceError",
    "AccessDeniedError",
    "CredentialsError",
    "InvalidRequestError",
    "ThrottledError",
    "UnavailableError",
]
