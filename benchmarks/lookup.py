"""What many lookups cost: ``python -m benchmarks.lookups``.

10,000 replication events name 200 images in 20 repositories, in two regions. A server on
loopback speaks ECR's protocol and counts requests, for `ECRService` and for a loop that asks
boto3 about one thing after the other. Loopback has no latency: against AWS, the loop would
be slower by the round trip of each of its requests.
"""

import sys
import time
from pathlib import Path
from typing import Any

import boto3
import msgspec

from ecr_events import ECRReplicationActionEvent, ImageReference
from ecr_events.samples import sample
from ecr_events.service import ECRService

sys.path.append(str(Path(__file__).parent.parent / "tests"))
from ecr_server import ECRServer

EVENTS, REPOSITORIES, IMAGES = 10_000, 20, 10


class _Session(boto3.Session):  # type: ignore[misc]  # boto3 has no types
    def __init__(self, url: str) -> None:
        super().__init__(aws_access_key_id="key", aws_secret_access_key="secret")  # noqa: S106
        self.url = url

    def client(self, *arguments: Any, **options: Any) -> Any:
        return super().client(*arguments, endpoint_url=self.url, **options)


def main() -> None:
    """Print requests and seconds of both."""
    events = _events()
    with ECRServer() as server:
        for image in dict.fromkeys(_image(event) for event in events):
            place = image.repository
            server.add_image(
                place.repository_name, str(image.image_digest), region=place.region, registry_id=place.registry_id
            )
        for name, look_up in (("ECRService, batched", _batched), ("one by one", _one_by_one)):
            before, start = server.count(), time.perf_counter()
            found = look_up(_Session(server.url), events)
            seconds = time.perf_counter() - start
            print(f"{name:20} {server.count() - before:6} requests  {seconds:7.2f} s  {found} found")


def _events() -> list[ECRReplicationActionEvent]:
    template = sample(ECRReplicationActionEvent)
    events: list[ECRReplicationActionEvent] = []
    for number in range(EVENTS):
        repository, image = number % REPOSITORIES, number // REPOSITORIES % IMAGES
        detail = msgspec.structs.replace(
            template.detail,
            repository_name=f"team/app-{repository}",
            image_digest=f"sha256:{repository * IMAGES + image:064x}",
        )
        region = "us-east-1" if repository % 2 else "eu-west-1"
        events.append(msgspec.structs.replace(template, id=f"{number:036}", region=region, detail=detail))
    return events


def _image(event: ECRReplicationActionEvent) -> ImageReference:
    image = event.image_reference
    assert image is not None
    return image


def _batched(session: Any, events: list[ECRReplicationActionEvent]) -> int:
    service = ECRService(session)
    images = service.images(_image(event) for event in events)
    repositories = service.repositories(event.repository_reference for event in events)
    return sum(images[_image(event)] is not None for event in events) + sum(
        repositories[event.repository_reference] is not None for event in events
    )


def _one_by_one(session: Any, events: list[ECRReplicationActionEvent]) -> int:
    clients = {region: session.client("ecr", region_name=region) for region in ("eu-west-1", "us-east-1")}
    found = 0
    for event in events:
        ecr, name = clients[event.region], event.detail.repository_name
        images = ecr.describe_images(
            registryId=event.account, repositoryName=name, imageIds=[{"imageDigest": event.detail.image_digest}]
        )
        repositories = ecr.describe_repositories(registryId=event.account, repositoryNames=[name])
        found += len(images["imageDetails"]) + len(repositories["repositories"])
    return found


if __name__ == "__main__":
    main()
