"""Lookups while everything changes, made by Hypothesis, and compared with what ECR held at every moment.

``python tests/generated_lookups.py --minutes 15`` runs as long, and shows how much was tried.
"""

import argparse
import math
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any
from unittest.mock import patch

import msgspec
from fake_ecr.history import Clock, Facts, State, facts, findings_facts
from fake_ecr.in_process import FAULTS, MemoryECR, MemorySession, Trouble
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from ecr_events import (
    AccessDeniedError,
    BatchServiceError,
    ECRImageActionEvent,
    ImageReference,
    InvalidRequestError,
    RepositoryReference,
    ScanNotFoundError,
    ServiceError,
    ServiceTimeoutError,
)
from ecr_events.samples import sample
from ecr_events.service import ECRService, cache, lookup, waiting, workers

__all__ = ["LookupMachine", "interrupted_at", "tally"]

ACCOUNTS = ("012345678901", "999999999999")
REGIONS = ("eu-west-1", "us-east-1")
PLACES = [
    RepositoryReference(registry_id=account, region=region, repository_name=name)
    for region in REGIONS
    for account, name in ((ACCOUNTS[0], "team/app"), (ACCOUNTS[0], "team/web"), (ACCOUNTS[1], "team/app"))
]
TAGS = ("latest", "v1", "null")
LARGE = PLACES[1]
"""A repository with many images."""

REFUSED = [
    PLACES[0].image(tag=".hidden"),
    PLACES[0].image(digest="sha256:"),
    msgspec.structs.replace(PLACES[0], repository_name="Team").image(tag="v1"),
    msgspec.structs.replace(PLACES[0], registry_id="000000000000").image(tag="v1"),
    msgspec.structs.replace(PLACES[0], region="evil.example/").image(tag="v1"),
]
"""References that no request may be sent for."""

MANY = 130
"""Images of a large push: more than one request can name."""

INTERRUPTED = (
    *(f"service/{path.name}" for path in Path(cache.__file__).parent.glob("*.py")),
    "contextlib.py",
    "threading.py",
)

_TTL = 60.0
_UNREACHABLE = {"DNS", "dead", "reset", "throttled", "timeout", "TLS"}
"""Faults that are also those of other registries of a region."""


tally = Counter[str]()
"""Counts of what was tried."""


def digest(number: int) -> str:
    return f"sha256:{number:064x}"


@st.composite
def some_images(draw: st.DrawFn) -> ImageReference:
    """Draw an image by digest, by tag or by both."""
    by = draw(st.sampled_from(["digest", "tag", "both"]))
    place = draw(places)
    return place.image(
        digest=None if by == "tag" else digest(draw(st.integers(1, 6))),
        tag=None if by == "digest" else draw(st.sampled_from(TAGS)),
    )


@st.composite
def batches_of_images(draw: st.DrawFn) -> list[ImageReference]:
    """Draw images, some of them refused, or most images of a large push."""
    wanted = draw(st.lists(st.one_of(images, images, images, st.sampled_from(REFUSED)), max_size=12))
    if draw(st.booleans()):
        return wanted
    place, step = draw(st.one_of(places, st.just(LARGE))), draw(st.integers(1, 40))
    # So many missing ones are found by pages.
    numbers = [*range(draw(st.integers(1, 6)), MANY, step), *range(900, 900 + draw(st.integers(0, 8)))]
    tagged = [place.image(tag=tag) for tag in TAGS]
    return [place.image(digest=digest(number)) for number in numbers] + tagged + wanted


@st.composite
def batches_of_places(draw: st.DrawFn) -> list[RepositoryReference]:
    """Draw repositories, and others that never exist."""
    wanted = draw(st.lists(places, max_size=8))
    place, missing = draw(places), draw(st.integers(0, 5))
    return wanted + [msgspec.structs.replace(place, repository_name=f"none-{number}") for number in range(missing)]


places = st.sampled_from(PLACES)
digests = st.sampled_from([digest(number) for number in range(1, 7)])
tags = st.sampled_from(TAGS)
images = some_images()
wanted_images = batches_of_images()
wanted_places = batches_of_places()
since_kinds = st.sampled_from(["never", "never", "event", "now", "future"])


@contextmanager
def interrupted_at(step: int, struck: list[str], files: tuple[str, ...] = INTERRUPTED) -> Generator[None]:
    """Raise a KeyboardInterrupt where a signal may: as a function begins, or after a call of one that is written in C.

    Does so at the place with that number in the service, and in what it uses of the standard library, and appends the
    place to `struck`.
    """
    left = step

    def interrupt(frame: FrameType, event: str, _argument: object) -> None:
        nonlocal left
        code = frame.f_code
        if event in {"call", "c_return"} and code.co_filename.endswith(files):
            left -= 1
            if left <= 0:
                sys.setprofile(None)
                struck.append(f"{code.co_filename}:{frame.f_lineno}")
                raise KeyboardInterrupt

    sys.setprofile(interrupt)
    try:
        yield
    finally:
        sys.setprofile(None)


def end_of_requests() -> None:
    """Wait for requests whose caller has left."""
    for thread in threading.enumerate():
        if thread.name == "ecr_events" and thread.is_alive():
            thread.join(5)


class LookupMachine(RuleBasedStateMachine):
    """A service and its cache against ECR, and against clocks that nobody can rely on."""

    @initialize(
        connections=st.sampled_from([1, 1, 3]),
        page_size=st.sampled_from([3, 50, 1_000]),
        cache_size=st.sampled_from([2, 10_000, 10_000]),
        ttl=st.sampled_from([0.0, _TTL, _TTL, _TTL]),
        names_missing=st.booleans(),
        has_roles=st.booleans(),
    )
    def start(
        self, *, connections: int, page_size: int, cache_size: int, ttl: float, names_missing: bool, has_roles: bool
    ) -> None:
        """Start with a few images, and a service without a cached result."""
        tally["examples"] += 1
        self.clock = Clock()
        self.clock.on_sleep = self.sleep
        self.ecr = MemoryECR(self.clock, page_size=page_size, names_missing=names_missing)
        for place in PLACES[1:]:
            for number in (1, 2, 3):
                self.ecr.change_image(place, digest(number), TAGS[:2], scan_status="PENDING" if number == 2 else None)
        for number in range(1, MANY):
            self.ecr.change_image(LARGE, digest(number), status="ARCHIVED" if number == 4 else "ACTIVE")
        self.clock.tick(10)
        self.ttl, self.cache_size = ttl, cache_size
        self.changed: dict[RepositoryReference, float] = dict.fromkeys(PLACES, self.clock.now)
        self.cleared = -math.inf
        self.sessions = self.counted = 0
        self.on_sleep: list[Callable[[], None]] = []
        self.patches = [patch.object(module, "time", self.clock) for module in (cache, lookup, waiting, workers)]
        for each in self.patches:
            each.start()

        def session_for(account: str, _region: str) -> MemorySession:
            self.sessions += 1
            return MemorySession(self.ecr, self.sessions, connections=connections, account=account)

        options: Any = (
            {"session_for": session_for}
            if has_roles
            else {"session": MemorySession(self.ecr, 0, connections=connections)}
        )
        self.has_roles = has_roles
        self.service = ECRService(**options, accounts=ACCOUNTS, cache_ttl=ttl, cache_size=cache_size)
        new_cache = partial(cache.Cache[Any, Any], clock=self.clock.time, monotonic=self.clock.monotonic)
        vars(self.service)["_new_cache"] = partial(new_cache, ttl=ttl, max_size=cache_size)
        vars(self.service)["_max_in_flight"] = connections
        vars(type(self.service))["_reset"](self.service)

    def teardown(self) -> None:
        """Give the modules their clocks back."""
        end_of_requests()
        for each in getattr(self, "patches", ()):
            each.stop()

    def sleep(self) -> None:
        """Change ECR while the service sleeps."""
        if self.on_sleep:
            self.on_sleep.pop(0)()

    @invariant()
    def no_request_breaks_a_rule(self) -> None:
        """Not even one whose failure is hidden by an error."""
        if hasattr(self, "ecr"):
            assert self.ecr.broken == []

    # What happens to ECR

    def note(self, place: RepositoryReference) -> None:
        """Note that a repository has changed."""
        self.changed[place] = self.clock.now

    @rule(
        place=st.one_of(places, st.just(LARGE)),
        value=st.one_of(digests, st.sampled_from([digest(70), digest(125)])),
        tags=st.lists(tags, max_size=2),
        when=st.integers(0, 6),
    )
    def push(self, place: RepositoryReference, value: str, tags: list[str], when: int) -> None:
        """Push an image now, or while requests are sent; its tags move."""
        self.later(when, place, lambda: self.ecr.change_image(place, value, tags))

    @rule(place=places, value=digests, when=st.integers(0, 4))
    def delete(self, place: RepositoryReference, value: str, when: int) -> None:
        """Delete an image."""
        self.later(when, place, lambda: self.ecr.remove_image(place, value))

    @rule(place=places, value=digests, status=st.sampled_from(["ACTIVE", "ARCHIVED"]))
    def archive(self, place: RepositoryReference, value: str, status: str) -> None:
        """Archive an image, or restore it."""
        self.later(0, place, lambda: self.change_if_there(place, value, status=status))

    @rule(place=places)
    def push_many(self, place: RepositoryReference) -> None:
        """Push more images than a request can name."""
        for number in range(1, MANY):
            self.ecr.change_image(place, digest(number))
        self.note(place)

    @rule(
        place=places,
        value=digests,
        status=st.sampled_from(["PENDING", "IN_PROGRESS", "COMPLETE", "COMPLETE", "ACTIVE", "FAILED"]),
        findings=st.integers(0, 8),
        when=st.integers(0, 4),
    )
    def scan(self, place: RepositoryReference, value: str, status: str, findings: int, when: int) -> None:
        """Change the status of a scan, and its findings with it."""
        self.later(when, place, lambda: self.scanned(place, value, status, findings))

    def scanned(self, place: RepositoryReference, value: str, status: str, findings: int) -> None:
        """Change the status of a scan, and its findings if it has any."""
        number = next(self.ecr.numbers)
        has_findings = status in {"COMPLETE", "ACTIVE"}
        self.change_if_there(place, value, scan_status=status, scan=number, findings=findings if has_findings else 0)

    @rule(place=places)
    def delete_repository(self, place: RepositoryReference) -> None:
        """Delete a repository with its images."""
        self.later(0, place, lambda: self.ecr.change_repository(place, None))

    @rule(place=places, is_denied=st.booleans())
    def deny(self, place: RepositoryReference, *, is_denied: bool) -> None:
        """Deny a repository, or allow it again."""
        denied = self.ecr.state.denied | {place} if is_denied else self.ecr.state.denied - {place}
        self.ecr.change(replace(self.ecr.state, denied=denied))

    @rule(is_denied=st.booleans())
    def deny_listing(self, *, is_denied: bool) -> None:
        """Deny to list all repositories, or allow it again."""
        self.ecr.change(replace(self.ecr.state, is_listing_denied=is_denied))

    @rule(region=st.sampled_from(REGIONS), when=st.integers(0, 4), requests=st.integers(1, 6))
    def die(self, region: str, when: int, requests: int) -> None:
        """Let a region die, and live again after a number of requests."""

        def turn(*, is_dead: bool) -> None:
            dead = self.ecr.state.dead | {region} if is_dead else self.ecr.state.dead - {region}
            self.ecr.change(replace(self.ecr.state, dead=dead))

        self.ecr.upcoming += [(when, partial(turn, is_dead=True)), (when + requests, partial(turn, is_dead=False))]

    @rule(
        fault=st.sampled_from(sorted(FAULTS.keys() - {"dead", "expired"})),
        region=st.sampled_from(REGIONS),
        remaining=st.integers(1, 5),
        spared=st.integers(0, 4),
    )
    def trouble(self, fault: str, region: str, remaining: int, spared: int) -> None:
        """Let requests fail."""
        self.ecr.troubles.append(Trouble(fault, region, remaining, spared))

    @rule()
    def calm(self) -> None:
        """Let no request fail."""
        self.ecr.troubles.clear()
        self.ecr.change(replace(self.ecr.state, dead=frozenset(), denied=frozenset(), is_listing_denied=False))

    @rule(for_all=st.booleans())
    def expire_credentials(self, *, for_all: bool) -> None:
        """Let the credentials of all sessions expire, without roles for a few requests."""
        if self.has_roles and not for_all:
            self.ecr.valid_since = self.sessions + 1
        else:
            self.ecr.troubles += [Trouble("expired", region, 3) for region in REGIONS]

    def later(self, when: int, place: RepositoryReference, change: Callable[[], None]) -> None:
        """Change ECR now, or after a number of requests."""

        def changed() -> None:
            change()
            self.note(place)

        if when:
            self.ecr.upcoming.append((when - 1, changed))
        else:
            changed()

    def change_if_there(self, place: RepositoryReference, value: str, **fields: Any) -> None:
        """Change an image, unless it is missing."""
        repository = self.ecr.state.repositories.get(place)
        if repository is not None and value in repository.images:
            self.ecr.change_image(place, value, **fields)

    # What happens to time

    @rule(seconds=st.sampled_from([0.01, 0.05, 0.1, 0.5, 1.0, 3.0, 5.0, 30.0, 61.0]))
    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.clock.tick(seconds)

    @rule(
        seconds=st.sampled_from([-5_000.0, -200.0, -17.0, -1.5, -0.7, 0.6, 1.7, 13.0, 100.0, 4_000.0]),
        when=st.integers(0, 3),
    )
    def set_clock(self, seconds: float, when: int) -> None:
        """Set this machine's clock."""

        def jump() -> None:
            self.clock.ahead += seconds

        if when:
            self.ecr.upcoming.append((when - 1, jump))
        else:
            jump()

    @rule(image=images, value=digests, seconds=st.sampled_from([0.0, 5.0, 40.0, 4_000.0]))
    def look_up_around_a_change(self, image: ImageReference, value: str, seconds: float) -> None:
        """Look up an image by a clock that is ahead, which is set right, before a change and after its event."""
        self.clock.ahead = seconds
        self.look_up_image(image, "never")
        self.clock.ahead = 0.0
        self.ecr.change_image(image.repository, value, [image.image_tag] if image.image_tag else [])
        self.note(image.repository)
        self.look_up_image(image, "event")

    @rule(when=st.integers(0, 3))
    def correct_clock(self, when: int) -> None:
        """Set this machine's clock right."""

        def correct() -> None:
            self.clock.ahead = 0.0

        if when:
            self.ecr.upcoming.append((when - 1, correct))
        else:
            correct()

    @rule(seconds=st.sampled_from([1.3, 7.0, 45.0, 900.0]))
    def suspend(self, seconds: float) -> None:
        """Let the machine sleep."""
        self.clock.slept += seconds
        self.clock.tick(seconds)

    @rule()
    def clear_cache(self) -> None:
        """Clear the cache."""
        self.service.clear_cache()
        self.cleared = self.clock.now

    # Lookups

    def since(self, kind: str, references: Sequence[Any]) -> tuple[datetime | None, float]:
        """Return the time to pass, and the time of the oldest state that may be returned."""
        changed = max(
            (self.changed.get(getattr(each, "repository", each), self.clock.now - 100) for each in references),
            default=self.clock.now,
        )
        oldest = max(self.clock.now - self.ttl, self.cleared)
        if kind == "never":
            return None, oldest
        if kind == "event":
            # An event arrives a tenth of a second after the change, or later.
            if self.clock.now < changed + 0.1:
                self.clock.tick(changed + 0.1 - self.clock.now)
            # A result counts as newer than the event if this machine's clock says so.
            return datetime.fromtimestamp(math.floor(changed), UTC), max(oldest, changed - max(0.0, self.clock.ahead))
        if kind == "future":
            return datetime.fromtimestamp(self.clock.time() + 1_000, UTC), oldest
        # The caller has just made a change.
        self.clock.tick(0.001)
        now = datetime.fromtimestamp(self.clock.time(), UTC)
        self.clock.tick(0.001)
        return now, self.clock.now - 0.001

    def answered(self, reference: Any, outcome: Any, due: float, called: float) -> None:
        """Check a result or an error."""
        now = self.clock.now
        place = getattr(reference, "repository", reference)
        if not isinstance(outcome, ServiceError):
            truths = {state.facts(reference) for state in self.ecr.history.between(min(due, called), now)}
            assert reference not in REFUSED
            assert facts(outcome) in truths, (reference, facts(outcome), truths)
            tally["missing" if outcome is None else "found"] += 1
            return
        tally[type(outcome).__name__] += 1
        assert outcome.reference == reference
        assert str(outcome).startswith(f"{reference}: ")
        if isinstance(outcome, InvalidRequestError):
            assert reference in REFUSED
            return
        assert reference not in REFUSED
        if isinstance(outcome, ServiceTimeoutError):
            return
        causes = {
            FAULTS[served.fault]
            for served in self.ecr.served
            if served.fault is not None and served.time >= called and served.region == place.region
            if served.registry_id in {place.registry_id, ""} or served.fault in _UNREACHABLE
        }
        states = self.ecr.history.between(called, now)
        if any(place in state.denied for state in states):
            causes.add(AccessDeniedError)
        assert type(outcome) in causes, (reference, outcome, causes)
        assert outcome.reason
        if "neither" not in outcome.reason:  # botocore has no error for a response that lacks something
            assert outcome.__cause__ is not None

    def look_up(self, references: Sequence[Any], due: float, call: Callable[[], Mapping[Any, Any]]) -> None:
        """Check a batch."""
        called = self.clock.now
        outcomes: dict[Any, Any] = {}
        try:
            outcomes.update(call())
            assert list(outcomes) == list(dict.fromkeys(references))
        except BatchServiceError as error:
            errors, results = dict(error.errors), dict(error.results)
            assert not errors.keys() & results.keys()
            assert {*errors, *results} == {*references}
            assert error.__cause__ is next(iter(errors.values())).__cause__
            outcomes = {**results, **errors}
        end_of_requests()
        tally["batches"] += 1
        self.count_requests()
        for reference, outcome in outcomes.items():
            self.answered(reference, outcome, due, called)

    def count_requests(self) -> None:
        """Count the requests since the last count."""
        tally["requests"] += len(self.ecr.served) - self.counted
        self.counted = len(self.ecr.served)

    def look_up_one(self, reference: Any, due: float, call: Callable[[], Any]) -> None:
        """Check a single lookup."""
        called = self.clock.now
        try:
            outcome = call()
        except ServiceError as failure:
            outcome = failure
        tally["single lookups"] += 1
        self.count_requests()
        self.answered(reference, outcome, due, called)

    @rule(wanted=wanted_images, kind=since_kinds, timeout=st.sampled_from([None, None, 30.0, 0.05]))
    def look_up_images(self, wanted: list[ImageReference], kind: str, timeout: float | None) -> None:
        """Look up images."""
        since, due = self.since(kind, wanted)
        self.look_up(wanted, due, lambda: self.service.images(wanted, since, timeout))

    @rule(wanted=wanted_places, kind=since_kinds, timeout=st.sampled_from([None, None, 30.0, 0.05]))
    def look_up_repositories(self, wanted: list[RepositoryReference], kind: str, timeout: float | None) -> None:
        """Look up repositories."""
        since, due = self.since(kind, wanted)
        self.look_up(wanted, due, lambda: self.service.repositories(wanted, since, timeout))

    @rule(image=images, kind=since_kinds)
    def look_up_image(self, image: ImageReference, kind: str) -> None:
        """Look up an image."""
        since, due = self.since(kind, [image])
        self.look_up_one(image, due, lambda: self.service.image(image, since))

    @rule(place=places, kind=since_kinds)
    def look_up_repository(self, place: RepositoryReference, kind: str) -> None:
        """Look up a repository."""
        since, due = self.since(kind, [place])
        self.look_up_one(place, due, lambda: self.service.repository(place, since))

    @rule(image=images)
    def look_up_what_an_event_names(self, image: ImageReference) -> None:
        """Look up the image and the repository of an event, in each way."""
        since, due = self.since("event", [image])
        assert since is not None
        event = msgspec.structs.replace(
            sample(
                ECRImageActionEvent,
                account=image.repository.registry_id,
                region=image.repository.region,
                repository_name=image.repository.repository_name,
                image_digest=image.image_digest,
                image_tag=image.image_tag,
            ),
            time=since,
        ).using(self.service)
        assert event.image_reference == image
        self.look_up_one(image, due, lambda: event.image)
        self.look_up_one(image.repository, due, lambda: event.repository)
        self.look_up([image], due, lambda: event.images)
        self.look_up([image.repository], due, lambda: event.repositories)
        self.look_up_findings(image, lambda: event.scan_findings)

    @rule(wanted=wanted_images, again=wanted_places)
    def a_second_lookup_costs_no_request(self, wanted: list[ImageReference], again: list[RepositoryReference]) -> None:
        """Look up twice: the second time, results are cached."""
        self.look_up_twice(wanted, self.service.images)
        self.look_up_twice(again, self.service.repositories)

    def look_up_twice(self, references: Sequence[Any], call: Callable[[Sequence[Any]], dict[Any, Any]]) -> None:
        """Look up what was found again, unless it is too old or too much for the cache by then."""
        clocks, begun = (self.clock.ahead, self.clock.slept), self.clock.now
        due = self.since("never", references)[1]
        self.look_up(references, due, lambda: call(references))
        try:
            found = call(references)
        except BatchServiceError as error:
            found = dict(error.results)
        is_old = self.clock.now > begun + _TTL / 12 or clocks != (self.clock.ahead, self.clock.slept)
        if self.ttl and self.cache_size >= len(found) and not is_old:
            before = len(self.ecr.served)
            assert call([*found]) == found
            assert len(self.ecr.served) == before
            tally["cached"] += len(found)

    @rule(wanted=wanted_images, step=st.integers(1, 700), is_single=st.booleans())
    def interrupt(self, wanted: list[ImageReference], step: int, *, is_single: bool) -> None:
        """Interrupt a lookup at any moment. Those that follow are as right as ever."""
        due, called = self.since("never", wanted)[1], self.clock.now
        outcomes: dict[Any, Any] = {}
        try:
            with interrupted_at(step, [], INTERRUPTED[:-1]):  # else threads may be left that never start
                if is_single and wanted:
                    outcomes = {wanted[0]: self.service.image(wanted[0])}
                else:
                    outcomes.update(self.service.images(wanted))
        except KeyboardInterrupt:
            tally["interrupts"] += 1
        except BatchServiceError as error:
            outcomes = {**error.results, **error.errors}
        except ServiceError as error:
            outcomes = {wanted[0]: error}
        end_of_requests()
        for reference, outcome in outcomes.items():
            self.answered(reference, outcome, due, called)

    # Lookups that are not cached

    @rule(image=images)
    def look_up_scan_findings(self, image: ImageReference) -> None:
        """Look up the findings of an image."""
        self.look_up_findings(image, lambda: self.service.scan_findings(image))

    @rule(image=images, status=st.sampled_from(["COMPLETE", "IN_PROGRESS"]), when=st.integers(1, 3))
    def scan_while_findings_are_read(self, image: ImageReference, status: str, when: int) -> None:
        """Look up the findings of an image that is scanned again between two pages."""
        stored = self.ecr.state.image(image)
        if stored is not None:
            self.scanned(image.repository, stored.digest, "COMPLETE", 8)
            self.later(when + 1, image.repository, partial(self.scanned, image.repository, stored.digest, status, 8))
        self.look_up_scan_findings(image)

    def look_up_findings(self, image: ImageReference, call: Callable[[], Any]) -> None:
        """Check findings: all of one scan, of one image."""
        called = self.clock.now
        try:
            found = call()
        except ScanNotFoundError as error:
            assert error.reference == image
            states = self.ecr.history.between(called, self.clock.now)
            assert any((stored := state.image(image)) and stored.scan_status is None for state in states)
            return
        except ServiceError as error:
            self.failed(image, error, called)
            return
        tally["findings"] += 1
        self.check_findings(image, found, called)

    def check_findings(self, image: ImageReference, found: Any, called: float) -> None:
        """Check that findings are those of a state."""
        truths = {state.findings_facts(image) for state in self.ecr.history.between(called, self.clock.now)}
        assert findings_facts(found) in truths, (image, findings_facts(found), truths)

    def failed(self, reference: Any, error: ServiceError, called: float) -> None:
        """Check the error of a lookup whose pages may have changed while they were read."""
        if "while its findings were read" in error.reason:
            assert error.reference == reference
        else:
            self.answered(reference, error, called, called)

    @rule(
        image=images,
        statuses=st.lists(st.sampled_from(["PENDING", "IN_PROGRESS", "COMPLETE", "FAILED"]), max_size=5),
        timeout=st.sampled_from([0.5, 20.0, 300.0]),
    )
    def wait_for_scan(self, image: ImageReference, statuses: list[str], timeout: float) -> None:
        """Wait for a scan, which goes on while the service sleeps."""
        stored = self.ecr.state.image(image)
        called = self.clock.now
        if stored is not None:
            self.on_sleep = [partial(self.scanned, image.repository, stored.digest, status, 4) for status in statuses]
        try:
            found = self.service.wait_for_scan(image, timeout=timeout)
        except ServiceTimeoutError as error:
            assert error.reference == image
            assert self.clock.now - called >= timeout
        except ServiceError as error:
            assert error.reference == image
            states = self.ecr.history.between(called, self.clock.now)
            if error.code == "FAILED":
                assert any((at := state.image(image)) and at.scan_status == "FAILED" for state in states)
            elif error.code == "ImageNotFoundException":
                assert any(state.image(image) is None for state in states)
            else:
                self.failed(image, error, called)
        else:
            tally["scans"] += 1
            assert found.image_scan_status.status in {"COMPLETE", "ACTIVE"}
            self.check_findings(image, found, called)
        self.on_sleep = []

    @rule(
        image=images,
        statuses=st.lists(
            st.lists(st.sampled_from(["IN_PROGRESS", "COMPLETE", "COMPLETE", "FAILED"]), max_size=3), max_size=4
        ),
        timeout=st.sampled_from([0.5, 20.0]),
    )
    def wait_for_replication(self, image: ImageReference, statuses: list[list[str]], timeout: float) -> None:
        """Wait for a replication, which goes on while the service sleeps."""
        stored = self.ecr.state.image(image)
        called = self.clock.now
        if stored is not None:
            self.on_sleep = [
                partial(self.change_if_there, image.repository, stored.digest, replication=tuple(each))
                for each in statuses
            ]
        try:
            found = self.service.wait_for_replication(image, timeout=timeout)
        except ServiceTimeoutError:
            assert self.clock.now - called >= timeout
        except ServiceError as error:
            states = self.ecr.history.between(called, self.clock.now)
            if error.code == "ImageNotFoundException":
                assert any(state.image(image) is None for state in states)
            elif "replication to" in error.reason:
                assert any((at := state.image(image)) and "FAILED" in at.replication for state in states)
            else:
                self.failed(image, error, called)
        else:
            tally["replications"] += 1
            complete = tuple(status.status for status in found)
            assert {*complete} == {"COMPLETE"}
            states = self.ecr.history.between(called, self.clock.now)
            assert any((at := state.image(image)) and at.replication == complete for state in states)
        self.on_sleep = []

    @rule(place=places, status=st.sampled_from(["ACTIVE", "ANY"]))
    def list_images(self, place: RepositoryReference, status: str) -> None:
        """List a repository: each image once, and none that was there all the time is left out."""
        called = self.clock.now
        try:
            listed = [facts(image) for image in self.service.list_images(place, image_status=status)]
        except ServiceError as error:
            states = self.ecr.history.between(called, self.clock.now)
            if error.code == "RepositoryNotFoundException":
                assert any(place not in state.repositories for state in states)
            else:
                self.failed(place, error, called)
            return
        tally["listings"] += 1
        held = [self.held(state, place, status) for state in self.ecr.history.between(called, self.clock.now)]
        assert {*listed} <= set[Facts]().union(*held)
        listed_digests = [each[2] for each in listed if each]
        assert len({*listed_digests}) == len(listed_digests)
        always = set[Any].intersection(*({each[2] for each in images if each} for images in held))
        assert always <= {*listed_digests}

    @staticmethod
    def held(state: State, place: RepositoryReference, status: str) -> set[Facts]:
        """Return the images of a repository in a state."""
        repository = state.repositories.get(place)
        stored = () if repository is None else repository.images.values()
        return {state.facts(place.image(digest=image.digest)) for image in stored if status in {"ANY", image.status}}

    @rule(place=places, image=images)
    def look_up_the_rest(self, place: RepositoryReference, image: ImageReference) -> None:
        """Look up the tags of a repository, and a manifest."""
        called = self.clock.now
        try:
            tags = self.service.tags(place)
            versions = [each and each.version for each in self.repositories(place, called)]
            assert (None if tags is None else int(tags["version"])) in versions
        except ServiceError as error:
            self.failed(place, error, called)
        called = self.clock.now
        try:
            manifest = self.service.manifest(image)
            stored = [state.image(image) for state in self.ecr.history.between(called, self.clock.now)]
            assert (None if manifest is None else manifest.image_id.image_digest) in [
                each and each.digest for each in stored
            ]
        except ServiceError as error:
            self.failed(image, error, called)

    def repositories(self, place: RepositoryReference, called: float) -> list[Any]:
        """Return what a repository was since a call."""
        return [state.repositories.get(place) for state in self.ecr.history.between(called, self.clock.now)]


def run(examples: int, steps: int) -> None:
    """Run the machine."""
    run_state_machine_as_test(
        LookupMachine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            phases=[Phase.generate, Phase.shrink],
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
        ),
    )


def main() -> None:
    """Run for some minutes, and show how much was tried."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--minutes", type=float, default=15)
    parser.add_argument("--steps", type=int, default=60)
    options = parser.parse_args()
    start = time.monotonic()
    try:
        while time.monotonic() - start < options.minutes * 60:
            run(25, options.steps)
    finally:
        counts = ", ".join(f"{count:,} {name}" for name, count in tally.most_common())
        print(f"{time.monotonic() - start:.0f} s: {counts}")


if __name__ == "__main__":
    main()
