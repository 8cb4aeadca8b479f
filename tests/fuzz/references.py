"""`RepositoryReference.parse` and `ImageReference.parse`."""

from collections.abc import Iterator
from random import Random
from typing import TypeVar

from documents import APP, DIGEST, IMAGE

from ecr_events import ImageReference, InvalidReferenceError, RepositoryReference
from fuzz.events import check_reference

__all__ = ["mutate_reference", "parse_references", "seeds"]

_Reference = TypeVar("_Reference", RepositoryReference, ImageReference)


def parse_references(data: bytes) -> None:
    """Check that what is parsed has the parts of the text, and can be parsed from its own URIs and ARN."""
    text = data.decode("utf-8", "surrogateescape")
    repository, image = _parse(RepositoryReference, text), _parse(ImageReference, text)
    if repository is not None:
        for part in (repository.registry_id, repository.region, repository.repository_name):
            assert part
            assert part in text
        assert RepositoryReference.parse(repository.arn) == RepositoryReference.parse(repository.uri) == repository
        assert text == repository.arn or text.startswith(f"{repository.registry_id}.dkr")
        assert text == repository.uri or text.startswith("arn:") or "-fips." in text or ".dkr-ecr" in text
        check_reference(repository)
    if image is not None:
        assert image.image_digest or image.image_tag
        assert (image.image_digest or "") in text
        assert (image.image_tag or "") in text
        assert image.repository.repository_name in text
        if image.image_tag is not None:
            assert ImageReference.parse(str(image.tag_uri)) == image.repository.image(tag=image.image_tag)
            assert text.endswith(image.image_tag) or f":{image.image_tag}@{image.image_digest}" in text
        if image.image_digest is not None:
            assert ImageReference.parse(image.uri) == image.repository.image(digest=image.image_digest)
            assert text.endswith(image.image_digest)
        check_reference(image)


def _parse(cls: type[_Reference], text: str) -> _Reference | None:
    try:
        return cls.parse(text)
    except InvalidReferenceError as error:
        assert error.value in text
        assert str(error).isprintable()
        assert len(str(error)) < 2_200
        return None


_REGIONS = [
    "eu-west-1",
    "cn-north-1",
    "us-gov-west-1",
    "us-iso-east-1",
    "eusc-de-east-1",
    "zz-north-9",
    "evil.example/",
]
_SUFFIXES = ["amazonaws.com", "amazonaws.com.cn", "on.aws", "c2s.ic.gov", "on.amazonwebservices.eu", "evil.example"]


def seeds() -> Iterator[bytes]:
    """Yield URIs and ARNs in several partitions, and other text."""
    for region in _REGIONS:
        for suffix in _SUFFIXES:
            yield f"012345678901.dkr.ecr.{region}.{suffix}/team/app".encode()
            yield f"012345678901.dkr-ecr-fips.{region}.{suffix}/team/app:1.4@{DIGEST}".encode()
    for partition in ("aws", "aws-cn", "aws-us-gov"):
        yield f"arn:{partition}:ecr:eu-west-1:012345678901:repository/team/app".encode()
        yield f"arn:{partition}:ecr:cn-north-1:012345678901:repository/team/app/{DIGEST}".encode()
    for text in (
        APP.uri,
        APP.arn,
        IMAGE.uri,
        f"{APP.uri}:1.4.2",
        "",
        "team/app",
        "public.ecr.aws/docker/library/alpine",
    ):
        yield text.encode()


_PIECES = (
    *[
        ".dkr.ecr.",
        ".dkr-ecr.",
        "-fips.",
        "arn:aws:ecr:",
        ":repository/",
        "/",
        "//",
        ":",
        "@",
        "sha256:",
        ".",
        "..",
        "-",
        "_",
        "aws",
        "aws-cn",
        "%2f",
    ],
    *("\n", "\0", "é", "\ud800", "٣", " ", "?", "#", "a", "1", DIGEST, "012345678901", "team/app"),
    *_REGIONS,
    *_SUFFIXES,
)


def mutate_reference(data: bytes, choose: Random) -> bytes:
    """Return a reference with parts inserted, removed, repeated or replaced."""
    text = data.decode("utf-8", "surrogateescape")
    for _ in range(choose.choice((1, 1, 2, 3))):
        ends = [0, len(text), *(place for place, character in enumerate(text) if character in ".:/@-")]
        start, end = choose.choice(ends), choose.choice(ends)
        end = max(start, end) if choose.random() < 0.4 else start
        text = text[:start] + choose.choice(("", *_PIECES)) + text[end:]
    return text.encode("utf-8", "surrogatepass")
