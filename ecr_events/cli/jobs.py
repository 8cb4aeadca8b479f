"""The work of a command on many files, in several processes.

Every worker writes the messages about a group of files to a file of its own. The parent reads them
in the order of the files, so that neither the output nor the errors depend on the number of workers,
and no process holds more than a message. Workers are a bounded number of groups ahead.
"""

import os
import pickle
import signal
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context, resource_tracker
from pathlib import Path
from threading import Thread
from typing import Any

from ecr_events.cli.files import InvalidDocument, Job, Message, Reading, Send, process_files
from ecr_events.cli.folders import hidden_folder
from ecr_events.cli.signals import SIGNALS, deferred

__all__ = ["process_files_in_parallel", "start_worker", "write_messages"]

_PROTOCOL = 5
"""The version of pickle that does not copy large buffers."""

_GROUPS_AHEAD = 2
"""Groups per worker that are done, or being worked on, while the messages about an earlier one are read."""


def process_files_in_parallel(
    reading: Reading,
    job: Job,
    groups: Sequence[Sequence[Any]],
    send: Send,
    jobs: int,
    *,
    stops: bool = False,
    folder: str | None = None,
) -> None:
    """Do the same as `process_files`, with several workers. The job runs once for each group of files.

    If it `stops`, groups behind the first one with a document that cannot be decoded are dropped.

    Messages about as many groups as are ahead are in a hidden folder in `folder`, by default that of temporary files.

    Raises:
        ChildProcessError: A worker has been killed.
    """
    # A forked process could inherit a lock that a thread of the parent holds.
    context = get_context("spawn")
    end, parent = context.Pipe(duplex=False)
    with (
        end,
        parent,
        hidden_folder(folder) as own,
        ProcessPoolExecutor(jobs, context, start_worker, (end,)) as executor,
    ):
        waiting: deque[Future[str]] = deque()
        remaining = enumerate(groups)
        try:
            while True:
                while len(waiting) < _GROUPS_AHEAD * jobs and (item := next(remaining, None)):
                    number, names = item
                    with _signals_blocked():
                        waiting.append(executor.submit(write_messages, reading, job, names, f"{own}/{number}"))
                if not waiting:
                    break
                for message in _read_messages(waiting.popleft().result()):
                    send(message)
                    if stops and isinstance(message, InvalidDocument):
                        parent.close()
                        remaining = enumerate(())
                        waiting.clear()
        except BaseException as error:
            parent.close()
            if isinstance(error, BrokenProcessPool):
                raise ChildProcessError("a worker process was killed; --jobs 1 needs none") from None
            raise


@contextmanager
def _signals_blocked() -> Generator[None]:
    """Start workers that see no signals, which a terminal sends to them too: it is for the parent to end them."""
    with deferred():  # a thread of a library, which blocks none, may receive them
        before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        try:
            resource_tracker.ensure_running()  # unblocks some
            signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
            yield
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


def start_worker(end: Any) -> None:
    """Have this worker end at once when its parent closes the other end of a pipe, or is killed."""
    Thread(target=_end_with, args=(end,), daemon=True).start()


def _end_with(end: Any) -> None:
    end.poll(None)
    os._exit(1)


def write_messages(reading: Reading, job: Job, names: Sequence[Any], path: str) -> str:
    """Write the messages about files to another file, in a worker. Return its path."""
    try:
        with Path(path).open("wb") as file:
            process_files(reading, job, names, lambda message: pickle.dump(message, file, _PROTOCOL))
    except OSError as error:
        error.filename = error.filename or path
        raise
    return path


def _read_messages(path: str) -> Iterator[Message]:
    with Path(path).open("rb") as file:
        while True:
            try:
                yield pickle.load(file)  # noqa: S301 - written by a worker
            except EOFError:
                break
    Path(path).unlink()
