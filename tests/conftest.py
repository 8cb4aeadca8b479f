"""What several test modules need: an ECR on loopback, and sessions that talk to it."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from ecr_server import ECRServer

ONE_ATTEMPT = Config(retries={"total_max_attempts": 1}, read_timeout=2, connect_timeout=2)


class LoopbackSession(boto3.Session):  # type: ignore[misc]  # boto3 has no types
    """A session whose clients talk to a server on this machine; its own region is one that no event has."""

    def __init__(self, url: str) -> None:
        """Talk to `url`, and note in `made` the regions that clients are made for."""
        super().__init__(aws_access_key_id="key", aws_secret_access_key="secret", region_name="ap-south-2")
        self.url = url
        self.made: list[str] = []

    def client(self, *arguments: Any, **options: Any) -> Any:
        """Return a client of that server."""
        self.made.append(options["region_name"])
        return super().client(*arguments, endpoint_url=self.url, **options)


@pytest.fixture
def server() -> Iterator[ECRServer]:
    """Return an empty ECR on loopback, for one test."""
    with ECRServer() as server:
        yield server


@pytest.fixture
def session(server: ECRServer) -> LoopbackSession:
    """Return a session whose clients talk to `server`."""
    return LoopbackSession(server.url)
