"""The session protocol, defined without boto3."""

from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias, Union

if TYPE_CHECKING:
    from ecr_events.service import ECRService

__all__ = ["EventSession", "Session", "check_session", "is_session"]


class Session(Protocol):
    """Any hashable object that creates ECR clients, such as a `boto3.Session`."""

    def __hash__(self) -> int: ...

    def client(self, service_name: Literal["ecr"], *, region_name: str, config: Any) -> Any:
        """Return an ECR client for `region_name`; `config` is botocore's `Config`."""
        ...


EventSession: TypeAlias = Union[Session, "ECRService"]
"""Looks up what events name."""


def is_session(value: object) -> bool:
    """Return whether a value creates clients. A boto3 client, for one, does not, nor a class."""
    return callable(getattr(value, "client", None)) and not isinstance(value, type)


def check_session(value: EventSession | None) -> None:
    """Raise a TypeError unless events can be bound to `value`."""
    if value is None or is_session(value):
        return
    if isinstance(value, type) or not hasattr(value, "client_for"):
        raise TypeError(f"session must be a boto3 Session or an ECRService, not {value!r:.200}")
