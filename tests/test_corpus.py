"""Every captured event in the folder that ECR_EVENTS_CORPUS names."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from ecr_events import DecodeError, UnknownEvent, decode, encode, json_schema

FOLDER = os.environ.get("ECR_EVENTS_CORPUS")
FILES = sorted(Path(FOLDER).rglob("*.json")) if FOLDER else []


@pytest.mark.skipif(FOLDER is None, reason="ECR_EVENTS_CORPUS names no folder of captured events")
def test_the_folder_holds_events() -> None:
    """A folder without a single typed event would make the next test say nothing."""
    assert any(_is_typed(file.read_bytes()) for file in FILES)


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_a_captured_event_decodes_or_is_refused(file: Path) -> None:
    """It is typed, unknown or a DecodeError; typed, it encodes back to its document, unknown keys aside."""
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
    """Return `document` without the keys, at any depth, that are in no Struct and not in `encoded`."""
    if isinstance(document, dict) and isinstance(encoded, dict):
        kept = document.keys() & (encoded.keys() | KNOWN_KEYS)
        return {key: _without_unknown_keys(document[key], encoded.get(key)) for key in kept}
    if isinstance(document, list) and isinstance(encoded, list) and len(document) == len(encoded):
        return [_without_unknown_keys(*pair) for pair in zip(document, encoded, strict=True)]
    return document
