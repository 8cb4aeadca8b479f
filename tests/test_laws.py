"""Laws that hold for every event and for every payload, tested with hypothesis."""

import json
import random
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import JSON, events

from ecr_events import DecodeError, ECREvent, EventBridgeEvent, UnknownEvent, decode, encode
from ecr_events.samples import sample_json

CLASSES: tuple[type[EventBridgeEvent], ...] = get_args(ECREvent)

every_class = pytest.mark.parametrize("type", CLASSES, ids=lambda type: type.__name__)


@every_class
@given(data=st.data())
def test_encode_then_decode_is_the_identity(type: type[EventBridgeEvent], data: st.DataObject) -> None:
    """Every event comes back from its own JSON, with and without indentation, as text and as a dict."""
    event = data.draw(events(type))
    encoded = encode(event)
    assert decode(encoded) == event
    assert decode(encode(event, indent=2), type=type) == event
    assert decode(msgspec.json.decode(encoded)) == event
    assert hash(decode(encoded)) == hash(event)


@given(events(UnknownEvent))
def test_encode_then_decode_is_the_identity_for_unknown_events(event: EventBridgeEvent) -> None:
    """An unknown event comes back as well, whatever its detail holds."""
    assert decode(encode(event), type=UnknownEvent) == event


@every_class
@given(data=st.data())
def test_decode_then_encode_keeps_the_document(type: type[EventBridgeEvent], data: st.DataObject) -> None:
    """A document whose keys are all known comes back key by key, absent keys absent and nulls null."""
    document = json.loads(encode(data.draw(events(type))))
    assert json.loads(encode(decode(json.dumps(document)))) == document


@every_class
@given(seed=st.integers(), unknown=JSON)
def test_key_order_and_unknown_keys_do_not_matter(type: type[EventBridgeEvent], seed: int, unknown: Any) -> None:
    """Keys in any order, and keys that nobody knows at any depth, give the same event."""
    shuffled = json.dumps(_shuffle(json.loads(sample_json(type)), random.Random(seed), unknown))
    assert decode(shuffled) == decode(sample_json(type))
    assert decode(json.loads(shuffled)) == decode(sample_json(type))


OPEN_MAPS = {"finding-severity-counts", "attributes", "requestParameters", "responseElements", "tlsDetails", "tags"}
"""The keys of the maps that keep every key, so that no key in them is an unknown one."""


def _shuffle(value: Any, randomness: random.Random, unknown: Any) -> Any:
    if isinstance(value, list):
        return [_shuffle(item, randomness, unknown) for item in value]
    if not isinstance(value, dict):
        return value
    items = [(key, item if key in OPEN_MAPS else _shuffle(item, randomness, unknown)) for key, item in value.items()]
    items.append(("a-key-nobody-knows", unknown))
    randomness.shuffle(items)
    return dict(items)


@given(st.binary())
def test_bytes_raise_only_a_decode_error(payload: bytes) -> None:
    """Whatever the bytes are, they are an event or raise DecodeError."""
    _decode_or_refuse(payload)


@given(JSON)
def test_json_raises_only_a_decode_error(document: Any) -> None:
    """Whatever the JSON is, it is an event or raises DecodeError."""
    _decode_or_refuse(json.dumps(document))


@every_class
@given(data=st.data())
def test_damage_raises_only_a_decode_error(type: type[EventBridgeEvent], data: st.DataObject) -> None:
    """A sample with bytes overwritten, or with any of its values replaced, is an event or raises DecodeError."""
    text = bytearray(sample_json(type))
    text[data.draw(st.integers(0, len(text) - 1))] = data.draw(st.integers(0, 255))
    _decode_or_refuse(text)
    document = json.loads(sample_json(type))
    place = data.draw(st.sampled_from(list(_places(document))))
    place[0][place[1]] = data.draw(JSON)
    _decode_or_refuse(document)
    _decode_or_refuse(json.dumps(document))


def _places(value: Any) -> Any:
    """Yield every container with every key or index of it, at any depth."""
    items = list(value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ())
    for key, item in items:
        yield value, key
        yield from _places(item)


def _decode_or_refuse(payload: Any) -> None:
    try:
        event = decode(payload)
    except DecodeError as error:
        assert error.payload is payload
        assert error.path.startswith("$")
    else:
        assert decode(encode(event)) == event
