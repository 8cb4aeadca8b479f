"""The work of a command on many files, in several processes.

Every worker writes the messages about a group of files to a file of its own. The parent reads them
in the order of the files, so that neither the output nor the errors depend on the number of workers,
and no process holds more than a message. Workers are a bounded number of groups ahead.
"""

import pickle
import signal
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context, resource_tracker
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import current_thread, main_thread
from typing import Any

from ecr_events.cli.files import BytesRead, InvalidDocument, Job, Message, Reading, Send, process_files
from ecr_events.drafts import DRAFT

__all__ = ["interrupts_blocked", "process_files_in_parallel", "write_messages"]

_PROTOCOL = 5
"""The version of pickle that does not copy large buffers."""

_GROUPS_AHEAD = 2
"""Groups per worker that are done, or being worked on, while the messages about an earlier one are read."""


def process_files_in_parallel(
    reading: Reading, job: Job, groups: Sequence[Sequence[Any]], send: Send, jobs: int, *, folder: str | None = None
) -> None:
    """Do the same as `process_files`, with several workers. The job runs once for each group of files.

    Messages about as many groups as are ahead are in a hidden folder in `folder`, by default that of temporary files.

    Raises:
        ChildProcessError: A worker has been killed.
    """
    # A forked process could inherit a lock that a thread of the parent holds.
    context = get_context("spawn")
    with (
        TemporaryDirectory(prefix=DRAFT, dir=folder) as own,
        ProcessPoolExecutor(jobs, context) as executor,
    ):
        running = Path(own, "running")
        running.touch()
        waiting: deque[Future[str]] = deque()
        remaining = enumerate(groups)
        try:
            while True:
                while len(waiting) < _GROUPS_AHEAD * jobs and (item := next(remaining, None)):
                    number, names = item
                    with interrupts_blocked():
                        waiting.append(executor.submit(write_messages, reading, job, names, f"{own}/{number}"))
                if not waiting:
                    break
                for message in _read_messages(waiting.popleft().result()):
                    send(message)
                    if reading.on_error == "stop" and isinstance(message, InvalidDocument):
                        remaining = enumerate(())
                        for future in waiting:
                            future.cancel()
                        waiting.clear()
        except BrokenProcessPool:
            raise ChildProcessError("a worker process was killed; --jobs 1 needs none") from None
        finally:
            running.unlink()
            executor.shutdown(cancel_futures=True)


@contextmanager
def interrupts_blocked() -> Generator[None]:
    """Start workers that do not see an interrupt: it is for the parent to end them, once they have been started."""
    # It unblocks interrupts when it starts.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        with _interrupts_deferred():
            yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _interrupts_deferred() -> Generator[None]:
    """Have an interrupt wait that a thread of a library receives, which blocks none. Python handles it in this one."""
    handler = signal.getsignal(signal.SIGINT)
    if current_thread() is not main_thread() or handler is None:
        yield
        return
    deferred: list[int] = []
    signal.signal(signal.SIGINT, lambda number, _: deferred.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)
        for number in deferred[:1]:
            signal.raise_signal(number)


def write_messages(reading: Reading, job: Job, names: Sequence[Any], path: str) -> str:
    """Write the messages about files to another file, in a worker. Return its path.

    Ends early when the parent has removed the file ``running`` beside it.
    """
    running = Path(path).with_name("running")
    with Path(path).open("wb") as file:

        def write(message: Message) -> None:
            pickle.dump(message, file, _PROTOCOL)
            if isinstance(message, BytesRead) and not running.exists():
                raise InterruptedError

        process_files(reading, job, names, write)
    return path


def _read_messages(path: str) -> Iterator[Message]:
    with Path(path).open("rb") as file:
        while True:
            try:
                yield pickle.load(file)  # noqa: S301 - written by a worker
            except EOFError:
                break
    Path(path).unlink()
