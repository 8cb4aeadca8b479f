"""Events that somebody has forged: every string that `decode` leaves to the data is hostile."""

from collections.abc import Iterator
from copy import deepcopy
from functools import reduce
from operator import getitem
from typing import Any, NamedTuple, TypeAlias, get_args

import msgspec

from ecr_events import DecodeError, ECREvent, UnknownEvent, decode, encode
from ecr_events.samples import variants

__all__ = ["MARK", "VALUES", "Place", "documents", "forged", "forged_events", "places"]

MARK = "evil"
"""In every value, so that it can be found."""

VALUES = (
    # hosts and URLs
    "evil.example",
    "evil.example/",
    "evil.example#",
    "evil.example?",
    "evil.example:443/",
    "evil@evil.example",
    "us-east-1.evil.example",
    "us-east-1@evil.example",
    "us-east-1/../evil.example",
    "https://evil.example/",
    "//evil.example",
    "file:///tmp/evil",
    "s3://evil/evil",
    "\\\\evil.example\\evil",
    "evil-west-1",  # could be a region, of AWS
    "012345678901.dkr.ecr.us-east-1.evil.example/evil",
    "evil.example/012345678901.dkr.ecr.us-east-1.amazonaws.com/evil",
    "arn:aws:ecr:us-east-1.evil.example:012345678901:repository/evil",
    "arn:aws:ecr:evil-west-1:012345678901:repository/evil",
    # files
    "../../../../../../../../tmp/evil",
    "/evil",
    "~/evil",
    "evil/..",
    "evil\x00.parquet",
    "date=evil/detail_type=evil",
    "%2e%2e%2fevil",
    "CON\u2215evil",
    "evil.gz|touch /tmp/evil",
    # profiles, roles, programs
    "evil",
    "arn:aws:iam::999999999999:role/evil",
    "$(touch /tmp/evil)",
    "`touch /tmp/evil`",
    "${AWS_SECRET_ACCESS_KEY}evil",
    "{evil.__class__.__init__.__globals__}",
    "%(evil)s%s%n",
    "__import__('os').system('touch /tmp/evil')",
    "!!python/object/apply:os.system ['touch /tmp/evil']",
    "cos\nsystem\n(S'touch /tmp/evil'\ntR.",
    "-evil",
    "--profile=evil",
    # requests and logs
    "evil\r\nX-Evil: evil",
    "evil\necr-events: 0 documents",
    "evil\u2028evil\u2029evil\u0085evil",
    # terminals
    "\x1b[2J\x1b[Hevil",
    "\x1b]0;evil\x07",
    "\x1b]8;;https://evil.example\x1b\\evil\x1b]8;;\x1b\\",
    "\x1b]52;c;ZXZpbA==\x07evil",
    "\x1bP+q6576696c\x1b\\evil",
    "\x9b2Jevil\x9d0;evil\x9c",
    "evil\x08\x08\x08\x08good\x7f",
    "\x1b[8mevil",
    "\u202elive\u202c\u2066evil\u2069\u200fevil",
    "evil\u200b\ufeff\U000e0065\ue000",
    "[red]evil[/red][link=https://evil.example]evil[/link]:skull:",
    "evil" * 300,
)


class _Key(NamedTuple):
    """The place of a key, not of its value."""

    name: str


Place: TypeAlias = tuple[Any, ...]
"""The path of a string."""


def documents() -> Iterator[dict[str, Any]]:
    """Yield an event of each type, parsed, with all fields that the samples and their edge cases have."""
    for cls in (*get_args(ECREvent), UnknownEvent):
        document: dict[str, Any] = {}
        for event in variants(cls).values():
            document = _merged(msgspec.to_builtins(event, str_keys=True), document)
        yield document | {"replay-name": "replay"}


def forged(document: Any, places: list[Place]) -> Iterator[Any]:
    """Yield copies of a document with each value at all of some places at once, and alone at every fifth place.

    It is also alone where it decides about a host.
    """
    for number, value in enumerate(VALUES):
        everywhere = deepcopy(document)
        for position, place in enumerate(places):
            if not isinstance(place[-1], _Key):
                _put(everywhere, place, value)
            if position % 5 == number % 5 or place in {("account",), ("region",)}:
                yield _changed(document, place, value)
        yield everywhere


def places(value: Any, path: Place = ()) -> Iterator[Place]:
    """Yield the places of all strings and keys."""
    if isinstance(value, str):
        yield path
    elif isinstance(value, dict):
        for key, item in value.items():
            yield (*path, _Key(key))
            yield from places(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from places(item, (*path, index))


def forged_events() -> Iterator[bytes]:
    """Yield events with hostile strings in the places that `decode` leaves to the data."""
    for document in documents():
        left = [place for place in places(document) if _arrives(_changed(document, place, MARK))]
        yield from map(msgspec.json.encode, forged(document, left))


def _arrives(document: Any) -> bool:
    """Return whether a document is an event that has the mark."""
    try:
        return MARK.encode() in encode(decode(document))
    except DecodeError:
        return False


def _changed(document: Any, place: Place, value: str) -> Any:
    changed = deepcopy(document)
    _put(changed, place, value)
    return changed


def _put(document: Any, place: Place, value: str) -> None:
    parent, last = reduce(getitem, place[:-1], document), place[-1]
    if isinstance(last, _Key):
        parent[value] = parent.pop(last.name)
    else:
        parent[last] = value


def _merged(first: Any, second: Any) -> Any:
    """Return the first document with what only the second one has."""
    if isinstance(first, dict) and isinstance(second, dict):
        return second | {key: _merged(value, second.get(key)) for key, value in first.items()}
    return second if first in (None, "", [], {}) else first
