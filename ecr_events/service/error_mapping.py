"""botocore's errors as this library's own.

Source: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/CommonErrors.html and the
errors that botocore lists for each operation.
"""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Any

from ecr_events.errors import (
    AccessDeniedError,
    CredentialsError,
    InvalidRequestError,
    ServiceError,
    ThrottledError,
    UnavailableError,
)
from ecr_events.service.clients import NEEDS_BOTO3
from ecr_events.service.responses import ImageFailure

__all__ = ["NotFoundError", "of_image_failures", "translated"]

NOT_FOUND = frozenset({"ImageNotFoundException", "RepositoryNotFoundException", "ScanNotFoundException"})

CLASSES: dict[type[ServiceError], frozenset[str]] = {
    AccessDeniedError: frozenset({"AccessDenied", "AccessDeniedException", "NotAuthorized", "OptInRequired"}),
    CredentialsError: frozenset(
        {
            "ExpiredToken",
            "ExpiredTokenException",
            "IncompleteSignature",
            "IncompleteSignatureException",
            "InvalidClientTokenId",
            "InvalidSignatureException",
            "MissingAuthenticationToken",
            "MissingAuthenticationTokenException",
            "RequestExpired",
            "RequestTimeTooSkewed",
            "SignatureDoesNotMatch",
            "UnrecognizedClientException",
        }
    ),
    InvalidRequestError: frozenset({"InvalidParameterException", "ValidationException"}),
    ThrottledError: frozenset(
        {
            "BandwidthLimitExceeded",
            "EC2ThrottledException",
            "LimitExceededException",
            "PriorRequestNotComplete",
            "ProvisionedThroughputExceededException",
            "RequestLimitExceeded",
            "RequestThrottled",
            "RequestThrottledException",
            "SlowDown",
            "ThrottledException",
            "Throttling",
            "ThrottlingException",
            "TooManyRequestsException",
            "TransactionInProgressException",
        }
    ),
    UnavailableError: frozenset(
        {"InternalFailure", "RequestTimeout", "RequestTimeoutException", "ServerException", "ServiceUnavailable"}
    ),
}

CREDENTIALS = (
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
)
_INVALID = ("InvalidRegionError", "ParamValidationError", "UnknownEndpointError", "UnknownRegionError")
"""botocore's exceptions that no server answered with, by name, for older versions lack some."""

_TOO_MANY_REQUESTS, _SERVER_ERRORS = 429, 500


class NotFoundError(Exception):
    """What was asked for does not exist: ECR's code and message."""

    def __init__(self, code: str, message: str) -> None:
        """Keep both."""
        super().__init__(code, message)
        self.code = code
        self.message = message


@contextmanager
def translated() -> Generator[None]:
    """Turn what is raised in this context into a ServiceError, or a NotFoundError.

    Also what botocore does not mean to raise: half an answer makes its parsers fail in many ways.
    """
    try:
        from botocore import exceptions
    except ImportError as error:
        raise ImportError(NEEDS_BOTO3) from error
    try:
        yield
    except (ServiceError, NotFoundError, ImportError):
        raise
    except exceptions.ClientError as error:
        raise _of_answer(error) from error
    except Exception as error:
        names = {cls.__name__ for cls in type(error).__mro__}
        if names & {*CREDENTIALS}:
            raise CredentialsError(str(error)) from error
        if names & {*_INVALID}:
            raise InvalidRequestError(str(error)) from error
        reason = str(error) if "BotoCoreError" in names else f"an answer that cannot be read: {error!r:.200}"
        raise UnavailableError(reason) from error


def _of_answer(error: Any) -> ServiceError | NotFoundError:
    """Return what an error answer of ECR means, by its code, else by its HTTP status."""
    answer = error.response
    code, message = str(answer.get("Error", {}).get("Code")), str(answer.get("Error", {}).get("Message"))
    if code in NOT_FOUND:
        return NotFoundError(code, message)
    reason = f"{error.operation_name} failed with {code}: {message}"
    for cls, codes in CLASSES.items():
        if code in codes:
            return cls(reason, code=code)
    status = answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if status == _TOO_MANY_REQUESTS:
        return ThrottledError(reason, code=code)
    # An answer that was cut short has its HTTP status in place of a code.
    if code.isdigit() or status >= _SERVER_ERRORS:
        return UnavailableError(reason, code=code)
    return ServiceError(reason, code=code)


def of_image_failures(failures: Sequence[ImageFailure]) -> ServiceError | NotFoundError:
    """Return what the failures mean that BatchGetImage answers with in place of an image."""
    for failure in failures:
        code, reason = (
            failure.failure_code,
            f"BatchGetImage failed with {failure.failure_code}: {failure.failure_reason}",
        )
        if code in {"ImageNotFound", "ImageTagDoesNotMatchDigest"}:
            return NotFoundError(code, reason)
        cls = InvalidRequestError if code in {"InvalidImageDigest", "InvalidImageTag"} else ServiceError
        return cls(reason, code=code)
    return UnavailableError("BatchGetImage answered with neither an image nor a failure")
