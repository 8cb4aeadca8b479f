"""The errors of lookups, and how botocore's errors are mapped to them."""

import pickle
import re
from functools import partial
from io import BytesIO
from typing import Any

import botocore.exceptions
import msgspec
import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError, NoCredentialsError
from botocore.parsers import ResponseParserError
from conftest import APP, ONE_ATTEMPT, LoopbackSession, digest
from fake_ecr import DENIED, EXPIRED, SERVER_ERROR, THROTTLED, Broken, ECRServer, Error, Fault, Slow

from ecr_events import (
    AccessDeniedError,
    CredentialsError,
    ECREventsError,
    InvalidRequestError,
    ServiceError,
    ThrottledError,
    UnavailableError,
)
from ecr_events.errors import BatchServiceError
from ecr_events.service import ECRService, error_mapping
from ecr_events.service.responses import ImageFailure

pytestmark = pytest.mark.timeout(30)

CUT_OFF: tuple[type[Exception], None, str] = (
    (ConnectionClosedError, None, "Connection was closed")
    if botocore.__version__.startswith("1.41.")
    else (msgspec.ValidationError, None, "DescribeImagesResponse is truncated")
)
"""How botocore sees a connection that is closed amid a body."""


@pytest.mark.parametrize(
    ("fault", "error", "cause", "code", "reason"),
    [
        (THROTTLED, ThrottledError, ClientError, "ThrottlingException", "Rate exceeded"),
        (
            DENIED,
            AccessDeniedError,
            ClientError,
            "AccessDeniedException",
            "not authorized to perform: ecr:DescribeImages",
        ),
        (EXPIRED, CredentialsError, ClientError, "ExpiredTokenException", "token included in the request is expired"),
        (SERVER_ERROR, UnavailableError, ClientError, "ServerException", "The server failed"),
        (Error("Odd500", 500, "m"), UnavailableError, ClientError, "Odd500", "DescribeImages failed with Odd500: m"),
        (Error("Odd503", 503, "m"), UnavailableError, ClientError, "Odd503", "DescribeImages failed with Odd503: m"),
        (Error("Odd499", 499, "m"), ServiceError, ClientError, "Odd499", "DescribeImages failed with Odd499: m"),
        (Error("KmsException", 400, "m"), ServiceError, ClientError, "KmsException", "failed with KmsException: m"),
        (Broken.HANG_UP, UnavailableError, ConnectionClosedError, None, "Connection was closed"),
        (Broken.DROP, UnavailableError, *CUT_OFF),
        (Broken.TRUNCATED, UnavailableError, msgspec.ValidationError, None, "DescribeImagesResponse is truncated"),
    ],
    ids=lambda value: getattr(value, "code", None) or getattr(value, "name", ""),
)
def test_a_fault_is_a_service_error(  # noqa: PLR0917 - the columns of a table
    server: ECRServer,
    session: LoopbackSession,
    fault: Fault,
    error: type[ServiceError],
    cause: type[Exception],
    code: str | None,
    reason: str,
) -> None:
    """It has the reference, ECR's code, and botocore's error as its cause; it is not cached."""
    image = APP.image(digest=digest(1))
    server.add(image)
    server.fail(fault, times=2 if cause is msgspec.ValidationError else 1)
    service = ECRService(session, config=ONE_ATTEMPT)
    with pytest.raises(error, match=re.escape(reason)) as caught:
        service.image(image)
    assert type(caught.value) is error
    assert isinstance(caught.value, ECREventsError)
    assert (caught.value.reference, caught.value.code) == (image, code)
    assert isinstance(caught.value.__cause__, cause)
    assert str(caught.value).startswith(f"{image}: ")
    assert service.image(image) is not None


def test_an_error_has_the_reference_that_was_looked_up(server: ECRServer, session: LoopbackSession) -> None:
    """Two references of one image, which share a call, have an error each."""
    image = APP.image(digest=digest(1), tag="a")
    untagged = APP.image(digest=digest(1))
    server.fail(DENIED, times=None)
    service = ECRService(session)
    with pytest.raises(AccessDeniedError) as one:
        service.image(image)
    assert one.value.reference == image
    with pytest.raises(BatchServiceError) as many:
        service.images([image, untagged])
    assert [error.reference for error in many.value.errors.values()] == [image, untagged]
    assert all(isinstance(error.__cause__, ClientError) for error in many.value.errors.values())
    assert isinstance(many.value.__cause__, ClientError)
    assert server.count() == 2


def test_a_batch_error_survives_pickling(server: ECRServer, session: LoopbackSession) -> None:
    """Its errors and results do too."""
    present, denied = APP.image(digest=digest(1)), msgspec.structs.replace(APP, repository_name="denied").image(tag="b")
    server.add(present)
    server.fail(DENIED, when=lambda request: request.body["repositoryName"] == "denied")
    with pytest.raises(BatchServiceError) as caught:
        ECRService(session).images([present, denied])
    error = pickle.loads(pickle.dumps(caught.value))
    assert error.results == caught.value.results
    assert error.errors[denied].reference == denied
    assert isinstance(error.errors[denied], AccessDeniedError)
    assert str(error) == str(caught.value)


@pytest.mark.parametrize(
    "body",
    [
        b'{"imageDetails": [{"imageDigest": "\xc3',
        b"[1]",
        b'"x"',
        b"null",
        b"[" * 100_000,
        b'{"imageDetails": [{"imagePushedAt": "0001-01-01T00:00:00+14:00"}]}',  # before the first year, in UTC
        b'{"imageDetails": [{"imagePushedAt": 1e300}]}',
    ],
)
def test_an_unreadable_response_is_an_unavailable_error(session: LoopbackSession, body: bytes) -> None:
    """The body may end inside a character, or be JSON of another shape."""
    client = session.client("ecr", region_name="eu-west-1")
    response: Any = AWSResponse("", 200, {}, BytesIO(body))
    response._content = body

    def respond(response: Any, **_: Any) -> Any:
        return response

    client.meta.events.register_first("before-send.ecr.DescribeImages", partial(respond, response))

    class PreparedSession(LoopbackSession):
        def client(self, *_: Any, **__: Any) -> Any:
            return client

    with pytest.raises(UnavailableError):
        ECRService(PreparedSession(session.url)).image(APP.image(tag="a"))


@pytest.mark.parametrize(
    ("response", "error"),
    [
        ({}, ServiceError),
        ({"Error": {"Code": "Odd"}, "ResponseMetadata": {"HTTPStatusCode": 429}}, ThrottledError),
        ({"Error": {"Code": "ImageNotFoundException", "Message": None}}, error_mapping.NotFoundError),
    ],
)
def test_a_client_error_may_lack_its_usual_members(response: Any, error: type[Exception]) -> None:
    """Without a known code, the HTTP status 429 means throttling."""
    client_error: Any = ClientError(response, "DescribeImages")
    with pytest.raises(error), error_mapping.map_botocore_errors():
        raise client_error


@pytest.mark.parametrize("name", sorted(error_mapping.CREDENTIALS_EXCEPTIONS))
def test_credentials_exceptions_are_mapped_by_name(name: str) -> None:
    """The names are botocore's; a subclass is mapped as its base class."""
    error = type("New", (getattr(botocore.exceptions, name),), {"fmt": "new"})()
    with pytest.raises(CredentialsError), error_mapping.map_botocore_errors():
        raise error


def test_a_parser_error_is_an_unavailable_error() -> None:
    """The parsers of botocore raise it on truncated responses."""
    with pytest.raises(UnavailableError, match="no readable response"), error_mapping.map_botocore_errors():
        raise ResponseParserError("half")


def test_only_a_response_can_be_unreadable() -> None:
    """What no request can mend is not requested again."""
    assert error_mapping.is_unreadable(UnavailableError("half"))
    assert not error_mapping.is_unreadable(CredentialsError("none"))
    assert not error_mapping.is_unreadable(UnavailableError("busy", code="ServerException"))


def test_an_error_of_the_configuration_names_the_value() -> None:
    """Botocore raises others' errors for it, too."""
    reason = r"^no readable response: FileNotFoundError: \[Errno 2\] No such file or directory: '/none'$"
    with pytest.raises(UnavailableError, match=reason), error_mapping.map_botocore_errors():
        raise FileNotFoundError(2, "No such file or directory", "/none")


def test_a_truncated_error_response_is_an_unavailable_error(server: ECRServer, session: LoopbackSession) -> None:
    """Its code, which botocore takes from the HTTP status, does not mean that the image is missing."""
    server.fail(Broken.TRUNCATED, times=2)
    with pytest.raises(UnavailableError, match="failed with 400"):
        ECRService(session, config=ONE_ATTEMPT).image(APP.image(digest=digest(1)))
    assert server.count() == 2


@pytest.mark.parametrize("exists", [True, False])
def test_a_truncated_response_is_requested_again_once(
    server: ECRServer, session: LoopbackSession, *, exists: bool
) -> None:
    """Whether it is a result or an error."""
    if exists:
        server.add(APP.image(tag="a"))
    server.fail(Broken.TRUNCATED)
    assert (ECRService(session).image(APP.image(tag="a")) is not None) is exists
    assert server.count() == 2


def test_a_timeout_is_an_unavailable_error(server: ECRServer, session: LoopbackSession) -> None:
    """Timeouts are configured by botocore's Config."""
    server.fail(Slow(1))
    config = ONE_ATTEMPT.merge(Config(read_timeout=0.1))
    with pytest.raises(UnavailableError, match="Read timeout"):
        ECRService(session, config=config).image(APP.image(digest=digest(1)))


def test_a_refused_connection_is_an_unavailable_error(session: LoopbackSession) -> None:
    """The reference is named on errors of uncached lookups too."""
    session.url = "http://127.0.0.1:9"
    with pytest.raises(UnavailableError, match="Could not connect") as caught:
        ECRService(session, config=ONE_ATTEMPT).tags(APP)
    assert caught.value.reference == APP


def test_retries_are_those_of_botocore(server: ECRServer, session: LoopbackSession) -> None:
    """With two attempts, the second succeeds after the first is throttled."""
    server.add(APP.image(digest=digest(1)))
    server.fail(THROTTLED)
    config = Config(retries={"mode": "standard", "total_max_attempts": 2})
    assert ECRService(session, config=config).image(APP.image(digest=digest(1))) is not None
    assert server.count() == 2


def test_missing_credentials_are_a_credentials_error(server: ECRServer) -> None:
    """No request is sent."""

    class AnonymousSession(LoopbackSession):
        def client(self, *arguments: Any, **options: Any) -> Any:
            client = super().client(*arguments, **options)
            client._request_signer._credentials = None
            return client

    with pytest.raises(CredentialsError, match="Unable to locate credentials") as caught:
        ECRService(AnonymousSession(server.url)).image(APP.image(tag="a"))
    assert isinstance(caught.value.__cause__, NoCredentialsError)
    assert server.count() == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"region": "evil.example/"},
        {"region": ""},
        {"region": "eu-west-1.evil.example"},
        {"registry_id": "evil.example"},
        {"registry_id": "\uff11" * 12},
        {"registry_id": "1"},
        {"repository_name": ""},
        {"repository_name": "Team"},
        {"repository_name": "a" * 257},
        {"repository_name": "../app"},
        {"repository_name": "a\n"},
        {"region": "eu-west-1\n"},
    ],
)
def test_a_malformed_reference_is_refused_before_any_request(
    server: ECRServer, session: LoopbackSession, changes: dict[str, str]
) -> None:
    """The other lookups of the batch succeed; the error shows the first 200 characters of the value."""
    malformed = msgspec.structs.replace(APP, **changes)
    server.add(APP.image(digest=digest(1)))
    service = ECRService(session)
    with pytest.raises(BatchServiceError, match=re.escape(repr(next(iter(changes.values()))[:200]))) as caught:
        service.images([malformed.image(tag="a"), APP.image(digest=digest(1))])
    assert list(caught.value.errors) == [malformed.image(tag="a")]
    assert list(caught.value.results) == [APP.image(digest=digest(1))]
    for lookup in (service.repository, service.tags):
        with pytest.raises(InvalidRequestError) as refused:
            lookup(malformed)
        assert refused.value.reference == malformed
        assert refused.value.reason.endswith(f": {next(iter(changes.values()))[:200]!r}")
    assert server.count() == 1


@pytest.mark.parametrize("value", [None, 5, b"a", 1.1], ids=repr)
def test_a_part_that_is_not_a_string_is_refused(server: ECRServer, session: LoopbackSession, value: Any) -> None:
    """As a malformed one; a tag or a digest of that sort is a TypeError."""
    service = ECRService(session)
    for field in ("registry_id", "region", "repository_name"):
        wrong = msgspec.structs.replace(APP, **{field: value})
        with pytest.raises(BatchServiceError, match=re.escape(repr(value))) as caught:
            service.repositories([wrong, APP])
        assert list(caught.value.results) == [APP]
    for wrong_image in (APP.image(tag=value), APP.image(digest=value)) if value is not None else ():
        with pytest.raises(TypeError, match="not a reference of the expected type"):
            service.image(wrong_image)
    assert server.count() == 1


def test_a_region_that_botocore_refuses_is_an_invalid_request(server: ECRServer) -> None:
    """Errors on creating a client are mapped too."""

    class MisplacedSession(LoopbackSession):
        def client(self, *arguments: Any, **options: Any) -> Any:
            return super().client(*arguments, **options | {"region_name": "evil/region"})

    with pytest.raises(InvalidRequestError, match="evil/region"):
        ECRService(MisplacedSession(server.url)).tags(APP)


def test_a_manifest_of_an_unsupported_type_is_a_service_error(server: ECRServer, session: LoopbackSession) -> None:
    """The error has the code of the failure in BatchGetImage's response."""
    image = APP.image(digest=digest(1))
    server.add(image, imageManifestMediaType="application/x-unknown")
    with pytest.raises(ServiceError, match="BatchGetImage failed with UnsupportedImageType") as caught:
        ECRService(session).manifest(image)
    assert (caught.value.code, caught.value.reference) == ("UnsupportedImageType", image)


def test_an_archived_image_has_no_manifest(server: ECRServer, session: LoopbackSession) -> None:
    """The error says what to do."""
    image = APP.image(digest=digest(1))
    server.add(image, imageStatus="ARCHIVED")
    with pytest.raises(ServiceError, match="an archived image has no manifest until it is restored") as caught:
        ECRService(session).manifest(image)
    assert (caught.value.code, caught.value.reference) == ("ImageInaccessible", image)


@pytest.mark.parametrize(
    "malformed",
    [
        {"tag": "v1', x:'"},
        {"tag": "sha256:" + "0" * 64},
        {"tag": "a" * 301},
        {"tag": ".a"},
        {"tag": "a\n"},
        {"tag": "\uff41"},
        {"digest": "v1"},
        {"digest": ":v1"},
        {"digest": "sha256:"},
        {"digest": "sha256:" + "g" * 64},
        {"digest": "sha256:0\x00"},
    ],
)
def test_a_malformed_image_is_refused_before_any_request(
    server: ECRServer, session: LoopbackSession, malformed: dict[str, str]
) -> None:
    """So it cannot be taken for another image, nor mislead the reading of ECR's error about another one."""
    (value,) = malformed.values()
    image, missing = APP.image(**malformed), APP.image(tag="missing")
    server.add(APP.image(tag="v1"))
    service = ECRService(session)
    with pytest.raises(BatchServiceError, match=re.escape(repr(value[:200]))) as caught:
        service.images([image, APP.image(tag="v1"), missing])
    assert list(caught.value.errors) == [image]
    assert [found is None for found in caught.value.results.values()] == [False, True]
    assert server.count() == 2
    for lookup in (service.image, service.manifest, service.scan_findings, service.replication_status):
        with pytest.raises(InvalidRequestError) as refused:
            lookup(image)
        assert refused.value.reference == image
    assert server.count() == 2


@pytest.mark.parametrize(
    ("codes", "error"),
    [
        (["UpstreamAccessDenied"], AccessDeniedError),
        (["UpstreamTooManyRequests"], ThrottledError),
        (["UpstreamUnavailable"], UnavailableError),
        (["InvalidImageDigest"], InvalidRequestError),
        (["InvalidImageTag"], InvalidRequestError),
        (["ImageNotFound"], error_mapping.NotFoundError),
        (["ImageTagDoesNotMatchDigest"], error_mapping.NotFoundError),
        (["KmsError"], ServiceError),
        ([], UnavailableError),
    ],
)
def test_failures_of_batch_get_image_are_mapped_by_code(codes: list[str], error: type[Exception]) -> None:
    """A response with neither an image nor a failure is truncated."""
    failures = [ImageFailure(failure_code=code) for code in codes]
    assert type(error_mapping.error_from_failures(failures)) is error
