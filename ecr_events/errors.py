"""The exceptions of this library, as one tree.

::

    ECREventsError
    ├── DecodeError             a payload is not the event it should be
    │   └── ArchiveError        an entry of an archive is not an event
    ├── InvalidReferenceError   a region, name, ARN or URI is malformed
    └── ServiceError            a lookup failed
        ├── AccessDeniedError   IAM, or the repository's policy, denies the call
        ├── CredentialsError    AWS credentials are missing or rejected
        ├── InvalidRequestError the reference is malformed, or outside of the service's accounts and regions
        ├── ScanNotFoundError   the image was never scanned
        ├── ServiceTimeoutError the `timeout` of a call passed; a TimeoutError too
        ├── ThrottledError      ECR throttled the call, and the retries are exhausted
        ├── UnavailableError    ECR could not be reached, or failed
        └── BatchServiceError   some lookups of a batch failed; has the error of each

Every class survives pickling with its attributes.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Self, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecr_events.references import ImageReference, RepositoryReference

__all__ = [
    "AccessDeniedError",
    "ArchiveError",
    "BatchServiceError",
    "CredentialsError",
    "DecodeError",
    "ECREventsError",
    "InvalidReferenceError",
    "InvalidRequestError",
    "Payload",
    "ScanNotFoundError",
    "ServiceError",
    "ServiceTimeoutError",
    "ThrottledError",
    "UnavailableError",
    "detach",
]

Payload: TypeAlias = bytes | bytearray | memoryview | str | dict[str, Any]
"""One event, as accepted by `decode`: JSON (UTF-8), or parsed to a dict."""


class ECREventsError(Exception):
    """Base class of all errors about data and about ECR.

    Errors in the calling code are a TypeError, ValueError or KeyError.
    """


class DecodeError(ECREventsError, ValueError):
    """A payload is not JSON, not an event, or breaks the contract of its detail-type.

    The message has the path and the reason, and neither it nor the traceback has a value of the
    payload, so both are safe to log. The payload is an attribute, for a dead-letter queue. The cause
    (``__cause__``) is the error raised by msgspec or Python.
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
        for mark, suffix in ((" - at `$", ""), (" - at `key` in `$", " as a key")):
            before, found, after = reason.rpartition(mark)
            if found and after.endswith("`"):
                if before.startswith(("Invalid enum value", "Invalid value")):
                    before = "Not the value required by this detail-type"
                    error.args = (f"{before}{mark}{after}",)  # a traceback shows the cause, too
                reason, path = before + suffix, f"${after[:-1]}"
                break
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
    """A lookup failed.

    A missing repository or image is not an error: lookups return None for it. Raised as this
    class itself for ECR's error codes that have no subclass. The cause (``__cause__``) is
    botocore's error, if botocore raised one.
    """

    reason: str
    """The error message of ECR or botocore."""

    code: str | None
    """ECR's error code, such as ``ThrottlingException``; None if ECR did not respond."""

    reference: RepositoryReference | ImageReference | None
    """The reference whose lookup failed; None for a `BatchServiceError`."""

    def __init__(
        self, reason: str, *, code: str | None = None, reference: RepositoryReference | ImageReference | None = None
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code
        self.reference = reference

    def __str__(self) -> str:
        return self.reason if self.reference is None else f"{self.reference}: {self.reason}"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.reason,), vars(self)


class AccessDeniedError(ServiceError):
    """An IAM policy or the repository's policy denies the call. The reason names the action."""


class CredentialsError(ServiceError):
    """AWS credentials are missing, or AWS rejects them as expired, unknown or badly signed."""


class InvalidRequestError(ServiceError):
    """The reference is malformed, or outside of the service's accounts and regions: no request was sent.

    Or ECR rejected it, and `code` is ECR's.
    """


class ScanNotFoundError(ServiceError):
    """The image exists, but was never scanned: it has no findings, which does not mean that it is clean."""


class ServiceTimeoutError(ServiceError, TimeoutError):
    """The `timeout` of a call passed before there was a result."""


class ThrottledError(ServiceError):
    """ECR throttled the call, and botocore's retries are exhausted."""


class UnavailableError(ServiceError):
    """ECR could not be reached, failed, or sent a truncated response."""


class BatchServiceError(ServiceError):
    """Some lookups of a batch failed. `code` and `reference` are None: see `errors`.

    The reason counts the errors by class and quotes the first, whose cause is the cause of the
    batch error too.
    """

    errors: Mapping[Any, ServiceError]
    """The error of each failed lookup, by its reference."""

    results: Mapping[Any, Any]
    """The results of the other lookups, by reference; None for a missing one. They are cached."""

    __cause__: BaseException | None
    """The cause of the first error."""

    def __init__(self, errors: Mapping[Any, ServiceError], results: Mapping[Any, Any]) -> None:
        first, *_ = errors.values()
        counts = Counter(type(error).__name__ for error in errors.values())
        kinds = ", ".join(f"{count} {name}" for name, count in counts.items())
        super().__init__(f"{len(errors)} of {len(errors) + len(results)} lookups failed ({kinds}); first: {first}")
        self.errors = errors
        self.results = results
        self.__cause__ = first.__cause__

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.errors, self.results), vars(self)


def detach(error: BaseException) -> None:
    """Drop the tracebacks of an error that will be stored, and of its causes: frames hold more than the payload."""
    cause: BaseException | None = error
    while cause is not None:
        cause.__traceback__ = cause.__context__ = None
        cause = cause.__cause__
