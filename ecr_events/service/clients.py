"""boto3 clients, one for each region.

boto3 is imported when the first client is created, and nowhere else in this package.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any

from ecr_events.errors import CredentialsError
from ecr_events.service.error_mapping import map_botocore_errors
from ecr_events.session import Session, is_session

__all__ = ["Client", "ClientPool", "Slots", "import_boto3", "set_abandoned"]

_POLL = 0.5
"""Seconds until a waiting thread checks whether somebody still waits for it."""

_MAX_ABANDONED = 30.0
"""Seconds after which an abandoned request no longer holds up others: it may go on for ever, byte by byte."""

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


class Slot:
    """A place in `Slots`, for a request or for what precedes one."""

    def __init__(self) -> None:
        self._abandoned: threading.Event | None = getattr(_thread, "abandoned", None)
        self._since = time.monotonic()

    def is_in_use(self) -> bool:
        """Return whether somebody waits for the request, or it may end soon."""
        is_abandoned = self._abandoned is not None and self._abandoned.is_set()
        return not is_abandoned or time.monotonic() - self._since < _MAX_ABANDONED


class Slots:
    """A semaphore whose waiting threads can be abandoned.

    An interrupt at any point leaves it intact if the slot is taken within a ``try`` whose ``finally`` begins by
    discarding it from `taken`. Methods of a set, and a ``with`` of a lock, are not interrupted before they are done;
    those of a `threading.Condition` are.
    """

    def __init__(self, count: int) -> None:
        self.taken: set[Slot] = set()
        """The slots in use."""
        self._count = count
        self._lock = threading.Lock()
        self._discarded: SimpleQueue[None] = SimpleQueue()

    def take(self, slot: Slot) -> None:
        """Add a slot to those in use, once there are fewer than `count`."""
        while True:
            with self._lock:
                # `list` is not interrupted by other threads, which discard slots without the lock.
                if len(self.taken) < self._count or sum(each.is_in_use() for each in list(self.taken)) < self._count:
                    self.taken.add(slot)
                    return
            _check_abandoned()
            with suppress(Empty):
                self._discarded.get(timeout=_POLL)

    def notify(self) -> None:
        """Tell a waiting thread that a slot was discarded."""
        if self._discarded.qsize() < self._count:
            self._discarded.put(None)


class Client:
    """A boto3 client whose concurrent requests do not exceed its connection pool."""

    def __init__(self, boto3_client: Any) -> None:
        self.boto3_client = boto3_client
        self.slots: Slots = Slots(boto3_client.meta.config.max_pool_connections)
        """One for each connection in the client's pool."""
        self.is_interrupted: bool = False
        """Whether a call was interrupted, which may have left the client's pool locked for ever."""
        # Runs before every attempt, also before those of botocore's retries.
        boto3_client.meta.events.register_first("before-send.ecr", _check_abandoned)

    def call(self, operation: str, parameters: dict[str, Any]) -> Any:
        """Return the response of an operation, which is called once a connection is free.

        Raises:
            ServiceError: botocore's error, mapped.
            NotFoundError: The resource is missing.
        """
        slot = Slot()
        try:
            self.slots.take(slot)
            with map_botocore_errors():
                return getattr(self.boto3_client, operation)(**parameters)
        except (KeyboardInterrupt, SystemExit):
            self.is_interrupted = True
            raise
        finally:
            self.slots.taken.discard(slot)
            self.slots.notify()


class _Entry:
    """A client, or None until it is created, by one thread at a time."""

    def __init__(self) -> None:
        self.client: Client | None = None
        self.slots = Slots(1)


class ClientPool:
    """Thread-safe pool of clients; each is created once, or again after an interrupt.

    The least recently used is evicted first.

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
        if entry.client is not None and not entry.client.is_interrupted:
            return entry.client
        slot = Slot()
        try:
            entry.slots.take(slot)
            if entry.client is None or entry.client.is_interrupted:
                with map_botocore_errors():
                    entry.client = self._create(registry_id, region)
            return entry.client
        finally:
            entry.slots.taken.discard(slot)
            entry.slots.notify()

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
        raise ImportError("lookups require boto3: pip install boto3") from error
    return boto3
