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
    data: dict[str, list[dict[str, Any]]] = json.loads(
        (Path(botocore.__file__).parent / "data" / "partitions.json").read_text()
    )
    return data["partitions"]


def test_a_repository_has_an_arn_and_a_uri() -> None:
    """Both have registry, region and name."""
    assert REPOSITORY.arn == "arn:aws:ecr:eu-west-1:012345678901:repository/team/app"
    assert REPOSITORY.uri == "012345678901.dkr.ecr.eu-west-1.amazonaws.com/team/app"
    assert REPOSITORY.registry == "012345678901.dkr.ecr.eu-west-1.amazonaws.com"


@pytest.mark.parametrize("partition", partitions(), ids=lambda partition: partition["id"])
def test_every_partition_of_botocore_is_known(partition: dict[str, Any]) -> None:
    """Partition and DNS suffix of every region are those of botocore's data."""
    regions = [region for region in partition["regions"] if not region.endswith("-global")]
    assert regions
    for region in regions:
        reference = RepositoryReference(registry_id="012345678901", region=region, repository_name="app")
        assert reference.partition == partition["id"]
        assert reference.uri == f"012345678901.dkr.ecr.{region}.{partition['outputs']['dnsSuffix']}/app"
        assert reference.arn == f"arn:{partition['id']}:ecr:{region}:012345678901:repository/app"
        assert RepositoryReference.parse(reference.arn) == RepositoryReference.parse(reference.uri) == reference


@pytest.mark.parametrize(
    ("region", "domain"),
    [
        ("eu-west-1", "console.aws.amazon.com"),
        ("cn-north-1", "console.amazonaws.cn"),
        ("us-gov-west-1", "console.amazonaws-us-gov.com"),
        ("eusc-de-east-1", "console.amazonaws-eusc.eu"),
    ],
)
def test_a_reference_has_a_console_url(region: str, domain: str) -> None:
    """An image without a digest has no page of its own."""
    repository = RepositoryReference(registry_id="012345678901", region=region, repository_name="team/app")
    page = f"https://{region}.{domain}/ecr/repositories/private/012345678901/team/app"
    assert repository.console_url == f"{page}?region={region}"
    image = repository.image(digest=DIGEST, tag="1.4.2")
    assert image.console_url == f"{page}/_/image/{DIGEST}/details?region={region}"
    assert repository.image(tag="1.4.2").console_url == repository.console_url


@pytest.mark.parametrize("region", ["us-iso-east-1", "us-isob-east-1", "eu-isoe-west-1", "us-isof-south-1"])
def test_isolated_partitions_have_no_public_console(region: str) -> None:
    """The addresses of their consoles are not published."""
    repository = RepositoryReference(registry_id="012345678901", region=region, repository_name="app")
    assert repository.console_url is None
    assert repository.image(digest=DIGEST).console_url is None


def test_a_malformed_part_has_no_console_url() -> None:
    """A forged event never yields a link outside AWS, or to another page."""
    for repository in (
        RepositoryReference(registry_id="012345678901", region="evil.example/", repository_name="app"),
        RepositoryReference(registry_id="1/../..", region="eu-west-1", repository_name="app"),
        RepositoryReference(registry_id="012345678901", region="eu-west-1", repository_name="app?x"),
    ):
        for reference in (repository, repository.image(digest=DIGEST)):
            with pytest.raises(InvalidReferenceError):
                _ = reference.console_url
    with pytest.raises(InvalidReferenceError, match="not the digest of an image"):
        _ = REPOSITORY.image(digest="sha256:a/b").console_url


def test_an_unknown_region_is_in_the_partition_aws() -> None:
    """The AWS SDKs assume the same."""
    assert RepositoryReference(registry_id="1", region="zz-north-1", repository_name="app").partition == "aws"


@pytest.mark.parametrize(
    "region",
    [
        "",
        "evil.com/",
        "us-east-1.evil.com",
        "us-east-1\n",
        "US-EAST-1",
        "us_east_1",
        "aws-global",
        "é-east-1",
        "u-east-1",
        "us-east",
        "us-east-1234",
        "us-a-b-c-d-1",
    ],
)
def test_a_malformed_region_is_an_error(region: str) -> None:
    """No ARN and no host is built with a region that could lead outside of AWS."""
    reference = RepositoryReference(registry_id="012345678901", region=region, repository_name="app")
    for read in ("partition", "registry", "uri", "arn"):
        with pytest.raises(InvalidReferenceError, match="not an AWS region: "):
            getattr(reference, read)


@pytest.mark.parametrize("registry_id", ["", "evil.com/", "é", "evil.com#", "user@evil", "1:2", "1\n"])
def test_a_malformed_registry_is_an_error(registry_id: str) -> None:
    """The digits are not counted, but a character that ends a host name is rejected."""
    reference = RepositoryReference(registry_id=registry_id, region="eu-west-1", repository_name="app")
    for read in ("registry", "uri", "arn"):
        with pytest.raises(InvalidReferenceError, match="not the id of an ECR registry: "):
            getattr(reference, read)


@pytest.mark.parametrize(
    "name", ["", " ", "a@sha256:x", "a:b", "a\nb", "é", "../a", "a/..", "a/./b", "a//b", "/a", "a/"]
)
def test_a_malformed_repository_name_is_an_error(name: str) -> None:
    """An ARN or a URI with such a name would be ambiguous."""
    reference = msgspec.structs.replace(REPOSITORY, repository_name=name)
    for read in ("uri", "arn"):
        with pytest.raises(InvalidReferenceError, match="not the name of an ECR repository: "):
            getattr(reference, read)


@pytest.mark.parametrize(
    ("image", "reason"),
    [
        (REPOSITORY.image(tag="a\n"), "not the tag of an image"),
        (REPOSITORY.image(tag="a/b"), "not the tag of an image"),
        (REPOSITORY.image(tag=".a"), "not the tag of an image"),
        (REPOSITORY.image(tag="é"), "not the tag of an image"),
        (REPOSITORY.image(digest="latest"), "not the digest of an image"),
        (REPOSITORY.image(digest="sha256:a@b"), "not the digest of an image"),
    ],
)
def test_a_malformed_tag_or_digest_is_an_error(image: ImageReference, reason: str) -> None:
    """An image's URI with one would be ambiguous."""
    with pytest.raises(InvalidReferenceError, match=reason):
        _ = image.uri


@given(
    st.from_regex(r"\w[\w.-]*(/\w[\w.-]*)*", fullmatch=True, alphabet=st.characters(codec="ascii")),
    st.from_regex(r"\w[\w.-]*", fullmatch=True, alphabet=st.characters(codec="ascii")),
)
def test_parsing_an_arn_or_uri_returns_the_reference(name: str, tag: str) -> None:
    """Every reference that has an ARN or a URI can be parsed from it."""
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
def test_a_repository_is_parsed_from_its_arn_and_its_uris(text: str) -> None:
    """FIPS and dual-stack endpoints are accepted."""
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
        "arn:aws:ecr:eu-west-1:012345678901:repository/é",
        "012345678901.dkr.ecr.eu-west-1.amazonaws.com/é",
    ],
)
def test_other_text_is_not_a_repository(text: str) -> None:
    """Other registries, services and partitions are errors, and so are incomplete names."""
    with pytest.raises(InvalidReferenceError) as caught:
        RepositoryReference.parse(text)
    assert caught.value.value in text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("team/app", "not the ARN or the URI of an ECR repository: 'team/app'"),
        (
            "arn:aws-cn:ecr:eu-west-1:012345678901:repository/app",
            "not in the partition of region eu-west-1: 'arn:aws-cn:ecr:eu-west-1:012345678901:repository/app'",
        ),
        ("arn:aws:ecr:evil.com:012345678901:repository/app", "not an AWS region: 'evil.com'"),
    ],
)
def test_the_error_has_the_reason_and_the_text(text: str, message: str) -> None:
    """The reason is the malformed part, or that none was recognised."""
    with pytest.raises(InvalidReferenceError) as caught:
        RepositoryReference.parse(text)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("region", "suffix"),
    [
        ("us-east-1", "on.aws"),
        ("us-gov-west-1", "on.aws"),
        ("cn-north-1", "on.amazonwebservices.com.cn"),
        ("eusc-de-east-1", "on.amazonwebservices.eu"),
    ],
)
def test_a_dual_stack_uri_is_parsed(region: str, suffix: str) -> None:
    """Each partition has its own suffix for dual-stack registries; some have none."""
    text = f"012345678901.dkr-ecr.{region}.{suffix}/team/app"
    assert RepositoryReference.parse(text) == msgspec.structs.replace(REPOSITORY, region=region)


def test_the_uri_of_an_image_prefers_the_digest() -> None:
    """A tag can move to another image."""
    assert REPOSITORY.image(digest=DIGEST, tag="1.4").uri == f"{REPOSITORY.uri}@{DIGEST}"
    assert REPOSITORY.image(tag="1.4").uri == f"{REPOSITORY.uri}:1.4"


def test_the_tag_uri_of_an_image_ignores_the_digest() -> None:
    """There is none without a tag."""
    tagged = f"{REPOSITORY.uri}:1.4.2"
    assert REPOSITORY.image(digest=DIGEST, tag="1.4.2").tag_uri == REPOSITORY.image(tag="1.4.2").tag_uri == tagged
    assert REPOSITORY.image(digest=DIGEST).tag_uri is None
    with pytest.raises(InvalidReferenceError, match="not the tag of an image"):
        _ = REPOSITORY.image(digest=DIGEST, tag="a b").tag_uri


def test_an_empty_digest_or_tag_is_missing() -> None:
    """ECR sends ``""`` for a missing digest or tag."""
    assert REPOSITORY.image(digest="", tag="1.4") == REPOSITORY.image(tag="1.4")
    assert REPOSITORY.image(digest=DIGEST, tag="") == REPOSITORY.image(digest=DIGEST)


def test_an_image_needs_a_digest_or_a_tag() -> None:
    """A tag is never assumed."""
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
def test_an_image_is_parsed_from_its_arn_and_its_uris(text: str, image: ImageReference) -> None:
    """A URI has a tag, a digest or both; Inspector sends an ARN."""
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
def test_other_text_is_not_an_image(text: str) -> None:
    """A repository without digest and tag is an error too."""
    with pytest.raises(InvalidReferenceError):
        ImageReference.parse(text)


# Text for people


def test_a_reference_is_shown_with_region_and_registry() -> None:
    """An image is shown with its digest, or else with its tag."""
    assert str(REPOSITORY) == "team/app in eu-west-1 of 012345678901"
    assert str(REPOSITORY.image(digest="sha256:0", tag="1.4")) == "team/app@sha256:0 in eu-west-1 of 012345678901"
    assert str(REPOSITORY.image(tag="1.4")) == "team/app:1.4 in eu-west-1 of 012345678901"


@pytest.mark.parametrize("part", ["registry_id", "region", "repository_name"])
def test_long_parts_of_a_repository_are_truncated(part: str) -> None:
    """Up to 256 harmless characters are shown as they are; of more, the first 200."""
    whole = {"registry_id": "1", "region": "eu-west-1", "repository_name": "a"} | {part: "x" * 256}
    assert "x" * 256 in str(RepositoryReference(**whole))
    truncated = str(RepositoryReference(**whole | {part: "x" * 257}))
    assert f"'{'x' * 200}'" in truncated


@pytest.mark.parametrize("part", ["image_digest", "image_tag"])
def test_long_parts_of_an_image_are_truncated(part: str) -> None:
    """The same bounds apply to digest and tag."""
    assert "x" * 256 in str(ImageReference(repository=REPOSITORY, **{part: "x" * 256}))
    assert f"'{'x' * 200}'" in str(ImageReference(repository=REPOSITORY, **{part: "x" * 257}))


@pytest.mark.parametrize("value", ["a\nb", "a b", "\x1b[2J", "é", "", "a in b"])
def test_other_characters_are_escaped(value: str) -> None:
    """A message never has control characters of an event, and shows where a part ends."""
    shown = str(msgspec.structs.replace(REPOSITORY, repository_name=value))
    assert shown == f"{value!a} in eu-west-1 of 012345678901"


def test_the_text_of_an_image_puts_its_tag_behind_the_repository() -> None:
    """Even if the repository's name contains the words around it."""
    repository = RepositoryReference(registry_id="012345678901", region="eu-west-1", repository_name="a in b")
    assert str(repository.image(tag="x")) == "'a in b':x in eu-west-1 of 012345678901"


@pytest.mark.parametrize(
    ("text", "reason"),
    [("", "not the URI of an image"), ("team/app", "not the ARN or the URI of an ECR repository")],
)
def test_a_text_that_is_not_an_image_is_shown(text: str, reason: str) -> None:
    """The error has the text and what was expected."""
    with pytest.raises(InvalidReferenceError) as caught:
        ImageReference.parse(text)
    assert (caught.value.reason, caught.value.value) == (reason, text)


def test_digits_and_letters_are_ascii() -> None:
    """Other digits and letters are malformed."""
    for uri in ("١٢٣.dkr.ecr.eu-west-1.amazonaws.com/a", "1.dkr.ecr.eu-west-1.amazonaws.com/ä"):
        with pytest.raises(InvalidReferenceError):
            RepositoryReference.parse(uri)
        with pytest.raises(InvalidReferenceError):
            ImageReference.parse(f"{uri}:x")
    with pytest.raises(InvalidReferenceError):
        ImageReference.parse("1.dkr.ecr.eu-west-1.amazonaws.com/a:ä")
