"""The wrapping that each source puts around a payload, as AWS documents it."""

import base64
import gzip
import json
from typing import Any

__all__ = [
    "activemq",
    "activemq_message",
    "argo_event",
    "b64",
    "cloud_event",
    "firehose",
    "function_result",
    "function_url",
    "gzipped",
    "invocation",
    "kafka",
    "kafka_record",
    "kinesis",
    "load_balancer",
    "logs",
    "notification",
    "pipes_kinesis",
    "rabbitmq",
    "rabbitmq_message",
    "received",
    "rest_api",
    "sns",
    "sqs",
    "subscription",
    "with_metadata",
]


def b64(content: str | bytes) -> str:
    """Return content in base64."""
    return base64.b64encode(content.encode() if isinstance(content, str) else content).decode()


def gzipped(document: Any) -> bytes:
    """Return a document as JSON, compressed with gzip."""
    return gzip.compress(json.dumps(document).encode(), mtime=0)


def sqs(body: str, id_: str = "m-1", **attributes: str) -> dict[str, Any]:
    """Return a message of a Lambda batch."""
    return {
        "messageId": id_,
        "receiptHandle": "AQEB",
        "body": body,
        "attributes": {"ApproximateReceiveCount": "1"},
        "messageAttributes": {name: {"stringValue": value, "dataType": "String"} for name, value in attributes.items()},
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-west-1:012345678901:events",
    }


def received(body: str, id_: str = "m-1", **attributes: str) -> dict[str, Any]:
    """Return a message as boto3's ``receive_message`` returns it."""
    values = {name: {"StringValue": value, "DataType": "String"} for name, value in attributes.items()}
    return {"MessageId": id_, "ReceiptHandle": "AQEB", "Body": body, "MessageAttributes": values}


def sns(message: str, id_: str = "n-1") -> dict[str, Any]:
    """Return a record of a Lambda batch."""
    return {
        "EventSource": "aws:sns",
        "EventSubscriptionArn": "arn:aws:sns:eu-west-1:012345678901:events:1",
        "Sns": notification(message, id_, team="a"),
    }


def notification(message: str, id_: str = "n-1", **attributes: str) -> dict[str, Any]:
    """Return a notification over HTTP or in SQS."""
    return {
        "Type": "Notification",
        "MessageId": id_,
        "TopicArn": "arn:aws:sns:eu-west-1:012345678901:events",
        "Message": message,
        "MessageAttributes": {name: {"Type": "String", "Value": value} for name, value in attributes.items()},
    }


def kinesis(data: str | bytes, id_: str = "s-1") -> dict[str, Any]:
    """Return a record of a Lambda batch."""
    return {
        "kinesis": {"partitionKey": "1", "sequenceNumber": id_, "data": b64(data)},
        "eventSource": "aws:kinesis",
        "eventID": f"shardId-000000000000:{id_}",
    }


def pipes_kinesis(data: str | bytes, id_: str = "e-1") -> dict[str, Any]:
    """Return a record from EventBridge Pipes."""
    return {"eventID": id_, "sequenceNumber": "1", "data": b64(data), "eventSource": "aws:kinesis"}


def firehose(data: str | bytes, id_: str = "f-1") -> dict[str, Any]:
    """Return a record of a transformation."""
    return {"recordId": id_, "approximateArrivalTimestamp": 1, "data": b64(data)}


def logs(*messages: Any) -> dict[str, Any]:
    """Return the document that CloudWatch Logs delivers."""
    events = [{"id": f"l-{number}", "timestamp": 1, "message": message} for number, message in enumerate(messages)]
    return {"messageType": "DATA_MESSAGE", "owner": "012345678901", "logGroup": "/aws/events", "logEvents": events}


def subscription(document: Any) -> dict[str, Any]:
    """Return a document of CloudWatch Logs as Lambda receives it."""
    return {"awslogs": {"data": b64(gzipped(document))}}


def kafka_record(value: str | bytes, offset: int = 15, **headers: str) -> dict[str, Any]:
    """Return a record of Kafka. The bytes of headers are signed."""
    encoded = [{name: [(byte ^ 0x80) - 0x80 for byte in text.encode()]} for name, text in headers.items()]
    return {
        "topic": "events",
        "partition": 0,
        "offset": offset,
        "timestamp": 1545084650987,
        "timestampType": "CREATE_TIME",
        "key": b64("key"),
        "value": b64(value),
        "headers": encoded,
    }


def kafka(*records: Any) -> dict[str, Any]:
    """Return a Lambda batch of Kafka."""
    partitions: dict[str, list[Any]] = {}
    for record in records:
        place = f"{record['topic']}-{record['partition']}" if isinstance(record, dict) else "events-0"
        partitions.setdefault(place, []).append(record)
    return {
        "eventSource": "aws:kafka",
        "eventSourceArn": "arn:aws:kafka:eu-west-1:012345678901:cluster/events/1",
        "bootstrapServers": "b-1.example.com:9092",
        "records": partitions,
    }


def rabbitmq_message(data: str | bytes, id_: str | None = None) -> dict[str, Any]:
    """Return a message of RabbitMQ."""
    properties = {
        "contentType": "text/plain",
        "contentEncoding": None,
        "headers": {"team": {"bytes": [*b"a"]}, "number": 10},
        "deliveryMode": 1,
        "messageId": id_,
        "bodySize": 80,
    }
    return {"basicProperties": properties, "redelivered": False, "data": b64(data)}


def rabbitmq(*messages: Any) -> dict[str, Any]:
    """Return a Lambda batch of RabbitMQ."""
    return {
        "eventSource": "aws:rmq",
        "eventSourceArn": "arn:aws:mq:eu-west-1:012345678901:broker:events:b-1",
        "rmqMessagesByQueue": {"events::/": list(messages)},
    }


def activemq_message(data: str | bytes, id_: str = "ID:b-1") -> dict[str, Any]:
    """Return a message of ActiveMQ."""
    return {
        "messageID": id_,
        "messageType": "jms/text-message",
        "deliveryMode": 1,
        "replyTo": "null",
        "destination": {"physicalName": "events"},
        "data": b64(data),
        "properties": {"team": "a", "number": 7},
    }


def activemq(*messages: Any) -> dict[str, Any]:
    """Return a Lambda batch of ActiveMQ."""
    return {
        "eventSource": "aws:mq",
        "eventSourceArn": "arn:aws:mq:eu-west-1:012345678901:broker:events:b-2",
        "messages": list(messages),
    }


def _body(body: str | bytes | None) -> dict[str, Any]:
    if isinstance(body, bytes):
        return {"body": b64(body), "isBase64Encoded": True}
    return {"body": body, "isBase64Encoded": False}


def function_url(body: str | bytes | None, **headers: str) -> dict[str, Any]:
    """Return a request of a function URL or an HTTP API, with the body in base64 if it is bytes."""
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": "/",
        "headers": {name.replace("_", "-"): value for name, value in headers.items()},
        "requestContext": {"accountId": "012345678901", "requestId": "r-1", "http": {"method": "POST"}},
        **_body(body),
    }


def rest_api(body: str | bytes | None) -> dict[str, Any]:
    """Return a request of a REST API, with the body as in `function_url`."""
    return {
        "resource": "/events",
        "httpMethod": "POST",
        "headers": {"Content-Type": "application/json"},
        "multiValueHeaders": {"Content-Type": ["application/json"]},
        "requestContext": {"resourceId": "2gxmpl", "requestId": "r-1", "identity": {"sourceIp": "192.0.2.1"}},
        **_body(body),
    }


def load_balancer(body: str | bytes) -> dict[str, Any]:
    """Return a request of a load balancer, with the body as in `function_url`."""
    return {
        "requestContext": {
            "elb": {"targetGroupArn": "arn:aws:elasticloadbalancing:eu-west-1:012345678901:targetgroup/a"}
        },
        "httpMethod": "POST",
        "path": "/",
        "multiValueHeaders": {"content-type": ["text/plain", "application/json"]},
        **_body(body),
    }


def cloud_event(data: Any, **attributes: str) -> dict[str, Any]:
    """Return a CloudEvent in structured form."""
    return {
        "specversion": "1.0",
        "id": "c-1",
        "source": "arn:aws:events:eu-west-1:012345678901:event-bus/default",
        "type": "com.amazon.events.event",
        "datacontenttype": "application/json",
        "data": data,
        **attributes,
    }


def argo_event(data: str | bytes) -> dict[str, Any]:
    """Return an event as a sensor of Argo Events passes it on."""
    context = {key: value for key, value in cloud_event(None).items() if key != "data"}
    return {"context": context | {"subject": "example"}, "data": b64(data)}


def invocation(payload: Any, condition: str = "RetriesExhausted") -> dict[str, Any]:
    """Return the record of an asynchronous invocation."""
    return {
        "version": "1.0",
        "timestamp": "2026-05-04T09:16:05.568Z",
        "requestContext": {
            "requestId": "q-1",
            "functionArn": "arn:aws:lambda:eu-west-1:012345678901:function:notify:$LATEST",
            "condition": condition,
            "approximateInvokeCount": 3,
        },
        "requestPayload": payload,
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
        "responsePayload": {"errorMessage": "RequestId: q-1 Process exited before completing request"},
    }


def function_result(payload: Any) -> dict[str, Any]:
    """Return the result of a function as Step Functions passes it to the next state."""
    return {
        "ExecutedVersion": "$LATEST",
        "Payload": payload,
        "SdkHttpMetadata": {"HttpStatusCode": 200},
        "StatusCode": 200,
    }


def with_metadata(data: Any) -> dict[str, Any]:
    """Return an event as a custom event bus sends it with its metadata."""
    return {
        "Data": data,
        "Metadata": {"team": "a"},
        "SystemMetadata": {"aws:EventId": "b-1", "aws:DeliveryType": "LIVE"},
    }
