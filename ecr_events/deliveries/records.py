"""The records that deliveries are unwrapped to."""

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

import msgspec

from ecr_events.errors import DecodeError
from ecr_events.events import ECREvent, UnknownEvent

__all__ = ["NO_ATTRIBUTES", "InvalidRecord", "Record", "Unwrapped"]


class _NoAttributes(Mapping[str, str]):
    """An empty mapping that all records share; unlike that of `types`, it can be pickled."""

    __slots__ = ()

    def __getitem__(self, name: str) -> str:
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0

    def __repr__(self) -> str:
        return "{}"

    def __reduce__(self) -> str:
        return "NO_ATTRIBUTES"  # the name of the only instance in this module, for pickle and copy


NO_ATTRIBUTES: Mapping[str, str] = _NoAttributes()


class Record(msgspec.Struct, frozen=True, gc=False):
    """One event of a delivery."""

    id: str | None
    """The outermost id in the delivery: ``messageId``, ``sequenceNumber``, ``recordId`` ...; None if there is none.

    Responses to AWS refer to it. Several events in one record share its id.
    """

    event: ECREvent | UnknownEvent
    """The decoded event."""

    attributes: Mapping[str, str] = NO_ATTRIBUTES
    """Text that came with the event: attributes of an SQS or SNS message or of a CloudEvent, or headers, credentials
    included.

    A dead-letter queue of EventBridge has ``ERROR_CODE``, ``ERROR_MESSAGE``, ``RULE_ARN``, ``TARGET_ARN`` and
    ``RETRY_ATTEMPTS``.
    """


class InvalidRecord(msgspec.Struct, frozen=True):
    """A record of a delivery that could not be decoded."""

    id: str | None
    """As in `Record`."""

    error: DecodeError
    """The reason, with the payload."""

    attributes: Mapping[str, str] = NO_ATTRIBUTES
    """As in `Record`."""


Unwrapped: TypeAlias = tuple[Record | InvalidRecord | None, Any]
"""A record with the content that it was decoded from; None instead of the record for a control message."""
