"""botocore's errors as this library's own.

Source: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/CommonErrors.html and the
errors that botocore lists for each operation.
"""

from collections.abc import Generator
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

__all__ = ["NotFoundError", "of_image_failure", "translated"]

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
            "SignatureDoesNotMatch",
            "UnrecognizedClientException",
        }
    ),
    InvalidRequestError: frozenset({"InvalidParameterException", "ValidationError", "ValidationException"}),
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
    UnavailableError: frozenset({"InternalFailure", "ServerException", "ServiceUnavailable"}),
}
_SERVER_ERRORS = 500


class NotFoundError(Exception):
    """What was asked for does not exist: ECR's code and message."""

    def __init__(self, code: str, message: str) -> None:
        """Keep both."""
        super().__init__(code, message)
        self.code = code
        self.message = message


@contextmanager
def translated() -> Generator[None]:
    """Turn what botocore raises in this context into a ServiceError, or a NotFoundError."""
    from botocore import exceptions  # noqa: PLC0415 - only who asks ECR needs botocore
    from botocore.parsers import ResponseParserError  # noqa: PLC0415

    credentials = (
        exceptions.CredentialRetrievalError,
        exceptions.NoAuthTokenError,
        exceptions.NoCredentialsError,
        exceptions.PartialCredentialsError,
        exceptions.ProfileNotFound,
        exceptions.SSOError,
        exceptions.TokenRetrievalError,
    )
    invalid = (
        exceptions.InvalidRegionError,
        exceptions.ParamValidationError,
        exceptions.UnknownEndpointError,
        exceptions.UnknownRegionError,
    )
    try:
        yield
    except exceptions.ClientError as error:
        raise _of_answer(error) from error
    except credentials as error:
        raise CredentialsError(str(error)) from error
    except invalid as error:
        raise InvalidRequestError(str(error)) from error
    except (exceptions.BotoCoreError, ResponseParserError) as error:
        raise UnavailableError(str(error)) from error


def _of_answer(error: Any) -> ServiceError | NotFoundError:
    """Return what an error answer of ECR means, by its code, else by its HTTP status."""
    code, message = error.response["Error"]["Code"], error.response["Error"]["Message"]
    if code in NOT_FOUND:
        return NotFoundError(code, message)
    reason = f"{error.operation_name} failed with {code}: {message}"
    for cls, codes in CLASSES.items():
        if code in codes:
            return cls(reason, code=code)
    # An answer that was cut short has its HTTP status in place of a code.
    if code.isdigit() or error.response["ResponseMetadata"]["HTTPStatusCode"] >= _SERVER_ERRORS:
        return UnavailableError(reason, code=code)
    return ServiceError(reason, code=code)


def of_image_failure(code: str, reason: str) -> ServiceError | NotFoundError:
    """Return what an image failure means, which BatchGetImage answers with in place of an error."""
    if code in {"ImageNotFound", "ImageTagDoesNotMatchDigest"}:
        return NotFoundError(code, reason)
    cls = InvalidRequestError if code in {"InvalidImageDigest", "InvalidImageTag"} else ServiceError
    return cls(f"BatchGetImage failed with {code}: {reason}", code=code)
