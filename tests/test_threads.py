"""Many threads: the first use of everything in fresh interpreters, and results that are those of one thread.

msgspec crashes if each thread builds a decoder. CI runs these tests on a free-threaded CPython, too.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from threading import Barrier
from typing import Any, get_args

import pytest
from conftest import APP, LoopbackSession, digest
from fake_ecr import ECRServer

from ecr_events import DecodeError, ECREvent, ECRImageActionEvent, UnknownEvent, decode, encode
from ecr_events.archives import read
from ecr_events.deliveries import process, unwrap
from ecr_events.patterns import EventPattern, wildcard
from ecr_events.samples import variants
from ecr_events.service import ECRService

pytestmark = pytest.mark.threads

THREADS = 16

_PROGRAM = f"""
import sys, threading
import ecr_events
from ecr_events.samples import sample_json
from ecr_events import *

sys.setswitchinterval(1e-6)
samples = [sample_json(cls) for cls in (ECRImageActionEvent, ECRReplicationActionEvent, Inspector2FindingEvent)]
{{prepare}}
barrier = threading.Barrier({THREADS})
done = []


def work(number):
    barrier.wait()
    done.append((number, [use((number + turn) % 3) for turn in range(9)]))


threads = [threading.Thread(target=work, args=(number,)) for number in range({THREADS})]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
expected = [use(number) for number in range(3)]
for number, results in done:
    assert results == [expected[(number + turn) % 3] for turn in range(9)]
print(len(done))
"""

USES = {
    "JSON": "use = lambda number: decode(samples[number])",
    "a dict": "import json; documents = [*map(json.loads, samples)]; use = lambda number: decode(documents[number])",
    "a type": "use = lambda number: decode(samples[number], type=UnknownEvent)",
    "an error": """
def use(number):
    try:
        decode(samples[number][:100])
    except DecodeError as error:
        return str(error)
""",
    "a schema": "use = lambda number: json_schema([ECRImageActionEvent, ScanEvent, ECREvent][number])",
    "an archive": "from ecr_events.archives import read; use = lambda number: list(read(samples[number]))",
    "an archive for one type": """
from ecr_events.archives import read
use = lambda number: list(read(samples[number], types=[ECRImageActionEvent]))
""",
    "a message": """
import json
from ecr_events.deliveries import unwrap
texts = [json.dumps({"Type": "Notification", "Message": sample.decode()}) for sample in samples]
use = lambda n: list(unwrap({"Records": [{"messageId": "1", "body": texts[n], "messageAttributes": {}}]}))
""",
    "a batch as bytes": """
import json
from ecr_events.deliveries import unwrap
records = [[{"messageId": "1", "body": sample.decode(), "messageAttributes": {}}] for sample in samples]
texts = [json.dumps({"Records": each}, separators=(",", ":")).encode() for each in records]
use = lambda number: list(unwrap(texts[number]))
""",
    "a pattern": """
from ecr_events.patterns import EventPattern, wildcard
def use(number):
    pattern = EventPattern(ECRImageActionEvent, repository_name=wildcard("team/*"))
    return pattern.to_dict(), pattern.matches(decode(samples[number]))
""",
    "a response of ECR": """
from ecr_events.service import api
response = {"imageDetails": [{"imageDigest": "sha256:1", "registryId": "1", "repositoryName": "a"}]}
use = lambda _: api._convert(response, "DescribeImagesResponse")
""",
}

if find_spec("pyarrow"):
    USES["columns"] = """
from ecr_events.columns import read_arrow
use = lambda number: read_arrow(samples[number]).read_all().to_pylist()
"""


@pytest.mark.parametrize("prepare", USES.values(), ids=USES)
def test_the_first_use_may_be_in_many_threads(prepare: str) -> None:
    """Each thread gets the results that one thread gets, and the process goes on."""
    code = _PROGRAM.format(prepare=prepare)
    for _ in range(2):
        run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
        assert (run.returncode, run.stdout, run.stderr) == (0, f"{THREADS}\n", "")


@pytest.fixture
def _busy() -> Iterator[None]:
    """Switch threads as often as possible."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


def in_threads(use: Callable[[], Any]) -> list[Any]:
    """Return the result of each of 16 threads that start at once."""
    barrier = Barrier(THREADS)

    def work(_: int) -> Any:
        barrier.wait()
        return use()

    with ThreadPoolExecutor(THREADS) as threads:
        return list(threads.map(work, range(THREADS)))


EVENTS = [event for cls in (*get_args(ECREvent), UnknownEvent) for event in variants(cls).values()]
DOCUMENTS = [encode(event) for event in EVENTS]
BROKEN = [document[:-20] for document in DOCUMENTS]
ARCHIVE = b"\n".join(each for pair in zip(DOCUMENTS, BROKEN, strict=True) for each in pair)


def _decode_all() -> list[Any]:
    found: list[Any] = []
    for document in DOCUMENTS + BROKEN:
        try:
            found.append(decode(document))
        except DecodeError as error:
            found.append((str(error), error.payload))
    return found


def _read_all() -> list[Any]:
    errors: list[Any] = []
    return [*read(ARCHIVE, on_error=errors.append), *((str(error), error.payload) for error in errors)]


def _read_columns() -> list[Any]:
    from ecr_events.columns.reading import read_sources

    reader = read_sources(
        [ARCHIVE, DOCUMENTS[0]], types=None, columns=None, batch_size=10, on_error="row", dictionaries=True
    )
    found: list[Any] = reader.read_all().to_pylist()
    return found


def _match_all() -> list[bool]:
    pattern = EventPattern(ECRImageActionEvent, repository_name=wildcard("team/*"))
    return [pattern.matches(event) for event in EVENTS]


def _delivery() -> dict[str, Any]:
    bodies = [document.decode() for document in DOCUMENTS + BROKEN]
    return {"Records": [{"messageId": str(n), "eventSource": "aws:sqs", "body": body} for n, body in enumerate(bodies)]}


def _unwrap_all() -> list[Any]:
    return [str(record) for record in unwrap(json.dumps(_delivery()))]


def _process_all() -> Any:
    return process(_delivery(), lambda event: event.image_references, on_error=lambda _: None)


RESULTS: list[Callable[[], Any]] = [_decode_all, _read_all, _match_all, _unwrap_all, _process_all]
if find_spec("pyarrow"):
    RESULTS.append(_read_columns)


@pytest.mark.parametrize("use", RESULTS)
@pytest.mark.usefixtures("_busy")
def test_results_in_threads_are_those_of_one_thread(use: Callable[[], Any]) -> None:
    """Events, errors, columns and responses."""
    assert in_threads(use) == [use()] * THREADS


@pytest.mark.usefixtures("_busy")
def test_lookups_in_threads_are_those_of_one_thread(server: ECRServer, session: LoopbackSession) -> None:
    """Of a shared service whose cache is too small, and of its first lookups."""
    references = [APP.image(digest=digest(number)) for number in range(60)]
    for reference in references[::2]:
        server.add(reference)
    service = ECRService(session, cache_size=20)

    def look_up() -> Any:
        single = [service.image(reference) for reference in references[:5]]
        return single, service.images(references), service.repositories([APP])

    found = in_threads(look_up)
    expected = look_up()
    assert found == [expected] * THREADS
    assert [image is not None for image in expected[1].values()] == [True, False] * 30
    assert expected[2][APP] is not None
