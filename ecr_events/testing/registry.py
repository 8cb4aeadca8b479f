"""An in-process ECR (moto) that contains what events name.

moto (https://docs.getmoto.org) handles boto3's requests in this process, without AWS and network access.
"""

# boto3 and moto have no types.
# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false

import json
import os
from collections.abc import Generator, Iterable
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from threading import Lock
from typing import Any
from unittest.mock import patch

from boto3.session import Session
from botocore.exceptions import BotoCoreError, ClientError
from moto import mock_aws
from moto.ecr.models import ecr_backends

from ecr_events.errors import InvalidReferenceError
from ecr_events.events import EventBridgeEvent
from ecr_events.testing.contents import Contents, FakeImage, contents_after

__all__ = ["fake_ecr"]

_SIZE = 3_370_706
"""Size of all images, in bytes."""


_active = Lock()


@contextmanager
def fake_ecr(events: Iterable[EventBridgeEvent]) -> Generator[Any]:
    """Return a boto3 session in whose ECR everything exists that the events name.

    That is: the repositories and images in the accounts and regions of the events, with tags, digests, media types,
    storage classes and the findings of scans, as they are after the last event by time. Images that were deleted,
    expired or never arrived, and repositories that an API call did not find, are missing.

    One session serves all accounts. A request without a registry, or from another session, is for the account of the
    first event. Inside the context the session is also boto3's default session, so that events without a session are
    looked up there, and no setting of the environment for AWS applies. A service that is older than the context has
    the clients and the cache from before. Other AWS services are faked by moto, too. Resources of a surrounding
    ``mock_aws`` are visible, and those created here stay there.

    Limits: all images have the same size, no layers, no children and no summary of their findings. Dates are those of
    the context, except for those of archiving and restoring. Findings that the events only count are made up. moto has
    no replication statuses, and does not filter images by their status.

    Raises:
        ImportError: boto3 or moto is missing.
        InvalidReferenceError: An ARN, a region, or the name of a repository in an event is invalid.
        RuntimeError: Another context is active. It is global to the process, so there is only one at a time, also with
            threads and tasks of asyncio.
    """
    events = list(events)
    account, region = (events[0].account, events[0].region) if events else ("123456789012", "us-east-1")
    contents = contents_after(events)
    if not _active.acquire(blocking=False):
        raise RuntimeError("fake_ecr is already active: only one context at a time")
    try:
        with (
            _without_aws_settings(),
            mock_aws(),
            patch("moto.iam.models.DEFAULT_ACCOUNT_ID", account),  # which moto has for credentials of others
            patch("ecr_events.service.ecr_service._shared_services", {}),
        ):
            session: Any = Session("testing", "testing", region_name=region)
            session.events.register("before-call.ecr", _choose_account)
            _fill(session, contents)
            with patch("boto3.DEFAULT_SESSION", session):
                yield session
    finally:
        _active.release()


@contextmanager
def _without_aws_settings() -> Generator[None]:
    """Remove settings that could direct boto3 elsewhere than to moto, and moto to another account."""
    others = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "MOTO_ACCOUNT_ID"))}
    no_files = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    with patch.dict(os.environ, others | no_files, clear=True):
        yield


def _choose_account(params: dict[str, Any], **_: Any) -> None:
    """Tell moto the registry of a request, which otherwise finds only that of the credentials."""
    if registry_id := json.loads(params["body"]).get("registryId"):
        params["headers"]["x-moto-account-id"] = registry_id


def _fill(session: Any, contents: Contents) -> None:
    """Create the repositories and images that do not exist in a surrounding context, and set what they have."""
    clients: dict[str, Any] = {}
    for reference, images in contents.items():
        names = {"registryId": reference.registry_id, "repositoryName": reference.repository_name}
        try:
            ecr = clients.setdefault(reference.region, session.client("ecr", region_name=reference.region))
            with suppress(ecr.exceptions.RepositoryAlreadyExistsException):
                ecr.create_repository(**names)
        except (BotoCoreError, ClientError, LookupError, ValueError) as error:
            raise InvalidReferenceError("moto accepts no such repository or region", str(reference)) from error
        stored = ecr_backends[reference.registry_id][reference.region].repositories[reference.repository_name].images
        for digest, image in images.items():
            if digest not in {each.image_digest for each in stored}:
                manifest = {"imageDigest": digest, "imageManifest": _manifest(digest, image)}
                for tag in [{"imageTag": tag} for tag in image.tags] or [{}]:
                    ecr.put_image(**names, **manifest, **tag)
            _set_details(next(each for each in stored if each.image_digest == digest), image, names)


def _manifest(digest: str, image: FakeImage) -> str:
    """Return a manifest. moto takes its digest as given, but merges images with equal manifests."""
    manifest = {"schemaVersion": 2, "mediaType": image.manifest_media_type, "annotations": {"digest": digest}}
    if image.is_index:
        return json.dumps(manifest | {"manifests": []})
    return json.dumps(manifest | {"config": {"mediaType": image.artifact_type, "size": _SIZE}, "layers": []})


def _set_details(stored: Any, image: FakeImage, names: dict[str, str]) -> None:
    """Set the fields that moto does not, and the response of DescribeImageScanFindings for each form of the id."""
    stored.artifact_media_type = image.artifact_type
    stored.image_status = image.status
    stored.last_archived_at, stored.last_activated_at = image.last_archived_at, image.last_activated_at
    if image.scan is None:
        return
    now = datetime.now(UTC)
    stored.image_scan_status = {"status": image.scan.status}
    result: dict[str, Any] = {**names, "imageScanStatus": stored.image_scan_status}
    if image.scan.status != "FAILED":
        severities = [*image.scan.by_severity()]
        result["imageScanFindings"] = {
            "imageScanCompletedAt": now,
            "findingSeverityCounts": {severity: count for severity, count, _ in severities},
            "enhancedFindings" if image.scan.is_enhanced else "findings": [
                finding for _, _, findings in severities for finding in findings
            ],
        }
    by_digest, by_tag = {"imageDigest": stored.image_digest}, [{"imageTag": tag} for tag in image.tags]
    both = [form for tag in by_tag for form in (by_digest | tag, tag | by_digest)]
    stored.last_scan = now
    # moto's own keys, as its API for such results sets them.
    stored.scan_finding_results = {
        json.dumps(image_id): result | {"imageId": image_id} for image_id in (by_digest, *by_tag, *both)
    }
