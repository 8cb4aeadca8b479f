"""Events inside what delivers them: AWS services, brokers of messages, HTTP requests and CloudEvents.

`unwrap` yields the events, `process` runs a handler on each and returns the response that AWS expects, and
`transform` does so for Firehose.
"""

from ecr_events.deliveries.handlers import DROPPED, Failure, Handler, OnError, TransformHandler
from ecr_events.deliveries.process import process, transform
from ecr_events.deliveries.records import InvalidRecord, Record
from ecr_events.deliveries.unwrap import Delivery, unwrap

__all__ = [
    "DROPPED",
    "Delivery",
    "Failure",
    "Handler",
    "InvalidRecord",
    "OnError",
    "Record",
    "TransformHandler",
    "process",
    "transform",
    "unwrap",
]
