"""JSON to events and back.

The fast path is one msgspec call: the decoder of the tagged union of all events, or for a dict
the conversion to the class of its ``detail-type``. Only a payload that the fast path refuses is
parsed to a dict and looked at again, because it may be another service's event, and because
a repeated key can mislead the decoder about the detail-type.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable
from types import UnionType
from typing import Any, TypeGuard, TypeVar, get_args, overload

import msgspec

from ecr_events.errors import DecodeError, Payload
from ecr_events.events import ECREvent, EventBridgeEvent, UnknownEvent
from ecr_events.events.envelope import bind, detail_type_of, matches
from ecr_events.session import EventSession
from ecr_events.structs import AWSStruct, build_once

__all__ = ["classes_of", "convert_document", "decode", "decode_document", "decode_known", "encode", "json_schema"]

_Event = TypeVar("_Event", bound=EventBridgeEvent)
_Detail = TypeVar("_Detail", bound=AWSStruct)

_CLASSES: dict[object, type[EventBridgeEvent]] = {detail_type_of(cls): cls for cls in get_args(ECREvent)}
_EVENTS: tuple[type[EventBridgeEvent], ...] = (*get_args(ECREvent), UnknownEvent)

_decode_unknown: Callable[[Any], UnknownEvent] = msgspec.json.Decoder(UnknownEvent).decode

_encode_json: Callable[[AWSStruct], bytes] = msgspec.json.Encoder().encode


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

    No network access, and boto3 is not imported. Dicts in the event, such as the detail of an
    `UnknownEvent`, share their values with a `payload` that is a dict.

    Args:
        payload: One event as JSON (UTF-8), or parsed to a dict as Lambda passes it.
        type: Class of the event. Defaults to the class matching ``detail-type``, else
            `UnknownEvent`. `UnknownEvent` accepts every event and gives its detail as a dict. A base
            class, such as `ScanEvent`, accepts the events of its subclasses. With the class of
            a detail, such as `ECRImageAction`, `payload` is the detail alone.
        session: The boto3 session or `ECRService` used by lookups on the event. Details have no lookups.

    Raises:
        DecodeError: The payload is not JSON, is not an event, breaks the contract of its
            detail-type, or is not a `type`. No other error is raised for the content of a payload.
        TypeError: The payload has an unsupported type, `type` is neither the class of a detail nor
            of events, or `session` is not a session or is passed for a detail.
    """
    # The overloads make `type` and `session` keyword-only. Here they are not: filling in defaults
    # of keyword-only parameters costs as much as the rest of the way to msgspec's decoder.
    event: EventBridgeEvent | None
    try:
        if payload.__class__ is dict:
            event = _convert(payload, _CLASSES[payload["detail-type"]])
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
        UnicodeEncodeError: A string has a lone surrogate. `decode` accepts it in a dict only, not in JSON.
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
        detail: AWSStruct = _convert(payload, type) if isinstance(payload, dict) else decode_json(payload)
    except (ValueError, RecursionError, BufferError) as error:
        raise DecodeError.from_exception(error, payload) from error
    return detail


def decode_document(payload: Payload, type: type[AWSStruct] | None) -> EventBridgeEvent:
    """Return the event in a payload, as `decode` does where its fast path does not."""
    try:
        if type is None and not isinstance(payload, dict):
            unknown = _decode_unknown(payload)
            if unknown.detail_type not in _CLASSES:
                return unknown
    except (ValueError, TypeError, RecursionError, BufferError):
        pass
    try:
        document = payload if isinstance(payload, dict) else msgspec.json.decode(payload, type=dict[str, Any])
        if "detail-type" not in document:
            # Wrappings of events lack other fields too. This is the one that explains the error.
            raise msgspec.ValidationError("Object missing required field `detail-type`")
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
