"""The plan of many lookups: which names are requested together, and what follows from each response.

ECR describes up to 100 repositories, or 100 images of a repository, in a request. If one of them is missing, invalid
or denied, the whole request fails, and its error names one at most. So the plan removes the name and requests the
rest again, or bisects an unnamed failure. Beyond a few missing names it reads all pages of the repository or registry.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from msgspec import Struct

from ecr_events.errors import AccessDeniedError, CredentialsError, ServiceError, ThrottledError, UnavailableError
from ecr_events.service.error_mapping import NotFoundError, UnresolvedNameError, is_unreachable

if TYPE_CHECKING:
    from ecr_events.service.operations import Operation

__all__ = ["MAX_NAMES", "Key", "Outcomes", "Piece", "Plan", "Request"]

MAX_NAMES = 100
"""Maximum number of names in a request."""

MAX_IN_FLIGHT = 64
"""Maximum number of requests at a time, to all regions. Each has a share of its own."""

_MAX_MISSES = 3
"""Missing names to remove one by one, at a request each, before reading pages may be cheaper."""

_MIN_PAGES = 10
"""Pages to read at least, before requesting names one by one again."""

_MIN_DENIED = 1_000
"""Names denied in a row, at least, before denied batches are not taken apart any more."""

_MAX_FAILURES = 3
"""Failures in a row after which a whole group counts as failed, and a region as dead."""

Key: TypeAlias = tuple[Any, str]
"""A group, whose names fit into one request, and a name in it."""

Outcomes: TypeAlias = dict[Key, Any]
"""The resource of each key, None for a missing one, or its ServiceError."""

Piece: TypeAlias = tuple[float, Outcomes]
"""Outcomes, and a time, by a clock that cannot be set, before which none of their requests was sent."""


class Request(Struct, frozen=True):
    """A request to send: for `names` of a group, or for a page of it."""

    group: _Group
    names: Sequence[str]
    token: str | None = None
    is_repeated: bool = False
    """Whether names were absent from a response that should have had them, or all pages have been read before."""


class _Region:
    """A region, whose registries share their connections."""

    def __init__(self) -> None:
        self.sites: deque[_Site] = deque()
        self.in_flight = 0
        self.responded_at: float = 0.0
        self.failures = 0
        """Registries that have not responded since it did."""


class _Site:
    """One registry in one region."""

    def __init__(self, region: _Region) -> None:
        self.region = region
        self.ready: dict[_Group, None] = {}
        """The groups with requests to send, in order."""
        self.in_flight = 0
        self.responded_at: float = 0.0
        self.is_lost: bool = False
        region.sites.append(self)


class _Group:
    """The requests of a group that have not been sent, and what the others have shown."""

    def __init__(self, key: Any, site: _Site, names: Sequence[str]) -> None:
        self.key = key
        self.site = site
        self.queue: deque[Request] = deque()
        self.in_flight: int = 0
        self.successes = 0
        self.misses = 0
        """Requests that missing names have cost, or will cost where ECR does not tell which they are."""
        self.denied = 0
        """Names denied in a row."""
        self.failures = 0
        """Failed requests in a row."""
        self.may_page = True
        self.waiting: list[str] | None = None
        """The names that wait for pages."""
        self.pages: int = 0
        self.first_page_sent: float = 0.0
        self.enqueue(names)

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
        if self.in_flight > (_MAX_MISSES - self.misses + self.successes if is_undecided else MAX_NAMES):
            return None
        if self.in_flight and self.waiting is not None:
            return None
        request = self.queue.popleft()
        if not self.queue:
            del self.site.ready[self]
        self.count(1)
        return request

    def count(self, change: int) -> None:
        """Change the number of requests in flight."""
        self.in_flight += change
        self.site.in_flight += change
        self.site.region.in_flight += change

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


class Plan:
    """Decides which request is sent next, and what its result means. Not thread-safe; sends nothing itself.

    Regions take turns, and in each of them the registries. One that has not responded yet gets one request at a time,
    so that a dead one holds up nothing but itself. After so many names denied in a row that one batch at least was
    denied to its last name, denied batches are not taken apart: to prove it takes a request for each name.

    Args:
        operation: Tells the sites of the groups.
        keys: The keys to look up, without duplicates.
        max_in_flight: Maximum number of requests at a time to one region.
    """

    def __init__(self, operation: Operation, keys: Sequence[Key], *, max_in_flight: int) -> None:
        self.operation = operation
        self._max_denied = max(_MIN_DENIED, (max_in_flight + 1) * MAX_NAMES)
        names_of_groups: defaultdict[Any, list[str]] = defaultdict(list)
        for key, name in keys:
            names_of_groups[key].append(name)
        regions: defaultdict[str, _Region] = defaultdict(_Region)
        sites: dict[tuple[str, str], _Site] = {}
        for key, names in names_of_groups.items():
            site = operation.site(key)
            if site not in sites:
                sites[site] = _Site(regions[site[1]])
            _Group(key, sites[site], names)
        self._regions = deque(regions.values())
        self._max_in_flight = min(max_in_flight, max(1, MAX_IN_FLIGHT // len(regions)))
        self.is_single: bool = len(names_of_groups) == 1 and len(keys) <= MAX_NAMES
        """Whether one request is enough, as far as can be foreseen."""

    def close(self) -> None:
        """Drop the references of regions to registries, which refer to them."""
        for region in self._regions:
            region.sites.clear()

    def take(self) -> Request | None:
        """Return the next request to send, None if there is none until another one has finished."""
        for _ in range(len(self._regions)):
            region = self._regions[0]
            self._regions.rotate(-1)
            for _ in range(len(region.sites)):
                if region.in_flight >= (self._max_in_flight if region.responded_at else 1):
                    break
                site = region.sites[0]
                region.sites.rotate(-1)
                if not site.in_flight or site.responded_at:
                    for group in site.ready:
                        if request := group.pop():
                            return request
        return None

    def finish(self, request: Request, result: Any, sent: float, received: float) -> Piece:
        """Return what the result of a request, returned or raised by the operation, means for its names and others."""
        group, names = request.group, list(request.names)
        group.count(-1)
        if isinstance(result, ServiceError):
            return sent, self._failed(group, names, result, sent, received)
        group.site.responded_at = group.site.region.responded_at = received
        group.site.region.failures = group.failures = 0
        if isinstance(result, NotFoundError):
            return sent, group.outcomes(names + group.withdraw(), None)
        if isinstance(result, UnresolvedNameError):
            return sent, self._unresolved(group, names, result)
        group.successes += 1
        group.denied = 0
        if not names:
            return self._page(request, sent, *result)
        outcomes: Outcomes = {(group.key, name): result[name] for name in names if name in result}
        absent = [name for name in names if name not in result]
        if absent and request.is_repeated:
            outcomes |= group.outcomes(absent, UnavailableError("neither a result nor an error in ECR's response"))
        else:
            group.enqueue(absent, is_repeated=True)
        return sent, outcomes

    def _failed(self, group: _Group, names: list[str], error: ServiceError, sent: float, received: float) -> Outcomes:
        """Return the error for the names of a request, and for all that would share its fate."""
        site, region = group.site, group.site.region
        if isinstance(error, CredentialsError) or (is_unreachable(error) and site.responded_at < sent):
            lost = [site]
            if not isinstance(error, UnavailableError):
                region.responded_at = received
            elif region.responded_at < sent and not site.is_lost:
                # It has one address, whatever the registry.
                region.failures += 1
                if region.failures >= _MAX_FAILURES:
                    lost = list(region.sites)
            site.is_lost = True
            outcomes = group.outcomes(names + group.withdraw(), error)
            for other in [group for site in lost for group in site.ready]:
                outcomes |= other.outcomes(other.withdraw(), error)
            return outcomes
        if not is_unreachable(error):
            site.responded_at = region.responded_at = received
        if not isinstance(error, UnavailableError | ThrottledError):
            if not names:
                # Reading pages of a registry takes a permission for all of its repositories.
                group.may_page = False
                group.enqueue(group.withdraw())
            else:
                names += group.withdraw()
        else:
            group.failures += 1
            if not names or group.failures >= _MAX_FAILURES:
                names += group.withdraw()
        return group.outcomes(names, error)

    def _unresolved(self, group: _Group, names: list[str], error: UnresolvedNameError) -> Outcomes:
        """Remove the name from the request, or bisect it, or read pages instead."""
        name = names[0] if len(names) == 1 else error.name
        outcomes: Outcomes = {}
        if name is not None:
            outcomes = group.outcomes([name], error.outcome)
            names.remove(name)
        if error.outcome is None:
            group.misses += 1 if name else len(names).bit_length()
        elif isinstance(error.outcome, AccessDeniedError):
            group.denied += name is not None
            if group.denied > self._max_denied:
                reason = f"not requested alone, after {self._max_denied:,} others were denied: {error.outcome.reason}"
                return outcomes | group.outcomes(names, AccessDeniedError(reason, code=error.outcome.code))
        waiting = len(names) + sum(len(request.names) for request in group.queue)
        if group.waiting is not None:
            group.waiting += names
        elif group.may_page and min(group.misses, waiting) > _MAX_MISSES:
            group.waiting = names + group.withdraw()
            group.push(Request(group, ()))
        elif name is None:
            middle = len(names) // 2
            group.enqueue(names[middle:])
            group.enqueue(names[:middle])
        else:
            group.enqueue(names)
        return outcomes

    def _page(self, request: Request, sent: float, page: Mapping[str, Any], token: str | None) -> Piece:
        """Return the names found on a page. The others wait for the next page; after the last one they are missing."""
        group = request.group
        if request.token is None:
            group.pages, group.first_page_sent = 0, sent
        group.pages += 1
        waiting, group.waiting = group.waiting or [], None
        outcomes: Outcomes = {(group.key, name): page[name] for name in waiting if name in page}
        rest = [name for name in waiting if name not in page]
        if token is None:
            # A tag may have moved to a page that had been read.
            is_certain = request.is_repeated or group.pages == 1
            moved = [name for name in rest if not is_certain and not self.operation.is_permanent(name)]
            outcomes |= group.outcomes(set(rest).difference(moved), None)
            rest = moved
            if len(rest) <= group.pages:
                group.may_page = False
                group.enqueue(rest)
                rest = []
        elif group.pages >= _MIN_PAGES + len(rest) // 10:
            # Names cost less now, if less than a tenth of them is missing.
            group.may_page = False
            group.enqueue(rest)
            rest = []
        if rest:
            group.waiting = rest
            group.push(Request(group, (), token, is_repeated=request.is_repeated or token is None))
        return group.first_page_sent, outcomes
