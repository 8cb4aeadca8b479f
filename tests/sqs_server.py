"""SQS on loopback: moto in a process of its own, with its queues under a lock.

moto's queues are lists that its threads replace without one. Of two requests at the same time, a delete undoes another
one, a message that is sent is lost, and a message is received twice.
"""

import functools
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any, NamedTuple

__all__ = ["SQSServer", "sqs_server"]

_POLL = 0.05
"""Seconds between two looks at a queue that is empty."""

_CHANGES = (
    "change_message_visibility_batch",
    "delete_message_batch",
    "get_queue_attributes",
    "send_message_batch",
)


class SQSServer(NamedTuple):
    """A server that runs."""

    url: str
    pid: int
    """The id of its process."""


@contextmanager
def sqs_server() -> Generator[SQSServer]:
    """Return a server without queues, which ends with the context, or with this process."""
    command = [sys.executable, __file__]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        try:
            yield SQSServer(f"http://127.0.0.1:{int(process.stdout.readline())}", process.pid)
        finally:
            process.stdin.close()
            process.wait(timeout=60)


def _lock_queues(backend: Any) -> None:
    """Replace the methods of a class with those that hold a lock, but not while they wait for messages."""
    lock = threading.RLock()

    def locked(method: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(method)
        def call(*arguments: Any, **options: Any) -> Any:
            with lock:
                return method(*arguments, **options)

        return call

    for name in _CHANGES:
        setattr(backend, name, locked(getattr(backend, name)))
    receive = locked(backend.receive_message)

    def receive_message(self: Any, queue: str, count: int, wait: float, *options: Any) -> Any:
        end = time.monotonic() + wait
        while not (found := receive(self, queue, count, 0, *options)) and time.monotonic() < end:
            time.sleep(_POLL)
        return found

    backend.receive_message = receive_message


def _serve() -> None:
    import logging

    from moto.moto_server.threaded_moto_server import ThreadedMotoServer
    from moto.sqs.models import SQSBackend

    _lock_queues(SQSBackend)
    logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    sys.stdout.write(f"{server.get_host_and_port()[1]}\n")
    sys.stdout.flush()
    sys.stdin.read()


if __name__ == "__main__":
    _serve()
