"""Clients: their sessions, credentials, connections and locks."""

import logging
import os
import re
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from types import FrameType, SimpleNamespace
from typing import Any
from unittest.mock import Mock

import msgspec
import pytest
from botocore.config import Config
from conftest import ACCOUNT, APP, OTHER_ACCOUNT, LoopbackSession, digest
from fake_ecr import EXPIRED, ECRServer

from ecr_events import CredentialsError, ECRImageActionEvent, InvalidRequestError, decode, encode
from ecr_events.errors import BatchServiceError
from ecr_events.samples import sample
from ecr_events.service import ECRService, ecr_service
from ecr_events.service.api import API
from ecr_events.service.clients import ClientPool
from ecr_events.service.validation import Boundary

pytestmark = pytest.mark.timeout(30)

NEEDS_BOTO3 = "lookups require boto3: pip install boto3"


class StubSession:
    """A session whose clients do nothing, and that records their regions."""

    def __init__(self) -> None:
        self.created: list[str] = []
        self.config: Any = None

    def client(self, service_name: str, *, region_name: str, config: Any) -> Any:
        """Return a client with a connection pool of one."""
        assert service_name == "ecr"
        self.config = config
        self.created.append(region_name)
        events = SimpleNamespace(register_first=Mock())
        return SimpleNamespace(meta=SimpleNamespace(config=SimpleNamespace(max_pool_connections=1), events=events))


# boto3


def test_the_default_session_is_that_of_boto3(server: ECRServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """It reads credentials and endpoint from the environment."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_ECR", server.url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setattr("boto3.DEFAULT_SESSION", None)
    server.add(APP.image(digest=digest(1)))
    image = ECRService().image(APP.image(digest=digest(1)))
    assert image is not None
    assert image.digest == digest(1)


def test_lookups_without_boto3_name_the_extra() -> None:
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
    assert output.splitlines() == [NEEDS_BOTO3] * 4


def test_a_session_does_not_require_boto3(
    server: ECRServer, session: LoopbackSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """boto3 is imported for its default session alone."""
    monkeypatch.setitem(sys.modules, "boto3", None)
    assert ECRService(session).repository(APP) is None
    assert server.count() == 1
    with pytest.raises(ImportError, match="pip install boto3"):
        ECRService().repository(APP)


def test_importing_the_service_is_cheap() -> None:
    """Neither the import nor a new service imports boto3, thread pools or logging."""
    code = """
import sys
from ecr_events.service import ECRService
ECRService()
print({"boto3", "botocore", "concurrent.futures", "logging"} & set(sys.modules))
"""
    output = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert output == "set()\n"


# Sessions, configuration and credentials


def test_the_default_timeouts_are_short() -> None:
    """A region that does not respond holds up an event for seconds, not for minutes."""
    session = StubSession()
    ClientPool(session, None, None, max_clients=2).client(ACCOUNT, "eu-west-1")
    assert (session.config.connect_timeout, session.config.read_timeout) == (5, 10)
    config = Config(read_timeout=1)
    ClientPool(session, None, config, max_clients=2).client(ACCOUNT, "eu-west-1")
    assert session.config is config


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"session": "default"}, TypeError, "session must be a boto3 Session, not 'default'"),
        ({"session": SimpleNamespace(meta=None)}, TypeError, "session must be a boto3 Session, not namespace"),
        ({"session_for": {}}, TypeError, "session_for must be callable, not {}"),
        ({"session": LoopbackSession}, TypeError, "session must be a boto3 Session, not <class"),
        ({"config": {}}, TypeError, "config must be a botocore.config.Config, not {}"),
        ({"config": Config(max_pool_connections=-1)}, ValueError, "max_pool_connections must be 1 or more, not -1"),
        ({"config": {"read_timeout": 5}}, TypeError, "config must be a botocore.config.Config, not {'read_timeout'"),
        ({"cache_ttl": -1}, ValueError, "cache_ttl must be a number of seconds, 0 or more, not -1"),
        ({"cache_ttl": float("nan")}, ValueError, "cache_ttl must be a number of seconds, 0 or more, not nan"),
        ({"cache_ttl": "60"}, TypeError, "'<=' not supported"),
        ({"cache_size": 0}, ValueError, "cache_size must be 1 or more, not 0; cache_ttl=0 disables the cache"),
        ({"accounts": ACCOUNT}, TypeError, f"accounts must be strings, not '{ACCOUNT}'"),
        ({"accounts": [12345678901]}, TypeError, "accounts must be strings, not [12345678901]"),
        ({"accounts": ["1"]}, ValueError, "accounts: not an AWS account: '1'"),
        ({"regions": {"Frankfurt"}}, ValueError, "regions: not an AWS region: 'Frankfurt'"),
    ],
)
def test_a_mistake_of_the_caller_is_reported_at_once(
    arguments: dict[str, Any], error: type[Exception], message: str
) -> None:
    """It is a TypeError or a ValueError, not an error that a retry could help."""
    with pytest.raises(error, match=re.escape(message)):
        ECRService(**arguments)


def test_a_cache_may_have_one_entry(session: LoopbackSession) -> None:
    """None would disable it, which `cache_ttl` does."""
    assert ECRService(session, cache_size=1).image(APP.image(tag="1")) is None


def test_a_boto3_client_is_no_session(session: LoopbackSession) -> None:
    """Neither for a service, nor for an event; nor is a service for another service."""
    wrongs: list[Any] = [session.client("ecr", region_name="eu-west-1"), {}, "default", LoopbackSession, ECRService]
    event = sample(ECRImageActionEvent)
    for wrong in wrongs:
        with pytest.raises(TypeError, match="session must be a boto3 Session, not"):
            ECRService(wrong)
        with pytest.raises(TypeError, match="session must be a boto3 Session or an ECRService, not"):
            event.using(wrong)
        with pytest.raises(TypeError, match="session must be a boto3 Session or an ECRService, not"):
            decode(encode(event), session=wrong)
    with pytest.raises(TypeError, match="session must be a boto3 Session, not"):
        ECRService(ECRService(session))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"since": "now"}, TypeError, "since must be a datetime, not 'now'"),
        ({"since": datetime(2026, 1, 1)}, ValueError, "since must have a time zone: 2026-01-01 00:00:00"),  # noqa: DTZ001
        ({"timeout": 0}, ValueError, "timeout must be a positive number of seconds, not 0"),
        ({"timeout": float("inf")}, ValueError, "timeout must be a positive number of seconds, not inf"),
    ],
)
def test_a_mistake_in_a_lookup_is_reported_at_once(
    session: LoopbackSession, options: dict[str, Any], error: type[Exception], message: str
) -> None:
    """No request is sent."""
    service = ECRService(session)
    with pytest.raises(error, match=re.escape(message)):
        service.images([APP.image(tag="a")], **options)
    with pytest.raises(error, match=re.escape(message)):
        service.repositories([APP], **options)
    assert session.made == []


def test_a_lookup_takes_the_reference_that_it_names(session: LoopbackSession) -> None:
    """A string, or a repository for an image, is a TypeError that shows it."""
    service: Any = ECRService(session)
    for lookup, wrong in (
        (service.image, APP),
        (service.image, "team/app:1"),
        (service.repository, "team/app"),
        (service.images, [APP]),
        (service.repositories, ["team/app"]),
        (service.tags, "team/app"),
        (service.tags, APP.image(tag="a")),
        (service.manifest, APP),
        (service.scan_findings, APP),
        (service.replication_status, APP),
        (service.wait_for_scan, APP),
        (service.list_images, APP.image(tag="a")),
        (service.list_images, "team/app"),
        (service.client_for, None),
    ):
        with pytest.raises(TypeError, match="not a reference"):
            lookup(wrong)
    assert session.made == []


def test_a_service_may_be_limited_to_accounts_and_regions(server: ECRServer, session: LoopbackSession) -> None:
    """An event decides where its lookups go, so a forged one is refused before `session_for` is called."""
    server.add(APP.image(tag="a"))
    calls: list[tuple[str, str]] = []

    def session_for(account: str, region: str) -> LoopbackSession:
        calls.append((account, region))
        return session

    service = ECRService(session_for=session_for, accounts={ACCOUNT}, regions=["eu-west-1"])
    for changes, message in (
        ({"registry_id": OTHER_ACCOUNT}, f"not one of the accounts of this service: '{OTHER_ACCOUNT}'"),
        ({"region": "us-east-1"}, "not one of the regions of this service: 'us-east-1'"),
    ):
        outside = msgspec.structs.replace(APP, **changes)
        for lookup in (service.repository, service.tags, service.list_images, service.client_for):
            with pytest.raises(InvalidRequestError, match=re.escape(message)) as refused:
                lookup(outside)
            assert refused.value.reference == outside
        with pytest.raises(BatchServiceError) as caught:
            service.images([outside.image(tag="a"), APP.image(tag="a")])
        assert list(caught.value.errors) == [outside.image(tag="a")]
        assert list(caught.value.results) == [APP.image(tag="a")]
    assert calls == [(ACCOUNT, "eu-west-1")]
    assert server.count() == 1


def test_an_event_may_be_bound_to_a_service(server: ECRServer, session: LoopbackSession) -> None:
    """Its configuration, its limits and its cache then apply to the event's lookups."""
    event = sample(ECRImageActionEvent)
    assert event.image_reference is not None
    server.add(event.image_reference)
    service = ECRService(session, accounts={event.account})
    bound = decode(encode(event), session=service)
    assert bound.session is service
    assert bound == event
    assert bound.image is not None
    assert bound.using(service).image is service.image(event.image_reference)
    assert server.count() == 1
    forged = msgspec.structs.replace(event, account=OTHER_ACCOUNT).using(service)
    with pytest.raises(InvalidRequestError, match="not one of the accounts"):
        _ = forged.repository


def test_client_for_is_boto3s_client_of_the_region(server: ECRServer, session: LoopbackSession) -> None:
    """It calls operations that the service does not wrap; lookups share it."""
    server.add(APP.image(tag="a"))
    service = ECRService(session)
    client = service.client_for(APP.image(tag="a"))
    assert client is service.client_for(APP)
    assert client.meta.region_name == "eu-west-1"
    assert session.made == ["eu-west-1"]
    found = client.describe_images(registryId=APP.registry_id, repositoryName=APP.repository_name)
    assert len(found["imageDetails"]) == 1


def test_session_for_is_called_once_for_each_account_and_region(server: ECRServer) -> None:
    """Cross-account consumers return the session of a role."""
    calls: list[tuple[str, str]] = []

    def session_for(account: str, region: str) -> LoopbackSession:
        calls.append((account, region))
        return LoopbackSession(server.url)

    service = ECRService(session_for=session_for)
    other = msgspec.structs.replace(APP, registry_id=OTHER_ACCOUNT)
    for tag in ("a", "b"):
        service.images([APP.image(tag=tag), other.image(tag=tag)])
    assert sorted(calls) == [(ACCOUNT, "eu-west-1"), (OTHER_ACCOUNT, "eu-west-1")]


def test_session_and_session_for_are_mutually_exclusive(session: LoopbackSession) -> None:
    """One of them would be ignored."""
    with pytest.raises(TypeError, match="session and session_for are mutually exclusive"):
        ECRService(session, session_for=lambda _account, _region: session)


def test_a_failing_session_for_fails_its_account_only(server: ECRServer, session: LoopbackSession) -> None:
    """Its exception is the cause of a CredentialsError."""
    other = msgspec.structs.replace(APP, registry_id=OTHER_ACCOUNT).image(tag="a")
    server.add(APP.image(tag="a"))
    sessions = {ACCOUNT: session}
    service = ECRService(session_for=lambda account, _: sessions[account])
    with pytest.raises(CredentialsError, match=r"session_for\('999999999999', 'eu-west-1'\) failed: KeyError") as one:
        service.image(other)
    assert isinstance(one.value.__cause__, KeyError)
    with pytest.raises(BatchServiceError) as many:
        service.images([APP.image(tag="a"), other])
    assert list(many.value.errors) == [other]
    assert many.value.results[APP.image(tag="a")] is not None
    assert server.count() == 1


def test_session_for_has_to_return_a_session(server: ECRServer) -> None:
    """None would be boto3's default session, whose credentials are those of another account."""
    service = ECRService(session_for=lambda _account, _region: None)  # type: ignore[arg-type,return-value]
    with pytest.raises(
        CredentialsError, match=r"session_for\('012345678901', 'eu-west-1'\) returned None, not a boto3"
    ):
        service.image(APP.image(tag="a"))
    assert server.count() == 0


def test_rejected_credentials_are_renewed_once(server: ECRServer) -> None:
    """The call is retried with a new session; if AWS rejects that too, the lookup fails."""
    server.add(APP.image(tag="a"))
    calls: list[str] = []

    def session_for(account: str, region: str) -> LoopbackSession:
        calls.append(account + region)
        return LoopbackSession(server.url)

    service = ECRService(session_for=session_for, cache_ttl=0)
    assert service.image(APP.image(tag="a")) is not None
    server.fail(EXPIRED)
    assert service.image(APP.image(tag="a")) is not None
    assert len(calls) == 2
    server.fail(EXPIRED, times=2)
    with pytest.raises(CredentialsError):
        service.image(APP.image(tag="a"))
    assert service.image(APP.image(tag="a")) is not None


def test_a_retry_with_new_credentials_holds_a_slot(server: ECRServer) -> None:
    """The retry takes a connection of the new client and releases it."""
    taken: list[int] = []

    def record(**_: Any) -> None:
        taken.append(slots_taken())

    class RecordingSession(LoopbackSession):
        def client(self, *arguments: Any, **options: Any) -> Any:
            client = super().client(*arguments, **options)
            client.meta.events.register("before-send.ecr", record)
            return client

    def slots_taken() -> int:
        return len(pool.client(ACCOUNT, "eu-west-1").slots.taken)

    server.fail(EXPIRED)
    config = Config(max_pool_connections=1)
    pool = ClientPool(None, lambda _account, _region: RecordingSession(server.url), config, max_clients=2)
    API(pool, Boundary(None, None)).call(APP, "describe_repositories")
    assert server.count() == 2
    assert taken == [1, 1]
    assert slots_taken() == 0


def test_discard_keeps_a_client_that_another_thread_renewed() -> None:
    """Only the client whose credentials were rejected is discarded."""
    pool = ClientPool(None, lambda _account, _region: StubSession(), None, max_clients=2)
    old = pool.client(ACCOUNT, "eu-west-1")
    assert pool.discard(old)
    new = pool.client(ACCOUNT, "eu-west-1")
    assert pool.discard(old)
    assert pool.client(ACCOUNT, "eu-west-1") is new is not old


# The pool


def test_the_least_recently_used_client_is_evicted() -> None:
    """`max_clients` bounds the pool, with its locks."""
    session = StubSession()
    pool = ClientPool(session, None, None, max_clients=2)
    for region in ("a", "b", "a", "c", "a", "b"):
        pool.client(ACCOUNT, region)
    assert session.created == ["a", "b", "c", "b"]
    assert len(vars(pool)["_entries"]) == 2


def test_threads_may_evict_clients_at_the_same_time() -> None:
    """Each thread gets a client for its region, however often that is evicted."""

    class Region(str):
        """A key that switches threads within each operation on a dict."""

        __slots__ = ()

        def __hash__(self) -> int:
            time.sleep(0)
            return super().__hash__()

    pool = ClientPool(StubSession(), None, None, max_clients=2)

    def use_clients(number: int) -> None:
        for step in range(200):
            pool.client(ACCOUNT, Region((number + step) % 5))

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(use_clients, range(8)))
    assert len(vars(pool)["_entries"]) == 2


def test_a_session_creates_one_client_at_a_time() -> None:
    """Sessions of boto3 are not thread-safe."""
    creating = threading.Lock()

    class UnsafeSession(StubSession):
        def client(self, service_name: str, *, region_name: str, config: Any) -> Any:
            assert creating.acquire(blocking=False)
            time.sleep(0.01)
            creating.release()
            return super().client(service_name, region_name=region_name, config=config)

    pool = ClientPool(UnsafeSession(), None, None, max_clients=9)
    with ThreadPoolExecutor(4) as threads:
        clients = list(threads.map(partial(pool.client, ACCOUNT), "abcdefgh"))
    assert len(set(clients)) == 8


def test_a_service_bounds_its_clients(
    server: ECRServer, session: LoopbackSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Events may name arbitrary regions: the 257th evicts the first. More accounts may be named."""
    assert vars(ecr_service)["_MAX_CLIENTS"] == 256
    monkeypatch.setattr(ecr_service, "_MAX_CLIENTS", 16)  # a client takes long to create
    service = ECRService(session, cache_ttl=0)
    repositories = [msgspec.structs.replace(APP, region=f"us-east-{number}") for number in range(1, 18)]
    for repository in [*repositories, repositories[-1], repositories[0]]:
        service.client_for(repository)
    assert len(session.made) == 17 + 1
    accounts = [f"{number:012}" for number in range(20)]
    calls: list[str] = []

    def session_for(account: str, _: str) -> LoopbackSession:
        calls.append(account)
        return session

    service = ECRService(session_for=session_for, accounts=accounts)
    for account in accounts * 3:
        service.client_for(msgspec.structs.replace(APP, registry_id=account))
    assert calls == accounts
    assert server.count() == 0


def test_a_slow_session_for_does_not_delay_other_accounts(server: ECRServer, session: LoopbackSession) -> None:
    """Clients of other accounts are created and used meanwhile."""
    server.add(APP.image(tag="a"))
    waiting, proceed = threading.Event(), threading.Event()

    def session_for(account: str, _: str) -> LoopbackSession:
        if account == OTHER_ACCOUNT:
            waiting.set()
            proceed.wait()
        return session

    service = ECRService(session_for=session_for, cache_ttl=0)
    other = msgspec.structs.replace(APP, registry_id=OTHER_ACCOUNT)
    with ThreadPoolExecutor(1) as threads:
        slow = threads.submit(service.image, other.image(tag="a"))
        waiting.wait()
        assert service.image(APP.image(tag="a")) is not None
        proceed.set()
        assert slow.result() is None


def test_concurrent_lookups_of_one_image_share_a_call(server: ECRServer, session: LoopbackSession) -> None:
    """They share its client too."""
    server.add(APP.image(digest=digest(1)))
    server.delay = 0.2
    service = ECRService(session)
    with ThreadPoolExecutor(8) as threads:
        images = list(threads.map(service.image, [APP.image(digest=digest(1))] * 8))
    assert {image and image.digest for image in images} == {digest(1)}
    assert server.count() == 1
    assert session.made == ["eu-west-1"]


def test_no_connection_pool_overflows(
    server: ECRServer, session: LoopbackSession, caplog: pytest.LogCaptureFixture
) -> None:
    """Concurrent batches share the connections of a client, even if the session sets their number."""
    server.delay = 0.01
    botocore_session: Any = vars(session)["_session"]
    botocore_session.set_default_client_config(Config(max_pool_connections=3))
    service = ECRService(session)
    repositories = [msgspec.structs.replace(APP, repository_name=f"app-{number}") for number in range(8)]
    batches = [[repository.image(tag=f"v{number}") for repository in repositories] for number in range(5)]
    with caplog.at_level(logging.WARNING), ThreadPoolExecutor(5) as threads:
        list(threads.map(service.images, batches))
    assert server.in_flight_peak == 3
    assert caplog.records == []


# Forks and interrupts


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_listing_goes_on_in_a_forked_process(server: ECRServer, session: LoopbackSession) -> None:
    """With a connection of its own: two processes on one connection would read each other's responses."""
    for number in range(3_000):
        server.add(APP.image(digest=digest(number)))
    images = ECRService(session).list_images(APP)
    assert next(images).digest == digest(0)
    server.delay = 0.1
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    rest = len(list(images))
    if not child:
        os._exit(0 if rest == 2_999 else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert rest == 2_999
    assert server.count() == 1 + 2 + 2


def test_an_interrupt_leaves_no_slot_taken(server: ECRServer, session: LoopbackSession) -> None:
    """Wherever it strikes: a connection that nobody uses would be lost for ever."""
    server.add(APP.image(tag="a"))
    service = ECRService(session, config=Config(max_pool_connections=1), cache_ttl=0)
    service.image(APP.image(tag="a"))
    for step in range(1, 60):
        steps = iter(range(step))

        def interrupt(frame: FrameType, event: str, _: object, steps: Iterator[int] = steps) -> None:
            is_ours = frame.f_code.co_filename.endswith("clients.py")
            if event in {"call", "return"} and is_ours and next(steps, None) is None:
                sys.setprofile(None)
                raise KeyboardInterrupt

        sys.setprofile(interrupt)
        try:
            service.image(APP.image(tag="a"))
        except KeyboardInterrupt:
            pass
        finally:
            sys.setprofile(None)
        assert service.image(APP.image(tag="a")) is not None


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_forked_process_starts_with_new_clients(server: ECRServer, session: LoopbackSession) -> None:
    """It uses neither connections nor locks of its parent, and does not wait for the parent's fetches."""
    server.add(APP.image(tag="a"))
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
    # The handler of the child, called here, where coverage sees it.
    ecr_service.reset_after_fork()
    assert service.image(APP.image(tag="a")) is not None
    assert server.count() == 3


def test_an_interrupted_lookup_is_repeated_by_a_waiting_thread(server: ECRServer, session: LoopbackSession) -> None:
    """A KeyboardInterrupt in one thread does not block the others."""
    server.add(APP.image(digest=digest(1)))
    started, proceed = threading.Event(), threading.Event()
    attempts: list[str] = []

    def session_for(account: str, region: str) -> LoopbackSession:
        attempts.append(account + region)
        if len(attempts) == 1:
            started.set()
            proceed.wait()
            raise KeyboardInterrupt
        return session

    service = ECRService(session_for=session_for)
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(service.image, APP.image(digest=digest(1)))
        started.wait()
        second = threads.submit(service.image, APP.image(digest=digest(1)))
        proceed.set()
        assert isinstance(first.exception(), KeyboardInterrupt)
        assert second.result() is not None
