import json
import re
from typing import get_args

import pytest

from ecr_events import ECREvent, EventBridgeEvent, UnknownEvent, decode, encode
from ecr_events.samples import sample, sample_json

every_class = pytest.mark.parametrize("type", [*get_args(ECREvent), UnknownEvent], ids=lambda type: type.__name__)


@every_class
def test_there_is_a_sample_of_every_class(type: type[EventBridgeEvent]) -> None:
    """The sample is of the class asked for, and is what decode makes of its JSON text."""
    event = sample(type)
    assert event.__class__ is type
    assert event == decode(sample_json(type))


@every_class
def test_a_sample_holds_nothing_that_this_library_does_not_know(type: type[EventBridgeEvent]) -> None:
    """Encoded again, the sample is the same JSON document."""
    assert json.loads(encode(sample(type))) == json.loads(sample_json(type))


@every_class
def test_a_sample_is_well_formed(type: type[EventBridgeEvent]) -> None:
    """Digests have 64 digits, and keys come in EventBridge's order."""
    text = sample_json(type).decode()
    digests = re.findall(r"sha256:\w*", text)
    assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", digest) for digest in digests)
    assert list(json.loads(text)) == [
        "version",
        "id",
        "detail-type",
        "source",
        "account",
        "time",
        "region",
        "resources",
        "detail",
    ]


def test_there_is_no_sample_of_a_base_class() -> None:
    """A class that no event has is a KeyError."""
    with pytest.raises(KeyError, match="EventBridgeEvent"):
        sample_json(EventBridgeEvent)
