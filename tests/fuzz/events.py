"""`decode` and `encode`."""

import json
import pickle
import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import IntEnum
from math import inf
from random import Random
from types import MappingProxyType
from typing import Any, get_args

from ecr_events import (
    DecodeError,
    ECREvent,
    EventBridgeEvent,
    ImageReference,
    InvalidReferenceError,
    RepositoryReference,
    ScanEvent,
    UnknownEvent,
    decode,
    encode,
)
from ecr_events.samples import sample_json, variants
from fuzz.mutation import SECRET, mutate_json, mutate_text
from fuzz.plain_reading import CLASSES, agrees, expected_class, fits, info_of, is_deep, read_json

__all__ = ["SAMPLES", "check_event", "decode_bytes", "decode_dict", "mutate_document", "outcome", "same", "seeds"]

SAMPLES: list[bytes] = [sample_json(cls) for cls in (*get_args(ECREvent), UnknownEvent)]

Result = EventBridgeEvent | DecodeError


def outcome(payload: Any, **arguments: Any) -> Result:
    """Return the event in a payload, or its error. Any other error is a finding."""
    try:
        event: EventBridgeEvent = decode(payload, **arguments)
    except DecodeError as error:
        assert error.payload is payload
        assert error.path.startswith("$")
        for text in (str(error), repr(error), error.reason):
            assert SECRET not in text
        return error
    return event


def same(one: Result, other: Result) -> bool:
    """Return whether two results are equal events, or errors at the same path with the same reason."""
    if isinstance(one, DecodeError) or isinstance(other, DecodeError):
        return (
            isinstance(one, DecodeError)
            and isinstance(other, DecodeError)
            and (one.reason, one.path) == (other.reason, other.path)
        )
    return one.__class__ is other.__class__ and one == other


def check_event(event: EventBridgeEvent) -> None:
    """Check that nothing of an event is lost by encoding and pickling, and that it has references or clear errors."""
    encoded = encode(event)
    assert same(outcome(encoded), event)
    assert json.loads(encode(event, indent=2)) == json.loads(encoded)
    assert same(pickle.loads(pickle.dumps(event)), event)
    assert hash(event) == hash(decode(encoded))
    assert repr(event)
    for name in ("repository_references", "image_references", "repository_reference", "image_reference"):
        try:
            found = getattr(event, name)
        except InvalidReferenceError as error:
            assert str(error).isprintable()
            continue
        for reference in found if isinstance(found, tuple) else (found,) if found else ():
            check_reference(reference)


def check_reference(reference: RepositoryReference | ImageReference) -> None:
    """Check that a reference of an event has text, and links inside AWS or a clear error."""
    assert str(reference).isascii()
    assert str(reference).isprintable()
    try:
        uri, page = reference.uri, reference.console_url
    except InvalidReferenceError as error:
        assert str(error).isprintable()
        return
    assert uri.isascii()
    assert ".dkr.ecr." in uri.partition("/")[0]
    assert page is None or page.startswith(f"https://{uri.split('.')[3]}.console.")


def decode_bytes(data: bytes) -> None:
    """Compare `decode` of JSON with a plain reading of it, and with `decode` of other forms of the same text."""
    result, reading = outcome(data), read_json(data)
    assert same(outcome(bytearray(data)), result)
    assert same(outcome(memoryview(data)), result)
    try:
        text = data.decode()
    except UnicodeDecodeError:
        pass
    else:
        found = outcome(text)
        if isinstance(found, DecodeError) and "name of a file" in found.reason:  # bytes are not taken for one
            assert isinstance(result, DecodeError)
        else:
            assert same(found, result)
    if isinstance(result, DecodeError):
        if reading.is_exact:
            assert not reading.is_json or expected_class(reading.value) is None, result
    else:
        assert reading.is_json
        check_event(result)
        if reading.is_exact:
            assert result.__class__ is expected_class(reading.value)
            assert agrees(result, reading.value, info_of(result.__class__))
            unknown = outcome(data, type=UnknownEvent)
            assert isinstance(unknown, UnknownEvent)
            assert agrees(unknown, reading.value, info_of(UnknownEvent))
    if reading.is_json and reading.is_exact and isinstance(reading.value, dict):
        parsed = outcome(reading.value)
        assert same(parsed, result), (parsed, result)


def decode_dict(data: bytes) -> None:
    """Check that parsed JSON is decoded like its text, and refused if it has a value that no JSON has."""
    text = data.decode("utf-8", "surrogateescape")
    try:
        document = _with_odd_values(json.loads(text))
    except (ValueError, RecursionError):
        return
    if not isinstance(document, dict) or is_deep(text):
        return
    result = outcome(document)
    for cls in (UnknownEvent, ScanEvent):
        event = outcome(document, type=cls)
        assert isinstance(event, DecodeError | cls)
        assert not isinstance(result, cls) or same(event, result)
    try:
        plain = _plain(document)
    except ValueError:
        # What an accepted dict has that no JSON has is under unknown keys, if at all.
        if not isinstance(result, DecodeError):
            check_event(result)
            assert same(outcome(json.dumps(_plain(document, _replace))), result)
        return
    assert same(outcome(_Object(document)), result)
    assert same(outcome(json.dumps(plain)), result)
    if isinstance(result, DecodeError):
        assert expected_class(plain) is None
    else:
        assert result.__class__ is expected_class(plain)
        assert agrees(result, plain, info_of(result.__class__))
        check_event(result)
    _check_detail(plain)


def _refuse(value: Any) -> Any:
    raise ValueError(value)


def _replace(_: Any) -> str:
    return "replaced"


def _plain(value: Any, otherwise: Callable[[Any], Any] = _refuse) -> Any:
    """Return a document with the types of JSON alone, and something else for a value that no JSON has."""
    match value:
        case dict():
            return {
                _plain(key, otherwise) if isinstance(key, str) else otherwise(key): _plain(item, otherwise)
                for key, item in value.items()
            }
        case list() | tuple():
            return [_plain(item, otherwise) for item in value]
        case str() if not re.search("[\ud800-\udfff]", value):
            return "".join(value)
        case bool() | None:
            return value
        case int() | float() if value.__class__ in {int, float} and abs(value) < inf:
            return value
        case _:
            return otherwise(value)


def _check_detail(document: dict[str, Any]) -> None:
    """Check that the detail alone is decoded if it has the type of its field, as text and parsed."""
    known, detail = CLASSES.get(str(document.get("detail-type"))), document.get("detail")
    if known is None or not isinstance(detail, dict):
        return
    info = next(field.type for field in info_of(known).fields if field.name == "detail")
    for payload in (detail, json.dumps(detail).encode()):
        try:
            found: Any = decode(payload, type=info.cls)
        except DecodeError as error:
            assert error.payload is payload
            assert not fits(detail, info)
        else:
            assert agrees(found, detail, info)
            assert decode(encode(found), type=info.cls) == found


class _Text(str):
    """Text as no parser of JSON gives it."""

    __slots__ = ()


class _Object(dict[str, Any]):
    """An object as no parser of JSON gives it."""


class _Array(list[Any]):
    """An array as no parser of JSON gives it."""


class _Number(IntEnum):
    """A number as no parser of JSON gives it."""

    ONE = 1


_ODD: dict[str, Any] = {
    "text": _Text("SUCCESS"),
    "object": _Object(a=_Text("b")),
    "array": _Array(["a"]),
    "tuple": ("a", 1),
    "number": _Number.ONE,
    "integer key": {1: "a"},
    "text key": {_Text("result"): "a"},
    "tuple key": {("a",): "a"},
    "bytes": b"ab",
    "bytearray": bytearray(b"ab"),
    "set": {"a"},
    "frozenset": frozenset({"a"}),
    "range": range(3),
    "mapping": MappingProxyType({"a": 1}),
    "date": date(2026, 5, 4),
    "datetime": datetime(2026, 5, 4, 9, 15, 31, tzinfo=UTC),
    "decimal": Decimal("1.5"),
    "complex": 1j,
    "any": object(),
    "class": int,
    "function": len,
    "event": decode(SAMPLES[0]),
}
"""Values by the name that stands for them in JSON, as in ``python:set``."""


def _with_odd_values(value: Any) -> Any:
    match value:
        case str() if value.startswith("python:"):
            return _ODD.get(value.removeprefix("python:"), value)
        case list():
            return [_with_odd_values(item) for item in value]
        case dict():
            return {key: _with_odd_values(item) for key, item in value.items()}
        case _:
            return value


def seeds() -> Iterator[bytes]:
    """Yield the samples, their edge cases, and what is not an event."""
    yield from SAMPLES
    for cls in (*get_args(ECREvent), UnknownEvent):
        for event in variants(cls).values():
            yield encode(event)
    yield from (b"", b"{}", b"[]", b"null", b'"text"', b'{"detail-type":1}', b'{"detail-type":"ECR Image Action"}')


def odd_seeds() -> Iterator[bytes]:
    """Yield the same, and samples with values that no JSON has."""
    yield from seeds()
    for number, name in enumerate(_ODD):
        document = json.loads(SAMPLES[number % (len(SAMPLES) - 1)])
        key = [*document["detail"]][number % len(document["detail"])]
        yield json.dumps(document | {"detail": document["detail"] | {key: f"python:{name}"}}).encode()


def mutate_document(data: bytes, choose: Random) -> bytes:
    """Return an event, changed in its values or in its text."""
    if choose.random() < 0.1:
        data = choose.choice(SAMPLES)
    changed = mutate_json(data, choose)
    return mutate_text(changed, choose) if choose.random() < 0.2 else changed
