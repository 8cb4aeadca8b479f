"""The boto3 clients that lookups go through, one for each region.

boto3 is imported by the first call that needs a client, and by nothing else in this library.
"""

import threading
from collections.abc import Callable
from typing import Any, Literal, Protocol

__all__ = ["Clients", "Session"]


class Session(Protocol):
    """What is asked of a session: that it makes clients. A `boto3.Session` is one."""

    def client(self, service_name: Literal["ecr"], *, region_name: str, config: Any) -> Any:
        """Return a client of ECR in that region."""
        ...


class Clients:
    """Makes each client once, and keeps it. Safe to use from many threads."""

    def __init__(
        self, session: Session | None, session_for: Callable[[str, str], Session] | None, config: object | None
    ) -> None:
        """Make nothing yet."""
        self._session = session
        self._session_for = session_for
        self._config = config
        self._clients: dict[tuple[str | None, str], Any] = {}
        self._lock = threading.Lock()

    def client(self, registry_id: str, region: str) -> Any:
        """Return the client for the registries of `region`, or with `session_for` for that one registry."""
        place = (None if self._session_for is None else registry_id, region)
        # Clients may be used from many threads, but a session may not make two at once.
        with self._lock:
            client = self._clients.get(place)
            if client is None:
                session = self._session_of(registry_id, region)
                client = self._clients[place] = session.client("ecr", region_name=region, config=self._config)
            return client

    def _session_of(self, registry_id: str, region: str) -> Session:
        if self._session_for is not None:
            return self._session_for(registry_id, region)
        return _boto3() if self._session is None else self._session


def _boto3() -> Session:
    """Return boto3 itself, which makes clients of its default session."""
    try:
        import boto3  # noqa: PLC0415 - the package's only import of boto3
    except ImportError as error:
        raise ImportError("looking up what an event names needs boto3: pip install 'ecr_events[boto3]'") from error
    session: Session = boto3
    return session
