"""What many lookups cost, in requests and in time.

Replication events name 200 images in 20 repositories, in two regions. A server on loopback
speaks ECR's protocol and counts requests, for `ECRService` and for a loop that asks boto3
about one thing after the other. Loopback has no latency: against AWS, the loop would be
slower by the round trip of each of its requests.
"""

import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import boto3
import msgspec

from benchmarks.runner import Section, Size, in_rounds
from ecr_events import ECRReplicationActionEvent, ImageReference
from ecr_events.samples import sample
from ecr_events.service import ECRService

sys.path.append(str(Path(__file__).parent.parent / "tests"))
from fake_ecr import ECRServer

REPOSITORIES, IMAGES = 20, 10
BATCHED = "ECRService"
ONE_BY_ONE = "boto3, one by one"
REMEMBERING = "boto3, one by one, each thing once"


class _Session(boto3.Session):  # type: ignore[misc]  # boto3 has no types
    def __init__(self, url: str) -> None:
        super().__init__(aws_access_key_id="key", aws_secret_access_key="secret")
        self.url = url

    def client(self, *arguments: Any, **options: Any) -> Any:
        return super().client(*arguments, endpoint_url=self.url, **options)


def run(size: Size) -> list[Section]:
    """Return what looking up images and repositories costs."""
    text = (
        f"{size.looked_up:,} replication events name {REPOSITORIES * IMAGES} images in {REPOSITORIES} repositories and "
        "two regions; a server on loopback, in the same process and without any latency, answers for ECR."
    )
    rounds = min(size.rounds, 3)
    return [Section("Lookups", text, in_rounds(look_up, [*_WAYS], rounds, size.looked_up), BATCHED)]


def look_up(name: str, count: int) -> dict[str, float]:
    """Return how many requests, and how many seconds, it takes to have all images and repositories."""
    events = _events(count)
    with ECRServer() as server:
        for image in dict.fromkeys(_image(event) for event in events):
            place = image.repository
            server.add_image(
                place.repository_name, str(image.image_digest), region=place.region, registry_id=place.registry_id
            )
        before, start = server.count(), time.perf_counter()
        found = _WAYS[name](_Session(server.url), events)
        seconds = time.perf_counter() - start
        assert found == 2 * count
        return {"requests": server.count() - before, "seconds": seconds}


def _events(count: int) -> list[ECRReplicationActionEvent]:
    template = sample(ECRReplicationActionEvent)
    events: list[ECRReplicationActionEvent] = []
    for number in range(count):
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


def _one_by_one(session: Any, events: list[ECRReplicationActionEvent], *, remembering: bool = False) -> int:
    clients = {region: session.client("ecr", region_name=region) for region in ("eu-west-1", "us-east-1")}
    known: dict[object, int] = {}
    found = 0
    for event in events:
        ecr, account, name = clients[event.region], event.account, event.detail.repository_name
        digest = event.detail.image_digest
        image, repository = (account, event.region, name, digest), (account, event.region, name)
        if not remembering or image not in known:
            images = ecr.describe_images(registryId=account, repositoryName=name, imageIds=[{"imageDigest": digest}])
            known[image] = len(images["imageDetails"])
        if not remembering or repository not in known:
            repositories = ecr.describe_repositories(registryId=account, repositoryNames=[name])
            known[repository] = len(repositories["repositories"])
        found += known[image] + known[repository]
    return found


_WAYS: dict[str, Callable[[Any, list[ECRReplicationActionEvent]], int]] = {
    BATCHED: _batched,
    REMEMBERING: partial(_one_by_one, remembering=True),
    ONE_BY_ONE: _one_by_one,
}
