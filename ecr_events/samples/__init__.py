"""A realistic sample of every event, for your own tests and for trying things out.

Accounts, names and digests are made up, and of the right shape: accounts have 12 digits,
digests 64, and dates exist. (AWS's published samples are not always so: the one of the
pull through cache has a trailing comma and is dated 29 February 2023, and `decode` refuses
it.) The samples are the JSON files beside this module, in EventBridge's own key order.
"""

from importlib.resources import files
from typing import TypeVar, get_args

from ecr_events.codec import decode
from ecr_events.events import ECREvent, EventBridgeEvent, UnknownEvent

__all__ = ["sample", "sample_json"]

_Event = TypeVar("_Event", bound=EventBridgeEvent)

_DETAIL_TYPES = {cls: str(cls.__struct_config__.tag) for cls in get_args(ECREvent)} | {
    UnknownEvent: "ECR Artifact Action"
}
_FILES = {cls: f"{detail_type.lower().replace(' ', '-')}.json" for cls, detail_type in _DETAIL_TYPES.items()}


def sample(type: type[_Event]) -> _Event:
    """Return a sample of one of the classes of `ECREvent`, or of `UnknownEvent`.

    To vary it, use `msgspec.structs.replace` on the event or on its detail.

    Raises:
        KeyError: There is no sample of that class.
    """
    return decode(sample_json(type), type=type)


def sample_json(type: type[EventBridgeEvent]) -> bytes:
    """Return the same sample as JSON text, as EventBridge would send it but indented.

    Raises:
        KeyError: There is no sample of that class.
    """
    return (files(__name__) / _FILES[type]).read_bytes()
