"""boto3 clients, one for each region.

boto3 is imported when the first client is created, and nowhere else in this package.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any
from weakref import WeakSet

from ecr_events.errors import CredentialsError
from ecr_events.service.error_mapping import map_botocore_errors
from ecr_events.session import Session, is_session

__all__ = ["Client", "ClientPool", "Slots", "import_boto3", "set_abandoned"]

_POLL = 0.5
"""Seconds until a waiting thread checks whether somebody still waits for it."""


_thread = threading.local()


class _AbandonedError(BaseException):
    """Nobody waits for the request any more. Not an Exception, so that botocore does not retry."""


def set_abandoned(abandoned: threading.Event) -> None:
    """Tell for all requests of this thread whether they are abandoned."""
    _thread.abandoned = abandoned


def _check_abandoned(**_: object) -> None:
    abandoned: threading.Event | None = getattr(_thread, "abandoned", None)
    if abandoned is not None and abandoned.is_set():
        raise _AbandonedError


class _Slot:
    """A slot that is taken for as long as it is referred to."""


class Slots:
    """A semaphore that an interrupt at any point leaves intact, and whose waiting threads can be abandoned."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._taken: WeakSet[_Slot] = WeakSet()
        self._changed = threading.Condition()

    @contextmanager
    def take(self) -> Generator[None]:
        """Take a slot once there is one."""
        slot = _Slot()
        with self._changed:
            while len(self._taken) >= self._count:
                _check_abandoned()
                self._changed.wait(_POLL)
            self._taken.add(slot)
        try:
            yield
        finally:
            del slot
            with self._changed:
                self._changed.notify()


class Client:
    """A boto3 client whose concurrent requests do not exceed its connection pool."""

    def __init__(self, boto3_client: Any) -> None:
        self.boto3_client = boto3_client
        self.slots: Slots = Slots(boto3_client.meta.config.max_pool_connections)
        """One for each connection in the client's pool."""
        # Runs before every attempt, also before those of botocore's retries.
        boto3_client.meta.events.register_first("before-send.ecr", _check_abandoned)

    def call(self, operation: str, parameters: dict[str, Any]) -> Any:
        """Return the response of an operation, which is called once a connection is free.

        Raises:
            ServiceError: botocore's error, mapped.
            NotFoundError: The resource is missing.
        """
        with self.slots.take(), map_botocore_errors():
            return getattr(self.boto3_client, operation)(**parameters)


class _Entry:
    """A client, or None until it is created under the lock."""

    def __init__(self) -> None:
        self.client: Client | None = None
        self.lock = threading.Lock()


class ClientPool:
    """Thread-safe pool of clients; each is created once. The least recently used is evicted first.

    Args:
        session: The session that creates the clients; None for boto3's default session.
        session_for: Called with account and region, returns the session to use there.
        config: botocore's `Config`; None for connection timeouts of 5 s and read timeouts of 10 s.
        max_clients: Bounds memory when events name arbitrary regions: a client takes 0.2 MB, with a session of its own
            9 MB.
    """

    def __init__(
        self,
        session: Session | None,
        session_for: Callable[[str, str], Session] | None,
        config: object | None,
        *,
        max_clients: int,
    ) -> None:
        self._session = session
        self._session_for = session_for
        self._config = config
        self._max_clients = max_clients
        self._entries: dict[tuple[str | None, str], _Entry] = {}
        self._lock = threading.Lock()
        self._creation_lock = threading.Lock()

    def client(self, registry_id: str, region: str) -> Client:
        """Return the client for `region`; with `session_for`, the one for that registry there.

        Raises:
            ServiceError: The client could not be created.
            ImportError: boto3 is not installed.
        """
        key = None if self._session_for is None else registry_id, region
        with self._lock:
            # Dicts are ordered by insertion: the first entry is the least recently used one.
            entry = self._entries.pop(key, None) or _Entry()
            self._entries[key] = entry
            if len(self._entries) > self._max_clients:
                del self._entries[next(iter(self._entries))]
        while not entry.lock.acquire(timeout=_POLL):
            _check_abandoned()
        try:
            if entry.client is None:
                with map_botocore_errors():
                    entry.client = self._create(registry_id, region)
            return entry.client
        finally:
            entry.lock.release()

    def discard(self, client: Client) -> bool:
        """Discard a client whose credentials AWS rejects; return whether the next one has new credentials."""
        with self._lock:
            self._entries = {key: entry for key, entry in self._entries.items() if entry.client is not client}
        return self._session_for is not None

    def _create(self, registry_id: str, region: str) -> Client:
        session = self._session
        if self._session_for is not None:
            try:
                session = self._session_for(registry_id, region)
            except Exception as error:
                reason = f"session_for({registry_id!r}, {region!r}) failed: {type(error).__name__}: {error}"
                raise CredentialsError(reason) from error
            if not is_session(session):
                reason = f"session_for({registry_id!r}, {region!r}) returned {session!r:.200}, not a boto3 Session"
                raise CredentialsError(reason)
        # Clients are thread-safe, but sessions are not.
        with self._creation_lock:
            creator: Any = session or import_boto3()
            config = _default_config() if self._config is None else self._config
            return Client(creator.client("ecr", region_name=region, config=config))


def _default_config() -> Any:
    """Return a configuration that waits for a dead region for seconds, where botocore's own waits for minutes."""
    from botocore.config import Config

    return Config(connect_timeout=5, read_timeout=10)


def import_boto3() -> Any:
    """Return the boto3 module, whose `client` uses boto3's default session."""
    try:
        import boto3
    except ImportError as error:
        raise ImportError("lookups require boto3: pip install 'ecr_events[boto3]'") from error
    return boto3
