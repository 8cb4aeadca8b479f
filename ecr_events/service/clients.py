"""The boto3 clients that lookups go through, one for each region.

boto3 is imported by the first call that needs a client, and by nothing else in this library.
"""

import threading
from collections.abc import Callable
from typing import Any

from ecr_events.errors import CredentialsError
from ecr_events.session import Session

__all__ = ["NEEDS_BOTO3", "Client", "Clients"]

NEEDS_BOTO3 = "looking up what an event names needs boto3: pip install 'ecr_events[boto3]'"

_MOST = 64
"""How many clients are kept, the newest: more places than anyone has, and fewer than an attacker can name."""


class Client:
    """A client of boto3, and a place for each of the connections in its pool."""

    def __init__(self, boto3_client: Any) -> None:
        """Take no place yet."""
        self.boto3: Any = boto3_client
        self.places: threading.BoundedSemaphore = threading.BoundedSemaphore(
            boto3_client.meta.config.max_pool_connections
        )


class Clients:
    """Makes each client once, and keeps it. Safe to use from many threads."""

    def __init__(
        self, session: Session | None, session_for: Callable[[str, str], Session] | None, config: object | None
    ) -> None:
        """Make nothing yet."""
        if session is not None and session_for is not None:
            raise TypeError("give a session or session_for, not both")
        self._session = session
        self._session_for = session_for
        self._config = config
        self._clients: dict[tuple[str | None, str], Client] = {}
        self._locks: dict[tuple[str | None, str], threading.Lock] = {}
        self._lock = threading.Lock()

    def client(self, registry_id: str, region: str) -> Client:
        """Return the client for the registries of `region`, or with `session_for` for that one registry."""
        place = self._place(registry_id, region)
        client = self._clients.get(place)
        if client is None:
            with self._lock:
                lock = self._locks.setdefault(place, threading.Lock())
            with lock:
                client = self._clients.get(place) or self._make(registry_id, region)
                self._clients[place] = client
            if len(self._clients) > _MOST:
                self._clients.pop(next(iter(self._clients)), None)
        return client

    def renew(self, registry_id: str, region: str, client: Client) -> bool:
        """Forget a client whose credentials AWS does not take; return whether others can be had."""
        place = self._place(registry_id, region)
        if self._clients.get(place) is client:
            del self._clients[place]
        return self._session_for is not None

    def _place(self, registry_id: str, region: str) -> tuple[str | None, str]:
        return None if self._session_for is None else registry_id, region

    def _make(self, registry_id: str, region: str) -> Client:
        session = self._session
        if self._session_for is not None:
            try:
                session = self._session_for(registry_id, region)
            except Exception as error:
                reason = f"session_for({registry_id!r}, {region!r}) failed: {type(error).__name__}: {error}"
                raise CredentialsError(reason) from error
        # Clients may be used from many threads, but a session may not make two at once.
        with self._lock:
            made = (session or _boto3()).client("ecr", region_name=region, config=self._config)
        return Client(made)


def _boto3() -> Session:
    """Return boto3 itself, which makes clients of its default session."""
    try:
        import boto3
    except ImportError as error:
        raise ImportError(NEEDS_BOTO3) from error
    session: Session = boto3
    return session
