import json
from pathlib import Path
from typing import Any

import botocore
import pytest

from ecr_events import ImageReference, InvalidReferenceError, RepositoryReference

REPOSITORY = RepositoryReference(registry_id="012345678901", region="eu-west-1", repository_name="team/app")
DIGEST = "sha256:" + "ab" * 32


def partitions() -> list[dict[str, Any]]:
    data = json.loads((Path(botocore.__file__).parent / "data" / "partitions.json").read_text())
    found: list[dict[str, Any]] = data["partitions"]
    return found


def test_a_repository_has_an_arn_and_a_uri() -> None:
    """Both hold registry, region and name, and are worked out without a network."""
    assert REPOSITORY.arn == "arn:aws:ecr:eu-west-1:012345678901:repository/team/app"
    assert REPOSITORY.uri == "012345678901.dkr.ecr.eu-west-1.amazonaws.com/team/app"
    assert REPOSITORY.registry == "012345678901.dkr.ecr.eu-west-1.amazonaws.com"


@pytest.mark.parametrize("partition", partitions(), ids=lambda partition: partition["id"])
def test_every_partition_that_botocore_knows_is_known(partition: dict[str, Any]) -> None:
    """The partition and the DNS suffix of every region are the ones in botocore's own data."""
    regions = [region for region in partition["regions"] if not region.endswith("-global")]
    assert regions
    for region in regions:
        reference = RepositoryReference(registry_id="012345678901", region=region, repository_name="app")
        assert reference.partition == partition["id"]
        assert reference.uri == f"012345678901.dkr.ecr.{region}.{partition['outputs']['dnsSuffix']}/app"
        assert reference.arn == f"arn:{partition['id']}:ecr:{region}:012345678901:repository/app"
        assert RepositoryReference.parse(reference.arn) == RepositoryReference.parse(reference.uri) == reference


def test_a_region_that_aws_adds_tomorrow_is_in_the_partition_aws() -> None:
    """As for the AWS SDKs, an unknown prefix is the public partition."""
    assert RepositoryReference(registry_id="1", region="zz-north-1", repository_name="app").partition == "aws"


@pytest.mark.parametrize(
    "region", ["", "evil.com/", "us-east-1.evil.com", "us-east-1\n", "US-EAST-1", "us_east_1", "aws-global", "é-east-1"]
)
def test_a_region_that_is_none_is_refused(region: str) -> None:
    """No ARN and no host is ever built on a region that could lead elsewhere."""
    reference = RepositoryReference(registry_id="012345678901", region=region, repository_name="app")
    for read in ("partition", "registry", "uri", "arn"):
        with pytest.raises(InvalidReferenceError, match="not an AWS region: "):
            getattr(reference, read)


@pytest.mark.parametrize("registry_id", ["", "evil.com/", "evil.com#", "user@evil", "1:2", "1\n"])
def test_a_registry_that_could_change_the_host_is_refused(registry_id: str) -> None:
    """The digits of an account are not counted, but what ends a host name is refused."""
    reference = RepositoryReference(registry_id=registry_id, region="eu-west-1", repository_name="app")
    for read in ("registry", "uri", "arn"):
        with pytest.raises(InvalidReferenceError, match="not the id of an ECR registry: "):
            getattr(reference, read)


@pytest.mark.parametrize(
    "text",
    [
        "012345678901.dkr.ecr.eu-west-1.amazonaws.com/team/app",
        "012345678901.dkr.ecr-fips.eu-west-1.amazonaws.com/team/app",
        "012345678901.dkr-ecr.eu-west-1.on.aws/team/app",
        "012345678901.dkr-ecr-fips.eu-west-1.on.aws/team/app",
        "arn:aws:ecr:eu-west-1:012345678901:repository/team/app",
    ],
)
def test_a_repository_is_parsed_from_every_form_of_its_name(text: str) -> None:
    """ARN, URI, FIPS and dual-stack endpoints name the same repository."""
    assert RepositoryReference.parse(text) == REPOSITORY


@pytest.mark.parametrize(
    "text",
    [
        "",
        "team/app",
        "docker.io/library/alpine",
        "public.ecr.aws/docker/library/alpine",
        "012345678901.dkr.ecr.eu-west-1.amazonaws.com/",
        "012345678901.dkr.ecr.eu-west-1.amazonaws.com/team/app:tag",
        "012345678901.dkr.ecr.eu-west-1.evil.com/team/app",
        "012345678901.dkr.ecr.cn-north-1.amazonaws.com/team/app",
        "https://012345678901.dkr.ecr.eu-west-1.amazonaws.com/team/app",
        "arn:aws:s3:::bucket",
        "arn:aws-cn:ecr:eu-west-1:012345678901:repository/team/app",
        "arn:aws:ecr:eu-west-1:012345678901:repository/",
        "arn:aws:ecr:evil.com:012345678901:repository/app",
        "arn:aws:ecr:eu-west-1:<account id>:repository/app",
    ],
)
def test_what_names_no_repository_is_refused(text: str) -> None:
    """Another registry, another service, another partition and half a name are each an error with the value."""
    with pytest.raises(InvalidReferenceError) as caught:
        RepositoryReference.parse(text)
    assert caught.value.value in text


def test_an_image_is_named_by_its_digest_before_its_tag() -> None:
    """The URI has the digest where there is one, and else the tag."""
    assert REPOSITORY.image(digest=DIGEST, tag="1.4").uri == f"{REPOSITORY.uri}@{DIGEST}"
    assert REPOSITORY.image(tag="1.4").uri == f"{REPOSITORY.uri}:1.4"


def test_an_empty_digest_or_tag_is_absent() -> None:
    """ECR sends "" for a digest or a tag that is not there."""
    assert REPOSITORY.image(digest="", tag="1.4") == REPOSITORY.image(tag="1.4")
    assert REPOSITORY.image(digest=DIGEST, tag="") == REPOSITORY.image(digest=DIGEST)


def test_an_image_without_digest_and_tag_is_refused() -> None:
    """There is no default tag: nothing is invented."""
    with pytest.raises(InvalidReferenceError, match="neither a digest nor a tag, in repository: 'team/app'"):
        REPOSITORY.image(digest="", tag=None)


@pytest.mark.parametrize(
    ("text", "image"),
    [
        (f"{REPOSITORY.uri}:1.4", REPOSITORY.image(tag="1.4")),
        (f"{REPOSITORY.uri}@{DIGEST}", REPOSITORY.image(digest=DIGEST)),
        (f"{REPOSITORY.uri}:1.4@{DIGEST}", REPOSITORY.image(digest=DIGEST, tag="1.4")),
        (f"{REPOSITORY.arn}/{DIGEST}", REPOSITORY.image(digest=DIGEST)),
    ],
)
def test_an_image_is_parsed_from_every_form_of_its_name(text: str, image: ImageReference) -> None:
    """A URI with tag, digest or both, and the ARN that Inspector writes."""
    assert ImageReference.parse(text) == image


@pytest.mark.parametrize(
    "text", ["", "alpine:3", REPOSITORY.uri, f"{REPOSITORY.uri}:", REPOSITORY.arn, f"{REPOSITORY.uri}:a:b"]
)
def test_what_names_no_image_is_refused(text: str) -> None:
    """A repository alone is not an image: no tag is assumed."""
    with pytest.raises(InvalidReferenceError):
        ImageReference.parse(text)
