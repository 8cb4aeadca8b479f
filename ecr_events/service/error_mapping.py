"""Map botocore's errors to ServiceError and its subclasses.

Source: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/CommonErrors.html and the
errors that botocore lists for each operation.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ecr_events.errors import (
    AccessDeniedError,
    CredentialsError,
    InvalidRequestError,
    ScanNotFoundError,
    ServiceError,
    ThrottledError,
    UnavailableError,
)

if TYPE_CHECKING:
    from ecr_events.service.responses import ImageFailure

__all__ = [
    "NotFoundError",
    "UnresolvedNameError",
    "error_from_failures",
    "is_unreachable",
    "is_unreadable",
    "map_botocore_errors",
]

NOT_FOUND = frozenset({"ImageNotFoundException", "RepositoryNotFoundException"})

# ECR and the services in front of it append "Exception" or not.
CLASSES: dict[type[ServiceError], frozenset[str]] = {
    AccessDeniedError: frozenset({"AccessDenied", "NotAuthorized", "OptInRequired"}),
    CredentialsError: frozenset(
        {
            "ExpiredToken",
            "IncompleteSignature",
            "InvalidClientTokenId",
            "InvalidSignature",
            "MissingAuthenticationToken",
            "RequestExpired",
            "RequestTimeTooSkewed",
            "SignatureDoesNotMatch",
            "UnrecognizedClient",
        }
    ),
    InvalidRequestError: frozenset({"InvalidParameter", "Validation"}),
    ScanNotFoundError: frozenset({"ScanNotFound"}),
    ThrottledError: frozenset(
        {
            "BandwidthLimitExceeded",
            "EC2Throttled",
            "LimitExceeded",
            "PriorRequestNotComplete",
            "ProvisionedThroughputExceeded",
            "RequestLimitExceeded",
            "RequestThrottled",
            "SlowDown",
            "Throttled",
            "Throttling",
            "TooManyRequests",
            "TransactionInProgress",
        }
    ),
    UnavailableError: frozenset({"InternalFailure", "RequestTimeout", "Server", "ServiceUnavailable"}),
}

# Exceptions that botocore raises without a response, by name: older versions lack some.
CREDENTIALS_EXCEPTIONS = frozenset(
    {
        "CredentialRetrievalError",
        "InvalidConfigError",
        "LoginError",
        "MetadataRetrievalError",
        "NoAuthTokenError",
        "NoCredentialsError",
        "PartialCredentialsError",
        "ProfileNotFound",
        "RefreshWithMFAUnsupportedError",
        "SSOError",
        "TokenRetrievalError",
        "UnauthorizedSSOTokenError",
    }
)
_INVALID_EXCEPTIONS = frozenset(
    {"InvalidRegionError", "ParamValidationError", "UnknownEndpointError", "UnknownRegionError"}
)

# The failures in a response of BatchGetImage; the others are ServiceErrors.
_FAILURES: dict[str, type[ServiceError]] = {
    "InvalidImageDigest": InvalidRequestError,
    "InvalidImageTag": InvalidRequestError,
    "UpstreamAccessDenied": AccessDeniedError,
    "UpstreamTooManyRequests": ThrottledError,
    "UpstreamUnavailable": UnavailableError,
}

_TOO_MANY_REQUESTS, _SERVER_ERROR = 429, 500


class NotFoundError(Exception):
    """The resource is missing: ECR's error code and message."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message


class UnresolvedNameError(Exception):
    """A request failed because of one name: `name`, or None if ECR does not say which.

    The outcome of the name is None if it is missing, else the error.
    """

    def __init__(self, name: str | None, outcome: ServiceError | None) -> None:
        super().__init__(name, outcome)
        self.name = name
        self.outcome = outcome


@contextmanager
def map_botocore_errors() -> Generator[None]:
    """Raise botocore's errors as ServiceError or NotFoundError.

    Includes parser errors on truncated responses.
    """
    try:
        yield
    except (ServiceError, NotFoundError, ImportError):
        raise
    except Exception as error:
        raise _map(error) from error


def _map(error: Exception) -> ServiceError | NotFoundError:
    from botocore.exceptions import BotoCoreError, ClientError

    if isinstance(error, ClientError):
        return _map_client_error(error)
    names = {cls.__name__ for cls in type(error).__mro__}
    if names & CREDENTIALS_EXCEPTIONS:
        return CredentialsError(str(error))
    if names & _INVALID_EXCEPTIONS:
        return InvalidRequestError(str(error))
    if isinstance(error, BotoCoreError):
        return UnavailableError(str(error))
    return UnavailableError(f"no readable response: {type(error).__name__}: {error!s:.200}")


def _map_client_error(error: Any) -> ServiceError | NotFoundError:
    """Map by error code, with the HTTP status as a fallback."""
    response = error.response
    code, message = str(response.get("Error", {}).get("Code")), str(response.get("Error", {}).get("Message"))
    if code in NOT_FOUND:
        return NotFoundError(code, message)
    reason = f"{error.operation_name} failed with {code}: {message}"
    for cls, codes in CLASSES.items():
        if code.removesuffix("Exception") in codes:
            return cls(reason, code=code)
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if status == _TOO_MANY_REQUESTS:
        return ThrottledError(reason, code=code)
    # botocore uses the HTTP status as the code of a truncated error response.
    if code.isdigit() or status >= _SERVER_ERROR:
        return UnavailableError(reason, code=code)
    return ServiceError(reason, code=code)


def is_unreachable(error: ServiceError) -> bool:
    """Return whether no response came, or ECR throttled the request through all of botocore's retries."""
    names = {cls.__name__ for cls in type(error.__cause__).__mro__}
    return isinstance(error, ThrottledError) or not names.isdisjoint({"ConnectionError", "HTTPClientError"})


def is_unreadable(error: ServiceError) -> bool:
    """Return whether a response was truncated, or is not JSON: the next one may be whole."""
    # botocore uses the HTTP status as the code of a truncated error response.
    is_readable = error.code is not None and not error.code.isdigit()
    return isinstance(error, UnavailableError) and not is_readable and not is_unreachable(error)


def error_from_failures(failures: Sequence[ImageFailure]) -> ServiceError | NotFoundError:
    """Return the error that a BatchGetImage response without an image stands for."""
    if not failures:
        return UnavailableError("BatchGetImage returned neither an image nor a failure")
    code = failures[0].failure_code
    reason = f"BatchGetImage failed with {code}: {failures[0].failure_reason}"
    if code in {"ImageNotFound", "ImageTagDoesNotMatchDigest"}:
        return NotFoundError(code, reason)
    if code == "ImageInaccessible":
        reason += " (an archived image has no manifest until it is restored)"
    return _FAILURES.get(code, ServiceError)(reason, code=code)
