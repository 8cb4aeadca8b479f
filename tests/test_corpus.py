"""Captured events, in the folder named by the environment variable ECR_EVENTS_CORPUS."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from ecr_events import DecodeError, UnknownEvent, decode, encode, json_schema

FOLDER = os.environ.get("ECR_EVENTS_CORPUS")
FILES = sorted(Path(FOLDER).rglob("*.json")) if FOLDER else []


@pytest.mark.skipif(FOLDER is None, reason="ECR_EVENTS_CORPUS is not set")
def test_the_folder_has_typed_events() -> None:
    """Without one, the next test would pass for any folder."""
    assert any(_is_typed(file.read_bytes()) for file in FILES)


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_a_captured_event_decodes_or_is_a_decode_error(file: Path) -> None:
    """An event encodes to its document without unknown keys."""
    text = file.read_bytes()
    try:
        event = decode(text)
    except DecodeError as error:
        assert error.payload is text
        return
    document = json.loads(text)
    if isinstance(event, UnknownEvent):
        assert event.detail == document["detail"]
    assert _without_unknown_keys(document, json.loads(encode(event))) == json.loads(encode(event))
    assert decode(document) == event


def _is_typed(text: bytes) -> bool:
    try:
        return not isinstance(decode(text), UnknownEvent)
    except DecodeError:
        return False


KNOWN_KEYS = {key for shape in json_schema()["$defs"].values() for key in shape["properties"]}


def _without_unknown_keys(document: Any, encoded: Any) -> Any:
    """Return `document` without the keys that are neither fields of a Struct nor in `encoded`, at any depth."""
    if isinstance(document, dict) and isinstance(encoded, dict):
        known = document.keys() & (encoded.keys() | KNOWN_KEYS)
        return {key: _without_unknown_keys(document[key], encoded.get(key)) for key in known}
    if isinstance(document, list) and isinstance(encoded, list) and len(document) == len(encoded):
        return [_without_unknown_keys(*pair) for pair in zip(document, encoded, strict=True)]
    return document
