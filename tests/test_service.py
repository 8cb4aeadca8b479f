"""ECRService against a server on loopback that speaks ECR's protocol, and that can fail in every way."""

import logging
import os
import pickle
import re
import subprocess
import sys
import threading
import time
import typing
import warnings
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from io import BytesIO
from typing import Any

import botocore.exceptions
import botocore.session
import msgspec
import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError, NoCredentialsError
from botocore.parsers import ResponseParserError
from botocore.retries.standard import ThrottledRetryableChecker
from conftest import ONE_ATTEMPT, LoopbackSession
from fake_ecr import DENIED, EXPIRED, SERVER_ERROR, THROTTLED, Broken, ECRServer, Error, Fault, Slow

from ecr_events import (
    AccessDeniedError,
    CredentialsError,
    ECREventsError,
    ECRImageActionEvent,
    ECRReplicationActionEvent,
    ECRScanResourceChangeEvent,
    ImageReference,
    InvalidRequestError,
    RepositoryReference,
    ServiceError,
    ThrottledError,
    UnavailableError,
    UnknownEvent,
)
from ecr_events.samples import sample
from ecr_events.service import (
    ECRService,
    Image,
    Manifest,
    Repository,
    api,
    batching,
    ecr_service,
    error_mapping,
    responses,
    service_for,
)
from ecr_events.service.clients import Clients
from ecr_events.service.scan_findings import (
    Attribute,
    EnhancedImageScanFinding,
    Findings,
    ImageScanFinding,
)

ACCOUNT, OTHER_ACCOUNT = "012345678901", "999999999999"
APP = RepositoryReference(registry_id=ACCOUNT, region="eu-west-1", repository_name="team/app")
MOMENT = datetime(2026, 1, 1, tzinfo=UTC)


def digest(number: int) -> str:
    return f"sha256:{number:064x}"


def add(server: ECRServer, image: ImageReference, **fields: Any) -> None:
    """Give the server the image that a reference names."""
    repository = image.repository
    server.add_image(
        repository.repository_name,
        image.image_digest or digest(99),
        tags=[image.image_tag] if image.image_tag else [],
        region=repository.region,
        registry_id=repository.registry_id,
        **fields,
    )


# One thing


def test_a_repository_is_what_ecr_says_it_is(server: ECRServer, session: LoopbackSession) -> None:
    """Every field under its name, timestamps aware and in UTC."""
    server.add_repository(
        "team/app",
        region="eu-west-1",
        registry_id=ACCOUNT,
        imageTagMutability="MUTABLE_WITH_EXCLUSION",
        imageTagMutabilityExclusionFilters=[{"filterType": "WILDCARD", "filter": "v*"}],
    )
    repository = ECRService(session).repository(APP)
    assert repository is not None
    assert repository == msgspec.convert(
        {
            "repositoryArn": APP.arn,
            "registryId": ACCOUNT,
            "repositoryName": "team/app",
            "repositoryUri": APP.uri,
            "createdAt": MOMENT,
            "imageTagMutability": "MUTABLE_WITH_EXCLUSION",
            "imageTagMutabilityExclusionFilters": [{"filterType": "WILDCARD", "filter": "v*"}],
            "imageScanningConfiguration": {"scanOnPush": False},
            "encryptionConfiguration": {"encryptionType": "AES256"},
        },
        Repository,
    )
    assert repository.created_at is not None
    assert repository.created_at.tzinfo is UTC


def test_an_image_is_what_ecr_says_it_is(server: ECRServer, session: LoopbackSession) -> None:
    """By digest and by tag, every field under its name."""
    add(
        server,
        APP.image(digest=digest(1), tag="1.4"),
        imageScanStatus={"status": "COMPLETE", "description": "done"},
        imageScanFindingsSummary={"findingSeverityCounts": {"HIGH": 2}, "imageScanCompletedAt": MOMENT},
        lastRecordedPullTime=MOMENT,
        artifactMediaType="application/vnd.oci.image.config.v1+json",
    )
    service = ECRService(session)
    image = service.image(APP.image(digest=digest(1)))
    assert image is not None
    assert image == service.image(APP.image(tag="1.4"))
    assert (image.digest, image.tags, image.size_bytes, image.pushed_at) == (digest(1), ("1.4",), 1024, MOMENT)
    assert image.scan_status is not None
    assert image.scan_status.status == "COMPLETE"
    assert image.scan_findings_summary is not None
    assert image.scan_findings_summary.finding_severity_counts == {"HIGH": 2}
    assert image.last_recorded_pull_time == MOMENT
    assert image.status == "ACTIVE"


def test_a_digest_decides_where_the_tag_has_moved_on(server: ECRServer, session: LoopbackSession) -> None:
    """The event's digest is looked up, although its tag is another image's by now."""
    add(server, APP.image(digest=digest(1), tag="latest"))
    add(server, APP.image(digest=digest(2), tag="latest"))
    image = ECRService(session).image(APP.image(digest=digest(1), tag="latest"))
    assert image is not None
    assert (image.digest, image.tags) == (digest(1), ())
    assert server.requests[-1].body["imageIds"] == [{"imageDigest": digest(1)}]


def test_what_does_not_exist_is_none(server: ECRServer, session: LoopbackSession) -> None:
    """Repository, image, and image in no repository; asked for in one call each."""
    service = ECRService(session)
    assert service.repository(APP) is None
    assert service.image(APP.image(tag="1.4")) is None
    server.add_repository("team/app", region="eu-west-1", registry_id=ACCOUNT)
    service.clear()
    assert service.image(APP.image(tag="1.4")) is None
    assert service.tags(msgspec.structs.replace(APP, repository_name="other")) is None
    assert service.manifest(APP.image(tag="1.4")) is None
    assert service.scan_findings(APP.image(tag="1.4")) is None
    assert service.replication_status(APP.image(tag="1.4")) is None
    assert server.count() == 7


def test_region_and_account_are_the_references_own(server: ECRServer, session: LoopbackSession) -> None:
    """Two regions and two accounts, none of them the session's, each with an image of its own in the same place."""
    places = [
        RepositoryReference(registry_id=account, region=region, repository_name="team/app")
        for account in (ACCOUNT, OTHER_ACCOUNT)
        for region in ("eu-west-1", "us-east-1")
    ]
    for number, place in enumerate(places):
        add(server, place.image(digest=digest(number), tag="latest"))
    found = ECRService(session).images(place.image(tag="latest") for place in places)
    assert [image and image.digest for image in found.values()] == [digest(number) for number in range(4)]
    assert sorted(session.made) == ["eu-west-1", "us-east-1"]
    assert sorted((request.region, request.body["registryId"]) for request in server.requests) == sorted(
        (place.region, place.registry_id) for place in places
    )


def test_the_tags_of_a_repository(server: ECRServer, session: LoopbackSession) -> None:
    """One call; each time, for they are not kept."""
    server.add_repository("team/app", region="eu-west-1", registry_id=ACCOUNT, tags={"team": "a", "cost": "7"})
    service = ECRService(session)
    assert service.tags(APP) == service.tags(APP) == {"team": "a", "cost": "7"}
    assert server.count("ListTagsForResource") == server.count() == 2


def test_the_manifest_of_an_image(server: ECRServer, session: LoopbackSession) -> None:
    """As it was pushed, whatever its media type; by tag, with the digest that it has."""
    service = ECRService(session)
    for media_type in (
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.docker.distribution.manifest.v2+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
    ):
        add(server, APP.image(digest=digest(1), tag="1.4"), manifest='{ "a": 1}', imageManifestMediaType=media_type)
        manifest = service.manifest(APP.image(tag="1.4"))
        assert isinstance(manifest, Manifest)
        assert (manifest.text, manifest.media_type) == ('{ "a": 1}', media_type)
        assert (manifest.image_id.image_digest, manifest.image_id.image_tag) == (digest(1), "1.4")
    assert server.count("BatchGetImage") == server.count() == 4


def test_a_manifest_that_cannot_be_had_is_an_error(server: ECRServer, session: LoopbackSession) -> None:
    """BatchGetImage answers with failures, whose codes are on the error."""
    add(server, APP.image(digest=digest(1)), imageManifestMediaType="application/x-unheard-of")
    with pytest.raises(ServiceError, match="BatchGetImage failed with UnsupportedImageType") as caught:
        ECRService(session).manifest(APP.image(digest=digest(1)))
    assert caught.value.code == "UnsupportedImageType"
    assert caught.value.reference == APP.image(digest=digest(1))
    codes = ("InvalidImageDigest", "ImageTagDoesNotMatchDigest")
    invalid, moved = (responses.ImageFailure(failure_code=code) for code in codes)
    assert isinstance(error_mapping.of_image_failures([invalid]), InvalidRequestError)
    assert isinstance(error_mapping.of_image_failures([moved]), error_mapping.NotFoundError)
    assert isinstance(error_mapping.of_image_failures([]), UnavailableError)


def test_the_findings_of_a_basic_scan_are_all_its_pages(server: ECRServer, session: LoopbackSession) -> None:
    """1,000 findings a page, joined, with the status and the counts."""
    findings = [
        {"name": f"CVE-{number}", "severity": "LOW", "attributes": [{"key": "package_name", "value": "a"}]}
        for number in range(2_500)
    ]
    add(server, APP.image(digest=digest(1)), findings=findings)
    found = ECRService(session).scan_findings(APP.image(digest=digest(1)))
    assert found is not None
    assert found.image_scan_status.status == "COMPLETE"
    assert found.image_scan_completed_at == MOMENT
    assert found.finding_severity_counts == {"LOW": 2_500}
    assert [finding.name for finding in found.findings] == [finding["name"] for finding in findings]
    assert found.findings[0] == ImageScanFinding(
        name="CVE-0", severity="LOW", attributes=(Attribute(key="package_name", value="a"),)
    )
    assert found.enhanced_findings == ()
    assert server.count("DescribeImageScanFindings") == server.count() == 3
    assert hash(found)


def test_the_findings_of_an_enhanced_scan(server: ECRServer, session: LoopbackSession) -> None:
    """In Inspector's words."""
    add(server, APP.image(digest=digest(1)), findings=[{"findingArn": "arn:aws:inspector2:::finding/a", "score": 9.1}])
    found = ECRService(session).scan_findings(APP.image(digest=digest(1)))
    assert found is not None
    assert found.enhanced_findings == (
        EnhancedImageScanFinding(finding_arn="arn:aws:inspector2:::finding/a", score=9.1),
    )


def test_an_image_that_was_never_scanned_has_no_findings(server: ECRServer, session: LoopbackSession) -> None:
    """None, as where the image itself is missing; a scan without findings has empty ones."""
    add(server, APP.image(digest=digest(1)))
    add(server, APP.image(digest=digest(2)), findings=[])
    service = ECRService(session)
    assert service.scan_findings(APP.image(digest=digest(1))) is None
    clean = service.scan_findings(APP.image(digest=digest(2)))
    assert clean is not None
    assert clean.findings == ()


def test_the_replication_status_of_an_image(server: ECRServer, session: LoopbackSession) -> None:
    """One value for each destination."""
    status = {"region": "us-east-1", "registryId": ACCOUNT, "status": "FAILED", "failureCode": "Quota"}
    add(server, APP.image(digest=digest(1)), replication=[status])
    found = ECRService(session).replication_status(APP.image(digest=digest(1)))
    assert found is not None
    assert [msgspec.to_builtins(value) for value in found] == [status]


# Many things in few calls


def test_many_images_are_few_calls(server: ECRServer, session: LoopbackSession) -> None:
    """100 ids of one repository in a call, each once, by digest and by tag together."""
    for number in range(250):
        add(server, APP.image(digest=digest(number), tag=f"v{number}"))
    by_digest = [APP.image(digest=digest(number), tag="whatever") for number in range(150)]
    by_tag = [APP.image(tag=f"v{number}") for number in range(150, 250)]
    found = ECRService(session).images([*by_digest, *by_tag, *by_digest])
    assert list(found) == [*by_digest, *by_tag]
    assert [image and image.digest for image in found.values()] == [digest(number) for number in range(250)]
    assert server.count("DescribeImages") == server.count() == 3
    assert server.max_ids_seen == 100


def test_nothing_is_no_call(server: ECRServer, session: LoopbackSession) -> None:
    """No references, no requests, and no client either."""
    service = ECRService(session)
    assert service.images([]) == {}
    assert service.repositories([]) == {}
    assert server.count() == 0
    assert session.made == []


def test_an_image_by_digest_and_by_tag_is_found_twice(server: ECRServer, session: LoopbackSession) -> None:
    """ECR names it once in its answer; both references have it."""
    add(server, APP.image(digest=digest(1), tag="a"))
    found = ECRService(session).images([APP.image(digest=digest(1)), APP.image(tag="a"), APP.image(tag="null")])
    assert [image and image.digest for image in found.values()] == [digest(1), digest(1), None]


@pytest.mark.parametrize(("names_missing", "most"), [(True, 11), (False, 10 + 2 * 7)])
def test_one_missing_among_a_thousand_is_few_more_calls(
    server: ECRServer, session: LoopbackSession, *, names_missing: bool, most: int
) -> None:
    """One more call where ECR's error names it, and else as many as halving 100 takes; the others are found."""
    server.names_missing = names_missing
    for number in range(1_000):
        add(server, APP.image(digest=digest(number)))
    server.remove_image("team/app", digest(555), region="eu-west-1", registry_id=ACCOUNT)
    found = ECRService(session).images(APP.image(digest=digest(number)) for number in range(1_000))
    assert [reference.image_digest for reference, image in found.items() if image is None] == [digest(555)]
    assert server.count("DescribeImages") == server.count() <= most


@pytest.mark.parametrize("names_missing", [True, False])
def test_missing_repositories_do_not_fail_the_others(
    server: ECRServer, session: LoopbackSession, *, names_missing: bool
) -> None:
    """The same for repositories, 100 of a registry and a region in a call."""
    server.names_missing = names_missing
    names = [f"app-{number}" for number in range(230)]
    for name in names[3:]:
        server.add_repository(name, region="eu-west-1", registry_id=ACCOUNT)
    found = ECRService(session).repositories(msgspec.structs.replace(APP, repository_name=name) for name in names)
    assert [reference.repository_name for reference, repository in found.items() if repository is None] == names[:3]
    assert server.count("DescribeRepositories") == server.count() <= (6 if names_missing else 3 + 3 * 14)
    assert server.max_ids_seen == 100


def test_a_missing_repository_is_one_call_for_all_its_images(server: ECRServer, session: LoopbackSession) -> None:
    """Nothing is narrowed down where none can exist."""
    found = ECRService(session).images(APP.image(digest=digest(number)) for number in range(100))
    assert set(found.values()) == {None}
    assert server.count() == 1


def test_what_ecr_takes_for_malformed_does_not_fail_the_others(server: ECRServer, session: LoopbackSession) -> None:
    """Such an id is found by halving, and is an error at the end; the error has the answers about the others."""
    for number in range(8):
        add(server, APP.image(digest=digest(number)))
    bad = APP.image(digest="sha256:short")

    def is_asked_for(request: Any) -> bool:
        return {"imageDigest": "sha256:short"} in request.body["imageIds"]

    server.fail(
        Error("InvalidParameterException", message="Invalid parameter at 'imageDigest'"), times=None, when=is_asked_for
    )
    with pytest.raises(InvalidRequestError, match="team/app@sha256:short in eu-west-1") as caught:
        ECRService(session).images([*(APP.image(digest=digest(number)) for number in range(8)), bad])
    assert caught.value.references == (bad,)
    assert [image.digest for image in caught.value.results.values()] == [digest(number) for number in range(8)]


def test_what_is_wrong_for_all_ids_is_not_narrowed_down(server: ECRServer, session: LoopbackSession) -> None:
    """What ECR says of the registry is an error after one call, and not after two hundred."""
    shared = "Invalid parameter at 'registryId' failed to satisfy constraint"
    server.fail(Error("InvalidParameterException", message=shared), times=None)
    service = ECRService(session)
    with pytest.raises(InvalidRequestError) as caught:
        service.images(APP.image(tag=f"v{number}") for number in range(250))
    assert len(caught.value.references) == 250
    assert server.count() <= 3
    before = server.count()
    names = [msgspec.structs.replace(APP, repository_name=f"app-{number}") for number in range(100)]
    with pytest.raises(InvalidRequestError):
        service.repositories(names)
    assert server.count() == before + 1


def test_a_client_that_was_renewed_by_another_thread_stays(server: ECRServer) -> None:
    """Only the client whose credentials were not taken is forgotten."""
    clients = Clients(None, lambda account, region: LoopbackSession(server.url), None)  # noqa: ARG005
    old = clients.client(ACCOUNT, "eu-west-1")
    assert clients.renew(ACCOUNT, "eu-west-1", old)
    new = clients.client(ACCOUNT, "eu-west-1")
    assert clients.renew(ACCOUNT, "eu-west-1", old)
    assert clients.client(ACCOUNT, "eu-west-1") is new is not old


def test_calls_are_made_at_a_time_but_no_more_than_connections(server: ECRServer, session: LoopbackSession) -> None:
    """As many as the client's pool has connections, so that none is thrown away."""
    server.delay = 0.05
    images = [
        msgspec.structs.replace(APP, repository_name=f"app-{number}").image(digest=digest(number))
        for number in range(24)
    ]
    for image in images:
        add(server, image)
    ECRService(session, config=Config(max_pool_connections=4)).images(images)
    assert server.in_flight_peak == 4
    server.in_flight_peak = 0
    ECRService(session).images(images)
    assert 4 < server.in_flight_peak <= 10


# What is kept


def test_an_answer_is_kept_for_its_lifetime(server: ECRServer, session: LoopbackSession) -> None:
    """Also that something does not exist; `clear` forgets, and a lifetime of 0 keeps nothing."""
    add(server, APP.image(digest=digest(1)))
    here, gone = APP.image(digest=digest(1)), APP.image(tag="gone")
    service = ECRService(session)
    for _ in range(3):
        assert [image is None for image in service.images([here, gone]).values()] == [False, True]
        assert service.repository(APP) is not None
    assert server.count() == 3
    service.clear()
    service.image(here)
    assert server.count() == 4
    small = ECRService(session, size=1)
    small.images([here, gone])
    small.images([here, gone])
    assert server.count() == 4 + 2 + 1
    server.requests.clear()
    for count in (1, 2):
        forgetful = ECRService(session, lifetime=0)
        forgetful.image(here)
        assert server.count() == count


def test_two_threads_that_ask_for_the_same_make_one_call(server: ECRServer, session: LoopbackSession) -> None:
    """The second waits for the answer of the first."""
    add(server, APP.image(digest=digest(1)))
    server.delay = 0.2
    service = ECRService(session)
    with ThreadPoolExecutor(8) as threads:
        images = list(threads.map(service.image, [APP.image(digest=digest(1))] * 8))
    assert {image and image.digest for image in images} == {digest(1)}
    assert server.count() == 1
    assert session.made == ["eu-west-1"]


# Sessions and clients


def test_a_session_for_each_account(server: ECRServer) -> None:
    """Cross-account consumers give a callable; it is asked once for each account and region."""
    asked: list[tuple[str, str]] = []

    def session_for(account: str, region: str) -> LoopbackSession:
        asked.append((account, region))
        return LoopbackSession(server.url)

    service = ECRService(session_for=session_for)
    there = msgspec.structs.replace(APP, registry_id=OTHER_ACCOUNT)
    for tag in ("a", "b"):
        service.images([APP.image(tag=tag), there.image(tag=tag)])
    assert sorted(asked) == [(ACCOUNT, "eu-west-1"), (OTHER_ACCOUNT, "eu-west-1")]


def test_the_default_session_is_boto3s(server: ECRServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a session, boto3's own, with what the environment says."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_ECR", server.url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setattr("boto3.DEFAULT_SESSION", None)
    add(server, APP.image(digest=digest(1)))
    image = ECRService().image(APP.image(digest=digest(1)))
    assert image is not None
    assert image.digest == digest(1)


def test_without_boto3_the_extra_is_named() -> None:
    """The lookup raises an ImportError; decoding and importing the service do not."""
    code = """
import sys
sys.modules["boto3"] = sys.modules["botocore"] = None
from ecr_events import ECRImageActionEvent
from ecr_events.samples import sample
import ecr_events.service
event = sample(ECRImageActionEvent)
for name in ("image", "repository", "images", "repositories"):
    try:
        getattr(event, name)
    except ImportError as error:
        print(error)
"""
    output = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert output.splitlines() == ["looking up what an event names needs boto3: pip install 'ecr_events[boto3]'"] * 4


def test_without_boto3_a_session_will_do(
    server: ECRServer, session: LoopbackSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """boto3 is imported for its default session alone; whoever brings a session has it already."""
    monkeypatch.setitem(sys.modules, "boto3", None)
    assert ECRService(session).repository(APP) is None
    assert server.count() == 1
    with pytest.raises(ImportError, match=r"pip install 'ecr_events\[boto3\]'"):
        ECRService().repository(APP)
    monkeypatch.setitem(sys.modules, "botocore", None)
    with pytest.raises(ImportError, match=r"pip install 'ecr_events\[boto3\]'"):
        ECRService().repository(APP)


def test_importing_the_service_does_not_import_boto3() -> None:
    """Nor does making a service."""
    code = "import sys; from ecr_events.service import ECRService; ECRService(); print('boto3' in sys.modules)"
    output = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert output == "False\n"


# The properties of events


def test_an_event_looks_up_what_it_names(server: ECRServer, session: LoopbackSession) -> None:
    """In its own region and account, and a replication at both ends; what it names none of is None."""
    event = sample(ECRReplicationActionEvent).using(session)
    assert event.source_image_reference is not None
    add(server, event.source_image_reference)
    assert event.source_image is not None
    assert event.source_image.digest == event.detail.image_digest
    assert event.source_repository is not None
    assert event.source_repository.uri == event.source_repository_reference.uri
    assert event.image is None
    assert event.repository is None
    assert [image is None for image in event.images.values()] == [True, False]
    assert [repository is None for repository in event.repositories.values()] == [True, False]
    assert {request.region for request in server.requests} == {"eu-west-1", "us-east-1"}
    # Each of the four was asked for once, the second time it was kept.
    assert server.count() == 4


def test_an_event_that_names_several_or_nothing(server: ECRServer, session: LoopbackSession) -> None:
    """Several are looked up together; nothing is no call."""
    server.add_repository("team/app", region="eu-west-1", registry_id=ACCOUNT)
    change = sample(ECRScanResourceChangeEvent).using(session)
    assert [repository and repository.name for repository in change.repositories.values()] == ["team/app", None]
    assert (change.repository, change.image, change.images) == (None, None, {})
    calls = server.count()
    unknown = sample(UnknownEvent).using(session)
    assert (unknown.repository, unknown.image, unknown.repositories, unknown.images) == (None, None, {}, {})
    nameless = msgspec.structs.replace(
        sample(ECRReplicationActionEvent),
        detail=msgspec.structs.replace(sample(ECRReplicationActionEvent).detail, image_digest="", image_tag=""),
    ).using(session)
    assert (nameless.image, nameless.source_image) == (None, None)
    assert server.count() == calls


def test_events_of_one_session_share_a_service(session: LoopbackSession, server: ECRServer) -> None:
    """And with it clients and answers; another session has its own."""
    assert service_for(session) is service_for(session)
    assert service_for(session) is not service_for(LoopbackSession(server.url))
    for _ in range(3):
        assert sample(ECRImageActionEvent).using(session).image is None
    assert server.count() == 1


# What can go wrong


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
        (Error("Odd", 503, "m"), UnavailableError, ClientError, "Odd", "DescribeImages failed with Odd: m"),
        (Error("KmsException", 400, "m"), ServiceError, ClientError, "KmsException", "failed with KmsException: m"),
        (Broken.HANG_UP, UnavailableError, ConnectionClosedError, None, "Connection was closed"),
        (Broken.DROP, UnavailableError, msgspec.ValidationError, None, "answer to DescribeImages is not whole"),
        (Broken.TRUNCATED, UnavailableError, msgspec.ValidationError, None, "answer to DescribeImages is not whole"),
    ],
    ids=lambda value: getattr(value, "code", None) or getattr(value, "name", ""),
)
def test_a_failure_is_an_error_of_ours(  # noqa: PLR0913, PLR0917 - a row of a table
    server: ECRServer,
    session: LoopbackSession,
    fault: Fault,
    error: type[ServiceError],
    cause: type[Exception],
    code: str | None,
    reason: str,
) -> None:
    """With the reference, ECR's code, and botocore's error as the cause; and it is not kept."""
    image = APP.image(digest=digest(1))
    add(server, image)
    server.fail(fault)
    service = ECRService(session, config=ONE_ATTEMPT)
    with pytest.raises(error, match=re.escape(reason)) as caught:
        service.image(image)
    assert type(caught.value) is error
    assert isinstance(caught.value, ECREventsError)
    assert (caught.value.reference, caught.value.code) == (image, code)
    assert isinstance(caught.value.__cause__, cause)
    assert str(caught.value).startswith(f"{image}: ")
    assert service.image(image) is not None


def _given(answer: Any, **_: Any) -> Any:
    return answer


def test_what_botocore_cannot_read_is_no_answer(server: ECRServer, session: LoopbackSession) -> None:
    """A connection may end inside a character; and nothing says that an answer is an object."""
    client = session.client("ecr", region_name="eu-west-1")

    class Odd(LoopbackSession):
        def client(self, *_: Any, **__: Any) -> Any:
            return client

    service = ECRService(Odd(server.url), lifetime=0)
    image = APP.image(tag="a")
    for body in (b'{"imageDetails": [{"imageDigest": "\xc3', b"[1]", b'"x"', b"null", b"[" * 100_000):
        answered: Any = AWSResponse("", 200, {}, BytesIO(body))
        answered._content = body
        client.meta.events.register_first("before-send.ecr.DescribeImages", partial(_given, answered), "odd")
        with pytest.raises(UnavailableError):
            service.image(image)
        client.meta.events.unregister("before-send.ecr.DescribeImages", unique_id="odd")
    assert server.count() == 0


def test_an_error_answer_without_the_usual_parts() -> None:
    """A ClientError can be made by anyone, with anything in it; 429 is throttling by any name."""
    for response, cls in (
        ({}, ServiceError),
        ({"Error": {"Code": "Odd"}, "ResponseMetadata": {"HTTPStatusCode": 429}}, ThrottledError),
        ({"Error": {"Code": "ImageNotFoundException", "Message": None}}, error_mapping.NotFoundError),
    ):
        error: Any = ClientError(response, "DescribeImages")
        with pytest.raises(cls), error_mapping.translated():
            raise error


def test_every_exception_of_botocore_about_credentials_is_one_of_ours() -> None:
    """By name, for older versions lack some; a new one of a family is caught by its base."""
    for name in error_mapping.CREDENTIALS:
        error = type("New", (getattr(botocore.exceptions, name),), {"fmt": "new"})()
        with pytest.raises(CredentialsError), error_mapping.translated():
            raise error
    with pytest.raises(UnavailableError, match="cannot be read"), error_mapping.translated():
        raise ResponseParserError("half")


def test_a_half_error_answer_is_no_answer(server: ECRServer, session: LoopbackSession) -> None:
    """Botocore then has the HTTP status for a code; it says nothing about the image."""
    server.fail(Broken.TRUNCATED)
    with pytest.raises(UnavailableError, match="failed with 400"):
        ECRService(session, config=ONE_ATTEMPT).image(APP.image(digest=digest(1)))


def test_slowness_is_an_error_after_the_timeout(server: ECRServer, session: LoopbackSession) -> None:
    """Timeouts are botocore's, by way of its Config."""
    server.fail(Slow(1))
    config = ONE_ATTEMPT.merge(Config(read_timeout=0.1))
    with pytest.raises(UnavailableError, match="Read timeout"):
        ECRService(session, config=config).image(APP.image(digest=digest(1)))


def test_nobody_there_is_an_error(session: LoopbackSession) -> None:
    """A port that nobody listens on."""
    session.url = "http://127.0.0.1:9"
    with pytest.raises(UnavailableError, match="Could not connect"):
        ECRService(session, config=ONE_ATTEMPT).tags(APP)


def test_throttling_is_retried_as_botocore_is_configured(server: ECRServer, session: LoopbackSession) -> None:
    """Two attempts: the first is throttled, the second answers."""
    add(server, APP.image(digest=digest(1)))
    server.fail(THROTTLED)
    config = Config(retries={"mode": "standard", "total_max_attempts": 2})
    assert ECRService(session, config=config).image(APP.image(digest=digest(1))) is not None
    assert server.count() == 2


def test_no_credentials_is_an_error(server: ECRServer) -> None:
    """Before any request."""

    class Nobody(LoopbackSession):
        def client(self, *arguments: Any, **options: Any) -> Any:
            client = super().client(*arguments, **options)
            client._request_signer._credentials = None
            return client

    with pytest.raises(CredentialsError, match="Unable to locate credentials") as caught:
        ECRService(Nobody(server.url)).image(APP.image(tag="a"))
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
    ],
)
def test_what_cannot_exist_is_refused_before_any_request(
    server: ECRServer, session: LoopbackSession, changes: dict[str, str]
) -> None:
    """A hostile event reaches no host, and the other lookups of the batch are not lost."""
    hostile = msgspec.structs.replace(APP, **changes)
    add(server, APP.image(digest=digest(1)))
    service = ECRService(session)
    with pytest.raises(InvalidRequestError, match=re.escape(repr(next(iter(changes.values()))[:200]))) as caught:
        service.images([hostile.image(tag="a"), APP.image(digest=digest(1))])
    assert caught.value.references == (hostile.image(tag="a"),)
    assert list(caught.value.results) == [APP.image(digest=digest(1))]
    for ask in (service.repository, service.tags):
        with pytest.raises(InvalidRequestError):
            ask(hostile)
    assert server.count() == 1


def test_a_session_in_an_unknown_region_is_refused(server: ECRServer) -> None:
    """What botocore says of regions is translated too."""

    class Broken(LoopbackSession):
        def client(self, *arguments: Any, **options: Any) -> Any:
            return super().client(*arguments, **options | {"region_name": "evil/region"})

    with pytest.raises(InvalidRequestError, match="evil/region"):
        ECRService(Broken(server.url)).tags(APP)


def test_an_account_without_a_session_does_not_lose_the_others(server: ECRServer, session: LoopbackSession) -> None:
    """What session_for raises is a CredentialsError of that account's references."""
    there = msgspec.structs.replace(APP, registry_id=OTHER_ACCOUNT)
    add(server, APP.image(tag="a"))
    sessions = {ACCOUNT: session}
    service = ECRService(session_for=lambda account, _: sessions[account])
    with pytest.raises(
        CredentialsError, match=r"session_for\('999999999999', 'eu-west-1'\) failed: KeyError"
    ) as caught:
        service.images([APP.image(tag="a"), there.image(tag="a")])
    assert isinstance(caught.value.__cause__, KeyError)
    assert caught.value.references == (there.image(tag="a"),)
    assert caught.value.results[APP.image(tag="a")] is not None
    assert service.image(APP.image(tag="a")) is not None
    assert server.count() == 1


def test_the_credentials_of_a_role_are_renewed(server: ECRServer) -> None:
    """When AWS does not take them any more, session_for is called again; a session of one's own is not."""
    add(server, APP.image(tag="a"))
    made: list[str] = []

    def session_for(account: str, region: str) -> LoopbackSession:
        made.append(account + region)
        return LoopbackSession(server.url)

    service = ECRService(session_for=session_for, lifetime=0)
    assert service.image(APP.image(tag="a")) is not None
    server.fail(EXPIRED)
    assert service.image(APP.image(tag="a")) is not None
    assert len(made) == 2
    server.fail(EXPIRED, times=2)
    with pytest.raises(CredentialsError):
        service.image(APP.image(tag="a"))
    assert service.image(APP.image(tag="a")) is not None


def test_expired_credentials_are_found_out_once_for_a_registry(server: ECRServer, session: LoopbackSession) -> None:
    """Its other repositories are not asked about."""
    server.fail(EXPIRED, times=None)
    service = ECRService(session, config=Config(max_pool_connections=1))
    images = [msgspec.structs.replace(APP, repository_name=f"app-{n}").image(tag="a") for n in range(50)]
    with pytest.raises(CredentialsError) as caught:
        service.images(images)
    assert len(caught.value.references) == 50
    assert server.count() == 1


def test_a_slow_session_for_one_account_holds_up_no_other(server: ECRServer, session: LoopbackSession) -> None:
    """Nor does a client that is there wait for one that is being made."""
    add(server, APP.image(tag="a"))
    waiting, go_on = threading.Event(), threading.Event()

    def session_for(account: str, _: str) -> LoopbackSession:
        if account == OTHER_ACCOUNT:
            waiting.set()
            go_on.wait()
        return session

    service = ECRService(session_for=session_for, lifetime=0)
    there = msgspec.structs.replace(APP, registry_id=OTHER_ACCOUNT)
    with ThreadPoolExecutor(1) as threads:
        slow = threads.submit(service.image, there.image(tag="a"))
        waiting.wait()
        assert service.image(APP.image(tag="a")) is not None
        go_on.set()
        assert slow.result() is None


def test_a_session_and_session_for_are_one_too_many(session: LoopbackSession) -> None:
    """One of them would be ignored."""
    with pytest.raises(TypeError, match="not both"):
        ECRService(session, session_for=lambda account, region: session)  # noqa: ARG005


def test_no_more_clients_are_kept_than_anyone_needs(session: LoopbackSession, server: ECRServer) -> None:
    """Hostile events can name many regions; the oldest clients make room."""
    service = ECRService(session, lifetime=0)
    places = [msgspec.structs.replace(APP, region=f"us-east-{number}") for number in range(1, 70)]
    for place in [*places, places[-1], places[0]]:
        service.repository(place)
    assert len(session.made) == 69 + 1
    assert server.count() == 71


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_forked_process_starts_over(server: ECRServer, session: LoopbackSession) -> None:
    """It has neither the connections nor the locks of its parent, nor waits for what only the parent fetches."""
    add(server, APP.image(tag="a"))
    server.delay = 0.5
    service = ECRService(session)
    with ThreadPoolExecutor(1) as threads:
        fetching = threads.submit(service.image, APP.image(tag="a"))
        while not server.count():
            time.sleep(0.01)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            child = os.fork()
        if not child:
            os._exit(0 if service.image(APP.image(tag="a")) else 1)
        assert os.waitpid(child, 0)[1] == 0
        assert fetching.result() is not None
    assert server.count() == 2
    # What happens in the child, here: nothing that was kept is.
    ecr_service.start_over_after_fork()
    assert service.image(APP.image(tag="a")) is not None
    assert server.count() == 3


def test_a_batch_that_fails_in_part_loses_nothing(server: ECRServer, session: LoopbackSession) -> None:
    """What was not looked up is on the error, and so is what was; that is kept, the rest is asked for again."""
    places = [msgspec.structs.replace(APP, repository_name=name) for name in ("a-1", "b-1", "c-1")]
    images = [place.image(digest=digest(number)) for place in places for number in range(150)]
    for image in images:
        add(server, image)
    server.fail(THROTTLED, times=None, when=lambda request: request.body["repositoryName"] == "b-1")
    server.fail(DENIED, times=None, when=lambda request: request.body["repositoryName"] == "c-1")
    service = ECRService(session, config=ONE_ATTEMPT.merge(Config(max_pool_connections=1)))
    with pytest.raises(ServiceError, match=r"b-1@.* and 299 more: .*Rate exceeded; others met AccessDenied") as caught:
        service.images(images)
    error = caught.value
    assert type(error) is ServiceError
    assert [type(error.errors[image]) for image in images[150:]] == [ThrottledError] * 150 + [AccessDeniedError] * 150
    assert error.references == tuple(images[150:])
    assert list(error.results) == images[:150]
    assert all(image.digest for image in error.results.values())
    assert isinstance(pickle.loads(pickle.dumps(error)).errors[images[-1]], AccessDeniedError)
    # A place that refused its first hundred was not asked for the rest.
    assert server.count() == 2 + 1 + 1
    service.images(images[:150])
    assert server.count() == 4


def test_an_error_ends_the_narrowing(server: ECRServer, session: LoopbackSession) -> None:
    """What waits to be asked about then has the same error, and is not asked about."""
    server.names_missing = False
    add(server, APP.image(digest=digest(0)))
    server.fail(Slow(0), DENIED)
    with pytest.raises(AccessDeniedError) as caught:
        ECRService(session).images(APP.image(digest=digest(number)) for number in range(10))
    assert len(caught.value.references) == 10
    assert server.count() == 2


def test_an_interrupted_lookup_leaves_nothing_behind(server: ECRServer, session: LoopbackSession) -> None:
    """Whoever waited for it asks again."""
    add(server, APP.image(digest=digest(1)))
    started, go_on = threading.Event(), threading.Event()
    attempts: list[str] = []

    def session_for(account: str, region: str) -> LoopbackSession:
        attempts.append(account + region)
        if len(attempts) == 1:
            started.set()
            go_on.wait()
            raise KeyboardInterrupt
        return session

    service = ECRService(session_for=session_for)
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(service.image, APP.image(digest=digest(1)))
        started.wait()
        second = threads.submit(service.image, APP.image(digest=digest(1)))
        go_on.set()
        assert isinstance(first.exception(), KeyboardInterrupt)
        assert second.result() is not None


def test_no_warning_is_logged(server: ECRServer, session: LoopbackSession, caplog: pytest.LogCaptureFixture) -> None:
    """Many threads with many places each overflow no connection pool, whoever has set its size."""
    server.delay = 0.01
    botocore_session: Any = vars(session)["_session"]
    botocore_session.set_default_client_config(Config(max_pool_connections=3))
    service = ECRService(session)
    places = [msgspec.structs.replace(APP, repository_name=f"app-{number}") for number in range(8)]
    with caplog.at_level(logging.WARNING), ThreadPoolExecutor(5) as threads:
        list(threads.map(service.images, [[place.image(tag=f"v{n}") for place in places] for n in range(5)]))
    assert server.in_flight_peak == 3
    assert caplog.records == []


# Compared with botocore's own model of ECR

MODEL: Any = botocore.session.get_session().get_service_model("ecr")


def shapes(struct: Any, shape: Any) -> typing.Iterator[tuple[Any, Any]]:
    """Yield each Struct with the shape of botocore's that it stands for, at any depth."""
    yield struct, shape
    for field in msgspec.structs.fields(struct):
        member = shape.members.get(field.encode_name)
        while member is not None and member.type_name == "list":
            member = member.member
        if member is not None and member.type_name == "structure":
            yield from shapes(_struct_in(field.type), member)


def _struct_in(annotation: Any) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        return annotation
    return next(found for argument in typing.get_args(annotation) if (found := _struct_in_or_none(argument)))


def _struct_in_or_none(annotation: Any) -> Any:
    try:
        return _struct_in(annotation)
    except StopIteration:
        return None


@pytest.mark.parametrize(
    ("struct", "name"),
    [(Repository, "Repository"), (Image, "ImageDetail"), (Findings, "ImageScanFindings"), (Manifest, "Image")],
)
def test_every_field_of_ecrs_own_description_is_here(struct: type[msgspec.Struct], name: str) -> None:
    """At every depth, so that what AWS adds fails this test and nobody else."""
    for ours, theirs in shapes(struct, MODEL.shape_for(name)):
        fields = {field.encode_name: field for field in msgspec.structs.fields(ours)}
        assert set(fields) == set(theirs.members), f"{ours.__name__} is not {theirs.name}"
        for key, shape in theirs.members.items():
            timestamp = "datetime" in str(fields[key].type)
            assert timestamp == (shape.type_name == "timestamp"), f"{ours.__name__}.{key}"


def test_every_answer_is_an_operation_of_ecrs() -> None:
    """Its name, and every key that it reads."""
    for operation in (
        "BatchGetImage",
        "DescribeImageReplicationStatus",
        "DescribeImageScanFindings",
        "DescribeImages",
        "DescribeRepositories",
        "ListTagsForResource",
    ):
        answer = getattr(responses, operation)
        for ours, theirs in shapes(answer, MODEL.operation_model(operation).output_shape):
            assert {field.encode_name for field in msgspec.structs.fields(ours)} <= set(theirs.members)


PASSING_THROUGH = {"UnableToGetUpstreamImageException"}
"""Codes that are a `ServiceError` itself: only a pull through cache has them, and nothing more can be said."""


def test_every_error_code_of_the_operations_is_translated() -> None:
    """Each code that botocore lists for them is not-found, or has a class, or is known to pass through."""
    listed = {
        shape.name
        for operation in responses.__all__
        if operation in MODEL.operation_names
        for shape in MODEL.operation_model(operation).error_shapes
    }
    translated = error_mapping.NOT_FOUND.union(*error_mapping.CLASSES.values())
    assert listed - translated == PASSING_THROUGH
    assert set(vars(ThrottledRetryableChecker)["_THROTTLED_ERROR_CODES"]) <= error_mapping.CLASSES[ThrottledError]


def test_the_limits_are_those_of_ecrs_model() -> None:
    """A hundred ids in a call, and the patterns of account and name."""
    for operation, key in (("DescribeImages", "imageIds"), ("DescribeRepositories", "repositoryNames")):
        assert MODEL.operation_model(operation).input_shape.members[key].metadata["max"] == batching.CHUNK
    name = MODEL.shape_for("RepositoryName").metadata
    for text in (
        "a/b",
        "ab",
        "a",
        "a__b",
        "a___b",
        "a--b",
        "a.b",
        "a..b",
        "/a",
        "a/",
        "A",
        "a" * 256,
        "a" * 257,
        "a b",
    ):
        allowed = name["min"] <= len(text) <= name["max"] and re.fullmatch(name["pattern"], text) is not None
        refused = api.refusal(msgspec.structs.replace(APP, repository_name=text))
        assert (refused is None) is allowed, text
