"""Batches of lookups: how many calls they cost, and how bad ids are isolated."""

import msgspec
import pytest
from botocore.config import Config
from conftest import ACCOUNT, APP, ONE_ATTEMPT, LoopbackSession, digest
from fake_ecr import DENIED, EXPIRED, THROTTLED, ECRServer, Error, Request, Slow

from ecr_events import (
    AccessDeniedError,
    CredentialsError,
    InvalidRequestError,
    RepositoryReference,
    ThrottledError,
)
from ecr_events.errors import BatchServiceError
from ecr_events.service import ECRService

pytestmark = pytest.mark.timeout(30)


def app(number: int) -> RepositoryReference:
    return msgspec.structs.replace(APP, repository_name=f"app-{number}")


def test_a_call_looks_up_100_images_of_a_repository(server: ECRServer, session: LoopbackSession) -> None:
    """Images by digest and by tag share calls, and duplicates are dropped."""
    for number in range(250):
        server.add(APP.image(digest=digest(number), tag=f"v{number}"))
    by_digest = [APP.image(digest=digest(number), tag="whatever") for number in range(150)]
    by_tag = [APP.image(tag=f"v{number}") for number in range(150, 250)]
    images = ECRService(session).images([*by_digest, *by_tag, *by_digest])
    assert list(images) == [*by_digest, *by_tag]
    assert [image and image.digest for image in images.values()] == [digest(number) for number in range(250)]
    assert server.count("DescribeImages") == server.count() == 3
    assert server.max_ids_seen == 100


def test_an_empty_batch_costs_no_call(server: ECRServer, session: LoopbackSession) -> None:
    """No client is created either."""
    service = ECRService(session)
    assert service.images([]) == {}
    assert service.repositories([]) == {}
    assert server.count() == 0
    assert session.made == []


def test_an_image_by_digest_and_by_tag(server: ECRServer, session: LoopbackSession) -> None:
    """Both references have the image, which ECR returns once."""
    server.add(APP.image(digest=digest(1), tag="a"))
    images = ECRService(session).images([APP.image(digest=digest(1)), APP.image(tag="a"), APP.image(tag="null")])
    assert [image and image.digest for image in images.values()] == [digest(1), digest(1), None]


def test_one_digest_under_two_tags(server: ECRServer, session: LoopbackSession) -> None:
    """Both references have the image, and the call asks for it once."""
    server.add(APP.image(digest=digest(1), tag="a"))
    references = [APP.image(digest=digest(1), tag="a"), APP.image(digest=digest(1), tag="b")]
    images = ECRService(session).images(references)
    assert list(images) == references
    assert [image and image.tags for image in images.values()] == [("a",), ("a",)]
    assert [request.body["imageIds"] for request in server.requests] == [[{"imageDigest": digest(1)}]]


def test_two_tags_of_one_image(server: ECRServer, session: LoopbackSession) -> None:
    """Both references have the image, which ECR returns once with all its tags."""
    server.add_image("team/app", digest(1), tags=["a", "b"], region="eu-west-1", registry_id=ACCOUNT)
    images = ECRService(session).images([APP.image(tag="a"), APP.image(tag="b")])
    assert [image and image.tags for image in images.values()] == [("a", "b"), ("a", "b")]
    assert server.count() == 1


@pytest.mark.parametrize(("names_missing", "max_calls"), [(True, 10 + 1), (False, 10 + 14)])
def test_a_missing_image_is_isolated(
    server: ECRServer, session: LoopbackSession, *, names_missing: bool, max_calls: int
) -> None:
    """It costs one more call if ECR names it, and otherwise 14, which bisect its batch."""
    server.names_missing = names_missing
    for number in range(1_000):
        server.add(APP.image(digest=digest(number)))
    server.remove_image("team/app", digest(555), region="eu-west-1", registry_id=ACCOUNT)
    images = ECRService(session).images(APP.image(digest=digest(number)) for number in range(1_000))
    assert [reference.image_digest for reference, image in images.items() if image is None] == [digest(555)]
    assert server.count("DescribeImages") == server.count() <= max_calls


@pytest.mark.parametrize(("names_missing", "max_calls"), [(True, 3 + 3), (False, 3 + 3 * 14)])
def test_missing_repositories_are_isolated(
    server: ECRServer, session: LoopbackSession, *, names_missing: bool, max_calls: int
) -> None:
    """A call looks up 100 repositories of a registry and region."""
    server.names_missing = names_missing
    names = [f"app-{number}" for number in range(230)]
    for name in names[3:]:
        server.add_repository(name, region="eu-west-1", registry_id=ACCOUNT)
    repositories = ECRService(session).repositories(app(number) for number in range(230))
    missing = [reference.repository_name for reference, repository in repositories.items() if repository is None]
    assert missing == names[:3]
    assert server.count("DescribeRepositories") == server.count() <= max_calls
    assert server.max_ids_seen == 100


def test_the_images_of_a_missing_repository_cost_one_call(server: ECRServer, session: LoopbackSession) -> None:
    """The batch is not bisected, since all of its images are missing."""
    images = ECRService(session).images(APP.image(digest=digest(number)) for number in range(100))
    assert set(images.values()) == {None}
    assert server.count() == 1


def test_an_invalid_image_is_isolated(server: ECRServer, session: LoopbackSession) -> None:
    """Its batch is bisected; the error has the results of the other ids."""
    for number in range(8):
        server.add(APP.image(digest=digest(number)))
    invalid = APP.image(digest="sha256:short")

    def requests_invalid(request: Request) -> bool:
        return {"imageDigest": "sha256:short"} in request.body["imageIds"]

    message = "Invalid parameter at 'imageDigest'"
    server.fail(Error("InvalidParameterException", message=message), times=None, when=requests_invalid)
    with pytest.raises(BatchServiceError) as caught:
        ECRService(session).images([*(APP.image(digest=digest(number)) for number in range(8)), invalid])
    assert list(caught.value.errors) == [invalid]
    assert isinstance(caught.value.errors[invalid], InvalidRequestError)
    assert [image.digest for image in caught.value.results.values()] == [digest(number) for number in range(8)]


def test_an_invalid_repository_is_isolated(server: ECRServer, session: LoopbackSession) -> None:
    """Its error is an InvalidRequestError with ECR's code and message."""
    for number in range(4):
        server.add_repository(f"app-{number}", region="eu-west-1", registry_id=ACCOUNT)
    message = "Invalid parameter at 'repositoryNames' failed to satisfy constraint"
    server.fail(
        Error("InvalidParameterException", message=message),
        times=None,
        when=lambda request: "app-2" in request.body["repositoryNames"],
    )
    with pytest.raises(BatchServiceError, match=message) as caught:
        ECRService(session).repositories(app(number) for number in range(4))
    assert [(reference, error.code) for reference, error in caught.value.errors.items()] == [
        (app(2), "InvalidParameterException")
    ]
    assert [repository.name for repository in caught.value.results.values()] == ["app-0", "app-1", "app-3"]


def test_an_error_about_a_shared_parameter_is_not_bisected(server: ECRServer, session: LoopbackSession) -> None:
    """If ECR rejects the registry, each batch costs one call at most."""
    shared = "Invalid parameter at 'registryId' failed to satisfy constraint"
    server.fail(Error("InvalidParameterException", message=shared), times=None)
    service = ECRService(session)
    with pytest.raises(BatchServiceError) as caught:
        service.images(APP.image(tag=f"v{number}") for number in range(250))
    assert [type(error) for error in caught.value.errors.values()] == [InvalidRequestError] * 250
    assert server.count() <= 3
    before = server.count()
    with pytest.raises(BatchServiceError):
        service.repositories(app(number) for number in range(100))
    assert server.count() == before + 1


def test_concurrent_calls_are_bounded_by_the_connection_pool(server: ECRServer, session: LoopbackSession) -> None:
    """The bound is `max_pool_connections`, 10 by default."""
    server.delay = 0.05
    images = [app(number).image(digest=digest(number)) for number in range(24)]
    for image in images:
        server.add(image)
    ECRService(session, config=Config(max_pool_connections=4)).images(images)
    assert server.in_flight_peak == 4
    server.in_flight_peak = 0
    ECRService(session).images(images)
    assert 4 < server.in_flight_peak <= 10


def test_a_group_that_fails_is_not_called_again(server: ECRServer, session: LoopbackSession) -> None:
    """The batch error has the error of each failed lookup, and the results of other groups, which are cached."""
    repositories = [msgspec.structs.replace(APP, repository_name=name) for name in ("a-1", "b-1", "c-1")]
    images = [repository.image(digest=digest(number)) for repository in repositories for number in range(150)]
    for image in images:
        server.add(image)
    server.fail(THROTTLED, times=None, when=lambda request: request.body["repositoryName"] == "b-1")
    server.fail(DENIED, times=None, when=lambda request: request.body["repositoryName"] == "c-1")
    service = ECRService(session, config=ONE_ATTEMPT.merge(Config(max_pool_connections=1)))
    with pytest.raises(BatchServiceError) as caught:
        service.images(images)
    errors, results = caught.value.errors, caught.value.results
    assert list(errors) == images[150:]
    assert [type(error) for error in errors.values()] == [ThrottledError] * 150 + [AccessDeniedError] * 150
    assert [error.reference for error in errors.values()] == images[150:]
    assert list(results) == images[:150]
    assert all(image.digest for image in results.values())
    assert server.count() == 2 + 1 + 1
    service.images(images[:150])
    assert server.count() == 4


def test_expired_credentials_fail_all_groups_of_a_registry(server: ECRServer, session: LoopbackSession) -> None:
    """Its other repositories, and the rest of its batches, cost no call."""
    server.fail(EXPIRED, times=None)
    service = ECRService(session, config=Config(max_pool_connections=1))
    with pytest.raises(BatchServiceError) as caught:
        service.images(app(number).image(tag="a") for number in range(50))
    assert [type(error) for error in caught.value.errors.values()] == [CredentialsError] * 50
    assert server.count() == 1
    with pytest.raises(BatchServiceError) as caught:
        service.repositories(app(number) for number in range(150))
    assert [type(error) for error in caught.value.errors.values()] == [CredentialsError] * 150
    assert server.count() == 2


def test_an_error_ends_the_bisection(server: ECRServer, session: LoopbackSession) -> None:
    """The remaining ids of the batch get the same error without a call."""
    server.names_missing = False
    server.add(APP.image(digest=digest(0)))
    server.fail(Slow(0), DENIED)
    with pytest.raises(BatchServiceError) as caught:
        ECRService(session).images(APP.image(digest=digest(number)) for number in range(10))
    assert [type(error) for error in caught.value.errors.values()] == [AccessDeniedError] * 10
    assert server.count() == 2
