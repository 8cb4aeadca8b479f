"""JSON to events and back.

The fast path is one msgspec call: the decoder of the tagged union of all events, or for a dict
the conversion to the class of its ``detail-type``, and a check that it is JSON. Only a payload that
the fast path refuses is parsed to a dict and looked at again, because it may be another service's
event, and because a repeated key can mislead the decoder about the detail-type.
"""

from __future__ import annotations

import builtins
import re
from collections.abc import Callable
from types import UnionType
from typing import Any, Final, TypeGuard, TypeVar, get_args, overload

import msgspec

from ecr_events.errors import DecodeError, Payload
from ecr_events.events import ECREvent, EventBridgeEvent, UnknownEvent
from ecr_events.events.envelope import bind, detail_type_of, matches
from ecr_events.json_values import FIELDS, check_fields, exact_text, to_json_values
from ecr_events.session import EventSession
from ecr_events.structs import AWSStruct, build_once

__all__ = [
    "USE_UNWRAP",
    "classes_of",
    "convert_document",
    "decode",
    "decode_document",
    "decode_known",
    "encode",
    "json_schema",
]

_Event = TypeVar("_Event", bound=EventBridgeEvent)
_Detail = TypeVar("_Detail", bound=AWSStruct)

_CLASSES: dict[object, type[EventBridgeEvent]] = {detail_type_of(cls): cls for cls in get_args(ECREvent)}
_EVENTS: tuple[type[EventBridgeEvent], ...] = (*get_args(ECREvent), UnknownEvent)

_decode_unknown: Callable[[Any], UnknownEvent] = msgspec.json.Decoder(UnknownEvent).decode

_decode_dict: Callable[[Any], dict[str, Any]] = msgspec.json.Decoder(dict[str, Any]).decode

_FILE_NAME = re.compile(r'(?:[.~]{0,2}[/\\]|[A-Z]:[/\\])[^\n]*|[^"\[{\n]*\.(?:json|jsonl|ndjson|gz)', re.IGNORECASE)
"""Texts that name a file, none of which is JSON."""

USE_UNWRAP: Final = "use deliveries.unwrap"
"""The end of the reason for which a delivery is refused."""

_USE_READ = "read the file first, or use archives.read"

_encode_json: Callable[[Any], bytes] = msgspec.json.Encoder().encode


@overload
def decode(
    payload: Payload,
    *,
    type: None = None,
    session: EventSession | None = None,
) -> ECREvent | UnknownEvent: ...
@overload
def decode(
    payload: Payload,
    *,
    type: type[_Event],
    session: EventSession | None = None,
) -> _Event: ...
@overload
def decode(
    payload: Payload,
    *,
    type: type[_Detail],
) -> _Detail: ...
def decode(
    payload: Any,
    type: type[AWSStruct] | None = None,
    session: EventSession | None = None,
) -> AWSStruct:
    """Return the typed event in `payload`, or the detail of one.

    No network access, and boto3 is not imported. Dicts in the event may share their values with a
    `payload` that is a dict. `encode` gives back all that the event has of its payload.

    Unknown keys are skipped with their values: without decoding their UTF-8, which may be invalid, and
    whatever they are in a dict. No key is unknown in the detail of an `UnknownEvent`.

    msgspec decodes nested JSON by recursion, as deep as CPython allows: 1,000 levels on 3.11, 1,500 on
    3.12 and 10,000 on 3.13, each of up to 450 bytes of the thread's stack. A stack too small for so many
    ends the process. The usual 8 MiB hold them, but 512 KiB only on 3.11, and 1 MiB only on 3.11 and 3.12.

    Args:
        payload: One event as JSON (UTF-8), or parsed to a dict as Lambda passes it. Its values are those of
            Python's json: dict, list, str, int, float, bool and None. Subclasses of `str`, `bytes`, `dict`
            and `list` are read as these. Everything else is a DecodeError, and so are NaN, infinity
            and lone surrogates, which Python's json accepts, because no JSON could give them back.
        type: Class of the event. Defaults to the class matching ``detail-type``, else
            `UnknownEvent`. `UnknownEvent` accepts every event and gives its detail as a dict. A base
            class, such as `ScanEvent`, accepts the events of its subclasses. With the class of
            a detail, such as `ECRImageAction`, `payload` is the detail alone.
        session: The boto3 session or `ECRService` used by lookups on the event. Details have no lookups.

    Raises:
        DecodeError: The payload is not JSON, is not an event, breaks the contract of its
            detail-type, or is not a `type`. No other error is raised for the content of a payload.
        TypeError: The payload has an unsupported type, such as a list or a path, `type` is neither the class of a
            detail nor of events, or `session` is not a session or is passed for a detail.
    """
    # The overloads make `type` and `session` keyword-only. Here they are not: filling in defaults
    # of keyword-only parameters costs as much as the rest of the way to msgspec's decoder.
    event: EventBridgeEvent | None
    try:
        if payload.__class__ is dict:
            cls = _CLASSES[payload["detail-type"]]
            check_fields(payload, FIELDS[cls])
            event = _convert(payload, cls)
            _encode_json(event)
        else:
            event = decode_known(payload)
    except (LookupError, ValueError, TypeError, RecursionError, BufferError):
        event = None
    if event is None or (type is not None and event.__class__ is not type):
        if _is_detail(type):
            return _decode_detail(payload, type, session)
        if event is None or event.__class__ not in classes_of(type):
            event = decode_document(payload, type)
    if session is not None:
        bind(event, session)
    return event


def encode(value: AWSStruct, *, indent: int | None = None) -> bytes:
    """Return an event, or a detail alone, as JSON (UTF-8) with AWS's key names.

    Absent fields are omitted, and the session is never encoded. What `decode` discards is lost:
    unknown keys, fractions of a microsecond, and ``null`` where AWS would omit the key.

    Args:
        value: Any event, or any detail.
        indent: Spaces per level; None for compact JSON on one line.

    Raises:
        UnicodeEncodeError: A string has a lone surrogate, which no decoded event has.
        RecursionError: A value is nested almost as deeply as Python's recursion limit, and less of it is left
            than when the event was decoded.
    """
    encoded = _encode_json(value)
    return encoded if indent is None else msgspec.json.format(encoded, indent=indent)


def json_schema(type: type[AWSStruct] | UnionType = ECREvent) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of an event class, of a union of event classes, or of the class of a detail.

    Keys are AWS's, and descriptions are the docstrings of classes and fields. Defaults to the schema of all
    typed events, discriminated by ``detail-type``. `UnknownEvent` in a union accepts every event. The classes of
    `ecr_events.service` have schemas, too.

    Raises:
        TypeError: `type` is none of these, such as a list.
    """
    from ecr_events.schemas import schema_of

    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema_of(type)}


@build_once
def _build_decoder(type: Any) -> Callable[[Any], Any]:
    return msgspec.json.Decoder(type).decode


def _build_decoder_and_decode(payload: Any) -> ECREvent:
    # Building the decoder takes milliseconds, too long for an import.
    global decode_known
    decode_known = _build_decoder(ECREvent)
    event: ECREvent = decode_known(payload)
    return event


def _build_decoder_and_convert(document: Any, type: Any) -> Any:
    global _convert
    _build_decoder(ECREvent)
    _convert = msgspec.convert
    return _convert(document, type)


_convert: Callable[[Any, Any], Any] = _build_decoder_and_convert

decode_known: Callable[[Any], ECREvent] = _build_decoder_and_decode
"""Return the event in JSON as msgspec's decoder does: without `UnknownEvent` and `DecodeError`."""


def _is_detail(type: object) -> TypeGuard[type[AWSStruct]]:
    return isinstance(type, builtins.type) and issubclass(type, AWSStruct) and not issubclass(type, EventBridgeEvent)


def _decode_detail(payload: Payload, type: type[AWSStruct], session: EventSession | None) -> AWSStruct:
    if session is not None:
        raise TypeError(f"a session is for lookups, and {type.__qualname__} has none")
    decode_json = _build_decoder(type)
    try:
        if isinstance(payload, dict):
            detail: AWSStruct = _convert(to_json_values(payload), type)
        else:
            detail = _parse(payload, decode_json)
    except (ValueError, RecursionError, BufferError) as error:
        raise DecodeError.from_exception(error, payload) from error
    return detail


def _parse(payload: Any, decode_json: Callable[[Any], Any]) -> Any:
    """Return JSON text decoded.

    Raises:
        DecodeError: msgspec's.
        TypeError: It is not text.
    """
    text = exact_text(payload)
    try:
        return decode_json(text)
    except msgspec.DecodeError:
        if isinstance(text, str) and _FILE_NAME.fullmatch(text):
            raise msgspec.DecodeError(f"Expected JSON, got the name of a file: {_USE_READ}") from None
        raise
    except TypeError:
        cls: type[Any] = payload.__class__
        use = ""
        if hasattr(payload, "__fspath__") or hasattr(payload, "read"):
            use = f": {_USE_READ}"
        if issubclass(cls, list | tuple):
            use = f": {USE_UNWRAP}"
        types = "bytes, bytearray, memoryview or str, or a dict"
        raise TypeError(f"payload must be JSON as {types}, not {cls.__name__}{use}") from None


def decode_document(payload: Payload, type: type[AWSStruct] | None) -> EventBridgeEvent:
    """Return the event in a payload, as `decode` does where its fast path does not."""
    try:
        if type is None and not isinstance(payload, dict):
            unknown = _decode_unknown(exact_text(payload))
            if unknown.detail_type not in _CLASSES:
                return unknown
    except (ValueError, TypeError, RecursionError, BufferError):
        pass
    try:
        document = to_json_values(payload) if isinstance(payload, dict) else _parse(payload, _decode_dict)
        if "detail-type" not in document:
            from ecr_events.deliveries.sources.registry import name_of

            # What delivers events lacks other fields too. This is the one that explains the error.
            delivery = name_of(document)
            found = f"{delivery}: {USE_UNWRAP}" if delivery else "Object missing required field `detail-type`"
            raise msgspec.ValidationError(found)
        event: EventBridgeEvent = convert_document(document, type)
    except (ValueError, RecursionError, BufferError) as error:
        raise DecodeError.from_exception(error, payload) from error
    return event


def convert_document(document: dict[str, Any], type: type[AWSStruct] | None = None) -> Any:
    """Return the event in parsed JSON with a ``detail-type``, as `decode` does. Raises msgspec's errors."""
    detail_type = document["detail-type"]
    known = _CLASSES.get(detail_type) if isinstance(detail_type, str) else None
    classes = _EVENTS if type is None else classes_of(type)
    accepted = [detail_type_of(cls) for cls in classes]
    if None not in accepted and detail_type not in accepted:
        expected = " | ".join(map(str, accepted))
        got = "something else" if known is None else f"`{detail_type}`"
        raise msgspec.ValidationError(f"Expected `{expected}`, got {got} - at `$.detail-type`")
    if type in classes:
        return _convert(document, type)
    if known is not None:
        try:
            return _convert(document, known)
        except msgspec.ValidationError:
            if matches(known, document) or UnknownEvent not in classes:
                raise
    return _convert(document, UnknownEvent)


def classes_of(type: object) -> tuple[type[EventBridgeEvent], ...]:
    """Return the classes of the events that `type` accepts: itself, or those derived from a base class.

    Raises:
        TypeError: `type` is neither an event class with a detail-type nor a base class of some.
    """
    if isinstance(type, builtins.type) and issubclass(type, EventBridgeEvent):
        if detail_type_of(type) is not None or issubclass(type, UnknownEvent):
            return (type,)
        if derived := tuple(cls for cls in _EVENTS if issubclass(cls, type)):
            return derived
    name = type.__qualname__ if isinstance(type, builtins.type) else f"{type!r:.200}"
    raise TypeError(f"type must be an event class with a detail-type, not {name}")
