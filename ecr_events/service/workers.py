"""Requests in threads, which a timeout or an interrupt abandons without waiting for them."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any, Self

from ecr_events.errors import ServiceError
from ecr_events.service.batching import Operation, Piece, Plan, Request, UnresolvedNameError
from ecr_events.service.error_mapping import NotFoundError

__all__ = ["check_abandoned", "run"]

_MAX_THREADS = 64
"""Maximum number of requests at a time. AWS has fewer regions, so dead ones leave some for others."""

_FAILURES = (ServiceError, UnresolvedNameError, NotFoundError)

_thread = threading.local()


class _AbandonedError(BaseException):
    """Nobody waits for the request any more. Not an Exception, so that botocore does not retry."""


def check_abandoned() -> None:
    """Raise an error in a thread whose requests nobody waits for."""
    stopped: threading.Event | None = getattr(_thread, "stopped", None)
    if stopped is not None and stopped.is_set():
        raise _AbandonedError


def run(plan: Plan, operation: Operation, deadline: float | None) -> Iterator[Piece]:
    """Yield the outcomes of a plan's keys, request by request, until `deadline` by `time.monotonic`.

    A single request without a deadline runs in the calling thread. Otherwise the calling thread waits for the results
    of others, which an interrupt ends at once. After that no request is sent, also not by botocore's retries.
    """
    if plan.is_single and deadline is None:
        while request := plan.take():
            yield plan.finish(request, *_send(operation, request))
        return
    # An import that a single lookup does not need.
    from queue import Empty

    with _Threads(operation) as threads:
        while True:
            while threads.in_flight < _MAX_THREADS and (request := plan.take()):
                threads.submit(request)
            if not threads.in_flight:
                return
            try:
                request, result = threads.wait(None if deadline is None else max(0.0, deadline - time.monotonic()))
            except Empty:
                return
            yield plan.finish(request, *result)


def _send(operation: Operation, request: Request) -> tuple[Any, float, float]:
    """Return what the operation returns or raises for a request, with the times before and after."""
    sent = time.time()
    result: Any
    try:
        if request.names:
            result = operation.describe(request.group.key, request.names)
        else:
            result = operation.page(request.group.key, request.token)
    except _FAILURES as error:
        result = error
    return result, sent, time.time()


class _Threads:
    """Daemon threads, as many as there are requests in flight. Leaving the context abandons the requests."""

    def __init__(self, operation: Operation) -> None:
        from queue import SimpleQueue

        self.in_flight = 0
        self._operation = operation
        self._count = 0
        self._stopped = threading.Event()
        self._requests: SimpleQueue[Request | None] = SimpleQueue()
        self._results: SimpleQueue[tuple[Request, tuple[Any, float, float] | BaseException]] = SimpleQueue()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._stopped.set()
        for _ in range(self._count):
            self._requests.put(None)

    def submit(self, request: Request) -> None:
        """Send a request."""
        self.in_flight += 1
        self._requests.put(request)
        if self._count < self.in_flight:
            try:
                threading.Thread(target=self._work, name="ecr_events", daemon=True).start()
                self._count += 1
            except RuntimeError:
                # The process has too many threads. Fewer of our own do the work too.
                if not self._count:
                    raise

    def wait(self, timeout: float | None) -> tuple[Request, tuple[Any, float, float]]:
        """Return a request and its result; raises queue.Empty, or an unexpected error of the thread."""
        request, result = self._results.get(timeout=timeout)
        self.in_flight -= 1
        if isinstance(result, BaseException):
            raise result
        return request, result

    def _work(self) -> None:
        _thread.stopped = self._stopped
        while (request := self._requests.get()) and not self._stopped.is_set():
            try:
                self._results.put((request, _send(self._operation, request)))
            except BaseException as error:  # noqa: BLE001 - the caller's thread raises it
                self._results.put((request, error))
