"""Requests in threads, which a timeout or an interrupt abandons without waiting for them."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

from ecr_events.errors import ServiceError, detach
from ecr_events.service.batching import MAX_IN_FLIGHT, Piece, Plan, Request
from ecr_events.service.clients import set_abandoned
from ecr_events.service.error_mapping import NotFoundError, UnresolvedNameError

if TYPE_CHECKING:
    from ecr_events.service.operations import Operation

__all__ = ["run"]

_FAILURES = (ServiceError, UnresolvedNameError, NotFoundError)


def run(plan: Plan, deadline: float | None) -> Iterator[Piece]:
    """Return the outcomes of a plan's keys, request by request, until `deadline` by `time.monotonic`.

    A single request without a deadline runs in the calling thread. Otherwise the calling thread waits for the results
    of daemon threads, which an interrupt ends at once. After that no request is sent, also not by botocore's retries.
    """
    try:
        yield from _run_here(plan) if plan.is_single and deadline is None else _run_in_threads(plan, deadline)
    finally:
        plan.close()


def _run_here(plan: Plan) -> Iterator[Piece]:
    while request := plan.take():
        yield plan.finish(request, *_send(plan.operation, request))


def _run_in_threads(plan: Plan, deadline: float | None) -> Iterator[Piece]:
    results: SimpleQueue[tuple[Request, tuple[Any, float, float] | BaseException]] = SimpleQueue()
    abandoned = threading.Event()

    def work(request: Request) -> None:
        set_abandoned(abandoned)
        try:
            results.put((request, _send(plan.operation, request)))
        except BaseException as error:  # noqa: BLE001 - the calling thread raises it
            results.put((request, error))

    in_flight = 0
    try:
        while deadline is None or time.monotonic() < deadline:
            while in_flight < MAX_IN_FLIGHT and (request := plan.take()):
                in_flight += 1
                try:
                    threading.Thread(target=work, args=(request,), name="ecr_events", daemon=True).start()
                except RuntimeError as error:
                    if error.__context__ is not None:
                        # An interrupt, which left a lock of `start` released.
                        raise error.__context__ from None
                    # The process has too many threads.
                    results.put((request, _send(plan.operation, request)))
                    break
            if not in_flight:
                return
            try:
                remaining = None if deadline is None else max(0.0, deadline - time.monotonic())
                request, result = results.get(timeout=remaining)
            except Empty:
                return
            in_flight -= 1
            if isinstance(result, BaseException):
                raise result
            yield plan.finish(request, *result)
    finally:
        abandoned.set()


def _send(operation: Operation, request: Request) -> tuple[Any, float, float]:
    """Return what the operation returns or raises for a request, with the times before and after."""
    sent = time.monotonic()
    result: Any
    try:
        if request.names:
            result = operation.describe(request.group.key, request.names)
        else:
            result = operation.page(request.group.key, request.token)
    except _FAILURES as error:
        detach(error)  # its traceback would refer to this frame, and so to the error
        result = error
    return result, sent, time.monotonic()
