"""The contents of ECR at every moment, and the clocks by which moments are told."""

import threading
import time
from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from ecr_events import ImageReference, RepositoryReference
from ecr_events.service import Image, ImageScanFindings, Repository

__all__ = [
    "Clock",
    "Facts",
    "History",
    "RealClock",
    "State",
    "StoredImage",
    "StoredRepository",
    "facts",
    "findings_facts",
]

Facts: TypeAlias = tuple[Any, ...] | None
"""Return the result of a lookup in a form that responses and states have in common; None if nothing is there."""


class Clock:
    """A clock of its own: AWS's time, and what this machine believes it to be. Stands in for the module `time`."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0
        """AWS's time, in seconds since the epoch."""
        self.ahead = 0.0
        """Seconds by which this machine's clock is ahead of AWS's."""
        self.slept = 0.0
        """Seconds for which the machine was suspended: its monotonic clock stood still."""
        self.on_sleep: Callable[[], None] = lambda: None
        self._lock = threading.Lock()

    def tick(self, seconds: float) -> None:
        """Let time pass."""
        with self._lock:
            self.now += seconds

    def true(self) -> float:
        """Return AWS's time."""
        return self.now

    def time(self) -> float:
        """Return what this machine believes the time to be."""
        return self.now + self.ahead

    def monotonic(self) -> float:
        """Return the seconds that this machine was awake."""
        return self.now - self.slept - 1_799_999_000.0

    def sleep(self, seconds: float) -> None:
        """Let time pass, in which ECR changes."""
        self.tick(seconds)
        self.on_sleep()


class RealClock(Clock):
    """This machine's clock, which is AWS's."""

    def tick(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)

    def true(self) -> float:
        """Return the time."""
        return time.time()


@dataclass(frozen=True)
class StoredImage:
    """An image. `version` is never used twice, so that no two states of images look alike."""

    digest: str
    version: int
    status: str = "ACTIVE"
    scan_status: str | None = None
    scan: int = 0
    """The number of its last scan."""
    findings: int = 0
    replication: tuple[str, ...] = ()
    """The status at each destination."""


@dataclass(frozen=True)
class StoredRepository:
    """A repository, its images by digest, and the digest of each tag."""

    version: int
    images: Mapping[str, StoredImage] = field(default_factory=dict[str, StoredImage])
    tagged: Mapping[str, str] = field(default_factory=dict[str, str])

    def tags(self, digest: str) -> list[str]:
        """Return the tags of an image."""
        return sorted(tag for tag, tagged in self.tagged.items() if tagged == digest)

    def find(self, image_id: Mapping[str, str]) -> StoredImage | None:
        """Return the image of an `ImageIdentifier`, by its digest, else by its tag."""
        digest = image_id.get("imageDigest") or self.tagged.get(image_id["imageTag"])
        return None if digest is None else self.images.get(digest)


@dataclass(frozen=True)
class State:
    """ECR at a moment."""

    repositories: Mapping[RepositoryReference, StoredRepository] = field(
        default_factory=dict[RepositoryReference, StoredRepository]
    )
    denied: frozenset[RepositoryReference] = frozenset()
    """Repositories that a policy denies."""
    is_listing_denied: bool = False
    """Whether a policy denies to list all repositories."""
    dead: frozenset[str] = frozenset()
    """Regions that do not respond."""

    def with_repository(self, reference: RepositoryReference, repository: StoredRepository | None) -> "State":
        """Return the state after a repository was created, changed or deleted."""
        rest = {key: value for key, value in self.repositories.items() if key != reference}
        return replace(self, repositories=rest if repository is None else rest | {reference: repository})

    def image(self, reference: ImageReference) -> StoredImage | None:
        """Return an image; the tag beside a digest does not matter."""
        repository = self.repositories.get(reference.repository)
        if repository is None:
            return None
        return repository.find(image_id(reference))

    def facts(self, reference: RepositoryReference | ImageReference) -> Facts:
        """Return what a lookup has to say about a reference."""
        if isinstance(reference, RepositoryReference):
            repository = self.repositories.get(reference)
            return None if repository is None else (reference.arn, repository.version)
        image = self.image(reference)
        if image is None:
            return None
        place = reference.repository
        tags = tuple(self.repositories[place].tags(image.digest))
        return (place.registry_id, place.repository_name, image.digest, tags, image.version, image.scan_status)

    def findings_facts(self, reference: ImageReference) -> Facts:
        """Return what a lookup has to say about the findings of an image."""
        image = self.image(reference)
        if image is None:
            return None
        return (image.scan_status, tuple(f"CVE-{image.scan}-{number}" for number in range(image.findings)))


class History:
    """States with the times since when they hold."""

    def __init__(self, now: float) -> None:
        self._times = [now]
        self._states = [State()]
        self.lock = threading.RLock()

    @property
    def state(self) -> State:
        """The state now."""
        return self._states[-1]

    def change(self, now: float, state: State) -> None:
        """Begin a state."""
        with self.lock:
            self._times.append(now)
            self._states.append(state)

    def between(self, start: float, end: float) -> list[State]:
        """Return the states that held at any time from `start` to `end`."""
        with self.lock:
            first, last = bisect_right(self._times, start), bisect_right(self._times, end)
            return self._states[max(0, first - 1) : last]


def image_id(reference: ImageReference) -> dict[str, str]:
    """Return the `ImageIdentifier` of a reference."""
    if reference.image_digest is not None:
        return {"imageDigest": reference.image_digest}
    return {"imageTag": str(reference.image_tag)}


def facts(found: Image | Repository | None) -> Facts:
    """Return what a response says."""
    if found is None:
        return None
    if isinstance(found, Repository):
        assert found.created_at is not None
        return (found.arn, int(found.created_at.timestamp()))
    status = None if found.scan_status is None else found.scan_status.status
    place = (found.registry_id, found.repository_name, found.digest)
    return (*place, tuple(sorted(found.tags)), found.size_bytes, status)


def findings_facts(found: ImageScanFindings | None) -> Facts:
    """Return what a response about findings says."""
    if found is None:
        return None
    return (found.image_scan_status.status, tuple(finding.name for finding in found.findings))
