"""Waiting for scans and replications, and what the status of each means."""

import signal
import threading
import time
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from conftest import ACCOUNT, APP, ONE_ATTEMPT, OTHER_ACCOUNT, LoopbackSession, digest
from fake_ecr import DENIED, SERVER_ERROR, ECRServer, Slow
from fake_ecr.request import Json, Request

from ecr_events import AccessDeniedError, InvalidRequestError, ServiceError, ServiceTimeoutError, UnavailableError
from ecr_events.service import ECRService, waiting

pytestmark = pytest.mark.timeout(30)

IMAGE = APP.image(digest=digest(1))
FINDINGS = [{"name": "CVE-1", "severity": "HIGH"}]


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """Return the seconds that were waited, without waiting for them."""
    sleeps: list[float] = []
    clock = time.monotonic
    monkeypatch.setattr(time, "sleep", sleeps.append)
    monkeypatch.setattr(time, "monotonic", lambda: clock() + sum(sleeps))
    yield sleeps
    monkeypatch.undo()


def then(server: ECRServer, *states: Any) -> None:
    """Put the image in one state after the other, with each request for its findings."""
    remaining = iter(states)

    def advance(request: Request) -> bool:
        if request.operation in {"DescribeImageScanFindings", "DescribeImageReplicationStatus"}:
            fields: Json | None = next(remaining, None)
            if fields is not None:
                server.add(IMAGE, **fields)
        return False

    server.fail(Slow(0), when=advance)


def scan(status: str, findings: Any = FINDINGS, description: str | None = None) -> Json:
    fields = {"status": status} | ({"description": description} if description else {})
    return {"imageScanStatus": fields, "findings": findings}


@pytest.mark.parametrize(
    "states",
    [
        [scan("COMPLETE")],
        [scan("ACTIVE")],
        [scan("COMPLETE", [])],  # nothing was found
        [{"findings": None}, scan("PENDING"), scan("IN_PROGRESS"), scan("COMPLETE")],  # never scanned at first
        [scan("PENDING"), scan("ACTIVE", [{"findingArn": "arn:aws:inspector2:::finding/a"}])],
        [scan("QUEUED"), scan("COMPLETE")],  # a status that AWS may add
    ],
)
def test_a_scan_ends_with_its_findings(
    server: ECRServer, session: LoopbackSession, slept: list[float], states: list[Json]
) -> None:
    """Continuous scanning stays active, and an image that was not scanned yet is waited for."""
    then(server, *states)
    findings = ECRService(session).wait_for_scan(IMAGE, timeout=60)
    assert findings.image_scan_status.status == states[-1]["imageScanStatus"]["status"]
    assert len(findings.findings + findings.enhanced_findings) == len(states[-1]["findings"])
    assert len(slept) == len(states) - 1
    assert server.count() == len(states)


def test_the_status_may_precede_the_findings(server: ECRServer, session: LoopbackSession, slept: list[float]) -> None:
    """ECR can report a complete scan before it has the findings, or the time of their completion."""
    server.add(IMAGE, **scan("COMPLETE"))
    service = ECRService(session)
    found = service.scan_findings(IMAGE)
    assert found is not None
    empty = msgspec.structs.replace(
        found, findings=(), enhanced_findings=(), image_scan_completed_at=None, finding_severity_counts={}
    )
    responses = iter([empty, empty, found])
    assert waiting.wait_for_scan(lambda _: next(responses), IMAGE, 60) is found
    assert len(slept) == 2


@pytest.mark.parametrize("status", sorted(waiting.NOT_SCANNED))
def test_a_scan_that_ends_without_findings_is_an_error(
    server: ECRServer, session: LoopbackSession, status: str
) -> None:
    """It has the status as its code, and ECR's description."""
    server.add(IMAGE, **scan(status, [], "because"))
    with pytest.raises(ServiceError, match=f"the scan ended as {status}: because") as caught:
        ECRService(session).wait_for_scan(IMAGE, timeout=60)
    assert (caught.value.code, caught.value.reference) == (status, IMAGE)


def test_a_wait_ends_with_its_timeout(server: ECRServer, session: LoopbackSession, slept: list[float]) -> None:
    """The intervals grow from 1 s to 15 s; the error says what was waited for."""
    server.add(IMAGE, **scan("IN_PROGRESS"))
    with pytest.raises(ServiceTimeoutError, match="still waiting after 100 s: scan status IN_PROGRESS") as caught:
        ECRService(session).wait_for_scan(IMAGE, timeout=100)
    assert caught.value.reference == IMAGE
    assert slept[:3] == [1, 1.5, 2.25]
    assert max(slept) == 15
    assert sum(slept) == pytest.approx(100, abs=1)
    never = APP.image(digest=digest(2))
    server.add(never)
    with pytest.raises(ServiceTimeoutError, match="never scanned"):
        ECRService(session).wait_for_scan(never, timeout=1)


def test_an_outage_does_not_end_a_wait(server: ECRServer, session: LoopbackSession, slept: list[float]) -> None:
    """Throttling neither; the last one is the cause of the timeout. Every other error ends it."""
    service = ECRService(session, config=ONE_ATTEMPT)
    server.add(IMAGE, **scan("COMPLETE"))
    server.fail(SERVER_ERROR)
    assert service.wait_for_scan(IMAGE, timeout=60).findings
    assert len(slept) == 1
    server.fail(SERVER_ERROR, times=None)
    with pytest.raises(ServiceTimeoutError, match="ServerException") as caught:
        service.wait_for_scan(IMAGE, timeout=2)
    assert isinstance(caught.value.__cause__, UnavailableError)


def test_a_wait_for_a_missing_image_is_an_error(server: ECRServer, session: LoopbackSession) -> None:
    """As is one that is denied."""
    service: Any = ECRService(session)
    for wait in (service.wait_for_scan, service.wait_for_replication):
        with pytest.raises(ServiceError, match="the image does not exist") as caught:
            wait(IMAGE, timeout=60)
        assert (caught.value.code, caught.value.reference) == ("ImageNotFoundException", IMAGE)
        with pytest.raises(ValueError, match="timeout must be a positive number of seconds, not 0"):
            wait(IMAGE, timeout=0)
    server.fail(DENIED)
    with pytest.raises(AccessDeniedError):
        service.wait_for_scan(IMAGE)


def test_a_wait_can_be_interrupted(
    server: ECRServer, session: LoopbackSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a signal whose handler raises, as that of Ctrl-C does; here while it sleeps, since a finalizer swallows it."""
    server.add(IMAGE, **scan("IN_PROGRESS"))
    sleep = time.sleep

    def interrupted_sleep(_: float) -> None:
        threading.Timer(0.1, signal.pthread_kill, [threading.get_ident(), signal.SIGINT]).start()
        sleep(20)

    monkeypatch.setattr("ecr_events.service.waiting.time.sleep", interrupted_sleep)
    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        ECRService(session).wait_for_scan(IMAGE, timeout=25)
    assert time.monotonic() - started < 15


# Replications


def to(region: str, status: str, registry_id: str = ACCOUNT, **fields: str) -> Json:
    return {"region": region, "registryId": registry_id, "status": status, **fields}


def test_a_replication_ends_when_it_is_complete(
    server: ECRServer, session: LoopbackSession, slept: list[float]
) -> None:
    """At one destination, at all of them, or at one of another account."""
    us, ap, other = ("us-east-1", "ap-south-1", "eu-central-1")
    then(
        server,
        {"replication": []},
        {"replication": [to(us, "IN_PROGRESS"), to(ap, "IN_PROGRESS")]},
        {"replication": [to(us, "COMPLETE"), to(ap, "IN_PROGRESS")]},
        {"replication": [to(us, "COMPLETE"), to(ap, "COMPLETE"), to(other, "IN_PROGRESS", OTHER_ACCOUNT)]},
        {"replication": [to(us, "COMPLETE"), to(ap, "COMPLETE"), to(other, "COMPLETE", OTHER_ACCOUNT)]},
    )
    service = ECRService(session)
    (status,) = service.wait_for_replication(IMAGE, destination=us, timeout=60)
    assert (status.region, status.status) == (us, "COMPLETE")
    assert (len(slept), server.count()) == (2, 3)
    destination = msgspec.structs.replace(APP, region=other, registry_id=OTHER_ACCOUNT)
    (status,) = service.wait_for_replication(IMAGE, destination=destination, timeout=60)
    assert (status.region, status.registry_id) == (other, OTHER_ACCOUNT)
    assert server.count() == 5
    assert len(service.wait_for_replication(IMAGE, timeout=60)) == 3


def test_a_replication_that_failed_is_an_error(server: ECRServer, session: LoopbackSession) -> None:
    """It has ECR's failure code. Those to other destinations do not matter."""
    server.add(IMAGE, replication=[to("us-east-1", "FAILED", failureCode="Quota"), to("ap-south-1", "COMPLETE")])
    service = ECRService(session)
    with pytest.raises(ServiceError, match=f"the replication to us-east-1 of {ACCOUNT} failed: Quota") as caught:
        service.wait_for_replication(IMAGE, timeout=60)
    assert (caught.value.code, caught.value.reference) == ("Quota", IMAGE)
    assert len(service.wait_for_replication(IMAGE, destination="ap-south-1", timeout=60)) == 1


def test_a_destination_is_a_region_or_a_repository(session: LoopbackSession) -> None:
    """Anything else is reported at once."""
    service: Any = ECRService(session)
    with pytest.raises(InvalidRequestError, match="not an AWS region: 'Frankfurt'"):
        service.wait_for_replication(IMAGE, destination="Frankfurt")
    with pytest.raises(TypeError, match="destination must be a region or a RepositoryReference, not ImageReference"):
        service.wait_for_replication(IMAGE, destination=IMAGE)
    assert session.made == []


@pytest.mark.usefixtures("slept")
def test_a_replication_that_ecr_does_not_list(server: ECRServer, session: LoopbackSession) -> None:
    """There may be no rule for it: the timeout says so."""
    server.add(IMAGE, replication=[to("us-east-1", "IN_PROGRESS")])
    service = ECRService(session)
    with pytest.raises(ServiceTimeoutError, match="still waiting after 5 s: no replication is listed"):
        service.wait_for_replication(IMAGE, destination="eu-west-3", timeout=5)
    with pytest.raises(ServiceTimeoutError, match="still waiting after 5 s: IN_PROGRESS in us-east-1"):
        service.wait_for_replication(IMAGE, timeout=5)
