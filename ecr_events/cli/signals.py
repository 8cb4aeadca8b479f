"""Signals that end a command: Ctrl-C, SIGTERM, and SIGHUP of a terminal that is closed.

While a command runs they raise KeyboardInterrupt, so that what it has begun is removed. Where that would leave
something half done, they wait. Before and after, there is nothing to remove, and they end the process as any other.
"""

import atexit
import signal
from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from threading import current_thread, main_thread
from time import monotonic
from types import FrameType
from typing import Any

__all__ = ["SIGNALS", "AtExit", "Received", "deferred", "raised"]

SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))

_PATIENCE = 1.0
"""Seconds in which further signals are taken for the same one, and for which it waits for a reader of the output."""

_SHORTEST = 0.01
"""Seconds in which output is tried again that has been given up."""


class Received:
    """The signals that a command has received."""

    def __init__(self) -> None:
        self.number: int = 0
        """The first signal."""
        self._time = 0.0
        self._deadline: float | None = None
        """When output is given up: some time after the first wait for its reader."""
        self._is_deferred = self._is_output = self._is_waiting = self._has_timer = False

    @contextmanager
    def raised(self) -> Generator[None]:
        """Have signals raise KeyboardInterrupt."""
        handlers: dict[int, Any] = dict.fromkeys(SIGNALS, self._receive)
        if hasattr(signal, "SIGALRM"):  # pragma: no branch - Windows has no timers
            handlers[signal.SIGALRM] = self._expire
        before = {number: signal.getsignal(number) for number in handlers}
        # Those that are ignored, as nohup does, stay so, and those that a program handles which calls `main`.
        replaced = [number for number in handlers if before[number] in {signal.SIG_DFL, signal.default_int_handler}]
        try:
            for number in replaced:
                signal.signal(number, handlers[number])
            self._has_timer = signal.SIGALRM in replaced
            yield
        finally:
            for number in replaced:
                signal.signal(number, before[number])

    @contextmanager
    def deferred(self, *, is_output: bool) -> Generator[None]:
        """Have signals wait."""
        self._is_deferred, self._is_output = True, is_output
        self._set_timer()
        try:
            yield
        finally:
            self._is_deferred = self._is_output = False
            self._set_timer()
        if self._is_waiting:
            self._is_waiting = False
            raise KeyboardInterrupt

    def _receive(self, number: int, _: FrameType | None) -> None:
        now = monotonic()
        if self.number and now < self._time + _PATIENCE:
            return
        self.number, self._time = self.number or number, now
        if not self._is_deferred:
            raise KeyboardInterrupt
        self._is_waiting = True
        self._set_timer()

    def _expire(self, _: int, __: FrameType | None) -> None:
        raise KeyboardInterrupt

    def _set_timer(self) -> None:
        if self.number and self._has_timer:
            left = 0.0
            if self._is_output:
                now = monotonic()
                self._deadline = self._deadline or now + _PATIENCE
                left = max(self._deadline - now, _SHORTEST)
            signal.setitimer(signal.ITIMER_REAL, left)


_commands: list[Received] = []
"""The commands that run: none in a worker."""


@contextmanager
def raised() -> Generator[Received]:
    """Have signals raise KeyboardInterrupt, in the main thread."""
    received = Received()
    if current_thread() is not main_thread():
        yield received
        return
    _commands.append(received)
    try:
        with received.raised():
            yield received
    finally:
        _commands.pop()


def deferred(*, is_output: bool = False) -> AbstractContextManager[None]:
    """Have signals wait until something is complete. Output is given up if nobody reads it."""
    if _commands and current_thread() is main_thread():
        return _commands[-1].deferred(is_output=is_output)
    return nullcontext()


class AtExit:
    """The signal that ends the process when Python has cleaned up, so that a shell does not go on with its loop."""

    def __init__(self) -> None:
        self.number: int | None = None
        # What is registered first is called last.
        atexit.register(self._end)

    def _end(self) -> None:
        if self.number:
            signal.signal(self.number, signal.SIG_DFL)
            signal.raise_signal(self.number)
