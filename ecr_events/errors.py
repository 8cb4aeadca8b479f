"""The exceptions of this library, as one tree.

::

    ECREventsError
    ├── DecodeError             a payload is not the event it should be
    │   └── ArchiveError        an entry of an archive is not an event
    ├── InvalidReferenceError   a region, name, ARN or URI is malformed
    └── ServiceError            ECR gave no answer about what a reference names
        ├── AccessDeniedError   IAM, or the repository's policy, does not allow the call
        ├── CredentialsError    there are no AWS credentials, or AWS does not take them
        ├── InvalidRequestError what the reference names cannot exist
        ├── ThrottledError      ECR had no room for the call, and the retries ran out
        └── UnavailableError    ECR could not be reached, or failed while answering

Every class survives pickling with its attributes.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Self, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecr_events.references import ImageReference, RepositoryReference

__all__ = [
    "AccessDeniedError",
    "ArchiveError",
    "CredentialsError",
    "DecodeError",
    "ECREventsError",
    "InvalidReferenceError",
    "InvalidRequestError",
    "Payload",
    "ServiceError",
    "ThrottledError",
    "UnavailableError",
]

Payload: TypeAlias = bytes | bytearray | memoryview | str | dict[str, Any]
"""One event, as accepted by `decode`: JSON (UTF-8), or parsed to a dict."""


class ECREventsError(Exception):
    """Base class of all errors about data and about ECR.

    Errors in the calling code are a TypeError, ValueError or KeyError.
    """


class DecodeError(ECREventsError, ValueError):
    """A payload is not JSON, not an event, or breaks the contract of its detail-type.

    The message has the path and the reason, never the payload, so it is safe to log. The
    payload is an attribute, for a dead-letter queue. The cause (``__cause__``) is the error
    raised by msgspec or Python.
    """

    reason: str
    """The reason, from msgspec: ``expected `str`, got `int```."""

    path: str
    """JSONPath of the invalid value: ``$.detail.image-tag``; ``$`` is the whole document.

    For a missing field, the path of the object that lacks it.
    """

    payload: Payload
    """The payload, as it was passed."""

    def __init__(self, reason: str, path: str, payload: Payload) -> None:
        # `args` omits the payload, so that no repr shows it.
        super().__init__(reason, path)
        self.reason = reason
        self.path = path
        self.payload = payload

    @classmethod
    def from_exception(cls, error: Exception, payload: Payload) -> Self:
        """Return the error for `payload`, with reason and path from an error of msgspec or Python."""
        reason, path = str(error), "$"
        if found := re.fullmatch(r"(.*) - at (`key` in )?`(\$.*)`", reason, re.DOTALL):
            reason, in_key, path = found.groups()
            if reason.startswith("Invalid enum value"):
                reason = "not the value required by this detail-type"
            if in_key:
                reason = f"{reason} as a key"
        if reason[1:2].islower():
            reason = reason[0].lower() + reason[1:]
        return cls(reason, path, payload)

    def __str__(self) -> str:
        return f"{self.reason} at {self.path}"

    def __reduce__(self) -> tuple[Any, ...]:
        # A memoryview cannot be pickled.
        payload = self.payload.tobytes() if isinstance(self.payload, memoryview) else self.payload
        return type(self), (self.reason, self.path, payload), vars(self) | {"payload": payload}


class ArchiveError(DecodeError):
    """An archive entry could not be decoded. `payload` has its bytes, up to the next event."""

    file: str | None
    """Name of the file; None for bytes and for unnamed streams."""

    offset: int
    """Offset of the entry in the decompressed file, in bytes."""

    line: int
    """Number of the line in which the entry starts, counted from 1."""

    def __init__(
        self, reason: str, path: str, payload: Payload, *, file: str | None = None, offset: int = 0, line: int = 1
    ) -> None:
        super().__init__(reason, path, payload)
        self.file = file
        self.offset = offset
        self.line = line

    def __str__(self) -> str:
        return f"{self.file or 'archive'}:{self.line}: byte {self.offset}: {super().__str__()}"


class InvalidReferenceError(ECREventsError, ValueError):
    """A part of a reference, or a text to parse, is malformed."""

    reason: str
    """The reason: ``not an AWS region``."""

    value: str
    """The malformed value."""

    def __init__(self, reason: str, value: str) -> None:
        super().__init__(reason, value)
        self.reason = reason
        self.value = value

    def __str__(self) -> str:
        return f"{self.reason}: {self.value[:200]!r}"


class ServiceError(ECREventsError):
    """ECR gave no answer about what a reference names.

    That it does not exist is no error; lookups return None for it. Raised as this class
    itself for the error codes of ECR that no subclass stands for, and where lookups
    failed together for different reasons. The cause (``__cause__``) is botocore's error,
    where botocore raised one.
    """

    reason: str
    """What happened, with ECR's or botocore's own words."""

    code: str | None
    """ECR's error code, such as ``ThrottlingException``; None if ECR did not answer."""

    references: tuple[RepositoryReference | ImageReference, ...]
    """What was not looked up, of all that was asked for."""

    errors: Mapping[Any, ServiceError]
    """The error of each of them; empty where there is but one."""

    results: Mapping[Any, Any]
    """What was looked up all the same, as the lookup would have returned it. It is in the cache too."""

    def __init__(
        self,
        reason: str,
        *,
        code: str | None = None,
        references: tuple[RepositoryReference | ImageReference, ...] = (),
        errors: Mapping[Any, ServiceError] | None = None,
        results: Mapping[Any, Any] | None = None,
    ) -> None:
        """Keep what is known of a failed lookup, and what was not lost with it."""
        super().__init__(reason)
        self.reason = reason
        self.code = code
        self.references = references
        self.errors = errors or {}
        self.results = results or {}

    @classmethod
    def of_many(cls, errors: Mapping[Any, ServiceError], results: Mapping[Any, Any]) -> ServiceError:
        """Return the error of a lookup of many, of one class with theirs if they have one."""
        first = next(iter(errors.values()))
        classes = dict.fromkeys(type(error) for error in errors.values())
        together, reason, code = type(first), first.reason, first.code
        if len(classes) > 1:
            together, code = cls, None
            reason = f"{first.reason}; others met {', '.join(other.__name__ for other in list(classes)[1:])}"
        found = together(reason, code=code, references=tuple(errors), errors=errors, results=results)
        found.__cause__ = first.__cause__
        return found

    @property
    def reference(self) -> RepositoryReference | ImageReference | None:
        """The first of the references."""
        return self.references[0] if self.references else None

    def __str__(self) -> str:
        more = f" and {len(self.references) - 1} more" if len(self.references) > 1 else ""
        return f"{self.reference}{more}: {self.reason}" if self.references else self.reason

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.reason,), vars(self)


class AccessDeniedError(ServiceError):
    """IAM, or the repository's policy, does not allow the call. The reason names the action."""


class CredentialsError(ServiceError):
    """There are no AWS credentials, or AWS does not take them: expired, unknown, badly signed."""


class InvalidRequestError(ServiceError):
    """What the reference names cannot exist: refused before any request, or by ECR."""


class ThrottledError(ServiceError):
    """ECR had no room for the call, and botocore's retries ran out."""


class UnavailableError(ServiceError):
    """ECR could not be reached, failed while answering, or answered with half an answer."""
