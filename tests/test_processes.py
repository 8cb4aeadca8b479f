"""Processes that are spawned or forked: what is sent between them, services, and forks amid work of other threads."""

import multiprocessing
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any, get_args

import process_tasks as tasks
import pytest
from conftest import APP, LoopbackSession, digest
from fake_ecr import ECRServer

from ecr_events import (
    BatchServiceError,
    DecodeError,
    ECREvent,
    ECRImageActionEvent,
    EventBridgeEvent,
    ServiceTimeoutError,
    UnknownEvent,
    encode,
)
from ecr_events.deliveries import InvalidRecord
from ecr_events.patterns import EventPattern, prefix
from ecr_events.samples import sample
from ecr_events.service import ECRService

pytestmark = [
    pytest.mark.threads,
    pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning"),  # of a process with threads
]

EVENTS: list[EventBridgeEvent] = [sample(cls) for cls in (*get_args(ECREvent), UnknownEvent)]
DOCUMENTS = [encode(event) for event in EVENTS]
BROKEN = [document[:-20] for document in DOCUMENTS]


class _Pool:
    """Two processes, whatever has been started how."""

    def __init__(self, method: str) -> None:
        self.method = method
        self._pool = multiprocessing.get_context(method).Pool(2)

    def map(self, function: Callable[[Any], Any], values: Any) -> list[Any]:
        """Return the results, or raise the first error."""
        return self._pool.map(function, values, chunksize=1)

    def close(self) -> None:
        """End the processes."""
        self._pool.terminate()
        self._pool.join()


@pytest.fixture(scope="module", params=multiprocessing.get_all_start_methods())
def pool(request: pytest.FixtureRequest) -> Iterator[_Pool]:
    """Return processes of each kind."""
    pool = _Pool(request.param)
    yield pool
    pool.close()


def _description(error: DecodeError) -> tuple[Any, ...]:
    return type(error), str(error), error.payload


def test_events_and_errors_are_sent_between_processes(pool: _Pool) -> None:
    """They arrive as they left."""
    assert pool.map(tasks.decode_or_raise, DOCUMENTS) == EVENTS
    here = [_description(tasks.return_error(document)) for document in BROKEN]
    assert [_description(error) for error in pool.map(tasks.return_error, BROKEN)] == here
    with pytest.raises(DecodeError) as caught:
        pool.map(tasks.decode_or_raise, BROKEN)
    assert _description(caught.value) in here


def test_archives_and_deliveries_are_read_in_other_processes(pool: _Pool) -> None:
    """With the errors of what is broken, and patterns that were built here."""
    archive = b"\n".join(DOCUMENTS + BROKEN)
    events, errors = tasks.read_all(archive)
    assert len(errors) > 1
    for found, found_errors in pool.map(tasks.read_all, [archive] * 4):
        assert found == events
        assert [_description(error) for error in found_errors] == [_description(error) for error in errors]
    bodies = [document.decode() for document in DOCUMENTS + BROKEN]
    records = [{"messageId": str(n), "eventSource": "aws:sqs", "body": body} for n, body in enumerate(bodies)]
    (found,) = pool.map(tasks.unwrap_all, [{"Records": records}])
    assert [record.id for record in found] == [record["messageId"] for record in records]
    assert [isinstance(record, InvalidRecord) for record in found] == [False] * len(EVENTS) + [True] * len(BROKEN)
    pattern = EventPattern(ECRImageActionEvent, repository_name=[prefix("team/")])
    assert pool.map(tasks.match, [(pattern, event) for event in EVENTS]) == [*map(pattern.matches, EVENTS)]


def test_a_service_is_created_in_each_process(pool: _Pool, server: ECRServer, session: LoopbackSession) -> None:
    """Also where another one has been used before in this process."""
    server.add(APP.image(digest=digest(1)))
    expected = ECRService(session).images(APP.image(digest=digest(number)) for number in range(3))
    assert [image is not None for image in expected.values()] == [False, True, False]
    assert pool.map(tasks.look_up, [server.url] * 4) == [expected] * 4


def test_the_error_of_a_batch_is_sent_between_processes(pool: _Pool) -> None:
    """With the error of each reference."""
    with pytest.raises(BatchServiceError) as caught:
        pool.map(tasks.look_up, ["http://127.0.0.1:1"])
    assert {reference.image_digest for reference in caught.value.errors} == {digest(number) for number in range(3)}
    assert not any(isinstance(error, ServiceTimeoutError) for error in caught.value.errors.values())


def test_a_service_is_not_sent_between_processes() -> None:
    """The error says what to do instead."""
    with pytest.raises(TypeError, match=r"an ECRService has connections .* create one in each process"):
        pickle.dumps(ECRService())


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="no fork on this system")
def test_a_service_is_inherited_by_forked_processes(server: ECRServer, session: LoopbackSession) -> None:
    """With new connections and an empty cache."""
    server.add(APP.image(digest=digest(1)))
    service = ECRService(session)
    expected = service.images(APP.image(digest=digest(number)) for number in range(3))
    tasks.SERVICES[:] = [service]
    pool = _Pool("fork")
    try:
        assert pool.map(tasks.look_up_again, range(4)) == [expected] * 4
    finally:
        pool.close()
        tasks.SERVICES.clear()


_FORK = """
import os, signal, threading, time
from ecr_events import ECRImageActionEvent, decode
from ecr_events.samples import sample_json
from ecr_events.structs import build_once

text = sample_json(ECRImageActionEvent)
{thread}
child = os.fork()
if not child:
    signal.alarm(20)
    decode(text)
    os._exit(0)
thread.join()
decode(text)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""

_BUILDING = """
building = threading.Event()

def build(_):
    building.set()
    time.sleep(0.3)

thread = threading.Thread(target=build_once(build), args=(1,))
thread.start()
building.wait()
"""

_DECODING = """
thread = threading.Thread(target=decode, args=(text,))
thread.start()
"""


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="no fork on this system")
@pytest.mark.parametrize("thread", [_BUILDING, _DECODING], ids=["builds a decoder", "decodes for the first time"])
def test_a_fork_waits_for_threads_that_build_decoders(thread: str) -> None:
    """The child could not build one: the lock would be held for ever."""
    code = _FORK.format(thread=thread)
    for _ in range(3):
        command = [sys.executable, "-W", "ignore", "-c", code]
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        assert (run.returncode, run.stdout, run.stderr) == (0, "0\n", "")
