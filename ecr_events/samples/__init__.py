"""A realistic sample of every event, for your own tests.

Accounts, names and digests are fictitious but well-formed: accounts have 12 digits, digests 64
hexadecimal digits, and dates exist. (Some of AWS's published samples are invalid: the one of the
pull through cache has a trailing comma and the date 29 February 2023.) Each sample is a JSON file
beside this module, named after its detail-type, with keys in EventBridge's order.
"""

from importlib.resources import files
from typing import TypeVar, get_args

from ecr_events.codec import decode
from ecr_events.events import ECREvent, EventBridgeEvent, UnknownEvent
from ecr_events.events.envelope import detail_type_of

__all__ = ["sample", "sample_json"]

_Event = TypeVar("_Event", bound=EventBridgeEvent)

_DETAIL_TYPES = {cls: str(detail_type_of(cls)) for cls in get_args(ECREvent)} | {UnknownEvent: "ECR Artifact Action"}
_FILES = {cls: f"{detail_type.lower().replace(' ', '-')}.json" for cls, detail_type in _DETAIL_TYPES.items()}


def sample(type: type[_Event]) -> _Event:
    """Return the sample of a class of `ECREvent`, or of `UnknownEvent`.

    Use `msgspec.structs.replace` on the event or its detail to vary it.

    Raises:
        KeyError: `type` has no sample.
    """
    return decode(sample_json(type), type=type)


def sample_json(type: type[EventBridgeEvent]) -> bytes:
    """Return the sample of a class as indented JSON.

    Raises:
        KeyError: `type` has no sample.
    """
    return (files(__name__) / _FILES[type]).read_bytes()
