import json
from pathlib import Path
from typing import Any

import botocore
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

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


@pytest.mark.parametrize("registry_id", ["", "evil.com/", "é", "evil.com#", "user@evil", "1:2", "1\n"])
def test_a_registry_that_could_change_the_host_is_refused(registry_id: str) -> None:
    """The digits of an account are not counted, but what ends a host name is refused."""
    reference = RepositoryReference(registry_id=registry_id, region="eu-west-1", repository_name="app")
    for read in ("registry", "uri", "arn"):
        with pytest.raises(InvalidReferenceError, match="not the id of an ECR registry: "):
            getattr(reference, read)


@pytest.mark.parametrize("name", ["", " ", "a@sha256:x", "a:b", "a\nb", "é"])
def test_a_name_that_would_be_read_as_something_else_is_refused(name: str) -> None:
    """ECR sends no such name; an ARN or a URI with it would name something else, or nothing."""
    reference = msgspec.structs.replace(REPOSITORY, repository_name=name)
    for read in ("uri", "arn"):
        with pytest.raises(InvalidReferenceError, match="not the name of an ECR repository: "):
            getattr(reference, read)


@pytest.mark.parametrize(
    ("image", "reason"),
    [
        (REPOSITORY.image(tag="a\n"), "not the tag of an image"),
        (REPOSITORY.image(tag="a/b"), "not the tag of an image"),
        (REPOSITORY.image(digest="latest"), "not the digest of an image"),
        (REPOSITORY.image(digest="sha256:a@b"), "not the digest of an image"),
    ],
)
def test_a_tag_or_a_digest_that_is_none_is_refused(image: ImageReference, reason: str) -> None:
    """The same for the parts of an image's URI."""
    with pytest.raises(InvalidReferenceError, match=reason):
        _ = image.uri


@given(
    st.from_regex(r"[\w./-]+", fullmatch=True, alphabet=st.characters(codec="ascii")),
    st.from_regex(r"\w[\w.-]*", fullmatch=True, alphabet=st.characters(codec="ascii")),
)
def test_parsing_is_the_inverse_of_naming(name: str, tag: str) -> None:
    """What has an ARN or a URI is what is parsed from it."""
    repository = msgspec.structs.replace(REPOSITORY, repository_name=name)
    assert RepositoryReference.parse(repository.arn) == repository
    assert RepositoryReference.parse(repository.uri) == repository
    for image in (repository.image(tag=tag), repository.image(digest=DIGEST)):
        assert ImageReference.parse(image.uri) == image


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
        "012345678901.dkr-ecr.eu-west-1.amazonaws.com/team/app",
        "012345678901.dkr.ecr.eu-west-1.on.aws/team/app",
        "012345678901.dkr-ecr.cn-north-1.on.aws/team/app",
        "012345678901.dkr-ecr.us-iso-east-1.on.aws/team/app",
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


def test_a_dual_stack_uri_of_china_is_parsed() -> None:
    """The suffix of dual-stack registries is the partition's own."""
    text = "012345678901.dkr-ecr.cn-north-1.on.amazonwebservices.com.cn/team/app"
    assert RepositoryReference.parse(text) == msgspec.structs.replace(REPOSITORY, region="cn-north-1")


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
    "text",
    [
        "",
        "alpine:3",
        REPOSITORY.uri,
        f"{REPOSITORY.uri}:",
        REPOSITORY.arn,
        f"{REPOSITORY.arn}:a",
        f"{REPOSITORY.uri}:a:b",
        f"{REPOSITORY.uri}:a\n",
        f"{REPOSITORY.uri}:a b",
        f"{REPOSITORY.uri}@latest",
        f"{REPOSITORY.uri}@{DIGEST}\n",
        f"{REPOSITORY.arn}:a@{DIGEST}",
        f"{REPOSITORY.arn}/{DIGEST}\n",
    ],
)
def test_what_names_no_image_is_refused(text: str) -> None:
    """A repository alone is not an image: no tag is assumed."""
    with pytest.raises(InvalidReferenceError):
        ImageReference.parse(text)
