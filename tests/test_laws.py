"""Properties of every event and of every payload, tested with hypothesis."""

import json
import random
from typing import Any, get_args

import msgspec
import pytest
from documents import places
from hypothesis import given
from hypothesis import strategies as st

from ecr_events import DecodeError, ECREvent, EventBridgeEvent, UnknownEvent, decode, encode
from ecr_events.samples import sample_json
from ecr_events.testing import events
from ecr_events.testing.strategies import JSON

CLASSES: tuple[type[EventBridgeEvent], ...] = get_args(ECREvent)

every_class = pytest.mark.parametrize("type", CLASSES, ids=lambda type: type.__name__)


@every_class
@given(data=st.data())
def test_events_are_decoded_from_their_json(type: type[EventBridgeEvent], data: st.DataObject) -> None:
    """`decode` is the inverse of `encode`, for compact and indented JSON and for a dict."""
    event = data.draw(events(type))
    encoded = encode(event)
    assert decode(encoded) == event
    assert decode(encode(event, indent=2), type=type) == event
    assert decode(msgspec.json.decode(encoded)) == event
    assert hash(decode(encoded)) == hash(event)


@given(events(UnknownEvent))
def test_unknown_events_are_decoded_from_their_json(event: EventBridgeEvent) -> None:
    """The detail may be any dict."""
    assert decode(encode(event), type=UnknownEvent) == event


@every_class
@given(data=st.data())
def test_a_decoded_document_encodes_to_itself(type: type[EventBridgeEvent], data: st.DataObject) -> None:
    """Without unknown keys nothing is lost: missing keys are missing and null is null."""
    document = json.loads(encode(data.draw(events(type))))
    assert json.loads(encode(decode(json.dumps(document)))) == document


@every_class
@given(seed=st.integers(), unknown=JSON)
def test_key_order_and_unknown_keys_do_not_matter(type: type[EventBridgeEvent], seed: int, unknown: Any) -> None:
    """Neither changes the event, at any depth."""
    shuffled = json.dumps(_shuffle(json.loads(sample_json(type)), random.Random(seed), unknown))
    assert decode(shuffled) == decode(sample_json(type))
    assert decode(json.loads(shuffled)) == decode(sample_json(type))


DICTS = {"finding-severity-counts", "attributes", "requestParameters", "responseElements", "tlsDetails", "tags"}
"""Keys of the dicts whose keys are data, where no key is unknown."""


def _shuffle(value: Any, randomness: random.Random, unknown: Any) -> Any:
    if isinstance(value, list):
        return [_shuffle(item, randomness, unknown) for item in value]
    if not isinstance(value, dict):
        return value
    items = [(key, item if key in DICTS else _shuffle(item, randomness, unknown)) for key, item in value.items()]
    items.append(("unknown-key", unknown))
    randomness.shuffle(items)
    return dict(items)


@given(st.binary())
def test_bytes_raise_only_decode_errors(payload: bytes) -> None:
    """Arbitrary bytes are an event or a DecodeError."""
    _assert_event_or_decode_error(payload)


@given(JSON)
def test_json_raises_only_decode_errors(document: Any) -> None:
    """Arbitrary JSON is an event or a DecodeError."""
    _assert_event_or_decode_error(json.dumps(document))


@every_class
@given(data=st.data())
def test_malformed_samples_raise_only_decode_errors(type: type[EventBridgeEvent], data: st.DataObject) -> None:
    """A sample with one byte or one value replaced is an event or a DecodeError."""
    text = bytearray(sample_json(type))
    text[data.draw(st.integers(0, len(text) - 1))] = data.draw(st.integers(0, 255))
    _assert_event_or_decode_error(text)
    document = json.loads(sample_json(type))
    container, key = data.draw(st.sampled_from(list(places(document))))
    container[key] = data.draw(JSON)
    _assert_event_or_decode_error(document)
    _assert_event_or_decode_error(json.dumps(document))


def _assert_event_or_decode_error(payload: Any) -> None:
    try:
        event = decode(payload)
    except DecodeError as error:
        assert error.payload is payload
        assert error.path.startswith("$")
    else:
        assert decode(encode(event)) == event
