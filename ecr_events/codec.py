"""JSON to events and back.

The fast way is one call of msgspec: of its decoder for the tagged union of all events, and for
a dict of its conversion to the class of the ``detail-type``. Only a payload that is refused is
looked at again, as a dict: to find out whether it is somebody else's event, or whether a
repeated key misled the decoder.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable
from types import UnionType
from typing import Any, TypeVar, get_args, overload

import msgspec

from ecr_events.errors import DecodeError, Payload
from ecr_events.events import ECREvent, EventBridgeEvent, UnknownEvent
from ecr_events.events.envelope import bind
from ecr_events.session import Session

__all__ = ["decode", "encode", "json_schema"]

_Event = TypeVar("_Event", bound=EventBridgeEvent)

_CLASSES: dict[object, type[EventBridgeEvent]] = {cls.__struct_config__.tag: cls for cls in get_args(ECREvent)}

_encode_json: Callable[[EventBridgeEvent], bytes] = msgspec.json.Encoder().encode


@overload
def decode(
    payload: Payload,
    *,
    type: None = None,
    session: Session | None = None,
) -> ECREvent | UnknownEvent: ...
@overload
def decode(
    payload: Payload,
    *,
    type: type[_Event],
    session: Session | None = None,
) -> _Event: ...
def decode(
    payload: Any,
    type: type[EventBridgeEvent] | None = None,
    session: Session | None = None,
) -> EventBridgeEvent:
    """Return the typed event in `payload`.

    Touches no network and does not import boto3. Where the payload is a dict, what an event
    keeps as a dict, such as the detail of an `UnknownEvent`, shares its values with it.

    Args:
        payload: One event as JSON (UTF-8), or as the dict that Lambda hands to a function.
        type: The class that the event must have. Without it, an event that no class of
            `ECREvent` is for comes back as an `UnknownEvent`; with `UnknownEvent`, every
            event does, whose detail is then a dict.
        session: The boto3 session that lookups on the event go through.

    Raises:
        DecodeError: The payload is not JSON, is not an event, breaks the contract of its
            event type, or is not of the `type` asked for. Nothing else is ever raised
            for what a payload holds.
        TypeError: The payload is not of a type listed above, or `type` is not a class of
            events with a detail-type.
    """
    # Not keyword-only here, only in the overloads: Python fills in the defaults of keyword-only
    # parameters from a dict, which costs as much as all that follows up to msgspec's decoder.
    event: EventBridgeEvent | None
    try:
        if payload.__class__ is dict:
            event = msgspec.convert(payload, _CLASSES[payload["detail-type"]])
        else:
            event = _decode_json(payload)
    except (LookupError, ValueError, TypeError, RecursionError, BufferError):
        event = None
    if event is None or (type is not None and event.__class__ is not type):
        event = _decode_document(payload, type)
    if session is not None:
        bind(event, session)
    return event


def encode(event: EventBridgeEvent, *, indent: int | None = None) -> bytes:
    """Return `event` as JSON (UTF-8) with AWS's own key names.

    What was absent in the payload is absent here, and the session never appears. What
    `decode` does not keep does not come back: keys that this library does not know, fractions
    of a microsecond, and ``null`` where AWS would leave a key out.

    Args:
        event: Any event.
        indent: The number of spaces a level is indented by; None for one compact line.
    """
    encoded = _encode_json(event)
    return encoded if indent is None else msgspec.json.format(encoded, indent=indent)


def json_schema(type: type[EventBridgeEvent] | UnionType = ECREvent) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of one event class, or of a union of them.

    Keys are AWS's own. Without an argument it is the schema of every event that is typed
    here, told apart by ``detail-type``.
    """
    text = msgspec.json.encode(msgspec.json.schema(type))
    # To msgspec a `InternedStr` is an enum, but any string is one.
    schema = msgspec.json.decode(text.replace(b'{"$ref":"#/$defs/InternedStr"}', b'{"type":"string"}'))
    del schema["$defs"]["InternedStr"]
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _build_decoder_and_decode(payload: Any) -> ECREvent:
    # Building costs milliseconds, which the first call pays and importing does not.
    global _decode_json
    _decode_json = msgspec.json.Decoder(ECREvent).decode
    event: ECREvent = _decode_json(payload)
    return event


_decode_json: Callable[[Any], ECREvent] = _build_decoder_and_decode


def _decode_document(payload: Payload, type: type[EventBridgeEvent] | None) -> EventBridgeEvent:
    """Return the event in a payload that is a dict, or that did not decode at once to what was asked for."""
    try:
        document = payload if isinstance(payload, dict) else msgspec.json.decode(payload, type=dict[str, Any])
        if "detail-type" not in document:
            # What only wraps an event lacks other fields too; this is the one that tells what is wrong.
            raise msgspec.ValidationError("Object missing required field `detail-type`")
        return _convert(document, type)
    except (ValueError, RecursionError, BufferError) as error:
        raise DecodeError.of(error, payload) from error


def _convert(document: dict[str, Any], type: type[EventBridgeEvent] | None) -> EventBridgeEvent:
    detail_type = document["detail-type"]
    known = _CLASSES.get(detail_type) if isinstance(detail_type, str) else None
    if type is not None:
        expected = _detail_type(type)
        if expected is not None and detail_type != expected:
            got = "something else" if known is None else f"`{detail_type}`"
            raise msgspec.ValidationError(f"Expected `{expected}`, got {got} - at `$.detail-type`")
        return msgspec.convert(document, type)
    if known is not None:
        try:
            return msgspec.convert(document, known)
        except msgspec.ValidationError:
            if known.claims(document):
                raise
    return msgspec.convert(document, UnknownEvent)


def _detail_type(type: object) -> object:
    """Return the detail-type of a class of events, None for `UnknownEvent`, which has any."""
    if isinstance(type, builtins.type) and issubclass(type, EventBridgeEvent):
        tag = type.__struct_config__.tag
        if tag is not None or issubclass(type, UnknownEvent):
            return tag
    raise TypeError(f"not a class of events with a detail-type: {type!r}")
