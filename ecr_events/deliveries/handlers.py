"""Handlers of events: their types, checks that they do their work, and the log of failures."""

from collections.abc import AsyncGenerator, Callable, Generator, Iterable
from contextlib import suppress
from functools import partial
from types import CoroutineType
from typing import Final, TypeAlias, cast

import msgspec

from ecr_events.deliveries.records import InvalidRecord, Record
from ecr_events.errors import DecodeError, ServiceError
from ecr_events.events import ECREvent, UnknownEvent

__all__ = [
    "DEFERRING_FLAGS",
    "DROPPED",
    "Dropped",
    "Failure",
    "Handler",
    "OnError",
    "TransformHandler",
    "log_failure",
    "reject_deferred",
    "reject_deferring",
]


class Dropped:
    """The type of `DROPPED`."""

    def __repr__(self) -> str:
        return "DROPPED"

    def __reduce__(self) -> str:
        return "DROPPED"  # the name of the only instance in this module, for pickle and copy


DROPPED: Final = Dropped()
"""Handler result that drops a Firehose record."""


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """A record that was not processed."""

    record: Record | InvalidRecord
    """The record."""

    error: Exception
    """The exception that the handler raised, or the record's own `DecodeError`."""


Handler: TypeAlias = Callable[[ECREvent | UnknownEvent], object]
"""A function that processes one event. Its result is ignored; an exception fails the record."""

TransformHandler: TypeAlias = Callable[[ECREvent | UnknownEvent], bytes | str | Dropped | None]
"""A function that returns the new data of a Firehose record, None to leave it unchanged, or `DROPPED`."""

OnError: TypeAlias = Callable[[Failure], object]
"""A function that is called with each failure, such as a list's ``append``. An exception ends the processing."""

_LAZY = Generator, AsyncGenerator, map, filter, zip

_PROMISES = ("__await__", "add_done_callback")
"""Attributes of awaitables and of futures."""

DEFERRING_FLAGS = 0x20 | 0x80 | 0x100 | 0x200
"""CO_GENERATOR, CO_COROUTINE, CO_ITERABLE_COROUTINE and CO_ASYNC_GENERATOR of `inspect`, which is slow to import."""


def reject_deferring(handler: object, name: str = "handler") -> None:
    """Check that calling `handler` runs it.

    Raises:
        TypeError: It is a coroutine function, a generator function or an async generator function, or not callable.
    """
    if not callable(handler):
        raise TypeError(f"{name} must be callable, not {type(handler).__name__}")
    function: Callable[..., object] = handler
    while isinstance(function, partial):
        function = cast("partial[object]", function).func
    code = getattr(function, "__code__", None) or getattr(type(function).__call__, "__code__", None)
    if code is not None and code.co_flags & DEFERRING_FLAGS:
        found = getattr(function, "__qualname__", type(function).__qualname__)
        raise TypeError(f"{name} must be a plain function, but {found} is a coroutine or generator function")


def reject_deferred(result: object, name: str = "handler") -> None:
    """Check that a handler has done its work.

    Raises:
        TypeError: The result, or an item of a list or tuple, is an awaitable, a future, a generator, an async
            generator or a lazy iterator such as `map`: the work may never be done, or fail unseen.
    """
    results = cast("Iterable[object]", result) if isinstance(result, list | tuple) else (result,)
    deferred = [item for item in results if _is_deferred(item)]
    for item in deferred:
        if isinstance(item, CoroutineType):
            cast("CoroutineType[object, object, object]", item).close()  # or Python warns that it was never awaited
    if deferred:
        raise TypeError(f"{name} must finish its work, not return an object of type {type(deferred[0]).__name__}")


def _is_deferred(result: object) -> bool:
    type_ = type(result)
    return issubclass(type_, _LAZY) or any(hasattr(type_, name) for name in _PROMISES)


def log_failure(failure: Failure) -> None:
    """Log a failure at ERROR to the logger ``ecr_events``: the record's id, and what failed where.

    The message of a handler's exception may quote the event, so its class and its traceback are logged without it. That
    of a lookup names no more of the event than the repository or the image, with region and account.
    """
    import logging

    error = failure.error
    reason = type(error).__name__
    if isinstance(error, DecodeError | ServiceError):
        with suppress(Exception):  # of a handler's own class, which need not have a text
            reason += f": {error}"
    if not isinstance(error, DecodeError):
        import traceback

        reason = "\n".join([reason, *map(str.rstrip, traceback.format_tb(error.__traceback__))])
    logging.getLogger("ecr_events").error("record %.200r failed: %s", failure.record.id, reason)
