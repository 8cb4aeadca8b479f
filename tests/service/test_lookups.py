"""The lookups of ECRService and of events, against ECR on loopback."""

import itertools
from datetime import UTC, datetime
from typing import Any
from unittest.mock import Mock

import msgspec
import pytest
from conftest import ACCOUNT, APP, OTHER_ACCOUNT, LoopbackSession, digest
from fake_ecr import ECRServer, Partial, Request, Slow

from ecr_events import (
    ECRImageActionEvent,
    ECRReplicationActionEvent,
    ECRScanResourceChangeEvent,
    InvalidRequestError,
    RepositoryReference,
    ScanNotFoundError,
    ServiceError,
    UnavailableError,
    UnknownEvent,
)
from ecr_events.samples import sample
from ecr_events.service import ECRService, Manifest, Repository, ecr_service
from ecr_events.service.ecr_service import service_for
from ecr_events.service.scan_findings import Attribute, EnhancedImageScanFinding, ImageScanFinding

MOMENT = datetime(2026, 1, 1, tzinfo=UTC)


def test_a_repository_has_every_field(server: ECRServer, session: LoopbackSession) -> None:
    """Timestamps are aware and in UTC."""
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


def test_an_image_has_every_field(server: ECRServer, session: LoopbackSession) -> None:
    """A lookup by tag returns the same image as one by digest."""
    server.add(
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


def test_the_digest_takes_precedence_over_the_tag(server: ECRServer, session: LoopbackSession) -> None:
    """A reference with both is looked up by digest, since its tag may have moved to another image."""
    server.add(APP.image(digest=digest(1), tag="latest"))
    server.add(APP.image(digest=digest(2), tag="latest"))
    image = ECRService(session).image(APP.image(digest=digest(1), tag="latest"))
    assert image is not None
    assert (image.digest, image.tags) == (digest(1), ())
    assert server.requests[-1].body["imageIds"] == [{"imageDigest": digest(1)}]


def test_a_missing_resource_is_none(server: ECRServer, session: LoopbackSession) -> None:
    """Each lookup costs one call, whether the image or its repository is missing."""
    service = ECRService(session)
    assert service.repository(APP) is None
    assert service.image(APP.image(tag="1.4")) is None
    server.add_repository("team/app", region="eu-west-1", registry_id=ACCOUNT)
    service.clear_cache()
    assert service.image(APP.image(tag="1.4")) is None
    assert service.tags(msgspec.structs.replace(APP, repository_name="other")) is None
    assert service.manifest(APP.image(tag="1.4")) is None
    assert service.scan_findings(APP.image(tag="1.4")) is None
    assert service.replication_status(APP.image(tag="1.4")) is None
    assert server.count() == 7


def test_the_reference_decides_region_and_account(server: ECRServer, session: LoopbackSession) -> None:
    """Images of the same name in two regions and two accounts, none of them the session's, are told apart."""
    repositories = [
        RepositoryReference(registry_id=account, region=region, repository_name="team/app")
        for account in (ACCOUNT, OTHER_ACCOUNT)
        for region in ("eu-west-1", "us-east-1")
    ]
    for number, repository in enumerate(repositories):
        server.add(repository.image(digest=digest(number), tag="latest"))
    images = ECRService(session).images(repository.image(tag="latest") for repository in repositories)
    assert [image and image.digest for image in images.values()] == [digest(number) for number in range(4)]
    assert sorted(session.made) == ["eu-west-1", "us-east-1"]
    assert sorted((request.region, request.body["registryId"]) for request in server.requests) == sorted(
        (repository.region, repository.registry_id) for repository in repositories
    )


def test_tags_are_not_cached(server: ECRServer, session: LoopbackSession) -> None:
    """Each lookup costs one call of ListTagsForResource."""
    server.add_repository("team/app", region="eu-west-1", registry_id=ACCOUNT, tags={"team": "a", "cost": "7"})
    service = ECRService(session)
    assert service.tags(APP) == service.tags(APP) == {"team": "a", "cost": "7"}
    assert server.count("ListTagsForResource") == server.count() == 2


@pytest.mark.parametrize(
    "media_type",
    [
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.docker.distribution.manifest.v2+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
    ],
)
def test_a_manifest_is_returned_as_pushed(server: ECRServer, session: LoopbackSession, media_type: str) -> None:
    """Every media type is accepted; a lookup by tag returns the digest too."""
    server.add(APP.image(digest=digest(1), tag="1.4"), manifest='{ "a": 1}', imageManifestMediaType=media_type)
    manifest = ECRService(session).manifest(APP.image(tag="1.4"))
    assert isinstance(manifest, Manifest)
    assert (manifest.text, manifest.media_type) == ('{ "a": 1}', media_type)
    assert (manifest.image_id.image_digest, manifest.image_id.image_tag) == (digest(1), "1.4")
    assert server.count("BatchGetImage") == server.count() == 1


def test_the_pages_of_findings_are_joined(server: ECRServer, session: LoopbackSession) -> None:
    """One call returns 1,000 findings."""
    findings = [
        {"name": f"CVE-{number}", "severity": "LOW", "attributes": [{"key": "package_name", "value": "a"}]}
        for number in range(2_500)
    ]
    server.add(APP.image(digest=digest(1)), findings=findings)
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


@pytest.mark.parametrize("scans", [1, 2, 3])
@pytest.mark.parametrize("has_times", [True, False])
def test_findings_of_two_scans_are_not_mixed(
    server: ECRServer, session: LoopbackSession, scans: int, *, has_times: bool
) -> None:
    """If the image is scanned again between two pages, they are read once more."""
    image = APP.image(digest=digest(1))
    numbers = iter(range(2, scans + 1))

    def add(number: int) -> None:
        findings = [{"name": f"CVE-{number}-{each}", "severity": "LOW"} for each in range(1_500)]
        status = "COMPLETE" if has_times or number % 2 else "IN_PROGRESS"
        scanned = MOMENT.timestamp() + number if has_times else None
        server.add(image, findings=findings, imageScanStatus={"status": status}, scanned=scanned)

    def scan_after_first_page(request: Request) -> bool:
        if "nextToken" in request.body and (number := next(numbers, None)):
            add(number)
        return False

    add(1)
    server.fail(Slow(0), when=scan_after_first_page)
    if scans == 3:
        with pytest.raises(UnavailableError, match="scanned again and again while its findings were read") as caught:
            ECRService(session).scan_findings(image)
        assert caught.value.reference == image
        return
    findings = ECRService(session).scan_findings(image)
    assert findings is not None
    assert [finding.name for finding in findings.findings] == [f"CVE-{scans}-{number}" for number in range(1_500)]
    assert server.count() == 2 * scans


def test_a_page_without_the_time_of_its_scan_is_of_the_same_scan(server: ECRServer, session: LoopbackSession) -> None:
    """Nothing is read again."""
    findings = [{"name": f"CVE-{number}", "severity": "LOW"} for number in range(1_500)]
    image = APP.image(digest=digest(1))
    server.add(image, findings=findings, scanned=MOMENT.timestamp())

    def omit_time(request: Request) -> bool:
        if "nextToken" in request.body:
            server.add(image, findings=findings, scanned=None)
        return False

    server.fail(Slow(0), when=omit_time)
    found = ECRService(session).scan_findings(image)
    assert found is not None
    assert len(found.findings) == 1_500
    assert server.count() == 2


def test_findings_of_two_images_are_not_mixed(server: ECRServer, session: LoopbackSession) -> None:
    """The tag moves while its findings are read."""
    findings = [{"name": f"CVE-{number}", "severity": "LOW"} for number in range(1_500)]
    server.add(APP.image(digest=digest(1), tag="a"), findings=findings)

    def move(request: Request) -> bool:
        if "nextToken" in request.body:
            server.add(APP.image(digest=digest(2), tag="a"), findings=findings)
        return False

    server.fail(Slow(0), when=move)
    with pytest.raises(UnavailableError, match=f"the tag moved while its findings were read: .*{digest(2)}"):
        ECRService(session).scan_findings(APP.image(tag="a"))


def test_the_findings_of_an_enhanced_scan(server: ECRServer, session: LoopbackSession) -> None:
    """They have Inspector's fields."""
    server.add(APP.image(digest=digest(1)), findings=[{"findingArn": "arn:aws:inspector2:::finding/a", "score": 9.1}])
    found = ECRService(session).scan_findings(APP.image(digest=digest(1)))
    assert found is not None
    assert found.enhanced_findings == (
        EnhancedImageScanFinding(finding_arn="arn:aws:inspector2:::finding/a", score=9.1),
    )


def test_an_image_that_was_never_scanned_is_not_clean(server: ECRServer, session: LoopbackSession) -> None:
    """Its findings are an error, those of a missing image None, and those of a clean image empty."""
    server.add(APP.image(digest=digest(1)))
    server.add(APP.image(digest=digest(2)), findings=[])
    service = ECRService(session)
    with pytest.raises(ScanNotFoundError, match="Image scan does not exist") as caught:
        service.scan_findings(APP.image(digest=digest(1)))
    assert (caught.value.code, caught.value.reference) == ("ScanNotFoundException", APP.image(digest=digest(1)))
    assert service.scan_findings(APP.image(digest=digest(3))) is None
    clean = service.scan_findings(APP.image(digest=digest(2)))
    assert clean is not None
    assert clean.findings == ()


def test_the_replication_status_of_an_image(server: ECRServer, session: LoopbackSession) -> None:
    """There is one value for each destination."""
    status = {"region": "us-east-1", "registryId": ACCOUNT, "status": "FAILED", "failureCode": "Quota"}
    server.add(APP.image(digest=digest(1)), replication=[status])
    statuses = ECRService(session).replication_status(APP.image(digest=digest(1)))
    assert statuses is not None
    assert [msgspec.to_builtins(value) for value in statuses] == [status]


def test_results_are_cached(server: ECRServer, session: LoopbackSession) -> None:
    """Misses are cached too, until `clear_cache`."""
    server.add(APP.image(digest=digest(1)))
    present, missing = APP.image(digest=digest(1)), APP.image(tag="missing")
    service = ECRService(session)
    for _ in range(3):
        assert [image is None for image in service.images([present, missing]).values()] == [False, True]
        assert service.repository(APP) is not None
    assert server.count() == 3
    service.clear_cache()
    service.image(present)
    assert server.count() == 4


def test_cache_size_and_cache_ttl_configure_the_cache(server: ECRServer, session: LoopbackSession) -> None:
    """A size of 1 caches the last result, a time to live of 0 none."""
    first, second = APP.image(tag="1"), APP.image(tag="2")
    small = ECRService(session, cache_size=1)
    for reference in (first, second, second, first):
        small.image(reference)
    assert server.count() == 3
    disabled = ECRService(session, cache_ttl=0)
    for _ in range(2):
        disabled.image(first)
    assert server.count() == 5


# Properties of events


def test_an_event_looks_up_its_references(server: ECRServer, session: LoopbackSession) -> None:
    """A replication looks up both ends, each in its own region, with one call for each resource."""
    event = sample(ECRReplicationActionEvent).using(session)
    assert event.source_image_reference is not None
    server.add(event.source_image_reference)
    assert event.source_image is not None
    assert event.source_image.digest == event.detail.image_digest
    assert event.source_repository is not None
    assert event.source_repository.uri == event.source_repository_reference.uri
    assert event.image is None
    assert event.repository is None
    assert [image is None for image in event.images.values()] == [True, False]
    assert [repository is None for repository in event.repositories.values()] == [True, False]
    assert {request.region for request in server.requests} == {"eu-west-1", "us-east-1"}
    assert server.count() == 4


def test_a_replication_within_a_registry_names_each_resource_once(server: ECRServer, session: LoopbackSession) -> None:
    """If source and destination are the same repository, one call looks it up."""
    event = sample(ECRReplicationActionEvent)
    detail = msgspec.structs.replace(event.detail, source_account=event.account, source_region=event.region)
    event = msgspec.structs.replace(event, detail=detail).using(session)
    assert event.repositories == {event.repository_reference: None}
    assert event.images == {event.image_reference: None}
    assert event.repository_references == (event.source_repository_reference,)
    assert event.image_references == (event.source_image_reference,)
    assert server.count() == 2


def test_an_event_with_several_or_no_references(server: ECRServer, session: LoopbackSession) -> None:
    """Several repositories are looked up in one batch; without references there is no call."""
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
    """They share its cache; another session has another service. The last 16 are cached."""
    assert vars(ecr_service)["_MAX_SHARED"] == 16
    assert service_for(session) is service_for(session)
    assert service_for(session) is not service_for(LoopbackSession(server.url))
    sessions = [LoopbackSession(server.url) for _ in range(16)]
    services = [service_for(other) for other in sessions]
    assert [service_for(other) for other in sessions] == services
    assert len(vars(ecr_service)["_shared_services"]) == 16
    for _ in range(3):
        assert sample(ECRImageActionEvent).using(session).image is None
    assert server.count() == 1


# Listing


def test_images_are_listed_page_by_page(server: ECRServer, session: LoopbackSession) -> None:
    """A call lists 1,000 images, and is made when the first of them is needed."""
    for number in range(2_500):
        server.add(APP.image(digest=digest(number)))
    images = ECRService(session).list_images(APP)
    assert server.count() == 0
    assert next(images).digest == digest(0)
    assert server.count() == 1
    assert [image.digest for image in images] == [digest(number) for number in range(1, 2_500)]
    assert server.count("DescribeImages") == server.count() == 3


def test_images_are_listed_by_status(server: ECRServer, session: LoopbackSession) -> None:
    """Active ones by default, tagged or not."""
    server.add(APP.image(digest=digest(1), tag="a"))
    server.add(APP.image(digest=digest(2)))
    server.add(APP.image(digest=digest(3), tag="b"), imageStatus="ARCHIVED")
    service = ECRService(session)

    def numbers(**filters: str) -> list[int]:
        return [int(image.digest[-1]) for image in service.list_images(APP, **filters)]

    assert numbers() == [1, 2]
    assert numbers(tag_status="TAGGED") == [1]
    assert numbers(tag_status="UNTAGGED") == [2]
    assert numbers(image_status="ARCHIVED") == [3]
    assert numbers(image_status="ANY") == [1, 2, 3]


def test_listing_a_missing_repository_is_an_error(server: ECRServer, session: LoopbackSession) -> None:
    """It has not as few images as an empty one. A malformed reference is refused at once."""
    service = ECRService(session)
    with pytest.raises(ServiceError, match="does not exist") as caught:
        list(service.list_images(APP))
    assert (caught.value.code, caught.value.reference) == ("RepositoryNotFoundException", APP)
    server.add_repository("team/app", region="eu-west-1", registry_id=ACCOUNT)
    assert list(service.list_images(APP)) == []
    with pytest.raises(InvalidRequestError, match="not a repository name: 'A'"):
        service.list_images(msgspec.structs.replace(APP, repository_name="A"))


def test_page_tokens_that_alternate_end_the_listing(session: LoopbackSession, monkeypatch: pytest.MonkeyPatch) -> None:
    """As one that repeats itself."""
    tokens = itertools.cycle("ab")

    def page(token: str) -> dict[str, Any]:
        return {"imageDetails": [], "nextToken": token}

    client = session.client("ecr", region_name="eu-west-1")
    monkeypatch.setattr(session, "client", Mock(return_value=client))
    monkeypatch.setattr(client, "describe_images", Mock(side_effect=map(page, tokens)))
    with pytest.raises(UnavailableError, match="repeats a nextToken"):
        list(ECRService(session).list_images(APP))


def test_a_page_token_that_repeats_itself_ends_the_listing(server: ECRServer, session: LoopbackSession) -> None:
    """Else it would never end."""
    server.add(APP.image(digest=digest(1)))
    server.fail(Partial(keep=1), times=None)
    with pytest.raises(UnavailableError, match="describe_images repeats a nextToken"):
        list(ECRService(session).list_images(APP))
    assert server.count() == 2
