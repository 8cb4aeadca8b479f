"""A realistic sample of every event and its edge cases, for your own tests.

Accounts, names and digests are fictitious but well-formed: accounts have 12 digits, digests 64
hexadecimal digits, and dates exist. (Some of AWS's published samples are invalid: the one of the
pull through cache has a trailing comma and the date 29 February 2023.) Each sample is a JSON file
beside this module, named after its detail-type, with keys in EventBridge's order.
"""

from importlib.resources import files
from typing import Any, TypeVar, get_args

import msgspec

from ecr_events.codec import decode
from ecr_events.events import ECREvent, EventBridgeEvent, UnknownEvent
from ecr_events.events.envelope import detail_type_of

__all__ = ["sample", "sample_json", "variants"]

_Event = TypeVar("_Event", bound=EventBridgeEvent)

_DETAIL_TYPES = {cls: str(detail_type_of(cls)) for cls in get_args(ECREvent)} | {UnknownEvent: "ECR Artifact Action"}
_FILES = {cls: f"{detail_type.lower().replace(' ', '-')}.json" for cls, detail_type in _DETAIL_TYPES.items()}


def sample(type: type[_Event], /, **overrides: Any) -> _Event:
    """Return the sample of a class of `ECREvent`, or of `UnknownEvent`.

    What repeats an overridden field follows, also inside of ARNs, unless it is overridden, too: the account
    (`account`, `aws_account_id`, or the registry of a finding's image), the region (`region`, `aws_region`), the time
    of the envelope, the repository name and the digest, in whatever field of the detail they are. A region determines
    the partition. Of a replication, the source is independent. Where the sample has the ARN of a repository as its
    name, as `Inspector2ScanEvent` does, a name is put into the ARN.

    Args:
        type: Class of the event.
        overrides: Fields to change, by their Python names: of the detail, otherwise of the envelope. Values are those
            of the field, Structs or dicts with AWS's keys. None removes a field; where a field tells ``null`` from an
            absent key, None is ``null`` and UNSET removes it.

    Raises:
        TypeError: `type` is not such a class or has no such field, or a value cannot be encoded as JSON.
        DecodeError: A value has the wrong type, or a required field is removed.
    """
    return decode(_document(type, overrides) if overrides else sample_json(type), type=type)


def sample_json(type: type[EventBridgeEvent], /, **overrides: Any) -> bytes:
    """Return the sample of a class as indented JSON, with the same overrides as `sample`. Raises the same errors."""
    if not overrides:
        return (files(__name__) / _file(type)).read_bytes()
    document = _document(type, overrides)
    decode(document, type=type)
    return msgspec.json.format(msgspec.json.encode(document), indent=2)


def variants(type: type[_Event], /) -> dict[str, _Event]:
    """Return the sample of a class and its edge cases, by name: ``push``, ``untagged``, ``failed`` ...

    The first one is the sample. `ecr_events.samples.edge_cases` says which are documented by AWS, captured or expected.

    Raises:
        TypeError: `type` has no sample.
    """
    from ecr_events.samples.edge_cases import EDGE_CASES

    _file(type)
    return {name: sample(type, **overrides) for name, overrides in EDGE_CASES[type].items()}


def _file(type: type[EventBridgeEvent]) -> str:
    if type not in _FILES:
        raise TypeError(f"a sample is that of an event class, such as ECRImageActionEvent, not of {type!r:.200}")
    return _FILES[type]


def _document(type: type[EventBridgeEvent], overrides: dict[str, Any]) -> dict[str, Any]:
    from ecr_events.samples.overriding import override

    document: dict[str, Any] = override(msgspec.json.decode(sample_json(type)), type, overrides)
    return document
