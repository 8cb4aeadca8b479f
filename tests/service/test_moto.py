"""Lookups against moto."""

from typing import get_args

import pytest

from ecr_events import ECREvent, ECRReplicationActionEvent, EventBridgeEvent, ScanNotFoundError, UnknownEvent
from ecr_events.samples import sample
from ecr_events.service import ECRService
from ecr_events.testing import fake_ecr

EXPIRED = "sha256:8697fee3d0cbbdc3f7a59bfa22d1968ceede3e8c9b7fed63751ee3016279eb27"
"""Digest of the only image in the samples that does not exist any more."""


@pytest.mark.parametrize("type", [*get_args(ECREvent), UnknownEvent], ids=lambda type: type.__name__)
def test_every_event_looks_up_its_references(type: type[EventBridgeEvent]) -> None:
    """Each property is None, or has None, unless the repositories and images exist."""
    with fake_ecr([]) as session:
        event = sample(type).using(session)
        assert (event.repository, event.image) == (None, None)
        assert event.repositories == dict.fromkeys(event.repository_references)
        assert event.images == dict.fromkeys(event.image_references)
    with fake_ecr([event]) as session:
        event = event.using(session)
        for repository_reference, repository in event.repositories.items():
            assert repository is not None
            assert (repository.arn, repository.uri) == (repository_reference.arn, repository_reference.uri)
        for reference, image in event.images.items():
            if reference.image_digest == EXPIRED:
                assert image is None
                continue
            assert image is not None
            named = (reference.image_digest, reference.repository.repository_name)
            assert (image.digest, image.repository_name) == named
        assert event.repository == (event.repository_reference and event.repositories[event.repository_reference])
        assert event.image == (event.image_reference and event.images[event.image_reference])
        if isinstance(event, ECRReplicationActionEvent):
            assert event.source_repository == event.repositories[event.source_repository_reference]
            assert event.source_image_reference is not None
            assert event.source_image == event.images[event.source_image_reference]


def test_uncached_lookups() -> None:
    """Tags, manifest and findings of an image that was never scanned."""
    event = sample(ECRReplicationActionEvent)
    image = event.image_reference
    assert image is not None
    with fake_ecr([]) as session:
        assert ECRService(session).tags(image.repository) is None
        assert ECRService(session).manifest(image) is None
    with fake_ecr([event]) as session:
        ecr, service = session.client("ecr"), ECRService(session)
        ecr.tag_resource(resourceArn=image.repository.arn, tags=[{"Key": "team", "Value": "a"}])
        assert service.tags(image.repository) == {"team": "a"}
        manifest = service.manifest(image)
        assert manifest is not None
        assert str(image.image_digest) in manifest.text
        assert manifest.media_type == "application/vnd.oci.image.manifest.v1+json"
        with pytest.raises(ScanNotFoundError):
            service.scan_findings(image)
