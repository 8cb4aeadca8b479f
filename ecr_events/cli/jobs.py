"""The work of a command on many files, in several processes.

Every worker writes the messages about a file to a file of its own. The parent reads them in the
order of the files, so that neither the output nor the errors depend on the number of workers, and
no process holds more than a message. Workers are a bounded number of files ahead.
"""

import pickle
import signal
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

from ecr_events.cli.files import BytesRead, InvalidDocument, Job, Message, Selection, Send, process_files

__all__ = ["process_files_in_parallel", "write_messages"]

_FILES_AHEAD = 2
"""Files per worker that are done, or being worked on, while the messages about an earlier one are read."""


def process_files_in_parallel(selection: Selection, job: Job, names: list[str], send: Send, jobs: int) -> None:
    """Do the same as `process_files`, with several workers. The job runs once for each file.

    Raises:
        ChildProcessError: A worker has been killed.
    """
    # A forked process could inherit a lock that a thread of the parent holds.
    context = get_context("spawn")
    with (
        TemporaryDirectory(prefix="ecr-events-") as folder,
        ProcessPoolExecutor(jobs, context, initializer=_ignore_interrupts) as executor,
    ):
        running = Path(folder, "running")
        running.touch()
        waiting: deque[Future[str]] = deque()
        remaining = enumerate(names)
        try:
            while True:
                while len(waiting) < _FILES_AHEAD * jobs and (item := next(remaining, None)):
                    number, name = item
                    waiting.append(executor.submit(write_messages, selection, job, name, f"{folder}/{number}"))
                if not waiting:
                    break
                for message in _read_messages(waiting.popleft().result()):
                    send(message)
                    if selection.on_error == "stop" and isinstance(message, InvalidDocument):
                        remaining = enumerate(())
                        for future in waiting:
                            future.cancel()
                        waiting.clear()
        except BrokenProcessPool:
            raise ChildProcessError("a worker process was killed; --jobs 1 needs none") from None
        finally:
            running.unlink()
            executor.shutdown(cancel_futures=True)


def _ignore_interrupts() -> None:
    """Leave it to the parent to end the workers after an interrupt."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # pragma: no cover - in a worker


def write_messages(selection: Selection, job: Job, name: str, path: str) -> str:
    """Write the messages about a file to another, in a worker. Return its path.

    Ends early when the parent has removed the file ``running`` beside it.
    """
    running = Path(path).with_name("running")
    with Path(path).open("wb") as file:

        def write(message: Message) -> None:
            pickle.dump(message, file)
            if isinstance(message, BytesRead) and not running.exists():
                raise InterruptedError

        process_files(selection, job, [name], write)
    return path


def _read_messages(path: str) -> Iterator[Message]:
    with Path(path).open("rb") as file:
        while True:
            try:
                yield pickle.load(file)  # noqa: S301 - written by a worker
            except EOFError:
                break
    Path(path).unlink()
