"""Lookups while ECR, the clocks, the credentials and the connections change, compared with what ECR held."""

import random
import sys
import threading
import time
from collections.abc import Callable, Generator
from contextlib import suppress
from ctypes import c_ulong, py_object, pythonapi
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import generated_lookups
import pytest
from fake_ecr.history import RealClock, facts
from fake_ecr.in_process import MemoryECR, MemorySession
from generated_lookups import PLACES, TAGS, digest, interrupted_at

from ecr_events import BatchServiceError, ImageReference, RepositoryReference, ServiceTimeoutError
from ecr_events.service import ECRService

pytestmark = pytest.mark.slow

THREADS = 32
SECONDS = 2.0
TTL = 0.4


def test_lookups_while_everything_changes() -> None:
    """`python tests/generated_lookups.py` runs for as many minutes as are asked for."""
    generated_lookups.run(examples=12, steps=40)


IMAGES = [place.image(digest=digest(1)) for place in PLACES[:5]]


@pytest.mark.parametrize(
    ("references", "is_new", "is_kept"),
    [(IMAGES[:1], True, True), (IMAGES[:1], False, False), (IMAGES, False, True)],
    ids=["first lookup", "second lookup", "second batch"],
)
def test_an_interrupt_at_any_moment(references: list[ImageReference], *, is_new: bool, is_kept: bool) -> None:
    """The service works on, no other thread waits for ever, and nothing false is cached.

    Also while somebody holds on to the KeyboardInterrupt, as an interactive interpreter does.
    """
    ecr = MemoryECR(RealClock())
    ecr.latency = 0
    for place in PLACES:
        ecr.change_image(place, digest(1))
    kept: list[BaseException] = []
    wrong: list[Any] = []
    service = ECRService(MemorySession(ecr, 0, connections=1), cache_ttl=0)

    def look_up() -> None:
        found = service.images(references)
        wrong.extend(each for each in references if facts(found[each]) != ecr.state.facts(each))

    def look_up_interrupted(step: int, struck: list[str]) -> None:
        try:
            with interrupted_at(step, struck):
                _ = service.image(references[0]) if len(references) == 1 else service.images(references)
            wrong.extend(f"an interrupt got lost at {place}" for place in struck)
        except KeyboardInterrupt as error:
            kept.extend([error] if is_kept else [])

    step, struck = 0, [""]
    while struck:
        step += 1
        if is_new:
            service = ECRService(MemorySession(ecr, 0, connections=1), cache_ttl=0)
        struck = []
        run_to_the_end(partial(look_up_interrupted, step, struck), look_up)
        look_up()
        assert not wrong, struck
    assert step > 100


def run_to_the_end(*calls: Callable[[], None]) -> None:
    """Call functions at the same time, and fail if one does not return."""
    threads = [threading.Thread(target=call) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert not any(thread.is_alive() for thread in threads)


class Many:
    """Threads that look up what others change, with errors instead of assertions: only the main thread may raise."""

    def __init__(self, *, is_interrupted: bool) -> None:
        self.is_interrupted = is_interrupted
        self.clock = RealClock()
        self.ecr = MemoryECR(self.clock)
        self.ecr.latency = 0.0005
        for place in PLACES:
            self.ecr.change_image(place, digest(1), TAGS)
        self.service = ECRService(MemorySession(self.ecr, 0), cache_ttl=TTL)
        self.ends = time.monotonic() + SECONDS
        self.wrong: list[Any] = []
        self.lookups = self.interrupts = 0

    def check(self, references: list[Any], due: float, call: Callable[[], Any]) -> None:
        """Check the answers to a lookup: of a time from when they are due until now."""
        found: Any
        errors: Any = {}
        try:
            found = call()
        except BatchServiceError as error:
            found, errors = error.results, error.errors
            self.wrong += [each for each in errors.values() if not isinstance(each, ServiceTimeoutError)]
        if {*found, *errors} != {*references} or found.keys() & errors.keys():
            self.wrong.append((references, found, errors))
        states = self.ecr.history.between(due, self.clock.true())
        for reference, outcome in found.items():
            truths = {state.facts(reference) for state in states}
            if facts(outcome) not in truths:
                self.wrong.append((reference, facts(outcome), truths))
        self.lookups += 1

    def look_up(self, seed: int) -> None:
        """Look up at random, until the time is over; threads with an odd number change something before."""
        choose = random.Random(seed)
        while time.monotonic() < self.ends:
            images = [
                place.image(digest=digest(choose.randint(1, 4)))
                if choose.random() < 0.5
                else place.image(tag=choose.choice(TAGS))
                for place in choose.choices(PLACES, k=choose.randint(1, 5))
            ]
            kind = choose.random()
            now = self.clock.true()
            since, due = None, now - TTL
            if kind < 0.3 and seed % 2:
                self.ecr.change_image(images[0].repository, digest(choose.randint(1, 4)), choose.choices(TAGS, k=1))
                due = self.clock.true()
                since = datetime.fromtimestamp(due, UTC)
            elif kind < 0.4:
                since = datetime.fromtimestamp(now, UTC) + timedelta(days=1)
            timeout = 0.02 if kind > 0.95 else None
            if 0.5 < kind < 0.52:
                self.service.clear_cache()
                due = now
            self.ask(choose, images, since, due, timeout, is_single=self.is_interrupted and not seed % 2)

    def ask(
        self,
        choose: random.Random,
        images: list[ImageReference],
        since: datetime | None,
        due: float,
        timeout: float | None,
        *,
        is_single: bool,
    ) -> None:
        """Look up images or repositories, one or many.

        CPython 3.11 may interrupt a thread that starts instead of the one that starts it: those start none.
        """
        image = images[0]
        places: list[RepositoryReference] = [each.repository for each in images]
        calls: list[Callable[[], None]] = [
            lambda: self.check([image], due, lambda: {image: self.service.image(image, since)}),
            lambda: self.check([places[0]], due, lambda: {places[0]: self.service.repository(places[0], since)}),
            lambda: self.check(images, due, lambda: self.service.images(images, since, timeout)),
            lambda: self.check(places, due, lambda: self.service.repositories(places, since, timeout)),
        ]
        choose.choice(calls[:2] if is_single else calls)()

    def change(self) -> None:
        """Change images, tags and repositories, until the time is over."""
        choose = random.Random(0)
        while time.monotonic() < self.ends:
            place = choose.choice(PLACES)
            if choose.random() < 0.05:
                self.ecr.change_repository(place, None)
            elif choose.random() < 0.3:
                self.ecr.remove_image(place, digest(choose.randint(1, 4)))
            else:
                self.ecr.change_image(place, digest(choose.randint(1, 4)), choose.choices(TAGS, k=choose.randint(0, 2)))
            time.sleep(0.002)

    def interrupt(self, threads: list[threading.Thread]) -> None:
        """Interrupt threads at random, until the time is nearly over."""
        raise_in_thread: Any = pythonapi.PyThreadState_SetAsyncExc
        choose = random.Random(0)
        while time.monotonic() < self.ends - 0.5:
            time.sleep(0.002)
            thread = choose.choice(threads)
            if thread.is_alive():
                raise_in_thread(c_ulong(thread.ident or 0), py_object(KeyboardInterrupt))
                self.interrupts += 1

    def work(self, work: Callable[[], None]) -> None:
        """Work until the time is over; an interrupted thread begins again."""
        while time.monotonic() < self.ends:
            with suppress(KeyboardInterrupt), suppress(KeyboardInterrupt):  # a second one strikes while the first ends
                work()


@pytest.fixture
def untraced() -> Generator[None]:
    """Measure no coverage: CPython 3.11 loops where a traced function begins while another thread has an interrupt.

    If that one waits for a lock whose holder calls such a function, neither goes on. pytest-cov's `no_cover` changes
    nothing in processes of pytest-xdist.
    """
    of_this_thread, of_others = sys.gettrace(), threading.gettrace()
    sys.settrace(None)
    threading.settrace(None)
    yield
    sys.settrace(of_this_thread)
    threading.settrace(of_others)


@pytest.fixture
def unhandled(monkeypatch: pytest.MonkeyPatch) -> list[BaseException | None]:
    """Return the errors that end threads or strike in finalizers, but for interrupts, which may strike there too."""
    errors: list[BaseException | None] = []

    def hook(args: Any) -> None:
        if args.exc_type is not KeyboardInterrupt:
            errors.append(args.exc_value)

    monkeypatch.setattr(threading, "excepthook", hook)
    monkeypatch.setattr(sys, "unraisablehook", hook)
    return errors


@pytest.mark.usefixtures("untraced")
@pytest.mark.parametrize("is_interrupted", [False, True], ids=["undisturbed", "interrupted"])
def test_many_threads(unhandled: list[BaseException | None], *, is_interrupted: bool) -> None:
    """Every result is that of a moment not before the one that was asked for, and every thread ends."""
    many = Many(is_interrupted=is_interrupted)
    threads = [threading.Thread(target=many.work, args=(partial(many.look_up, seed),)) for seed in range(THREADS)]
    changing = threading.Thread(target=many.work, args=(many.change,))
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-4)
    try:
        for thread in [*threads, changing]:
            thread.start()
        if is_interrupted:
            many.interrupt(threads[::2])
        for thread in threads:
            thread.join(SECONDS + 20)
    finally:
        sys.setswitchinterval(interval)
    changing.join()
    assert not any(thread.is_alive() for thread in threads)
    assert many.wrong == unhandled == []
    assert many.lookups > THREADS
    assert (many.interrupts > THREADS) is is_interrupted
