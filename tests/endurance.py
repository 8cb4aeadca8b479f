"""Memory after many repetitions: ``python tests/endurance.py``, which takes some 20 minutes.

Each case runs in a fresh process. It is repeated to warm up, and again: resident memory must not grow by more than
2 MiB. Cyclic garbage is not collected meanwhile, so that reference cycles show, too; afterwards there must be none.
"""

import argparse
import gc
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from importlib.util import find_spec
from itertools import cycle, islice
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple, get_args

from ecr_events import (
    ArchiveError,
    DecodeError,
    ECREvent,
    ECRImageActionEvent,
    ImageReference,
    InvalidReferenceError,
    RepositoryReference,
    ServiceError,
    UnknownEvent,
    decode,
    encode,
)
from ecr_events.archives import read
from ecr_events.deliveries import Failure, process, unwrap
from ecr_events.patterns import EventPattern, wildcard
from ecr_events.samples import sample, sample_json, variants
from ecr_events.service import ECRService

__all__ = ["CASES", "LEAK", "MAX_GROWTH", "Growth", "measure", "measure_in_process"]

MAX_GROWTH = 2 << 20
"""Bytes that resident memory may grow by after the warm-up."""

_HELD = 100_000
"""Errors that are held at the same time."""

_CLASSES = (*get_args(ECREvent), UnknownEvent)

LEAK = "leak"
"""A case that fails."""

Repeat = Callable[[int], int | None]
"""A function that repeats a case a number of times. It returns the resident bytes if those at its end say nothing."""


class Growth(NamedTuple):
    """The memory that many repetitions leave."""

    case: str
    repetitions: int
    rss: int
    """Resident bytes after the warm-up."""
    growth: int
    """Bytes that they have grown by."""
    garbage: list[str]
    """The objects in reference cycles, in words."""


def _register(*_: object) -> None:
    """Register nothing."""


class _Client:
    """An ECR client without a network, whose images all exist; or whose requests all fail, if it has an error code."""

    meta = SimpleNamespace(
        config=SimpleNamespace(max_pool_connections=10), events=SimpleNamespace(register_first=_register)
    )

    def __init__(self, code: str | None = None) -> None:
        self.code = code

    def describe_images(self, **parameters: Any) -> dict[str, Any]:
        """Return the images, or raise the error."""
        from botocore.exceptions import ClientError

        if self.code:
            raise ClientError({"Error": {"Code": self.code, "Message": "no"}}, "DescribeImages")
        images = parameters.pop("imageIds")
        return {"imageDetails": [image | parameters for image in images]}


class _Session:
    """A session whose clients have no network."""

    def __init__(self, code: str | None = None) -> None:
        self.code = code

    def client(self, *_: Any, **__: Any) -> Any:
        """Return a client."""
        return _Client(self.code)


def _documents() -> list[bytes]:
    return [encode(event) for cls in _CLASSES for event in variants(cls).values()]


def _broken() -> list[bytes]:
    """Return documents that are refused for many reasons."""
    documents = _documents()
    cut = [document[: len(document) // 2] for document in documents]
    typed = [document.replace(b'"version":"0"', b'"version":0') for document in documents]
    return [*cut, *typed, b"", b"[]", b"{}", b"\xff", b'{"detail-type":1}', b"[" * 2_000]


def _times(use: Callable[[Any], object], values: Iterable[Any]) -> Repeat:
    values = list(values)

    def repeat(count: int) -> None:
        for value in islice(cycle(values), count):
            use(value)

    return repeat


def _refused(use: Callable[[Any], object], error: type[Exception]) -> Callable[[Any], Exception]:
    """Return a function that returns the error of another one."""

    def returns_error(value: Any) -> Exception:
        try:
            use(value)
        except error as raised:
            return raised
        raise AssertionError(value)

    return returns_error


def _hold(use: Callable[[Any], object], values: Iterable[Any]) -> Repeat:
    """Return a function that holds all results of a round, and drops them at its end.

    How much of the heap is returned to the system then is chance, so the most that a round takes is what counts.
    """
    values = list(values)

    def repeat(count: int) -> int:
        most = 0
        for start in range(0, count, _HELD):
            held = [use(value) for value in islice(cycle(values), min(_HELD, count - start))]
            most = max(most, _rss())
            held.clear()  # the traceback of each refers to the frame of this function, and so to the list
        return most

    return repeat


def _bound() -> Repeat:
    session = _Session()
    return _times(lambda document: decode(document, session=session), _documents())


def _sessions(count: int) -> None:
    """Look up an image with a new session each time."""
    document = sample_json(ECRImageActionEvent)
    for _ in range(count):
        event = decode(document, type=ECRImageActionEvent, session=_Session())
        assert event.image is not None


def _services(count: int) -> None:
    image = sample(ECRImageActionEvent).image_reference
    assert image
    for _ in range(count):
        assert ECRService(_Session()).image(image) is not None


def _images(number: int) -> list[ImageReference]:
    app = RepositoryReference(registry_id="012345678901", region="eu-west-1", repository_name="team/app")
    return [app.image(digest=f"sha256:{each:064x}") for each in range(100 * number, 100 * number + 100)]


def _evicted() -> Repeat:
    service, numbers = ECRService(_Session(), cache_size=1_000), iter(range(1 << 40))

    def repeat(count: int) -> None:
        for number in islice(numbers, count):
            service.images(_images(number))

    return repeat


def _failed_lookups(code: str) -> Repeat:
    service = ECRService(_Session(code))
    image = sample(ECRImageActionEvent).image_reference
    assert image
    one, many = _refused(service.image, ServiceError), _refused(service.images, ServiceError)
    return _times(lambda turn: many([image]) if turn else one(image), [False, True])


def _archive() -> bytes:
    return b"\n".join(_documents() * 4)


def _damaged() -> bytes:
    return b"\n".join(each for pair in zip(_documents(), _broken(), strict=False) for each in pair)


def _read(archive: bytes) -> None:
    for _ in read(io.BytesIO(archive), on_error="skip"):
        pass


def _read_held(archive: bytes) -> None:
    errors: list[ArchiveError] = []
    for _ in read(archive, on_error=errors.append):
        pass
    assert errors  # whose tracebacks are dropped


def _read_arrow(archive: bytes) -> None:
    from ecr_events.columns import read_arrow

    for batch in read_arrow(archive, on_error="row"):
        assert batch.num_rows


def _batch() -> dict[str, Any]:
    bodies = [document.decode("utf-8", "replace") for document in _documents() + _broken()]
    return {
        "Records": [
            {"messageId": str(number), "eventSource": "aws:sqs", "body": body} for number, body in enumerate(bodies)
        ]
    }


def _fail(_: object) -> None:
    raise RuntimeError


def _process(batch: Any) -> None:
    failures: list[Failure] = []
    process(batch, _fail, on_error=failures.append)
    failures.clear()  # as in `_hold`


def _leak() -> Repeat:
    """Return a function that leaks memory and makes a reference cycle each time, which must be found."""
    leaked: list[bytearray] = []

    def leak(_: object) -> None:
        leaked.append(bytearray(100_000))
        cycle_of_one: list[Any] = []
        cycle_of_one.append(cycle_of_one)

    return _times(leak, [None])


def _matches() -> Repeat:
    patterns = [
        EventPattern(ECRImageActionEvent, action_type="PUSH", repository_name=wildcard("team/*")),
        EventPattern.parse({"detail": {"repository-name": [{"prefix": "team/"}]}}),
    ]
    events = [event for cls in _CLASSES for event in variants(cls).values()]
    return _times(lambda pair: pair[0].matches(pair[1]), [(pattern, event) for pattern in patterns for event in events])


CASES: dict[str, tuple[int, Callable[[], Repeat]]] = {
    "decode": (10_000_000, lambda: _times(decode, _documents())),
    "decode, parsed": (1_000_000, lambda: _times(decode, map(json.loads, _documents()))),
    "decode with a session": (1_000_000, _bound),
    "references of an event": (
        1_000_000,
        lambda: _times(
            lambda event: event.image_references, [sample(cls) for cls in _CLASSES if cls is not UnknownEvent]
        ),
    ),
    "decode errors, dropped": (100_000, lambda: _times(_refused(decode, DecodeError), _broken())),
    "decode errors, held and dropped": (1_000_000, lambda: _hold(_refused(decode, DecodeError), _broken())),
    "decode errors of details": (
        100_000,
        lambda: _times(
            _refused(lambda text: decode(text, type=ECRImageActionEvent), DecodeError),
            [*_broken(), b'{"detail-type":"x"}'],
        ),
    ),
    "reference errors": (
        100_000,
        lambda: _times(
            _refused(ImageReference.parse, InvalidReferenceError), ["", "a", "arn:aws:ecr:x:y:repository/z"]
        ),
    ),
    "pattern errors": (
        10_000,
        lambda: _times(_refused(EventPattern.parse, ValueError), ["{", '{"a": 1}', '{"a": [{}]}']),
    ),
    "pattern matches": (1_000_000, _matches),
    "patterns": (10_000, lambda: _times(EventPattern.parse, [{"detail": {"repository-name": [{"wildcard": "a*b"}]}}])),
    "read": (1_000, lambda: _times(_read, [_archive()])),
    "read with damage, skipped": (1_000, lambda: _times(_read, [_damaged()])),
    "read with damage, held and dropped": (1_000, lambda: _times(_read_held, [_damaged()])),
    "read_arrow": (500, lambda: _times(_read_arrow, [_damaged()])),
    "unwrap": (2_000, lambda: _times(lambda batch: list(unwrap(batch)), [_batch(), json.dumps(_batch())])),
    "process with a handler that fails": (2_000, lambda: _times(_process, [_batch()])),
    "10,000 sessions": (10_000, lambda: _sessions),
    "services": (10_000, lambda: _services),
    "lookups of 100 images with eviction": (10_000, _evicted),
    "lookups denied": (100_000, lambda: _failed_lookups("AccessDeniedException")),
    "lookups throttled": (100_000, lambda: _failed_lookups("ThrottlingException")),
}
"""The repetitions of each case, and its preparation."""

if find_spec("pyarrow") is None:
    del CASES["read_arrow"]


def measure(case: str, divisor: int = 1) -> Growth:
    """Return what a case leaves in this process, with its repetitions divided."""
    repetitions, prepare = (100 * divisor, _leak) if case == LEAK else CASES[case]
    repetitions = max(repetitions // divisor, 2)
    repeat = prepare()
    gc.collect()
    gc.disable()
    # Caches fill, and the heap gets its size.
    before = repeat(min(repetitions, 2 * _HELD))
    _collect()
    before = before or _rss()
    after = repeat(repetitions) or _rss()
    return Growth(case, repetitions, before, after - before, _collect())


def _collect() -> list[str]:
    """Return what is in reference cycles, in words, and drop it."""
    gc.set_debug(gc.DEBUG_SAVEALL)
    gc.collect()
    found = [f"{type(each).__module__}.{type(each).__qualname__}: {each!r:.100}" for each in gc.garbage]
    gc.set_debug(0)
    gc.garbage.clear()
    gc.collect()
    return found


def _rss() -> int:
    """Return the resident bytes of this process."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def measure_in_process(cases: Iterable[str], divisor: int = 1) -> list[Growth]:
    """Return the same of several cases, one after the other in a fresh process."""
    command = [sys.executable, __file__, "--here", "--divisor", str(divisor), *cases]
    # A measurement of coverage would need memory of its own.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    run = subprocess.run(command, check=True, stdout=subprocess.PIPE, env=environment)
    return [Growth(*found) for found in json.loads(run.stdout)]


def main() -> int:
    """Print a table of cases, and return 1 if one of them has grown or left garbage."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("cases", nargs="*", metavar="case", help="; ".join(CASES))
    parser.add_argument("--divisor", type=int, default=1, help="divide the repetitions of each case")
    parser.add_argument("--here", action="store_true", help="measure in this process, and print JSON")
    options = parser.parse_args()
    cases = options.cases or list(CASES)
    if options.here:
        print(json.dumps([measure(case, options.divisor) for case in cases]))
        return 0
    failed = 0
    print("| | repetitions | resident after warm-up | growth | cyclic garbage |\n|---|---:|---:|---:|---|", flush=True)
    for case in cases:
        (found,) = measure_in_process([case], options.divisor)
        failed += found.growth > MAX_GROWTH or bool(found.garbage)
        garbage = f"{len(found.garbage)}: {'; '.join(found.garbage[:3])}" if found.garbage else "none"
        cells = f"{found.rss / 2**20:.1f} MiB | {found.growth / 2**10:,.0f} KiB | {garbage}"
        print(f"| {case} | {found.repetitions:,} | {cells} |", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
