"""Requests and time of 10,000 lookups in which something is missing, denied or dead.

10 repositories hold 1,000 images each. A fake ECR on loopback takes 20 ms for a response. Both contenders by hand use
10 threads, as `ECRService` does, and give up on a repository after its first error that is not about a missing image.
"""

import random
import re
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from benchmarks.lookup import BATCHED, LoopbackSession
from benchmarks.runner import Section, Size, run_rounds
from ecr_events import BatchServiceError, ImageReference, RepositoryReference
from ecr_events.service import ECRService

sys.path.append(str(Path(__file__).parent.parent / "tests"))
from fake_ecr import DENIED, ECRServer, Slow

ACCOUNT, REPOSITORIES = "123456789012", 10
READ_TIMEOUT = 1
"""Seconds until a dead region is given up. A healthy one may take longer on a busy machine."""

Found = dict[str, Any]
"""Images by digest, None for a missing one. Digests are unique to a repository here."""


def run(size: Size) -> list[Section]:
    """Return the requests and the seconds of each contender, by what is wrong."""
    count = max(size.looked_up, REPOSITORIES * 10)
    text = (
        f"{count:,} references name images in {REPOSITORIES} repositories. A fake ECR in the same process takes "
        "20 ms for a response. The contenders by hand use 10 threads too. Those with batches of 100 remove the "
        "image that ECR's error names; those with a paginator list all images. A dead region does not respond for "
        "1 s, the read timeout: half of the repositories are there."
    )
    values: dict[str, dict[str, list[float]]] = {}
    for scenario in _scenarios(count):
        values |= run_rounds(look_up, {name: name for name in _WAYS}, min(size.rounds, 3), scenario, count)
    return [Section("Lookups that fail", text, values, BATCHED)]


def _scenarios(count: int) -> Iterator[str]:
    for missing in (0, 1, count // 100, count // 2):
        yield f"{missing} missing"
    yield "one repository denied"
    yield "a dead region"


def look_up(way: str, scenario: str, count: int) -> dict[str, float]:
    """Return the requests and the seconds that it takes."""
    missing = int(scenario.split(maxsplit=1)[0]) if scenario.endswith("missing") else 0
    is_dead = scenario == "a dead region"
    images = [_image(number, is_dead=is_dead) for number in range(count)]
    with ECRServer() as server:
        server.delay = 0.02
        absent = set(random.Random(0).sample(range(count), missing))
        for number, image in enumerate(images):
            if number not in absent:
                server.add(image)
        failed = 0
        if scenario == "one repository denied":
            server.fail(DENIED, times=None, when=lambda request: request.body["repositoryName"] == "team/app-0")
            failed = count // REPOSITORIES
        elif is_dead:
            server.fail(Slow(30), times=None, when=lambda request: request.region == "us-east-1")
            failed = count // 2
        session = LoopbackSession(server.url)
        start = time.perf_counter()
        config = Config(read_timeout=READ_TIMEOUT if is_dead else 60, retries={"total_max_attempts": 1})
        found = _WAYS[way](session, images, config)
        seconds = time.perf_counter() - start
        assert len(found) == count - failed
        assert sum(image is None for image in found.values()) == missing
        return {f"{scenario}: requests": server.count(), f"{scenario}: seconds": seconds}


def _image(number: int, *, is_dead: bool) -> ImageReference:
    repository = number % REPOSITORIES
    return RepositoryReference(
        registry_id=ACCOUNT,
        region="us-east-1" if is_dead and repository % 2 else "eu-west-1",
        repository_name=f"team/app-{repository}",
    ).image(digest=f"sha256:{number:064x}")


def _service(session: LoopbackSession, images: list[ImageReference], config: Config) -> Found:
    try:
        found = ECRService(session, config=config).images(images)
    except BatchServiceError as error:
        found = dict(error.results)
    return {str(reference.image_digest): image for reference, image in found.items()}


def _by_hand(way: Callable[[Any, RepositoryReference, list[str]], Found]) -> Callable[..., Found]:
    """Return a contender that looks up one repository after the other, in 10 threads."""

    def look_up(session: LoopbackSession, images: list[ImageReference], config: Config) -> Found:
        digests: dict[RepositoryReference, list[str]] = {}
        for image in images:
            digests.setdefault(image.repository, []).append(str(image.image_digest))
        regions = {repository.region for repository in digests}
        clients = {region: session.client("ecr", region_name=region, config=config) for region in regions}
        found: Found = {}

        def run(repository: RepositoryReference) -> None:
            with suppress(ClientError, BotoCoreError):
                found.update(way(clients[repository.region], repository, digests[repository]))

        with ThreadPoolExecutor(10) as threads:
            list(threads.map(run, digests))
        return found

    return look_up


def _in_batches(ecr: Any, repository: RepositoryReference, digests: list[str]) -> Found:
    found: Found = {}
    batches = [digests[start : start + 100] for start in range(0, len(digests), 100)]
    while batches:
        batch = batches.pop()
        try:
            response = ecr.describe_images(
                registryId=repository.registry_id,
                repositoryName=repository.repository_name,
                imageIds=[{"imageDigest": digest} for digest in batch],
            )
        except ecr.exceptions.ImageNotFoundException as error:
            (missing,) = re.findall("imageDigest:'([^']+)'", str(error))
            found[missing] = None
            rest = [digest for digest in batch if digest != missing]
            batches += [rest] if rest else []
        else:
            found |= {image["imageDigest"]: image for image in response["imageDetails"]}
    return found


def _with_paginator(ecr: Any, repository: RepositoryReference, digests: list[str]) -> Found:
    pages = ecr.get_paginator("describe_images").paginate(
        registryId=repository.registry_id,
        repositoryName=repository.repository_name,
        filter={"imageStatus": "ANY"},
        PaginationConfig={"PageSize": 1_000},
    )
    listed = {image["imageDigest"]: image for page in pages for image in page["imageDetails"]}
    return {digest: listed.get(digest) for digest in digests}


_WAYS: dict[str, Callable[[Any, list[ImageReference], Config], Found]] = {
    BATCHED: _service,
    "boto3, batches": _by_hand(_in_batches),
    "boto3, paginator": _by_hand(_with_paginator),
}
