"""Bounds in time: dead regions, timeouts, interrupts and abandoned requests."""

import asyncio
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import msgspec
import pytest
from botocore.config import Config
from conftest import ACCOUNT, APP, ONE_ATTEMPT, OTHER_ACCOUNT, LoopbackSession, digest
from fake_ecr import THROTTLED, Broken, ECRServer, Slow, Trickle

from ecr_events import BatchServiceError, ImageReference, ServiceTimeoutError, UnavailableError
from ecr_events.service import ECRService, Image, clients

pytestmark = pytest.mark.timeout(30)


def images(region: str, count: int) -> list[ImageReference]:
    """Return images of as many repositories."""
    return [
        msgspec.structs.replace(APP, region=region, repository_name=f"app-{number}").image(digest=digest(number))
        for number in range(count)
    ]


@pytest.fixture
def healthy(server: ECRServer) -> list[ImageReference]:
    """Return images in a region that responds."""
    found = images("eu-west-1", 200)
    for image in found:
        server.add(image)
    return found


@pytest.fixture
def dead(server: ECRServer) -> list[ImageReference]:
    """Return images in a region that hangs."""
    server.fail(Slow(20), times=None, when=lambda request: request.region == "us-east-1")
    return images("us-east-1", 200)


def test_a_dead_region_does_not_delay_others(
    server: ECRServer, session: LoopbackSession, healthy: list[ImageReference], dead: list[ImageReference]
) -> None:
    """All results of the healthy region arrive while the other one hangs, and the cache has them at once."""
    config = Config(read_timeout=4, retries={"total_max_attempts": 1})
    service = ECRService(session, config=config)
    errors: list[BatchServiceError] = []

    def look_up() -> None:
        try:
            service.images([*dead, *healthy])
        except BatchServiceError as error:
            errors.append(error)

    thread = threading.Thread(target=look_up)
    thread.start()
    while server.count() < 201:
        time.sleep(0.01)
    assert thread.is_alive()
    thread.join()
    assert list(errors[0].errors) == dead
    assert {type(error) for error in errors[0].errors.values()} == {UnavailableError}
    assert list(errors[0].results) == healthy
    assert all(errors[0].results.values())
    assert server.count() == 201


def test_a_dead_region_of_many_accounts(
    server: ECRServer, session: LoopbackSession, healthy: list[ImageReference], dead: list[ImageReference]
) -> None:
    """Three registries in a row prove it dead: it has one address for all of them."""
    config = Config(read_timeout=0.5, retries={"total_max_attempts": 1})
    accounts = [
        msgspec.structs.replace(reference.repository, registry_id=f"{number:012}").image(tag="a")
        for number, reference in enumerate(dead)
    ]
    started = time.monotonic()
    with pytest.raises(BatchServiceError) as caught:
        ECRService(session, config=config).images([*accounts, *healthy])
    assert time.monotonic() - started < 5
    assert list(caught.value.errors) == accounts
    assert all(caught.value.results.values())
    assert server.count() == 3 + 200


def test_a_registry_that_dies_in_the_middle(server: ECRServer, session: LoopbackSession) -> None:
    """All of its requests in flight fail, and count once: they do not prove its region dead."""
    dying = images("eu-west-1", 30)
    alive = [
        msgspec.structs.replace(image.repository, registry_id=OTHER_ACCOUNT).image(digest=image.image_digest)
        for image in dying
    ]
    for image in [*dying, *alive]:
        server.add(image)
    server.fail(Slow(0), when=lambda request: request.registry_id == ACCOUNT)
    server.fail(Broken.HANG_UP, times=None, when=lambda request: request.registry_id == ACCOUNT)
    server.delay = 0.05
    with pytest.raises(BatchServiceError) as caught:
        ECRService(session, config=ONE_ATTEMPT).images([*dying, *alive])
    assert list(caught.value.errors) == dying[1:]
    assert list(caught.value.results) == [dying[0], *alive]
    assert server.count() <= 30 + 1 + 10


def test_a_region_that_dies_in_the_middle(server: ECRServer, session: LoopbackSession) -> None:
    """Three registries that do not respond after it did prove it dead too."""
    references = [msgspec.structs.replace(APP, registry_id=f"{number:012}").image(tag="a") for number in range(60)]
    server.fail(Slow(0), operation="DescribeImages")
    server.fail(Slow(20), times=None)
    config = Config(read_timeout=0.5, max_pool_connections=2, retries={"total_max_attempts": 1})
    with pytest.raises(BatchServiceError) as caught:
        ECRService(session, config=config).images(references)
    assert len(caught.value.errors) == 59
    assert server.count() <= 1 + 3 + 2


def test_throttled_registries_show_that_their_region_is_alive(server: ECRServer, session: LoopbackSession) -> None:
    """The others need not wait for one after the other."""
    references = [msgspec.structs.replace(APP, registry_id=f"{number:012}").image(tag="a") for number in range(20)]
    for reference in references[10:]:
        server.add(reference)
    server.fail(THROTTLED, times=None, when=lambda request: int(request.registry_id) < 10)
    server.delay = 0.1
    with pytest.raises(BatchServiceError) as caught:
        ECRService(session, config=Config(retries={"total_max_attempts": 1})).images(references)
    assert list(caught.value.errors) == references[:10]
    assert all(caught.value.results.values())
    assert server.in_flight_peak > 2


def test_threads_end_with_their_calls(server: ECRServer, session: LoopbackSession) -> None:
    """Those that wait for a connection, or for a client that is being created, give up after a call's timeout."""
    server.fail(Slow(5), times=None)
    proceed = threading.Event()
    service = ECRService(session)
    blocked = ECRService(session_for=lambda _account, _region: proceed.wait() and session)  # type: ignore[arg-type,return-value]
    before = threading.active_count()
    for _ in range(40):
        for each in (service, blocked):
            with pytest.raises(BatchServiceError):
                each.images([APP.image(tag="a")], timeout=0.002)
    time.sleep(1.5)
    assert threading.active_count() - before <= 10 + 1 + 10  # requests, their connections in the server, a client
    proceed.set()


def test_a_process_with_too_many_threads(
    server: ECRServer, session: LoopbackSession, healthy: list[ImageReference], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The calling thread sends what no other can."""
    start = threading.Thread.start
    started: list[str] = []

    def start_two(thread: threading.Thread) -> None:
        if thread.name == "ecr_events":
            if len(started) == 2:
                raise RuntimeError("can't start new thread")
            started.append(thread.name)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", start_two)
    service = ECRService(session)
    assert all(service.images(healthy).values())
    assert all(service.images(healthy, timeout=10).values())
    assert server.count() == 200
    server.delay = 0.2
    with pytest.raises(BatchServiceError, match="ServiceTimeoutError"):
        ECRService(session).images(healthy, timeout=0.5)
    assert server.count() <= 200 + 5


def test_a_timeout_bounds_a_whole_call(
    server: ECRServer, session: LoopbackSession, healthy: list[ImageReference], dead: list[ImageReference]
) -> None:
    """The error has what was found; nothing is requested afterwards."""
    service = ECRService(session)
    started = time.monotonic()
    with pytest.raises(BatchServiceError, match=r"200 ServiceTimeoutError.*no result within 4 s") as caught:
        service.images([*dead, *healthy], timeout=4)
    assert 4 <= time.monotonic() - started < 6
    assert list(caught.value.errors) == dead
    assert all(isinstance(error, ServiceTimeoutError) for error in caught.value.errors.values())
    assert all(isinstance(error, TimeoutError) for error in caught.value.errors.values())
    assert list(caught.value.results) == healthy
    assert all(caught.value.results.values())
    before = server.count()
    service.images(healthy, timeout=4)
    assert server.count() == before


def test_a_timeout_is_not_needed(server: ECRServer, session: LoopbackSession, healthy: list[ImageReference]) -> None:
    """Neither for one lookup nor for many."""
    service = ECRService(session)
    assert service.images(healthy[:1], timeout=10)[healthy[0]] is not None
    assert all(service.images(healthy, timeout=10).values())
    assert all(service.repositories([image.repository for image in healthy], timeout=10).values())
    assert server.count() == 200 + 2


def test_retries_of_an_abandoned_request_are_not_sent(server: ECRServer, session: LoopbackSession) -> None:
    """Botocore would send it again after a pause."""
    server.fail(THROTTLED, times=None)
    config = Config(retries={"mode": "standard", "total_max_attempts": 10})
    service = ECRService(session, config=config)
    with pytest.raises(BatchServiceError):
        service.images([APP.image(tag="a")], timeout=0.3)
    time.sleep(0.2)
    before = server.count()
    time.sleep(3)
    assert server.count() == before


def test_requests_that_end_after_the_timeout_do_no_harm(server: ECRServer, session: LoopbackSession) -> None:
    """Their results are dropped, and their connections are free again."""
    server.delay = 0.4
    service = ECRService(session, config=Config(max_pool_connections=1))
    server.add(APP.image(tag="a"))
    for _ in range(3):
        with pytest.raises(BatchServiceError):
            service.images([APP.image(tag="a")], timeout=0.1)
    assert service.image(APP.image(tag="a")) is not None


def test_a_response_that_never_ends_holds_up_others_for_a_while(
    server: ECRServer, session: LoopbackSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of its bytes arrives in time, so no timeout of the connection ends it, nor the connection that it takes."""
    monkeypatch.setattr(clients, "_MAX_ABANDONED", 0.5)
    server.add(APP.image(tag="a"))
    server.fail(Trickle(0.2))
    service = ECRService(session, config=Config(max_pool_connections=1, read_timeout=1))
    service.client_for(APP)
    with pytest.raises(BatchServiceError, match="ServiceTimeoutError"):
        service.images([APP.image(tag="a")], timeout=1)
    assert server.count() == 1
    started = time.monotonic()
    assert service.image(APP.image(tag="a")) is not None
    assert time.monotonic() - started < 10


@pytest.mark.skipif(sys.platform == "win32", reason="no signals between processes")
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_a_call_within_a_second(server: ECRServer, sent: signal.Signals) -> None:
    """The process ends too, and sends nothing more."""
    server.delay = 0.5
    code = f"""
import signal, sys
sys.path.insert(0, {str(Path(__file__).parent.parent)!r})
from conftest import APP, LoopbackSession
from ecr_events.service import ECRService
import msgspec, time
signal.signal(signal.SIGTERM, signal.default_int_handler)
repositories = [msgspec.structs.replace(APP, repository_name=f"app-{{number}}") for number in range(500)]
try:
    ECRService(LoopbackSession({server.url!r})).images(repository.image(tag="a") for repository in repositories)
except KeyboardInterrupt:
    print(time.monotonic(), flush=True)
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
        while server.count() < 12:
            time.sleep(0.01)
        interrupted = time.monotonic()
        process.send_signal(sent)
        output, _ = process.communicate()
        assert 0 < float(output) - interrupted < 1
        assert time.monotonic() - interrupted < 10  # the process does not wait for the responses either
    before = server.count()
    time.sleep(1)
    assert server.count() == before


def test_a_lookup_in_asyncio(server: ECRServer, session: LoopbackSession, healthy: list[ImageReference]) -> None:
    """It runs in a thread, and does not stop the loop; concurrent tasks share the cache."""
    server.delay = 0.05
    service = ECRService(session)
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0.01)
            ticks += 1

    async def look_up() -> list[dict[ImageReference, Image | None]]:
        clock = asyncio.create_task(tick())
        found = await asyncio.gather(*(asyncio.to_thread(service.images, healthy[:40]) for _ in range(3)))
        clock.cancel()
        return found

    assert all(all(found.values()) for found in asyncio.run(look_up()))
    assert ticks > 5
    assert server.count() == 40


def test_more_sites_than_threads(server: ECRServer, session: LoopbackSession) -> None:
    """They wait for their turn."""
    references = [
        msgspec.structs.replace(APP, registry_id=f"{number:012}").image(digest=digest(number)) for number in range(150)
    ]
    for reference in references:
        server.add(reference)
    server.delay = 0.02
    assert all(ECRService(session, config=Config(max_pool_connections=100)).images(references).values())
    assert server.in_flight_peak <= 64
    assert server.count() == 150


def test_an_error_in_a_thread_reaches_the_caller(session: LoopbackSession) -> None:
    """Such as an interrupt in `session_for`."""

    def session_for(*_: str) -> LoopbackSession:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ECRService(session_for=session_for).images(images("eu-west-1", 2))
    assert session.made == []
