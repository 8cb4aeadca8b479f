"""Changes of inputs that leave most of their structure, for code that random bytes would never reach."""

import json
from collections.abc import Iterator, Sequence
from random import Random
from typing import Any, get_args

from ecr_events import DecodeError, ECREvent, UnknownEvent
from ecr_events.samples import sample_json

__all__ = ["SECRET", "changed_json", "check_error", "dump", "mutate_json", "mutate_text", "nodes"]

SECRET = "S3CR3T" + "7"
"""A marker in values, which no error shows."""

_DOCUMENTS: list[Any] = [json.loads(sample_json(cls)) for cls in (*get_args(ECREvent), UnknownEvent)]

_VALUES: tuple[Any, ...] = (
    *json.loads(
        '[null, true, false, 0, -1, 2.5, 1e300, -0.0, 9223372036854775808, "", " ", [], {}, [[]], [null], [{}]]'
    ),
    *("0", "\0", "\x1b[31m\u202e", "é", "\U0001f600", "\ud800", "\ufeff", "a" * 300, "../..", "null", SECRET, 10**30),
    *("2026-05-04T09:15:31Z", "2026-05-04T09:15:31.1234567+05:30", "0001-01-01T00:00:00+23:59", "2023-02-29T00:00:00Z"),
    *(
        f"python:{name}"
        for name in [
            "text",
            "object",
            "array",
            "tuple",
            "number",
            "bytes",
            "set",
            "range",
            "mapping",
            "datetime",
            "decimal",
            "any",
        ]
    ),
    *("python:integer key", "python:text key", "python:tuple key", "python:event", float("nan"), float("inf")),
    *("aws.ecr", "aws.inspector2", "ecr.amazonaws.com", "AWS_ECR_CONTAINER_IMAGE", "AWS_EC2_INSTANCE"),
    *("arn:aws:ecr:eu-west-1:012345678901:repository/team/app", "sha256:" + "ab" * 32, "eu-west-1", "012345678901"),
    {"a": SECRET},
    {"": {"": [1, "x"]}},
)

_PIECES = (
    *rb'{ } [ ] " : , \ {" "} },{ null NaN 1e999 - \u \ud800 // '.split(),
    *(b"'", b"\n", b"\r\n", b" ", b"}\n{", b"\0", b"\x1f", b"\xff", b"\xef\xbb\xbf"),
)


def check_error(error: DecodeError) -> None:
    """Check that an error shows no value, and holds its payload alone."""
    assert error.path.startswith("$")
    assert SECRET not in str(error)
    cause: BaseException | None = error
    while cause is not None:
        assert cause.__traceback__ is None
        assert cause.__context__ is None
        cause = cause.__cause__


def nodes(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield each container with each of its keys or indexes, at any depth."""
    for key, item in list(value.items()) if isinstance(value, dict) else list(enumerate(value)):
        yield value, key
        if isinstance(item, dict | list):
            yield from nodes(item)


_KEYS = tuple(sorted({key for document in _DOCUMENTS for _, key in nodes(document) if isinstance(key, str)}))


def changed_json(value: Any, choose: Random, values: Sequence[Any] = _VALUES, keys: Sequence[str] = _KEYS) -> Any:
    """Return parsed JSON with a change."""
    found = list(nodes(value)) if isinstance(value, dict | list) else []
    if not found or choose.random() < 0.02:
        return choose.choice((*_DOCUMENTS, *values))
    if choose.random() < 0.3:  # values high up are rare in a large document
        found = [node for node in found if node[0] is value]
    container, key = choose.choice(found)
    item, new = container[key], _copy(choose.choice(values))
    match choose.randrange(8):
        case 0 | 1:
            container[key] = new
        case 2:
            del container[key]
        case 3:
            other = choose.choice((*found, *nodes(choose.choice(_DOCUMENTS))))
            container[key] = _copy(other[0][other[1]])
        case 4:
            container[key] = choose.choice(([item], {choose.choice(keys): item}, [item, item]))
        case 5 | 6:
            _insert(container, key, new, choose, keys)
        case _:
            container[key] = _changed_scalar(item, choose)
    return value


def _insert(container: Any, key: Any, new: Any, choose: Random, keys: Sequence[str]) -> None:
    """Add a value to an array or an object, rename a key, or change the order of keys."""
    if isinstance(container, list):
        container.insert(key, new)
    elif choose.random() < 0.7:
        container[choose.choice(keys)] = container.pop(key) if choose.random() < 0.5 else new
    else:
        items = list(container.items())
        choose.shuffle(items)
        container.clear()
        container.update(items)


def _copy(value: Any) -> Any:
    return json.loads(json.dumps(value)) if isinstance(value, dict | list) else value


def _changed_scalar(value: Any, choose: Random) -> Any:
    match value:
        case str():
            place = choose.randrange(len(value) + 1)
            inserted = choose.choice(("", SECRET, "é", "\ud800", *"/:@.*\\0a-\0\n"))
            return value[:place] + inserted + value[place + choose.randrange(3) :]
        case bool() | None:
            return not value
        case int() | float():
            return choose.choice((value + 1, -value, value / 3, str(value), float(value) if abs(value) < 2**60 else 0))
        case _:
            return choose.choice((None, "", 7, [value]))


def mutate_json(data: bytes, choose: Random) -> bytes:
    """Return JSON with changed values; text that is not JSON is changed as text."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return mutate_text(data, choose)
    for _ in range(choose.choice((1, 1, 1, 2, 3, 6))):
        value = changed_json(value, choose)
    return dump(value, choose)


def dump(value: Any, choose: Random) -> bytes:
    """Return JSON in one of several forms."""
    text = json.dumps(
        value,
        indent=choose.choice((None, None, None, 0, 2)),
        ensure_ascii=choose.random() < 0.7,
        separators=choose.choice((None, (",", ":"))),
    )
    return text.encode("utf-8", "surrogatepass")


def mutate_text(data: bytes, choose: Random) -> bytes:
    """Return text with a few bytes inserted, removed, repeated or replaced."""
    for _ in range(choose.choice((1, 1, 2, 4))):
        place = choose.randrange(len(data) + 1)
        length = choose.choice((0, 0, 1, 1, 2, choose.randrange(1, 64)))
        repeated = data[place : place + length] * 2
        inserted = choose.choice((b"", repeated, choose.choice(_PIECES), choose.choice(_PIECES)))
        data = data[:place] + inserted + data[place + length :]
    return data
