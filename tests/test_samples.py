import re
from typing import get_args

import msgspec
import pytest
from documents import document

from ecr_events import ECREvent, EventBridgeEvent, UnknownEvent, decode, encode
from ecr_events.samples import sample, sample_json

every_class = pytest.mark.parametrize("type", [*get_args(ECREvent), UnknownEvent], ids=lambda type: type.__name__)


@every_class
def test_a_sample_is_decoded_from_its_json(type: type[EventBridgeEvent]) -> None:
    """`sample` and `sample_json` are the same event, of the given class."""
    event = sample(type)
    assert event.__class__ is type
    assert event == decode(sample_json(type))


@every_class
def test_a_sample_has_no_unknown_keys(type: type[EventBridgeEvent]) -> None:
    """Encoded again, it is the same document."""
    assert msgspec.json.decode(encode(sample(type))) == document(type)


@every_class
def test_a_sample_is_well_formed(type: type[EventBridgeEvent]) -> None:
    """Digests have 64 hexadecimal digits, accounts 12 digits, and keys are in EventBridge's order."""
    digests = re.findall(r"sha256:\w*", sample_json(type).decode())
    assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", digest) for digest in digests)
    parsed = document(type)
    assert re.fullmatch(r"\d{12}", parsed["account"])
    assert list(parsed) == [
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


def test_a_base_class_has_no_sample() -> None:
    """The KeyError names the class."""
    with pytest.raises(KeyError, match="EventBridgeEvent"):
        sample_json(EventBridgeEvent)
