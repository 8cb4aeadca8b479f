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
from typing import Any
from unittest.mock import patch

from boto3.session import Session
from moto import mock_aws
from moto.ecr.models import ecr_backends

from ecr_events.events import EventBridgeEvent
from ecr_events.testing.contents import Contents, Image, Scan, contents_after

__all__ = ["fake_ecr"]

_SIZE = 3_370_706
"""Size of all images, in bytes."""


@contextmanager
def fake_ecr(events: Iterable[EventBridgeEvent]) -> Generator[Any]:
    """Return a boto3 session in whose ECR everything exists that the events name.

    That is: the repositories and images in the accounts and regions of the events, with tags, digests, media types and
    the findings of scans, as they are after the last event by time. Images that were deleted, expired or never arrived,
    and repositories that an API call did not find, are missing. No other AWS service has contents, but moto fakes them,
    too.

    One session serves all accounts. A request without a registry, or from another session, is for the account of the
    first event. Inside the context the session is also boto3's default session, and no setting of the environment for
    AWS applies. Resources of a surrounding context of moto, such as another `fake_ecr`, are visible.

    Raises:
        ImportError: boto3 or moto is missing.
        InvalidReferenceError: An ARN in an event is malformed.
        botocore.exceptions.ClientError: The name of a repository is malformed.
        KeyError: moto does not know a region.
    """
    events = list(events)
    account, region = (events[0].account, events[0].region) if events else ("123456789012", "us-east-1")
    # moto has this account for all credentials that it did not create.
    with _without_aws_settings(), mock_aws(), patch("moto.iam.models.DEFAULT_ACCOUNT_ID", account):
        session: Any = Session("testing", "testing", region_name=region)
        session.events.register("before-call.ecr", _choose_account)
        _fill(session, contents_after(events))
        with patch("boto3.DEFAULT_SESSION", session):
            yield session


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
    """Create the repositories and images that do not exist in a surrounding context, and set the results of scans."""
    clients = {region: session.client("ecr", region_name=region) for region in {each.region for each in contents}}
    for reference, images in contents.items():
        ecr = clients[reference.region]
        names = {"registryId": reference.registry_id, "repositoryName": reference.repository_name}
        with suppress(ecr.exceptions.RepositoryAlreadyExistsException):
            ecr.create_repository(**names)
        stored = ecr_backends[reference.registry_id][reference.region].repositories[reference.repository_name].images
        for digest, image in images.items():
            if digest not in {each.image_digest for each in stored}:
                manifest = {"imageDigest": digest, "imageManifest": _manifest(digest, image.media_type)}
                for tag in [{"imageTag": tag} for tag in image.tags] or [{}]:
                    ecr.put_image(**names, **manifest, **tag)
            if image.scan:
                _set_scan(next(each for each in stored if each.image_digest == digest), image, image.scan, names)


def _manifest(digest: str, media_type: str) -> str:
    """Return a manifest. moto takes its digest as given, but merges images with equal manifests."""
    manifest = {"schemaVersion": 2, "mediaType": media_type, "annotations": {"digest": digest}}
    if "index" in media_type or "manifest.list" in media_type:
        return json.dumps(manifest | {"manifests": []})
    return json.dumps(manifest | {"config": {"size": _SIZE}, "layers": []})


def _set_scan(stored: Any, image: Image, scan: Scan, names: dict[str, str]) -> None:
    """Set the response of DescribeImageScanFindings for an image, for each form of its id."""
    now = datetime.now(UTC)
    result: dict[str, Any] = {**names, "imageScanStatus": {"status": scan.status}}
    if scan.status != "FAILED":
        findings = {"enhancedFindings" if scan.is_enhanced else "findings": scan.findings}
        result["imageScanFindings"] = {"imageScanCompletedAt": now, "findingSeverityCounts": scan.counts, **findings}
    by_digest, by_tag = {"imageDigest": stored.image_digest}, [{"imageTag": tag} for tag in image.tags]
    both = [form for tag in by_tag for form in (by_digest | tag, tag | by_digest)]
    stored.last_scan = now
    # moto's own keys, as its API for such results sets them.
    stored.scan_finding_results = {
        json.dumps(image_id): result | {"imageId": image_id} for image_id in (by_digest, *by_tag, *both)
    }
