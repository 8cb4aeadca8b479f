from command_line import EVENTS

from ecr_events import encode
from ecr_events.cli.lines import encode_lines


def test_events_are_encoded_one_per_line() -> None:
    """In batches, of which none holds all events of a large archive."""
    batches = list(encode_lines(iter(EVENTS * 100)))
    assert b"".join(batches) == b"".join(encode(event) + b"\n" for event in EVENTS) * 100
    assert max(map(len, batches)) < 500_000
