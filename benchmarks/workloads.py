"""Distinct events as EventBridge writes them, of one detail-type or in realistic proportions."""

import itertools
import json
import random
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from ecr_events import (
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
)
from ecr_events.samples import sample_json

PROPORTIONS: Final[dict[type[EventBridgeEvent], int]] = {
    ECRImageActionEvent: 45,
    ECRReplicationActionEvent: 17,
    ECRPullThroughCacheActionEvent: 10,
    ECRImageScanEvent: 8,
    ECRAWSAPICallViaCloudTrailEvent: 8,
    Inspector2FindingEvent: 5,
    Inspector2ScanEvent: 4,
    ECRReferrerActionEvent: 1,
    ECRScanResourceChangeEvent: 1,
    ECRAWSServiceEventViaCloudTrailEvent: 1,
}
"""The classes of 100 events from a registry that replicates, caches and scans."""

_TEMPLATES: dict[type[EventBridgeEvent], dict[str, Any]] = {cls: json.loads(sample_json(cls)) for cls in PROPORTIONS}

CLASSES: Final[dict[str, type[EventBridgeEvent]]] = {event["detail-type"]: cls for cls, event in _TEMPLATES.items()}
"""The classes by detail-type."""

_FAILURE_RATE = 0.02
_DAYS = 10
_RECORDS = {ECRAWSAPICallViaCloudTrailEvent, ECRAWSServiceEventViaCloudTrailEvent}
_SCANS = {ECRImageScanEvent, Inspector2ScanEvent}
_FINDING = "arn:aws:inspector2:eu-west-1:012345678901:finding/8fa14cdd754f91cc6554"


def make_events(count: int, detail_type: str | None = None) -> Iterator[bytes]:
    """Yield distinct events of a detail-type, or a mix of all, over ten ever busier days and 200 repositories."""
    choose, vary = random.Random(0), random.Random(1)
    classes = [CLASSES[detail_type]] if detail_type else list(PROPORTIONS)
    weights = list(itertools.accumulate(PROPORTIONS[cls] for cls in classes))
    for number in range(count):
        cls = choose.choices(classes, cum_weights=weights)[0]
        day = 4 + int(_DAYS * (number / count) ** 0.8)
        varied = {"id": f"{number:08x}-0000-4000-8000-000000000000", "time": f"2026-05-{day:02}T09:15:31Z"}
        detail = _TEMPLATES[cls]["detail"] | _vary_detail(cls, number, vary)
        yield msgspec.json.encode(_TEMPLATES[cls] | varied | {"detail": detail})


def detail_type_last(event: bytes) -> bytes:
    """Return an event with the key ``detail-type`` moved to the end."""
    document = json.loads(event)
    document["detail-type"] = document.pop("detail-type")
    return msgspec.json.encode(document)


def sqs_delivery(events: list[bytes]) -> dict[str, Any]:
    """Return the payload that Lambda passes to a function for a batch of SQS messages."""
    template: dict[str, Any] = {
        "receiptHandle": "AQEBexample",
        "attributes": {
            "ApproximateReceiveCount": "1",
            "SentTimestamp": "1777886131000",
            "SenderId": "AROAEXAMPLEROLEID0001:events",
            "ApproximateFirstReceiveTimestamp": "1777886131010",
        },
        "messageAttributes": {},
        "md5OfBody": "e4e68fb7bd0e697a0ae8f1bb342846b3",
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-west-1:012345678901:ecr-events",
        "awsRegion": "eu-west-1",
    }
    records = [
        {"messageId": f"00000000-0000-4000-8000-{number:012}", "body": event.decode(), **template}
        for number, event in enumerate(events)
    ]
    return {"Records": records}


def _vary_detail(cls: type[EventBridgeEvent], number: int, choose: random.Random) -> dict[str, Any]:
    """Return the keys of a detail that differ from event to event."""
    name, failing = f"team/app-{int(choose.random() ** 3 * 200)}", choose.random() < _FAILURE_RATE
    if cls is Inspector2FindingEvent:
        severity = choose.choices(("CRITICAL", "HIGH", "MEDIUM"), (1, 9, 20))[0]
        return {"severity": severity, "findingArn": f"{_FINDING}{number:012}"}
    if cls in _RECORDS:
        return {"eventID": f"00000000-0000-4000-8000-{number:012}"}
    if cls is ECRScanResourceChangeEvent:
        return {}
    detail: dict[str, Any] = {"repository-name": name, "image-digest": f"sha256:{number:064x}"}
    if cls in _SCANS:
        counts = {"CRITICAL": 1, "HIGH": 4} if failing else {"HIGH": 4, "MEDIUM": 12}
        detail |= {"image-tags": [f"1.{number}"], "finding-severity-counts": counts}
    elif cls is not ECRReferrerActionEvent:
        detail["image-tag"] = f"1.{number}"
    if cls is ECRPullThroughCacheActionEvent:
        detail["repository-name"] = f"docker-hub/{name}"
    if cls is Inspector2ScanEvent:
        detail["repository-name"] = f"arn:aws:ecr:eu-west-1:012345678901:repository/{name}"
    if cls is ECRReplicationActionEvent and failing:
        detail["result"] = "FAILED"
    return detail
