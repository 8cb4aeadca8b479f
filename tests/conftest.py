"""Fixtures: ECR on loopback, and a session that talks to it."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from fake_ecr import ECRServer
from hypothesis import HealthCheck, settings

from ecr_events import RepositoryReference

# Machines differ in speed, and the first draw builds the strategy. pytest ends what hangs.
# Each run draws other examples.
settings.register_profile("any machine", deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")
# For runs beside one with more: pytest --hypothesis-profile few-examples
settings.register_profile("few-examples", settings.get_profile("any machine"), max_examples=10)

ACCOUNT, OTHER_ACCOUNT = "012345678901", "999999999999"
APP = RepositoryReference(registry_id=ACCOUNT, region="eu-west-1", repository_name="team/app")
"""The repository of the samples."""

ONE_ATTEMPT = Config(retries={"total_max_attempts": 1}, read_timeout=2, connect_timeout=2)


class LoopbackSession(boto3.Session):  # type: ignore[misc]  # boto3 has no types
    """A session whose clients talk to a server on loopback; its own region is not that of any event."""

    def __init__(self, url: str) -> None:
        super().__init__(aws_access_key_id="key", aws_secret_access_key="secret", region_name="ap-south-2")
        self.url = url
        self.made: list[str] = []
        """The regions of the clients created."""

    def client(self, *arguments: Any, **options: Any) -> Any:
        """Return a client of that server."""
        self.made.append(options["region_name"])
        return super().client(*arguments, endpoint_url=self.url, **options)


class UnusedSession:
    """A session that no test creates clients with."""

    @staticmethod
    def client(*_: Any, **__: Any) -> Any:
        """Fail."""
        raise AssertionError


def digest(number: int) -> str:
    return f"sha256:{number:064x}"


@pytest.fixture
def server() -> Iterator[ECRServer]:
    """Return an empty ECR on loopback."""
    with ECRServer() as server:
        yield server


@pytest.fixture
def session(server: ECRServer) -> LoopbackSession:
    """Return a session whose clients talk to `server`."""
    return LoopbackSession(server.url)
