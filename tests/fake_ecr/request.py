"""Requests to ECR's API."""

from dataclasses import dataclass
from typing import Any

__all__ = ["REGION", "REGISTRY_ID", "Json", "Request", "repository_arn"]

Json = dict[str, Any]

REGION = "us-east-1"
REGISTRY_ID = "123456789012"
"""The caller's account: the registry of a request without a `registryId`."""


def repository_arn(region: str, registry_id: str, name: str) -> str:
    return f"arn:aws:ecr:{region}:{registry_id}:repository/{name}"


@dataclass(frozen=True)
class Request:
    """A request of a client."""

    operation: str
    region: str
    """The region of the request's signature."""
    body: Json

    @property
    def registry_id(self) -> str:
        """The account of the registry."""
        return str(self.body.get("registryId", REGISTRY_ID))

    @property
    def resource(self) -> str:
        """The ARN of the repository, or of all repositories if the request names none."""
        name = self.body.get("repositoryName", "*")
        return str(self.body.get("resourceArn", repository_arn(self.region, self.registry_id, name)))
