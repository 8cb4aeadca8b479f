"""Reading archives in different forms, with damage, and for some types only."""

import json
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import orjson
from pydantic import TypeAdapter

from benchmarks.contenders.pydantic_models import AnyEvent
from benchmarks.runner import Section, Size, run_rounds
from benchmarks.workloads import make_events
from ecr_events import ECRPullThroughCacheActionEvent, ECRReferrerActionEvent, EventBridgeEvent, decode
from ecr_events.archives import read

__all__ = ["run"]

LINES = "lines"
_RARE, _COMMON = ECRReferrerActionEvent, ECRPullThroughCacheActionEvent
"""Types of 1 % and of 10 % of the events."""


def run(size: Size) -> list[Section]:
    """Return the costs of reading, by form."""
    return [
        Section(
            "Archives: forms, damage and filters",
            f"{size.archived:,} mixed events are read from a file, each dropped before the next; by `archives.read` "
            "unless another library is named. One in a hundred is of an unknown type, or truncated, where the name "
            "says so. Microseconds per event of the file.",
            run_rounds(measure, {name: name for name in _FORMS}, size.rounds, size.archived),
            LINES,
        ),
        Section(
            "Unknown events",
            "`decode` of a push, and of the same event from another service.",
            run_rounds(measure_decode, {name: name for name in _DECODED}, size.rounds, size.streamed),
            _PUSH,
        ),
    ]


def _lines(events: Iterable[bytes]) -> bytes:
    return b"".join(event + b"\n" for event in events)


def _array(events: Iterable[bytes]) -> bytes:
    return b"[%b]" % b",".join(events)


def _indented(events: Iterable[bytes]) -> bytes:
    return json.dumps([json.loads(event) for event in events], indent=4).encode()


def _with_unknown(events: Iterable[bytes]) -> Iterator[bytes]:
    """Yield events of which every hundredth has a type that is not known."""
    for number, event in enumerate(events):
        yield event if number % 100 else _renamed(event)


def _with_malformed(events: Iterable[bytes]) -> Iterator[bytes]:
    """Yield events of which every hundredth is truncated."""
    for number, event in enumerate(events):
        yield event if number % 100 else event[:-30]


def _renamed(event: bytes) -> bytes:
    return msgspec.json.encode(json.loads(event) | {"detail-type": "ECR Artifact Action"})


def _read(path: str) -> Iterator[object]:
    return read(path, on_error="skip")


def _read_types(cls: type[EventBridgeEvent]) -> Callable[[str], Iterator[object]]:
    return lambda path: read(path, types=[cls])


def _filter(cls: type[EventBridgeEvent]) -> Callable[[str], Iterator[object]]:
    return lambda path: (event for event in read(path) if isinstance(event, cls))


def _by_line(parse: Callable[[bytes], Any]) -> Callable[[str], Iterator[object]]:
    """Return a function that parses each line."""

    def loop(path: str) -> Iterator[object]:
        with Path(path).open("rb") as file:
            for line in file:
                yield parse(line)

    return loop


def _parse_array(path: str) -> Iterator[object]:
    return iter(orjson.loads(Path(path).read_bytes()))


def _validate(path: str) -> Iterator[object]:
    return _by_line(TypeAdapter(AnyEvent).validate_json)(path)


_FORMS: dict[str, tuple[Callable[[Iterable[bytes]], bytes], Callable[[str], Iterator[object]]]] = {
    LINES: (_lines, _read),
    "adjacent events": (b"".join, _read),
    "array": (_array, _read),
    "orjson, lines": (_lines, _by_line(orjson.loads)),
    "orjson, array": (_array, _parse_array),
    "pydantic, TypeAdapter, lines": (_lines, _validate),
    "lines, 1 % unknown": (lambda events: _lines(_with_unknown(events)), _read),
    "lines, 1 % malformed": (lambda events: _lines(_with_malformed(events)), _read),
    "indented array": (_indented, _read),
    "indented array, 1 % unknown": (lambda events: _indented(_with_unknown(events)), _read),
    "lines, `types` of 1 %": (_lines, _read_types(_RARE)),
    "lines, filter for 1 %": (_lines, _filter(_RARE)),
    "lines, `types` of 10 %": (_lines, _read_types(_COMMON)),
    "lines, filter for 10 %": (_lines, _filter(_COMMON)),
}


def measure(name: str, count: int) -> dict[str, float]:
    """Return microseconds per event of a form: the minimum of some passes."""
    form, function = _FORMS[name]
    with tempfile.NamedTemporaryFile() as file:
        file.write(form(make_events(count)))
        file.flush()
        seconds = min(_time(function, file.name) for _ in range(3))
    return {"mixed": seconds / count * 1e6}


def _time(function: Callable[[str], Iterator[object]], path: str) -> float:
    start = time.perf_counter()
    for _ in function(path):
        pass
    return time.perf_counter() - start


_PUSH = "push"
_DECODED = (_PUSH, "another service's event")


def measure_decode(name: str, count: int) -> dict[str, float]:
    """Return microseconds per event: the minimum of some passes."""
    events = list(make_events(count, "ECR Image Action"))
    if name != _PUSH:
        events = [_renamed(event) for event in events]
    passes: list[float] = []
    for _ in range(20):
        start = time.perf_counter()
        for event in events:
            decode(event)
        passes.append(time.perf_counter() - start)
    return {"streamed": min(passes) / count * 1e6}
