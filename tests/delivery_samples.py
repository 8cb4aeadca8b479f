"""Deliveries as AWS sends them, around any payload."""

import base64
import gzip
import json
from typing import Any

from ecr_events import ECRImageActionEvent, ECRReplicationActionEvent, EventBridgeEvent, UnknownEvent, encode
from ecr_events.samples import sample


def text(event: EventBridgeEvent) -> str:
    return encode(event).decode()


PUSH, REPLICATION, UNKNOWN = sample(ECRImageActionEvent), sample(ECRReplicationActionEvent), sample(UnknownEvent)

PUSH_JSON, REPLICATION_JSON, UNKNOWN_JSON = text(PUSH), text(REPLICATION), text(UNKNOWN)

MALFORMED_JSON = PUSH_JSON.replace('"PUSH"', "7")
"""An event whose error is at ``$.detail.action-type``."""


def b64(content: str | bytes) -> str:
    return base64.b64encode(content.encode() if isinstance(content, str) else content).decode()


def gzipped(document: Any) -> bytes:
    return gzip.compress(json.dumps(document).encode(), mtime=0)


def sqs(body: str, id_: str = "m-1", *, queue: str = "events", **attributes: str) -> dict[str, Any]:
    return {
        "messageId": id_,
        "receiptHandle": "AQEB",
        "body": body,
        "attributes": {"ApproximateReceiveCount": "1"},
        "messageAttributes": {name: {"stringValue": value, "dataType": "String"} for name, value in attributes.items()},
        "eventSource": "aws:sqs",
        "eventSourceARN": f"arn:aws:sqs:eu-west-1:012345678901:{queue}",
    }


def received(body: str, id_: str = "m-1", **attributes: str) -> dict[str, Any]:
    values = {name: {"StringValue": value, "DataType": "String"} for name, value in attributes.items()}
    return {"MessageId": id_, "ReceiptHandle": "AQEB", "Body": body, "MessageAttributes": values}


def sns(message: str, id_: str = "n-1") -> dict[str, Any]:
    return {
        "EventSource": "aws:sns",
        "EventSubscriptionArn": "arn:aws:sns:eu-west-1:012345678901:events:1",
        "Sns": notification(message, id_, team="a"),
    }


def notification(message: str, id_: str = "n-1", **attributes: str) -> dict[str, Any]:
    return {
        "Type": "Notification",
        "MessageId": id_,
        "TopicArn": "arn:aws:sns:eu-west-1:012345678901:events",
        "Message": message,
        "MessageAttributes": {name: {"Type": "String", "Value": value} for name, value in attributes.items()},
    }


def kinesis(data: str | bytes, id_: str = "s-1") -> dict[str, Any]:
    return {
        "kinesis": {"partitionKey": "1", "sequenceNumber": id_, "data": b64(data)},
        "eventSource": "aws:kinesis",
        "eventID": f"shardId-000000000000:{id_}",
    }


def pipes_kinesis(data: str | bytes, id_: str = "e-1") -> dict[str, Any]:
    return {"eventID": id_, "sequenceNumber": "1", "data": b64(data), "eventSource": "aws:kinesis"}


def firehose(data: str | bytes, id_: str = "f-1") -> dict[str, Any]:
    return {"recordId": id_, "approximateArrivalTimestamp": 1, "data": b64(data)}


def logs(*messages: Any) -> dict[str, Any]:
    events = [{"id": f"l-{number}", "timestamp": 1, "message": message} for number, message in enumerate(messages)]
    return {"messageType": "DATA_MESSAGE", "owner": "012345678901", "logGroup": "/aws/events", "logEvents": events}


def subscription(document: Any) -> dict[str, Any]:
    return {"awslogs": {"data": b64(gzipped(document))}}
