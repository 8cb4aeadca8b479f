"""What can go wrong, as one tree.

::

    ECREventsError
    ├── DecodeError             a payload that is not the event it should be
    └── InvalidReferenceError   a name, an ARN or a URI that no ECR registry can have

Every class survives pickling with its attributes, and the built-in exception
that fits best (``ValueError`` here) is a base too.
"""

import re
from typing import Any, Self, TypeAlias

__all__ = ["DecodeError", "ECREventsError", "InvalidReferenceError", "Payload"]

Payload: TypeAlias = bytes | bytearray | memoryview | str | dict[str, Any]
"""What can be decoded: JSON text, or a document that somebody has parsed already."""


class ECREventsError(Exception):
    """The root of every error that this library raises on purpose."""


class DecodeError(ECREventsError, ValueError):
    """A payload is not JSON, not an event, or breaks the contract of its event type.

    The text names the place and what is wrong there. It never holds the payload,
    so it can go to a log that the payload must not reach; the payload is kept on
    the exception for a dead-letter queue. The cause (``__cause__``) is the error
    of msgspec or of Python that led here.
    """

    reason: str
    """What is wrong, in msgspec's words: ``expected `str`, got `int```."""

    path: str
    """Where, as a JSONPath: ``$.detail.image-tag``; ``$`` is the document itself.

    A missing field is reported at the object that lacks it.
    """

    payload: Payload
    """What was given to be decoded, as it was given."""

    def __init__(self, reason: str, path: str, payload: Payload) -> None:
        """Keep the evidence; `args` leaves the payload out, so that no repr shows it."""
        super().__init__(reason, path)
        self.reason = reason
        self.path = path
        self.payload = payload

    @classmethod
    def of(cls, error: Exception, payload: Payload) -> Self:
        """Return what msgspec's (or Python's) `error` says about `payload`."""
        reason, path = str(error), "$"
        if found := re.fullmatch(r"(.*) - at (`key` in )?`(\$.*)`", reason, re.DOTALL):
            reason, in_key, path = found.groups()
            if in_key:
                reason = f"{reason} as a key"
        if reason[1:2].islower():
            reason = reason[0].lower() + reason[1:]
        return cls(reason, path, payload)

    def __str__(self) -> str:
        return f"{self.reason} at {self.path}"

    def __reduce__(self) -> tuple[type[Self], tuple[str, str, Payload]]:
        # A memoryview cannot be pickled; its bytes are the same evidence.
        payload = self.payload.tobytes() if isinstance(self.payload, memoryview) else self.payload
        return type(self), (self.reason, self.path, payload)


class InvalidReferenceError(ECREventsError, ValueError):
    """A reference holds, or a text is, something that no ECR registry can have."""

    reason: str
    """What was expected: ``not an AWS region``."""

    value: str
    """The value that was found instead."""

    def __init__(self, reason: str, value: str) -> None:
        """Keep the value whole; the text shows its first 200 characters."""
        super().__init__(reason, value)
        self.reason = reason
        self.value = value

    def __str__(self) -> str:
        return f"{self.reason}: {self.value[:200]!r}"
