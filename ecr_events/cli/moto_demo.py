"""Every sample, decoded, and what it names looked up in an ECR that moto plays.

moto (https://docs.getmoto.org) answers boto3's calls inside this process: no AWS account, no
network. What the samples name is put there first, but for two images.
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
"""Where the output is no terminal, enough for a row in a line."""


def show() -> None:
    """Print a table of what ECR says about what the sample events name."""
    with _without_settings_of_aws(), mock_aws():
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
def _without_settings_of_aws() -> Generator[None]:
    """Take away, for a while, what could lead boto3 anywhere but to moto."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    nothing = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    with patch.dict(os.environ, kept | nothing, clear=True):
        yield


def _session(account: str) -> Any:
    """Return a session in that account, which moto tells by the credentials that its STS gives out."""
    nobody: Any = boto3.Session(aws_access_key_id="demo", aws_secret_access_key="demo", region_name="us-east-1")  # noqa: S106
    role = {"RoleArn": f"arn:aws:iam::{account}:role/demo", "RoleSessionName": "demo"}
    credentials = nobody.client("sts").assume_role(**role)["Credentials"]
    return boto3.Session(
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
        region_name="us-east-1",
    )


def _fill(session: Any, events: Iterable[EventBridgeEvent]) -> None:
    """Make what the events name, but for the cached image, and for the one that a lifecycle policy expired."""
    cached = sample(ECRPullThroughCacheActionEvent)
    expired = sample(ECRAWSServiceEventViaCloudTrailEvent).image_references[0]
    missing = {*cached.repository_references, *cached.image_references, expired}
    for repository in {repository for event in events for repository in event.repository_references} - missing:
        ecr = session.client("ecr", region_name=repository.region)
        ecr.create_repository(repositoryName=repository.repository_name)
    for image in {image for event in events for image in event.image_references} - missing:
        # The digest is the sample's, so the manifest need not be; to moto, equal manifests are one image.
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
    """Yield a row for each image that the event names, and for each repository that is named without one."""
    repositories, images = event.repositories, event.images
    named = [(image.repository, image) for image in images]
    alone = repositories.keys() - {image.repository for image in images}
    for repository, image in named + [(repository, None) for repository in repositories if repository in alone]:
        yield (
            event.detail_type,
            repository.region,
            _said(repository.repository_name, repositories.get(repository)),
            _said(str(image.image_digest)[7:15], images[image]) if image else "",
        )
    if not repositories:
        yield event.detail_type, "", "names nothing", ""


def _said(name: str, answer: Repository | Image | None) -> str:
    if answer is None:
        return f"{name} [red]missing[/red]"
    size = f", {decimal(answer.size_bytes or 0)}" if isinstance(answer, Image) else ""
    return f"{name} [green]found[/green]{size}"
