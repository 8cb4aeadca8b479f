"""The plan of many lookups: which names are requested together, and what follows from each response.

ECR describes up to 100 repositories, or 100 images of a repository, in a request. If one of them is missing, invalid
or denied, the whole request fails, and its error names one at most. So the plan removes the name and requests the
rest again, or bisects an unnamed failure. Beyond a few missing names it reads all pages of the repository or registry.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol, TypeAlias

from msgspec import Struct

from ecr_events.errors import AccessDeniedError, CredentialsError, ServiceError, UnavailableError
from ecr_events.service.error_mapping import NotFoundError, is_unreachable, is_unreadable

__all__ = ["MAX_NAMES", "Key", "Operation", "Outcomes", "Piece", "Plan", "Request", "UnresolvedNameError"]

MAX_NAMES = 100
"""Maximum number of names in a request."""

_MAX_MISSES = 3
"""Missing names to remove one by one, at a request each, before reading pages may be cheaper."""

_MAX_DENIED = 20
"""Names, requested alone, that are denied in a row until all count as denied: to prove it takes a request for each."""

Key: TypeAlias = tuple[Any, str]
"""A group, whose names fit into one request, and a name in it."""

Outcomes: TypeAlias = dict[Key, Any]
"""The resource of each key, None for a missing one, or its ServiceError."""

Piece: TypeAlias = tuple[float, Outcomes]
"""Outcomes, and a time before which none of their requests was sent."""


class UnresolvedNameError(Exception):
    """A request failed because of one name: `name`, or None if ECR does not say which.

    The outcome of the name is None if it is missing, else the error.
    """

    def __init__(self, name: str | None, outcome: ServiceError | None) -> None:
        super().__init__(name, outcome)
        self.name = name
        self.outcome = outcome


class Operation(Protocol):
    """An operation of ECR's API that describes names of a group, or all of them in pages."""

    def key(self, reference: Any, /) -> Key:
        """Return the key of a reference, equal for all references to one resource where that is known."""
        ...

    def check(self, key: Key, /) -> None:
        """Raise InvalidRequestError if no request may be sent for a key."""
        ...

    def site(self, group: Any, /) -> tuple[str, str]:
        """Return the registry and the region of a group."""
        ...

    def describe(self, group: Any, names: Sequence[str], /) -> Mapping[str, Any]:
        """Return resources by name. Costs one request.

        Raises:
            UnresolvedNameError: One of the names is missing, invalid or denied.
            NotFoundError: The group is missing.
            ServiceError: The request failed for all names.
        """
        ...

    def page(self, group: Any, token: str | None, /) -> tuple[Mapping[str, Any], str | None]:
        """Return a page of the group by name, and the token of the next page. Costs one request.

        Raises the errors of `describe`.
        """
        ...


class Request(Struct, frozen=True):
    """A request to send: for `names` of a group, or for a page of it."""

    group: _Group
    names: Sequence[str]
    token: str | None = None
    is_repeated: bool = False
    """Whether the names were absent from a response that should have had them."""


class _Site:
    """One registry in one region."""

    def __init__(self) -> None:
        self.ready: dict[_Group, None] = {}
        """The groups with requests to send, in order."""
        self.in_flight = 0
        self.responded_at: float | None = None


class _Group:
    """The requests of a group that have not been sent, and what the others have shown."""

    def __init__(self, key: Any, site: _Site, names: Sequence[str]) -> None:
        self.key = key
        self.site = site
        self.names = frozenset(names)
        self.queue: deque[Request] = deque()
        self.in_flight = 0
        self.successes = 0
        self.misses = 0
        self.denials = 0
        """Denied requests in a row."""
        self.denied = 0
        """Those of them for one name."""
        self.may_page = True
        self.waiting: list[str] | None = None
        """While pages are read, the names that wait for them."""
        self.pages = 0
        self.paging_since = 0.0
        self.listing: dict[str, Any] = {}
        """The resources found on pages."""
        self.is_listed = False
        self.enqueue(names)

    @property
    def pending(self) -> int:
        """The number of names in the queue."""
        return sum(len(request.names) for request in self.queue)

    def enqueue(self, names: Sequence[str], *, is_repeated: bool = False) -> None:
        """Request names, before those that were enqueued earlier."""
        batches = (names[start : start + MAX_NAMES] for start in range(0, len(names), MAX_NAMES))
        self.push(*(Request(self, batch, is_repeated=is_repeated) for batch in batches))

    def push(self, *requests: Request) -> None:
        """Put requests at the head of the queue."""
        self.queue.extendleft(reversed(requests))
        if requests:
            self.site.ready[self] = None

    def pop(self) -> Request | None:
        """Return the next request, unless those in flight are about to show whether it is of any use."""
        is_undecided = 0 < self.misses <= _MAX_MISSES and self.may_page
        if is_undecided and self.in_flight > _MAX_MISSES - self.misses + self.successes:
            return None
        if self.denials > 1 and self.in_flight:
            return None
        request = self.queue.popleft()
        if not self.queue:
            del self.site.ready[self]
        self.in_flight += 1
        self.site.in_flight += 1
        return request

    def withdraw(self) -> list[str]:
        """Return all names that have not been requested, and drop their requests."""
        names = [name for request in self.queue for name in request.names] + (self.waiting or [])
        self.queue.clear()
        self.waiting = None
        self.site.ready.pop(self, None)
        return names

    def outcomes(self, names: Iterable[str], outcome: ServiceError | None) -> Outcomes:
        """Return the same outcome for each of the names."""
        return {(self.key, name): outcome for name in names}

    def listed(self, names: Iterable[str]) -> Outcomes:
        """Return the outcome of each of the names by the pages, which have been read to the end."""
        return {(self.key, name): self.listing.get(name) for name in names}


class Plan:
    """Decides which request is sent next, and what its result means. Not thread-safe; sends nothing itself.

    Sites, which are a registry in a region each, take turns. A site that has not responded yet gets one request at a
    time, so that a dead one holds up nothing but itself.

    Args:
        operation: Tells the sites of the groups.
        keys: The keys to look up, without duplicates.
        max_in_flight: Maximum number of requests at a time to one site.
    """

    def __init__(self, operation: Operation, keys: Iterable[Key], *, max_in_flight: int) -> None:
        self._max_in_flight = max_in_flight
        names_of_groups: defaultdict[Any, list[str]] = defaultdict(list)
        for key, name in keys:
            names_of_groups[key].append(name)
        sites: defaultdict[tuple[str, str], _Site] = defaultdict(_Site)
        groups = [_Group(key, sites[operation.site(key)], names) for key, names in names_of_groups.items()]
        self._sites = deque(sites.values())
        self.is_single = [len(group.queue) for group in groups] == [1]
        """Whether one request is enough, as far as can be foreseen."""

    def take(self) -> Request | None:
        """Return the next request to send, None if there is none until another one has finished."""
        for _ in range(len(self._sites)):
            site = self._sites[0]
            self._sites.rotate(-1)
            if site.in_flight < (1 if site.responded_at is None else self._max_in_flight):
                for group in site.ready:
                    if request := group.pop():
                        return request
        return None

    def finish(self, request: Request, result: Any, sent: float, received: float) -> Piece:
        """Return what the result of a request, returned or raised by the operation, means for its names and others."""
        group, names = request.group, list(request.names)
        group.in_flight -= 1
        group.site.in_flight -= 1
        if isinstance(result, ServiceError):
            return sent, self._failed(request, result, sent, received)
        group.site.responded_at = received
        if isinstance(result, NotFoundError):
            return sent, group.outcomes(names + group.withdraw(), None)
        if isinstance(result, UnresolvedNameError):
            return self._unresolved(group, names, result, sent)
        group.successes += 1
        group.denials = group.denied = 0
        if not names:
            return self._page(group, sent, *result)
        outcomes: Outcomes = {(group.key, name): result[name] for name in names if name in result}
        absent = [name for name in names if name not in result]
        if absent and request.is_repeated:
            outcomes |= group.outcomes(absent, UnavailableError("neither a result nor an error in ECR's response"))
        else:
            group.enqueue(absent, is_repeated=True)
        return sent, outcomes

    def _failed(self, request: Request, error: ServiceError, sent: float, received: float) -> Outcomes:
        """Return the error for the names of the request, and for all that would share its fate."""
        group, names = request.group, list(request.names)
        site = group.site
        is_lost = is_unreachable(error)
        if isinstance(error, CredentialsError) or (is_lost and (site.responded_at or 0.0) < sent):
            outcomes = group.outcomes(names + group.withdraw(), error)
            for other in list(site.ready):
                outcomes |= other.outcomes(other.withdraw(), error)
            return outcomes
        if not is_lost:
            site.responded_at = received
        if not names:
            # Reading pages of a registry takes a permission for all of its repositories.
            group.may_page = False
            group.enqueue(group.withdraw())
        elif not is_lost and not is_unreadable(error):
            names += group.withdraw()
        return group.outcomes(names, error)

    def _unresolved(self, group: _Group, names: list[str], error: UnresolvedNameError, sent: float) -> Piece:
        """Remove the name from the request, or bisect it, or read pages instead."""
        name = names[0] if len(names) == 1 else error.name
        if error.outcome is None:
            group.misses += 1 if name else len(names).bit_length()
        elif isinstance(error.outcome, AccessDeniedError):
            group.denials += 1
            group.denied += len(names) == 1
            if group.denied >= _MAX_DENIED:
                return sent, group.outcomes(names + group.withdraw(), error.outcome)
        outcomes: Outcomes = {}
        if name is not None:
            outcomes = group.outcomes([name], error.outcome)
            names.remove(name)
        if group.is_listed:
            return min(sent, group.paging_since), outcomes | group.listed(names)
        if group.waiting is not None:
            group.waiting += names
        elif group.may_page and group.misses > _MAX_MISSES < len(names) + group.pending:
            group.waiting = names + group.withdraw()
            group.push(Request(group, ()))
        elif name is None or group.denials > 1:
            middle = len(names) // 2
            group.enqueue(names[middle:])
            group.enqueue(names[:middle])
        else:
            group.enqueue(names)
        return sent, outcomes

    def _page(self, group: _Group, sent: float, page: Mapping[str, Any], token: str | None) -> Piece:
        """Return the names found on a page. The others wait for the next page; after the last one they are missing."""
        if not group.pages:
            group.paging_since = sent
        group.pages += 1
        group.listing |= {name: resource for name, resource in page.items() if name in group.names}
        waiting, group.waiting = group.waiting or [], None
        outcomes = group.listed(name for name in waiting if name in group.listing)
        rest = [name for name in waiting if name not in group.listing]
        if token is None:
            group.is_listed = True
            outcomes |= group.listed(rest)
        elif group.pages >= 10 + len(rest) // 10:
            # So many missing names would cost less, if every tenth is missing.
            group.may_page = False
            group.enqueue(rest)
        elif rest:
            group.waiting = rest
            group.push(Request(group, (), token))
        return group.paging_since, outcomes
