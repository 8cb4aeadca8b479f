"""Events as lines of JSON, a batch at a time."""

from collections.abc import Iterator
from itertools import islice

import msgspec

from ecr_events.events import ECREvent, UnknownEvent

__all__ = ["encode_lines"]

_BATCH = 100
"""Number of events that are encoded at a time."""


def encode_lines(events: Iterator[ECREvent | UnknownEvent]) -> Iterator[bytes]:
    """Yield one line per event, as given by `encode`, several lines at a time."""
    encoder = msgspec.json.Encoder()
    while batch := list(islice(events, _BATCH)):
        yield encoder.encode_lines(batch)
