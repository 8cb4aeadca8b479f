"""Requests and time of many lookups.

Replication events name 200 images in 20 repositories, in two regions. A fake ECR on loopback
counts the requests of `ECRService` in batches, of `event.image` and `event.repository`, and of a
loop that calls boto3 for each event. Loopback has no latency: against AWS, each request of the
loop would add a round trip.
"""

import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import boto3
import msgspec

from benchmarks.runner import Section, Size, run_rounds
from ecr_events import ECRReplicationActionEvent, ImageReference
from ecr_events.samples import sample
from ecr_events.service import ECRService

sys.path.append(str(Path(__file__).parent.parent / "tests"))
from fake_ecr import ECRServer

REPOSITORIES, IMAGES = 20, 10
BATCHED = "ECRService"


class LoopbackSession(boto3.Session):  # type: ignore[misc]  # boto3 has no types
    """A session whose clients talk to a server on loopback."""

    def __init__(self, url: str) -> None:
        super().__init__(aws_access_key_id="key", aws_secret_access_key="secret")
        self.url = url

    def client(self, *arguments: Any, **options: Any) -> Any:
        """Return a client of that server."""
        return super().client(*arguments, endpoint_url=self.url, **options)


def run(size: Size) -> list[Section]:
    """Return the costs of looking up images and repositories."""
    text = (
        f"{size.looked_up:,} replication events name {REPOSITORIES * IMAGES} images in {REPOSITORIES} repositories and "
        "two regions. A fake ECR on loopback, in the same process, responds without latency."
    )
    ways = {name: name for name in _WAYS}
    return [Section("Lookups", text, run_rounds(look_up, ways, min(size.rounds, 3), size.looked_up), BATCHED)]


def look_up(way: str, count: int) -> dict[str, float]:
    """Return the requests and the seconds that it takes to look up the image and the repository of each event."""
    events = _events(count)
    with ECRServer() as server:
        for image in dict.fromkeys(_image(event) for event in events):
            repository = image.repository
            server.add_image(
                repository.repository_name,
                str(image.image_digest),
                region=repository.region,
                registry_id=repository.registry_id,
            )
        before, start = server.count(), time.perf_counter()
        results = _WAYS[way](LoopbackSession(server.url), events)
        seconds = time.perf_counter() - start
        assert results == 2 * count
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


def _by_event(session: Any, events: list[ECRReplicationActionEvent]) -> int:
    service = ECRService(session)
    bound = [event.using(service) for event in events]
    return sum((event.image is not None) + (event.repository is not None) for event in bound)


def _in_loop(session: Any, events: list[ECRReplicationActionEvent], *, cached: bool = False) -> int:
    clients = {region: session.client("ecr", region_name=region) for region in ("eu-west-1", "us-east-1")}
    counts: dict[object, int] = {}
    results = 0
    for event in events:
        ecr, account, name = clients[event.region], event.account, event.detail.repository_name
        digest = event.detail.image_digest
        image, repository = (account, event.region, name, digest), (account, event.region, name)
        if not cached or image not in counts:
            images = ecr.describe_images(registryId=account, repositoryName=name, imageIds=[{"imageDigest": digest}])
            counts[image] = len(images["imageDetails"])
        if not cached or repository not in counts:
            repositories = ecr.describe_repositories(registryId=account, repositoryNames=[name])
            counts[repository] = len(repositories["repositories"])
        results += counts[image] + counts[repository]
    return results


_WAYS: dict[str, Callable[[Any, list[ECRReplicationActionEvent]], int]] = {
    BATCHED: _batched,
    f"{BATCHED}, event by event": _by_event,
    "boto3 in a loop, cached": partial(_in_loop, cached=True),
    "boto3 in a loop": _in_loop,
}
