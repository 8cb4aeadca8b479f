"""An HTTP server on loopback that speaks enough of ECR's API for a boto3 client, and injects faults."""

from fake_ecr.faults import (
    DENIED,
    EXPIRED,
    SERVER_ERROR,
    THROTTLED,
    Broken,
    Error,
    Fault,
    Handshake,
    Partial,
    Slow,
    Trickle,
)
from fake_ecr.http import ECRServer
from fake_ecr.request import Request

__all__ = [
    "DENIED",
    "EXPIRED",
    "SERVER_ERROR",
    "THROTTLED",
    "Broken",
    "ECRServer",
    "Error",
    "Fault",
    "Handshake",
    "Partial",
    "Request",
    "Slow",
    "Trickle",
]
