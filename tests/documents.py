"""Sample events as dicts, whole or changed, and what the tests ask of a document."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from ecr_events import DecodeError, EventBridgeEvent, ImageReference, RepositoryReference, decode
from ecr_events.samples import sample_json

APP = RepositoryReference(registry_id="012345678901", region="eu-west-1", repository_name="team/app")
"""Repository named by most samples."""

DIGEST = "sha256:1508485b9031c21c6bfaf69063696c58165ca1bedd919f4077af800924966086"
"""Digest of the image named by most samples."""

IMAGE = APP.image(digest=DIGEST, tag="1.4.2")
"""Image named by most samples."""

References = tuple[
    RepositoryReference | None, ImageReference | None, tuple[RepositoryReference, ...], tuple[ImageReference, ...]
]


def document(
    type: type[EventBridgeEvent], detail: dict[str, Any] | None = None, *, missing: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Return the sample of a class as a dict.

    Args:
        type: Class of the sample.
        detail: Keys to add to the sample's detail, or to replace.
        missing: Keys to remove from it.
    """
    parsed: dict[str, Any] = msgspec.json.decode(sample_json(type))
    parsed["detail"] |= detail or {}
    for key in missing:
        del parsed["detail"][key]
    return parsed


def references(payload: Any) -> References:
    """Return the references of the event in `payload`: repository, image, all repositories, all images."""
    event = decode(payload)
    return (event.repository_reference, event.image_reference, event.repository_references, event.image_references)


def error_text(payload: Any, **arguments: Any) -> str:
    """Return the message of the DecodeError raised for `payload`, and check that the error holds the payload."""
    with pytest.raises(DecodeError) as caught:
        decode(payload, **arguments)
    assert caught.value.payload is payload
    return str(caught.value)


def has_exact_counts(event: Any) -> bool:
    """Return whether the severity counts of an event are exact as floats, as columns have them."""
    counts = getattr(getattr(event, "detail", None), "finding_severity_counts", None) or {}
    return all(isinstance(count, float) or abs(count) <= 2**53 for count in counts.values())


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield each container with each of its keys or indexes, at any depth."""
    for key, item in list(value.items() if isinstance(value, dict) else enumerate(value)):
        yield value, key
        if isinstance(item, dict | list):
            yield from places(item)
