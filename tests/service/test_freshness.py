"""Lookups since an event: no result was requested before the event happened."""

import itertools
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import Any

import msgspec
import pytest
from conftest import ACCOUNT, APP, LoopbackSession, digest
from fake_ecr import ECRServer

from ecr_events import (
    ECRImageAction,
    ECRImageActionEvent,
    ECRImageScan,
    ECRImageScanEvent,
    ECRReplicationActionEvent,
    ImageReference,
)
from ecr_events.samples import sample
from ecr_events.service import ECRService

pytestmark = pytest.mark.timeout(30)

_ids = itertools.count()


def now() -> datetime:
    """Return the time as an event has it: in whole seconds."""
    return datetime.now(UTC).replace(microsecond=0)


def image_event(
    action: str, *, tag: str | None = None, number: int | None = 1, time: datetime | None = None
) -> ECRImageActionEvent:
    """Return an event about an image of the repository that just happened."""
    detail = ECRImageAction(
        result="SUCCESS",
        repository_name=APP.repository_name,
        image_digest=None if number is None else digest(number),
        action_type=action,
        image_tag=tag,
    )
    event = sample(ECRImageActionEvent)
    return msgspec.structs.replace(event, id=f"{next(_ids)}", time=time or now(), detail=detail)


@pytest.fixture
def service(session: LoopbackSession) -> ECRService:
    return ECRService(session)


def test_a_push_after_a_miss(server: ECRServer, service: ECRService) -> None:
    """The image was missing a moment before it was pushed."""
    reference = APP.image(digest=digest(1), tag="v1")
    assert service.image(reference) is None
    assert service.repository(APP) is None
    server.add(reference)
    event = image_event("PUSH", tag="v1").using(service)
    assert event.image is not None
    assert event.repository is not None
    assert event.images == {reference: event.image}
    assert event.repositories == {APP: event.repository}


def test_a_second_tag(server: ECRServer, service: ECRService) -> None:
    """A push adds a tag to an image that was looked up before."""
    server.add_image("team/app", digest(1), tags=["v1"], region="eu-west-1", registry_id=ACCOUNT)
    image = service.image(APP.image(digest=digest(1)))
    assert image is not None
    assert image.tags == ("v1",)
    server.add_image("team/app", digest(1), tags=["v1", "latest"], region="eu-west-1", registry_id=ACCOUNT)
    image = image_event("PUSH", tag="latest").using(service).image
    assert image is not None
    assert image.tags == ("v1", "latest")


def test_a_moved_tag(server: ECRServer, service: ECRService) -> None:
    """A tag that was looked up before belongs to another image now."""
    server.add(APP.image(digest=digest(1), tag="latest"))
    image = service.image(APP.image(tag="latest"))
    assert image is not None
    assert image.digest == digest(1)
    server.add(APP.image(digest=digest(2), tag="latest"))
    image = image_event("PUSH", tag="latest", number=None).using(service).image
    assert image is not None
    assert image.digest == digest(2)


def test_the_end_of_a_scan(server: ECRServer, service: ECRService) -> None:
    """The status and the findings are those after the scan."""
    reference = APP.image(digest=digest(1))
    server.add(reference, imageScanStatus={"status": "IN_PROGRESS"})
    image = service.image(reference)
    assert image is not None
    assert image.scan_status is not None
    assert image.scan_status.status == "IN_PROGRESS"
    server.add(reference, imageScanStatus={"status": "COMPLETE"}, findings=[{"name": "CVE-1", "severity": "HIGH"}])
    detail = ECRImageScan(scan_status="COMPLETE", repository_name="team/app", image_digest=digest(1))
    event = msgspec.structs.replace(sample(ECRImageScanEvent), time=now(), detail=detail).using(service)
    assert event.image is not None
    assert event.image.scan_status is not None
    assert event.image.scan_status.status == "COMPLETE"
    assert event.scan_findings is not None
    assert [finding.name for finding in event.scan_findings.findings] == ["CVE-1"]


def test_a_delete_and_a_restore(server: ECRServer, service: ECRService) -> None:
    """An image that was there is missing, and one that was archived is active."""
    deleted, archived = APP.image(digest=digest(1)), APP.image(digest=digest(2))
    server.add(deleted)
    server.add(archived, imageStatus="ARCHIVED")
    assert [image and image.status for image in service.images([deleted, archived]).values()] == ["ACTIVE", "ARCHIVED"]
    server.remove_image("team/app", digest(1), region="eu-west-1", registry_id=ACCOUNT)
    server.add(archived, imageStatus="ACTIVE")
    assert image_event("DELETE").using(service).image is None
    image = image_event("UPDATE_STORAGE_CLASS", number=2).using(service).image
    assert image is not None
    assert image.status == "ACTIVE"


def test_a_replication_looks_up_both_ends_since_its_time(server: ECRServer, service: ECRService) -> None:
    """The source is as fresh as the destination."""
    event = sample(ECRReplicationActionEvent)
    references = event.image_references
    assert list(service.images(references).values()) == [None, None]
    assert list(service.repositories(event.repository_references).values()) == [None, None]
    for reference in references:
        server.add(reference)
    # As of now, not of before the lookups: on a busy machine, these take longer than clocks are taken to differ.
    event = msgspec.structs.replace(event, time=now()).using(service)
    assert event.source_image is not None
    assert event.source_repository is not None
    assert event.image is not None
    assert event.repository is not None


@pytest.mark.parametrize("number", [1, 2], ids=["present", "missing"])
def test_a_thousand_old_events_cost_one_call(server: ECRServer, service: ECRService, number: int) -> None:
    """A response is requested after all of them."""
    server.add(APP.image(digest=digest(1)))
    started = now()
    for age in range(1_000):
        event = image_event("PUSH", number=number, time=started - timedelta(seconds=3 + age))
        assert (event.using(service).image is None) is (number == 2)
    assert server.count() == 1


@pytest.mark.parametrize("threads", [1, 32])
def test_a_burst_of_a_thousand_events_costs_a_handful_of_calls(
    server: ECRServer, service: ECRService, threads: int
) -> None:
    """At most ten in a second, and none after two: then a response is certain to be newer than all of them."""
    server.add(APP.image(digest=digest(1)))
    server.delay = 0.02
    events = [image_event("PUSH", time=now()).using(service) for _ in range(1_000)]
    with ThreadPoolExecutor(threads) as pool:
        assert all(pool.map(attrgetter("image"), events))
    assert server.count() <= 22


def test_an_event_of_the_future_is_looked_up(server: ECRServer, service: ECRService) -> None:
    """Its time is forged, or a clock is wrong; the result is requested after the event arrived."""
    reference = APP.image(digest=digest(1))
    assert service.image(reference) is None
    server.add(reference)
    event = image_event("PUSH", time=now() + timedelta(days=10)).using(service)
    assert event.image is not None
    assert service.image(reference) is not None


LOOKUPS: list[Callable[[ECRService, ImageReference, datetime | None], Any]] = [
    lambda service, image, since: service.image(image, since),
    lambda service, image, since: service.images([image], since=since)[image],
    lambda service, image, since: service.repository(image.repository, since=since),
    lambda service, image, since: service.repositories([image.repository], since)[image.repository],
]


@pytest.mark.parametrize("look_up", LOOKUPS)
def test_since_is_the_time_of_any_change(
    server: ECRServer, service: ECRService, look_up: Callable[[ECRService, ImageReference, datetime | None], Any]
) -> None:
    """In any time zone; 2 s are added, because the clocks of two machines differ."""
    image = APP.image(tag="v1")
    long_ago = datetime.now(UTC) - timedelta(seconds=2.5)
    assert look_up(service, image, long_ago) is None
    server.add(image)
    assert look_up(service, image, None) is None
    assert look_up(service, image, long_ago) is None
    recent = (datetime.now(UTC) - timedelta(seconds=1)).astimezone()
    assert look_up(service, image, recent) is not None
    assert server.count() == 2


def test_a_fetch_that_began_before_the_event_is_not_shared(server: ECRServer, service: ECRService) -> None:
    """A lookup waits for it, and requests the image once more: it may have been requested before the change."""
    reference = APP.image(digest=digest(1))
    server.delay = 0.3
    with ThreadPoolExecutor(4) as pool:
        earlier = pool.submit(service.image, reference)
        time.sleep(0.15)
        event = image_event("PUSH").using(service)
        later = [pool.submit(lambda: event.image) for _ in range(3)]
        time.sleep(0.05)
        server.add(reference)
        assert all(future.result() for future in later)
        earlier.result()
    assert server.count() == 2
