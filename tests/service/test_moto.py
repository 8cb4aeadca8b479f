"""Lookups against moto's server on loopback.

moto computes digests from layers alone, so every image here has an explicit digest.
"""

from collections.abc import Iterator
from typing import Any, get_args

import pytest
from conftest import LoopbackSession
from moto.moto_server.threaded_moto_server import ThreadedMotoServer

from ecr_events import (
    ECREvent,
    ECRReplicationActionEvent,
    EventBridgeEvent,
    ImageReference,
    RepositoryReference,
    ScanNotFoundError,
)
from ecr_events.samples import sample
from ecr_events.service import ECRService


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """Return the address of moto's server."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def account_session(url: str) -> LoopbackSession:
    """Return a new session in the samples' account, which moto recognises by credentials of its STS."""
    session: Any = LoopbackSession(url)
    sts = session.client("sts", region_name="us-east-1")
    role = sts.assume_role(RoleArn="arn:aws:iam::012345678901:role/reader", RoleSessionName="reader")["Credentials"]
    session._session.set_credentials(role["AccessKeyId"], role["SecretAccessKey"], role["SessionToken"])
    return session  # type: ignore[no-any-return]


def create_repository(session: LoopbackSession, repository: RepositoryReference) -> None:
    session.client("ecr", region_name=repository.region).create_repository(
        repositoryName=repository.repository_name, tags=[{"Key": "team", "Value": "a"}]
    )


def put_image(session: LoopbackSession, image: ImageReference) -> None:
    session.client("ecr", region_name=image.repository.region).put_image(
        repositoryName=image.repository.repository_name,
        imageManifest=f'{{"schemaVersion": 2, "config": {{"size": 7}}, "layers": [], "for": "{image.image_digest}"}}',
        imageManifestMediaType="application/vnd.oci.image.manifest.v1+json",
        imageDigest=image.image_digest,
    )


@pytest.fixture
def empty_server(url: str) -> Iterator[str]:
    """Return the server's address, and delete the test's repositories at its end."""
    yield url
    for region in ("eu-west-1", "us-east-1"):
        ecr = account_session(url).client("ecr", region_name=region)
        for repository in ecr.describe_repositories()["repositories"]:
            ecr.delete_repository(repositoryName=repository["repositoryName"], force=True)


@pytest.mark.parametrize("type", get_args(ECREvent), ids=lambda type: type.__name__)
def test_every_event_looks_up_its_references(type: type[EventBridgeEvent], empty_server: str) -> None:
    """Each property is None, or has None, until the repositories and images exist."""
    event = sample(type).using(account_session(empty_server))
    assert (event.repository, event.image) == (None, None)
    assert event.repositories == dict.fromkeys(event.repository_references)
    assert event.images == dict.fromkeys(event.image_references)
    session = account_session(empty_server)
    for repository_reference in event.repository_references:
        create_repository(session, repository_reference)
    for reference in event.image_references:
        put_image(session, reference)
    event = event.using(session)
    for repository_reference, repository in event.repositories.items():
        assert repository is not None
        assert (repository.arn, repository.uri) == (repository_reference.arn, repository_reference.uri)
    for reference, image in event.images.items():
        assert image is not None
        assert (image.digest, image.repository_name) == (reference.image_digest, reference.repository.repository_name)
    assert event.repository == (event.repository_reference and event.repositories[event.repository_reference])
    assert event.image == (event.image_reference and event.images[event.image_reference])
    if isinstance(event, ECRReplicationActionEvent):
        assert event.source_repository == event.repositories[event.source_repository_reference]
        assert event.source_image_reference is not None
        assert event.source_image == event.images[event.source_image_reference]


def test_uncached_lookups(empty_server: str) -> None:
    """Tags, manifest and findings of an image that was never scanned."""
    image = sample(ECRReplicationActionEvent).image_reference
    assert image is not None
    session = account_session(empty_server)
    service = ECRService(session)
    assert service.tags(image.repository) is None
    create_repository(session, image.repository)
    assert service.tags(image.repository) == {"team": "a"}
    assert service.manifest(image) is None
    put_image(session, image)
    manifest = service.manifest(image)
    assert manifest is not None
    assert str(image.image_digest) in manifest.text
    assert manifest.media_type == "application/vnd.oci.image.manifest.v1+json"
    with pytest.raises(ScanNotFoundError):
        service.scan_findings(image)
