"""Requests that nobody waits for any more, after a timeout or an interrupt."""

import threading

__all__ = ["check_abandoned", "set_abandoned"]

_thread = threading.local()


class _AbandonedError(BaseException):
    """Not an Exception, so that botocore does not retry."""


def set_abandoned(abandoned: threading.Event) -> None:
    """Tell for all requests of this thread whether they are abandoned."""
    _thread.abandoned = abandoned


def check_abandoned(**_: object) -> None:
    """Raise an error in a thread whose requests are abandoned."""
    abandoned: threading.Event | None = getattr(_thread, "abandoned", None)
    if abandoned is not None and abandoned.is_set():
        raise _AbandonedError
