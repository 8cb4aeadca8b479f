"""The part of a boto3 session that lookups use, described without boto3."""

from typing import Any, Literal, Protocol

__all__ = ["Session"]


class Session(Protocol):
    """Anything that makes ECR clients, such as a `boto3.Session`."""

    def client(self, service_name: Literal["ecr"], *, region_name: str, config: Any) -> Any:
        """Return a client of ECR in that region."""
        ...
