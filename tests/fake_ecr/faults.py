"""Faults to inject: error responses, delays and broken connections."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from string import Template

from fake_ecr.request import REGISTRY_ID, Json, Request

__all__ = [
    "DENIED",
    "EXPIRED",
    "SERVER_ERROR",
    "THROTTLED",
    "Broken",
    "Error",
    "Fault",
    "Faults",
    "Handshake",
    "Partial",
    "Slow",
    "Trickle",
]


@dataclass(eq=False)
class Error(Exception):
    """An error response, raised by an operation or injected.

    `$operation` and `$resource` in the message are replaced by those of the request.
    """

    code: str
    status: int = 400
    message: str = ""

    def response(self, request: Request) -> Json:
        """Return the JSON of the response."""
        message = Template(self.message).safe_substitute(operation=request.operation, resource=request.resource)
        return {"__type": self.code, "message": message}


@dataclass(frozen=True)
class Slow:
    """The right response after a delay."""

    seconds: float


@dataclass(frozen=True)
class Partial:
    """A valid response with the first items of its list alone, and the token of another page."""

    keep: int


@dataclass(frozen=True)
class Trickle:
    """The right response, byte by byte with a pause before each."""

    seconds: float


class Broken(Enum):
    """Faults in which the response is incomplete, or is none."""

    DROP = auto()
    """The connection closes after the headers and half of the body."""
    GARBAGE = auto()
    """A valid HTTP response whose body is not text."""
    HANG_UP = auto()
    """The connection closes without a response."""
    NOISE = auto()
    """The response is not HTTP."""
    PAGE = auto()
    """A page of HTML by a proxy, with status 502."""
    RESET = auto()
    """The connection is reset without a response."""
    RESET_AMID = auto()
    """The connection is reset after the headers and half of the body."""
    TRUNCATED = auto()
    """A valid HTTP response whose body is the first half of the JSON."""


class Handshake(Enum):
    """Faults of TLS, before a request."""

    CLOSED = auto()
    """The connection closes amid the handshake."""
    PLAIN = auto()
    """The server does not speak TLS."""
    UNTRUSTED = auto()
    """The certificate is one that nobody trusts."""


Fault = Error | Partial | Slow | Trickle | Broken

THROTTLED = Error("ThrottlingException", message="Rate exceeded")
SERVER_ERROR = Error("ServerException", 500, "The server failed")
EXPIRED = Error("ExpiredTokenException", message="The security token included in the request is expired")
DENIED = Error(
    "AccessDeniedException",
    message=f"User: arn:aws:iam::{REGISTRY_ID}:user/reader is not authorized to perform: ecr:$operation"
    " on resource: $resource because no identity-based policy allows the ecr:$operation action",
)


@dataclass
class _Rule:
    """A fault and the requests that it applies to."""

    fault: Fault
    remaining: float
    operation: str | None
    when: Callable[[Request], bool] | None

    def matches(self, request: Request) -> bool:
        return (
            self.remaining > 0
            and self.operation in {None, request.operation}
            and (self.when is None or self.when(request))
        )


class Faults:
    """The faults to inject into coming requests."""

    def __init__(self) -> None:
        self._rules: list[_Rule] = []

    def heal(self) -> None:
        """Inject no fault any more."""
        self._rules.clear()

    def fail(
        self,
        *faults: Fault,
        times: int | None = 1,
        operation: str | None = None,
        when: Callable[[Request], bool] | None = None,
    ) -> None:
        """Inject each of `faults` into the next `times` matching requests, or into all if `times` is None.

        Faults apply one after the other; the earliest call of `fail` that matches a request decides.
        """
        remaining = math.inf if times is None else times
        self._rules += [_Rule(fault, remaining, operation, when) for fault in faults]

    def next_fault(self, request: Request) -> Fault | None:
        """Return the fault for a request, and count it."""
        rule = next((rule for rule in self._rules if rule.matches(request)), None)
        if rule is None:
            return None
        rule.remaining -= 1
        return rule.fault
