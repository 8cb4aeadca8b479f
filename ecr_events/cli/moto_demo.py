"""The demo: every sample, decoded and looked up in an in-process fake ECR (moto).

moto (https://docs.getmoto.org) handles boto3's requests in this process, without AWS and network access.
The fake ECR contains the repositories and images of the samples, except for two missing ones.
"""

import os
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, get_args
from unittest.mock import patch

import boto3
import msgspec
from moto import mock_aws
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.filesize import decimal
from rich.table import Table

from ecr_events.events import (
    ECRAWSServiceEventViaCloudTrailEvent,
    ECREvent,
    ECRImageActionEvent,
    ECRPullThroughCacheActionEvent,
    EventBridgeEvent,
    UnknownEvent,
)
from ecr_events.samples import sample
from ecr_events.service import Image, Repository

__all__ = ["show"]


_WIDTH = 112
"""Columns of a table that is not written to a terminal."""


def show() -> None:
    """Print a table of the samples, with the results of their lookups."""
    with _without_aws_settings(), mock_aws():
        session = _session(sample(ECRImageActionEvent).account)
        events = [sample(cls).using(session) for cls in (*get_args(ECREvent), UnknownEvent)]
        _fill(session, events)
        table = Table("event", "region", "repository", "image", box=SIMPLE_HEAD)
        for event in events:
            for row in _rows(event):
                table.add_row(*row)
        console = Console()
        if not console.is_terminal:
            console = Console(width=_WIDTH)
        console.print(table)


@contextmanager
def _without_aws_settings() -> Generator[None]:
    """Remove settings that could direct boto3 elsewhere than to moto."""
    others = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    no_files = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    with patch.dict(os.environ, others | no_files, clear=True):
        yield


def _session(account: str) -> Any:
    """Return a session in an account. moto finds the account by the credentials from its STS."""
    anonymous: Any = boto3.Session("demo", "demo", region_name="us-east-1")
    role = {"RoleArn": f"arn:aws:iam::{account}:role/demo", "RoleSessionName": "demo"}
    credentials = anonymous.client("sts").assume_role(**role)["Credentials"]
    return boto3.Session(
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
        region_name="us-east-1",
    )


def _fill(session: Any, events: Iterable[EventBridgeEvent]) -> None:
    """Create the repositories and images of the events, except for the cached and the expired one."""
    cached = sample(ECRPullThroughCacheActionEvent)
    expired = sample(ECRAWSServiceEventViaCloudTrailEvent).image_references[0]
    missing = {*cached.repository_references, *cached.image_references, expired}
    for repository in {repository for event in events for repository in event.repository_references} - missing:
        ecr = session.client("ecr", region_name=repository.region)
        ecr.create_repository(repositoryName=repository.repository_name)
    for image in {image for event in events for image in event.image_references} - missing:
        # moto takes the digest as given, but merges images with equal manifests.
        manifest: dict[str, Any] = {
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": {"size": 3_370_706},
            "layers": [],
            "annotations": {"digest": image.image_digest},
        }
        ecr = session.client("ecr", region_name=image.repository.region)
        ecr.put_image(
            repositoryName=image.repository.repository_name,
            imageManifest=msgspec.json.encode(manifest).decode(),
            imageDigest=image.image_digest,
            **({"imageTag": image.image_tag} if image.image_tag else {}),
        )


def _rows(event: EventBridgeEvent) -> Iterator[tuple[str, str, str, str]]:
    """Yield a row for each image of the event, and for each repository without an image."""
    repositories, images = event.repositories, event.images
    named = [(image.repository, image) for image in images]
    alone = repositories.keys() - {image.repository for image in images}
    for repository, image in named + [(repository, None) for repository in repositories if repository in alone]:
        yield (
            event.detail_type,
            repository.region,
            _describe(repository.repository_name, repositories.get(repository)),
            _describe(str(image.image_digest)[7:15], images[image]) if image else "",
        )
    if not repositories:
        yield event.detail_type, "", "names no repository", ""


def _describe(name: str, resource: Repository | Image | None) -> str:
    if resource is None:
        return f"{name} [red]missing[/red]"
    size = f", {decimal(resource.size_bytes or 0)}" if isinstance(resource, Image) else ""
    return f"{name} [green]found[/green]{size}"
