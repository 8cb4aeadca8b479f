"""Typed, immutable Python classes for Amazon ECR's EventBridge events, on msgspec.

Start with `decode`. The subpackages are imported on first use: `ecr_events.service` (lookups in
ECR), `ecr_events.deliveries` (events in Lambda batches, queues and streams), `ecr_events.archives`
(files of events), `ecr_events.patterns` (EventBridge rules), and for tests `ecr_events.samples` and
`ecr_events.testing`. Import by name what needs another package: `ecr_events.columns` (events as Arrow
columns) and `ecr_events.litestar` (handlers of Litestar).
"""

from typing import TYPE_CHECKING, Any

from ecr_events import events
from ecr_events.codec import decode, encode, json_schema
from ecr_events.errors import (
    AccessDeniedError,
    ArchiveError,
    BatchServiceError,
    CredentialsError,
    DecodeError,
    ECREventsError,
    InvalidReferenceError,
    InvalidRequestError,
    Payload,
    ScanNotFoundError,
    ServiceError,
    ServiceTimeoutError,
    ThrottledError,
    UnavailableError,
)
from ecr_events.events import *  # noqa: F403 - the event classes are listed once, in ecr_events.events
from ecr_events.references import ImageReference, RepositoryReference
from ecr_events.session import Session
from ecr_events.severities import SeverityCounts

if TYPE_CHECKING:
    from ecr_events import archives, deliveries, patterns, samples, service, testing

__version__ = "1.0.0rc1"

__all__ = [
    # JSON to events and back
    "decode",
    "encode",
    "json_schema",
    "Payload",
    # References to the repository and the image that an event names
    "RepositoryReference",
    "ImageReference",
    # Numbers of findings by severity
    "SeverityCounts",
    # The boto3 session that lookups use
    "Session",
    # Exceptions
    "ECREventsError",
    "DecodeError",
    "ArchiveError",
    "InvalidReferenceError",
    "ServiceError",
    "BatchServiceError",
    "AccessDeniedError",
    "CredentialsError",
    "InvalidRequestError",
    "ScanNotFoundError",
    "ServiceTimeoutError",
    "ThrottledError",
    "UnavailableError",
    # Subpackages
    "archives",
    "deliveries",
    "patterns",
    "samples",
    "service",
    "testing",
]
__all__ += events.__all__

if not TYPE_CHECKING:  # pragma: no branch

    def __getattr__(name: str) -> Any:
        """Import a subpackage on first use."""
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        return import_module(f"{__name__}.{name}")
