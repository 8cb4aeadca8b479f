"""The session protocol, defined without boto3."""

from typing import Any, Literal, Protocol

__all__ = ["Session"]


class Session(Protocol):
    """Any hashable object that creates ECR clients, such as a `boto3.Session`."""

    def __hash__(self) -> int: ...

    def client(self, service_name: Literal["ecr"], *, region_name: str, config: Any) -> Any:
        """Return an ECR client for `region_name`; `config` is botocore's `Config`, or None."""
        ...
