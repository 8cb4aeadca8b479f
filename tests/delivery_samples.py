"""Payloads of deliveries, valid and malformed."""

import json
from typing import Any

from ecr_events import ECRImageActionEvent, ECRReplicationActionEvent, EventBridgeEvent, UnknownEvent, encode
from ecr_events.samples import sample
from ecr_events.testing.wrappers import invocation


def text(event: EventBridgeEvent) -> str:
    return encode(event).decode()


PUSH, REPLICATION, UNKNOWN = sample(ECRImageActionEvent), sample(ECRReplicationActionEvent), sample(UnknownEvent)

PUSH_JSON, REPLICATION_JSON, UNKNOWN_JSON = text(PUSH), text(REPLICATION), text(UNKNOWN)

MALFORMED_JSON = PUSH_JSON.replace('"PUSH"', "7")
"""An event whose error is at ``$.detail.action-type``."""


def invocation_event(detail: Any) -> dict[str, Any]:
    """Return the record of an invocation as an event of EventBridge."""
    return {
        **json.loads(PUSH_JSON),
        "source": "lambda",
        "detail-type": "Lambda Function Invocation Result - Failure",
        "detail": detail,
    }


def batch_invocation(key: str = "KinesisBatchInfo", **payload: Any) -> dict[str, Any]:
    """Return the record of an invocation with a batch of a stream."""
    record = invocation(None) | payload
    del record["requestPayload"], record["responsePayload"]
    info = {"shardId": "shardId-000000000001", "startSequenceNumber": "1", "endSequenceNumber": "2", "batchSize": 500}
    return record | {key: info}
