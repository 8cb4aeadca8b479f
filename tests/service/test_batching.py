"""Batches of lookups: how many calls they cost, and how bad ids are isolated."""

import random
from typing import Any

import msgspec
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from conftest import ACCOUNT, APP, ONE_ATTEMPT, OTHER_ACCOUNT, LoopbackSession, digest
from fake_ecr import (
    DENIED,
    EXPIRED,
    SERVER_ERROR,
    THROTTLED,
    Broken,
    ECRServer,
    Error,
    Fault,
    Partial,
    Request,
    Slow,
)

from ecr_events import (
    AccessDeniedError,
    CredentialsError,
    ImageReference,
    InvalidRequestError,
    RepositoryReference,
    UnavailableError,
)
from ecr_events.errors import BatchServiceError
from ecr_events.service import ECRService, batching

pytestmark = pytest.mark.timeout(30)


def app(number: int) -> RepositoryReference:
    return msgspec.structs.replace(APP, repository_name=f"app-{number}")


def add_images(server: ECRServer, count: int, **fields: Any) -> None:
    """Add images to the repository, each with a digest and a tag."""
    for number in range(count):
        server.add(APP.image(digest=digest(number), tag=f"v{number}"), **fields)


def references_number(reference: ImageReference) -> int:
    if reference.image_tag is not None:
        return int(reference.image_tag[1:])
    return int(str(reference.image_digest).partition(":")[2], 16)


def deny(server: ECRServer, repository: RepositoryReference, *, names_denied: bool = True) -> None:
    """Deny requests that name a repository, as IAM does: altogether."""
    resource = f" on resource: {repository.arn}" if names_denied else ""
    server.fail(
        Error(
            "AccessDeniedException",
            message=f"User is not authorized to perform: ecr:DescribeRepositories{resource} with an explicit deny",
        ),
        times=None,
        when=lambda request: repository.repository_name in request.body.get("repositoryNames", ()),
    )


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


@pytest.mark.parametrize(("names_missing", "max_calls"), [(True, 10 + 1), (False, 10 + 2)])
def test_a_missing_image_is_isolated(
    server: ECRServer, session: LoopbackSession, *, names_missing: bool, max_calls: int
) -> None:
    """It costs one more call if ECR names it, and otherwise the pages of the repository, here one of 999 images."""
    server.names_missing = names_missing
    add_images(server, 1_000)
    server.remove_image("team/app", digest(555), region="eu-west-1", registry_id=ACCOUNT)
    images = ECRService(session).images(APP.image(digest=digest(number)) for number in range(1_000))
    assert [reference.image_digest for reference, image in images.items() if image is None] == [digest(555)]
    assert server.count("DescribeImages") == server.count() <= max_calls


@pytest.mark.parametrize(("present", "missing", "max_calls"), [(0, 300, 5), (900, 100, 15), (5_000, 5_000, 25)])
def test_many_missing_images_are_found_by_pages(
    server: ECRServer, session: LoopbackSession, present: int, missing: int, max_calls: int
) -> None:
    """A page has 1,000 images, archived ones included, whether they were asked for by digest or by tag."""
    add_images(server, present + 7, imageStatus="ARCHIVED")
    references = [
        APP.image(tag=f"v{number}") if number % 2 else APP.image(digest=digest(number))
        for number in (*range(7, present + 7), *range(20_000, 20_000 + missing))
    ]
    random.Random(0).shuffle(references)
    images = ECRService(session).images(references)
    assert list(images) == references
    for reference, image in images.items():
        number = references_number(reference)
        assert (image and image.digest) == (digest(number) if number < 20_000 else None)
    assert server.count("DescribeImages") == server.count() <= max_calls
    assert server.max_ids_seen <= 100


def test_pages_are_not_read_where_names_cost_less(server: ECRServer, session: LoopbackSession) -> None:
    """Four missing images of five cost five calls, whatever the size of the repository."""
    for number in range(3_000):
        server.add(APP.image(digest=digest(number)))
    references = [APP.image(digest=digest(number)) for number in (1, 5_001, 5_002, 5_003, 5_004)]
    assert [image is None for image in ECRService(session).images(references).values()] == [False, *[True] * 4]
    assert server.count() == 5
    assert all("imageIds" in request.body for request in server.requests)


def test_pages_end_when_all_is_found(server: ECRServer, session: LoopbackSession) -> None:
    """The other pages are not read."""
    for number in range(3_000):
        server.add(APP.image(digest=digest(number)))
    references = [APP.image(digest=digest(number)) for number in (*range(5_000, 5_004), *range(10))]
    images = ECRService(session).images(references)
    assert [image is None for image in images.values()] == [True] * 4 + [False] * 10
    assert server.count() == 4 + 1


def test_pages_end_where_names_cost_less(server: ECRServer, session: LoopbackSession) -> None:
    """Of a very large repository, the pages are given up, and the rest is found name by name."""
    for number in range(12_000):
        server.add(APP.image(digest=digest(number)))
    references = [APP.image(digest=digest(number)) for number in (*range(11_950, 12_000), *range(20_000, 20_020))]
    images = ECRService(session).images(references)
    assert [image is None for image in images.values()] == [False] * 50 + [True] * 20
    assert server.count() <= 10 + 20 + 4


@pytest.mark.parametrize(("names_missing", "max_calls"), [(True, 3 + 3), (False, 3 + 2)])
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


def test_missing_repositories_of_a_large_registry(server: ECRServer, session: LoopbackSession) -> None:
    """Its pages are read once: a name does not move."""
    for number in range(1_100):
        server.add_repository(f"app-{number}", region="eu-west-1", registry_id=ACCOUNT)
    repositories = ECRService(session).repositories(app(number) for number in range(1_050, 1_150))
    assert [repository is None for repository in repositories.values()] == [False] * 50 + [True] * 50
    assert server.count() <= 4 + 2


@pytest.mark.parametrize(
    ("may_list", "names_missing", "max_calls"), [(True, True, 8), (True, False, 5), (False, True, 57)]
)
def test_many_missing_repositories(
    server: ECRServer, session: LoopbackSession, *, may_list: bool, names_missing: bool, max_calls: int
) -> None:
    """Without the permission to list all repositories, each missing one costs a call."""
    server.names_missing = names_missing
    for number in range(100):
        server.add_repository(f"app-{number}", region="eu-west-1", registry_id=ACCOUNT)
    if not may_list:
        server.fail(DENIED, times=None, when=lambda request: "repositoryNames" not in request.body)
    repositories = ECRService(session).repositories(app(number) for number in range(50, 150))
    assert [repository is None for repository in repositories.values()] == [False] * 50 + [True] * 50
    assert server.count() <= max_calls


def test_the_images_of_a_missing_repository_cost_one_call(server: ECRServer, session: LoopbackSession) -> None:
    """The batch is not bisected, since all of its images are missing."""
    images = ECRService(session).images(APP.image(digest=digest(number)) for number in range(100))
    assert set(images.values()) == {None}
    assert server.count() == 1


@pytest.mark.parametrize("names_denied", [True, False])
def test_a_denied_repository_is_isolated(server: ECRServer, session: LoopbackSession, *, names_denied: bool) -> None:
    """It costs two more calls at most if IAM names it; otherwise the batch is bisected."""
    for number in range(250):
        server.add_repository(f"app-{number}", region="eu-west-1", registry_id=ACCOUNT)
    deny(server, app(77), names_denied=names_denied)
    service = ECRService(session)
    for max_calls in (3 + (2 if names_denied else 14), 1):
        before = server.count()
        with pytest.raises(BatchServiceError) as caught:
            service.repositories(app(number) for number in range(250))
        assert list(caught.value.errors) == [app(77)]
        assert isinstance(caught.value.errors[app(77)], AccessDeniedError)
        assert len(caught.value.results) == 249
        assert all(caught.value.results.values())
        assert server.count() - before <= max_calls


@pytest.mark.parametrize("names_denied", [True, False])
@pytest.mark.parametrize(("denied", "allowed"), [(60, 40), (130, 70), (230, 20)])
def test_a_prefix_that_is_denied(
    server: ECRServer, session: LoopbackSession, denied: int, allowed: int, *, names_denied: bool
) -> None:
    """A policy that allows the repositories of one team denies all others in a row, and no more than them."""
    for number in range(denied + allowed):
        server.add_repository(f"app-{number}", region="eu-west-1", registry_id=ACCOUNT)
        if number < denied:
            deny(server, app(number), names_denied=names_denied)
    service = ECRService(session, config=Config(max_pool_connections=1))
    with pytest.raises(BatchServiceError) as caught:
        service.repositories(app(number) for number in range(denied + allowed))
    assert list(caught.value.errors) == [app(number) for number in range(denied)]
    assert server.count() <= (2 if names_denied else 3) * denied


def test_several_denied_repositories(server: ECRServer, session: LoopbackSession) -> None:
    """Each denies itself alone, also beside missing ones."""
    for number in range(3, 100):
        server.add_repository(f"app-{number}", region="eu-west-1", registry_id=ACCOUNT)
    for number in range(3, 100, 3):
        deny(server, app(number))
    with pytest.raises(BatchServiceError) as caught:
        ECRService(session).repositories(app(number) for number in range(100))
    assert list(caught.value.errors) == [app(number) for number in range(3, 100, 3)]
    assert [reference for reference, repository in caught.value.results.items() if repository is None] == [
        app(number) for number in range(3)
    ]
    assert server.count() < 150


@pytest.mark.parametrize(("resource", "max_calls"), [("$resource", 1), (None, 212)])
def test_an_operation_that_is_denied_altogether(
    server: ECRServer,
    session: LoopbackSession,
    monkeypatch: pytest.MonkeyPatch,
    resource: str | None,
    max_calls: int,
) -> None:
    """IAM says so, or names a repository each time: then the others are not requested one by one after 1,000."""
    monkeypatch.setattr(batching, "_MIN_DENIED", 100)
    if resource is None:
        for number in range(1_000):
            deny(server, app(number))
    else:
        server.fail(DENIED, times=None)
    with pytest.raises(BatchServiceError) as caught:
        ECRService(session, config=Config(max_pool_connections=1)).repositories(app(number) for number in range(1_000))
    assert {type(error) for error in caught.value.errors.values()} == {AccessDeniedError}
    assert len(caught.value.errors) == 1_000
    assert server.count() <= max_calls
    reason = "not requested alone, after 200 others were denied: DescribeRepositories failed with AccessDenied"
    alone = [str(error) for error in caught.value.errors.values() if reason in str(error)]
    assert bool(alone) == (resource is None)


def test_many_repositories_that_ecr_rejects_are_isolated(
    server: ECRServer, session: LoopbackSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only what IAM denies in a row has the same fate."""
    monkeypatch.setattr(batching, "_MIN_DENIED", 10)
    server.fail(
        Error("InvalidParameterException", message="Invalid parameter at 'repositoryNames'"),
        times=None,
        when=lambda request: any("bad" in name for name in request.body["repositoryNames"]),
    )
    bad = [RepositoryReference(registry_id=ACCOUNT, region="eu-west-1", repository_name=f"bad-{n}") for n in range(220)]
    server.add_repository("app-0", region="eu-west-1", registry_id=ACCOUNT)
    with pytest.raises(BatchServiceError) as caught:
        ECRService(session, config=Config(max_pool_connections=1)).repositories([*bad, app(0)])
    assert list(caught.value.errors) == bad
    assert {type(error) for error in caught.value.errors.values()} == {InvalidRequestError}
    assert [repository.name for repository in caught.value.results.values()] == ["app-0"]


def test_a_batch_that_fails_fails_alone(server: ECRServer, session: LoopbackSession) -> None:
    """Others of the repository are requested; three failures in a row fail it as a whole."""
    for number in range(1_000):
        server.add(APP.image(digest=digest(number)))
    references = [APP.image(digest=digest(number)) for number in range(1_000)]
    server.fail(SERVER_ERROR, times=None, when=lambda request: {"imageDigest": digest(50)} in request.body["imageIds"])
    with pytest.raises(BatchServiceError) as caught:
        ECRService(session, config=ONE_ATTEMPT).images(references)
    assert list(caught.value.errors) == references[:100]
    assert server.count() == 10
    server.fail(SERVER_ERROR, times=None)
    with pytest.raises(BatchServiceError) as caught:
        ECRService(session, config=ONE_ATTEMPT.merge(Config(max_pool_connections=1))).images(references)
    assert list(caught.value.errors) == references
    assert server.count() == 10 + 3


def test_a_page_that_fails_fails_what_waits_for_it(server: ECRServer, session: LoopbackSession) -> None:
    """To request a thousand images one by one instead would not help ECR."""
    add_images(server, 100)
    server.fail(SERVER_ERROR, when=lambda request: "imageIds" not in request.body)
    references = [APP.image(digest=digest(number)) for number in range(99, 1_000)]
    with pytest.raises(BatchServiceError) as caught:
        ECRService(session, config=ONE_ATTEMPT).images(references)
    assert len(caught.value.results) == 4
    assert {type(error) for error in caught.value.errors.values()} == {UnavailableError}
    assert server.count() <= 6


def test_a_tag_that_moves_between_pages_is_found(server: ECRServer, session: LoopbackSession) -> None:
    """It was on a page that is read later, and moves to one that has been read. A digest cannot do that."""
    for number in range(2_500):
        server.add(APP.image(digest=digest(number)))
    server.add(APP.image(digest=digest(2_400), tag="latest"))

    def move(request: Request) -> bool:
        if "nextToken" in request.body:
            server.add(APP.image(digest=digest(5), tag="latest"))
        return False

    server.fail(Slow(0), when=move)
    missing = [APP.image(digest=digest(number)) for number in range(10_000, 10_050)]
    images = ECRService(session).images([*missing, APP.image(tag="latest"), APP.image(tag="missing")])
    assert [reference for reference, image in images.items() if image] == [APP.image(tag="latest")]
    assert server.count() <= 4 + 3 + 2


def test_many_tags_that_are_missing_on_all_pages(server: ECRServer, session: LoopbackSession) -> None:
    """The pages are read twice, where that costs less than to request the tags one by one."""
    for number in range(2_500):
        server.add(APP.image(digest=digest(number)))
    images = ECRService(session).images(APP.image(tag=f"v{number}") for number in range(100))
    assert not any(images.values())
    assert server.count() <= 4 + 2 * 3


def test_an_image_that_ecr_rejects_is_isolated(server: ECRServer, session: LoopbackSession) -> None:
    """Its batch is bisected; the error has the results of the other ids."""
    add_images(server, 8)
    rejected = APP.image(digest="md5:0123")

    def requests_rejected(request: Request) -> bool:
        return {"imageDigest": "md5:0123"} in request.body["imageIds"]

    message = "Invalid parameter at 'imageDigest'"
    server.fail(Error("InvalidParameterException", message=message), times=None, when=requests_rejected)
    with pytest.raises(BatchServiceError) as caught:
        ECRService(session).images([*(APP.image(digest=digest(number)) for number in range(8)), rejected])
    assert list(caught.value.errors) == [rejected]
    assert isinstance(caught.value.errors[rejected], InvalidRequestError)
    assert [image.digest for image in caught.value.results.values()] == [digest(number) for number in range(8)]


@pytest.mark.parametrize("times", [1, 2])
def test_an_image_absent_from_a_response_is_not_missing(
    server: ECRServer, session: LoopbackSession, times: int
) -> None:
    """It is requested again once, with the other absent ones alone; twice is an error, and neither is cached."""
    add_images(server, 4)
    absent = APP.image(digest=digest(2))
    server.fail(Partial(keep=2), operation="DescribeImages")
    server.fail(Partial(keep=0), times=times - 1)
    service = ECRService(session)
    references = [APP.image(digest=digest(number)) for number in range(4)]
    if times == 1:
        assert all(service.images(references).values())
    else:
        with pytest.raises(BatchServiceError, match="neither a result nor an error in ECR's response") as caught:
            service.images(references)
        assert len(caught.value.errors) == len(caught.value.results) == 2
        assert {type(error) for error in caught.value.errors.values()} == {UnavailableError}
    assert [len(request.body["imageIds"]) for request in server.requests] == [4, 2]
    assert service.image(absent) is not None


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
    assert all(isinstance(error.__cause__, ClientError) for error in caught.value.errors.values())
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


def test_a_repository_that_fails_fails_alone(server: ECRServer, session: LoopbackSession) -> None:
    """The batch error has the error of each failed lookup, and the results of other groups, which are cached."""
    repositories = [msgspec.structs.replace(APP, repository_name=name) for name in ("a-1", "b-1", "c-1")]
    images = [repository.image(digest=digest(number)) for repository in repositories for number in range(150)]
    for image in images:
        server.add(image)
    server.fail(SERVER_ERROR, times=None, when=lambda request: request.body["repositoryName"] == "b-1")
    server.fail(DENIED, times=None, when=lambda request: request.body["repositoryName"] == "c-1")
    service = ECRService(session, config=ONE_ATTEMPT.merge(Config(max_pool_connections=1)))
    with pytest.raises(BatchServiceError) as caught:
        service.images(images)
    errors, results = caught.value.errors, caught.value.results
    assert list(errors) == images[150:]
    assert [type(error) for error in errors.values()] == [UnavailableError] * 150 + [AccessDeniedError] * 150
    assert [error.reference for error in errors.values()] == images[150:]
    assert list(results) == images[:150]
    assert all(image.digest for image in results.values())
    assert server.count() == 2 + 2 + 1
    service.images(images[:150])
    assert server.count() == 5


@pytest.mark.parametrize("fault", [THROTTLED, Broken.HANG_UP])
def test_a_site_that_does_not_respond_fails_at_once(server: ECRServer, session: LoopbackSession, fault: Fault) -> None:
    """A registry in a region that throttles or drops the first call gets no other; other sites are looked up."""
    dead = [app(number).image(digest=digest(number)) for number in range(50)]
    other = [
        msgspec.structs.replace(APP, **changes).image(digest=digest(1))
        for changes in ({"registry_id": OTHER_ACCOUNT}, {"region": "us-east-1"})
    ]
    for image in [*dead, *other]:
        server.add(image)
    server.fail(fault, times=None, when=lambda request: (request.registry_id, request.region) == (ACCOUNT, "eu-west-1"))
    with pytest.raises(BatchServiceError) as caught:
        ECRService(session, config=ONE_ATTEMPT).images([*dead, *other])
    assert list(caught.value.errors) == dead
    assert list(caught.value.results) == other
    assert all(caught.value.results.values())
    assert server.count() == 1 + 2


def test_a_call_that_fails_on_a_site_that_responds_fails_alone(server: ECRServer, session: LoopbackSession) -> None:
    """One of two concurrent calls times out; the other one shows that the site is alive."""
    images = [app(number).image(digest=digest(number)) for number in range(12)]
    for image in images:
        server.add(image)
    server.fail(Slow(3), when=lambda request: request.body["repositoryName"] == "app-1")
    server.delay = 0.05
    throttled = Config(max_pool_connections=2, retries={"total_max_attempts": 1}, read_timeout=1)
    with pytest.raises(BatchServiceError) as caught:
        ECRService(session, config=throttled).images(images)
    assert list(caught.value.errors) == [images[1]]
    assert isinstance(caught.value.errors[images[1]], UnavailableError)


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


def test_an_error_ends_the_narrowing(server: ECRServer, session: LoopbackSession) -> None:
    """The remaining ids of the batch get the same error without a call."""
    server.add(APP.image(digest=digest(0)))
    server.fail(Slow(0), DENIED)
    with pytest.raises(BatchServiceError) as caught:
        ECRService(session).images(APP.image(digest=digest(number)) for number in range(10))
    assert [type(error) for error in caught.value.errors.values()] == [AccessDeniedError] * 9
    assert server.count() == 2
