"""References to repositories and images, with their ARNs, URIs and console links. No network access.

A reference consists of registry, region and repository name, and for an image of its digest, its
tag or both. Whether the repository or image exists is a question for ECR.

Source: https://docs.aws.amazon.com/AmazonECR/latest/userguide/Registries.html and
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerregistry.html
"""

import re
from typing import Any, Self

import msgspec

from ecr_events.errors import InvalidReferenceError

__all__ = ["ImageReference", "RepositoryReference"]

# Region prefix -> (partition, DNS suffix, DNS suffix of dual-stack registries or None, domain of
# the console or None if it is not public). Like the AWS SDKs, this assigns an unknown region to the
# partition `aws` unless its prefix differs.
_PARTITIONS = {
    "cn-": ("aws-cn", "amazonaws.com.cn", "on.amazonwebservices.com.cn", "console.amazonaws.cn"),
    "us-gov-": ("aws-us-gov", "amazonaws.com", "on.aws", "console.amazonaws-us-gov.com"),
    "us-iso-": ("aws-iso", "c2s.ic.gov", None, None),
    "us-isob-": ("aws-iso-b", "sc2s.sgov.gov", None, None),
    "eu-isoe-": ("aws-iso-e", "cloud.adc-e.uk", None, None),
    "us-isof-": ("aws-iso-f", "csp.hci.ic.gov", None, None),
    "eusc-": ("aws-eusc", "amazonaws.eu", "on.amazonwebservices.eu", "console.amazonaws-eusc.eu"),
    "": ("aws", "amazonaws.com", "on.aws", "console.aws.amazon.com"),
}

# Less strict than ECR: these only separate the parts of an ARN or a URI.
_REGISTRY_ID = r"[\w-]+"
_NAME = r"\w[\w.-]*(?:/\w[\w.-]*)*"
_TAG = r"\w[\w.-]*"
_DIGEST = r"[\w.+-]+:[\w=-]+"


class RepositoryReference(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A repository in a registry. The parts are validated when the ARN or URI is read, not on creation."""

    registry_id: str
    """AWS account that owns the registry, 12 digits."""

    region: str
    """AWS region, such as ``us-east-1``; determines the partition."""

    repository_name: str
    """Name within the registry; may contain slashes: ``team/app``."""

    def __str__(self) -> str:
        return f"{_shown(self.repository_name)} in {_shown(self.region)} of {_shown(self.registry_id)}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the reference for a repository's ARN or URI.

        Accepts ``arn:aws:ecr:us-east-1:123456789012:repository/team/app`` and
        ``123456789012.dkr.ecr.us-east-1.amazonaws.com/team/app`` in every partition, including
        FIPS and dual-stack URIs.

        Raises:
            InvalidReferenceError: `text` is neither, or its partition is not that of its region.
        """
        found = re.fullmatch(
            rf"arn:(?P<partition>[^:]+):ecr:(?P<arn_region>[^:]+):(?P<arn_registry>{_REGISTRY_ID}):repository/(?P<arn_name>{_NAME})"
            rf"|(?P<registry>{_REGISTRY_ID})\.dkr(\.ecr|(?P<dual>-ecr))(-fips)?\.(?P<region>[^./]+)\.(?P<suffix>[^/]+)/(?P<name>{_NAME})",
            text,
            re.ASCII,
        )
        if found is None:
            raise InvalidReferenceError("not the ARN or the URI of an ECR repository", text)
        reference = cls(
            registry_id=found["arn_registry"] or found["registry"],
            region=found["arn_region"] or found["region"],
            repository_name=found["arn_name"] or found["name"],
        )
        partition, suffix, dual_stack_suffix, _ = reference._partition
        if found["partition"] not in {None, partition} or found["suffix"] not in {
            None,
            dual_stack_suffix if found["dual"] else suffix,
        }:
            raise InvalidReferenceError(f"not in the partition of region {reference.region}", text)
        return reference

    @property
    def partition(self) -> str:
        """AWS partition of the region: ``aws``, ``aws-cn``, ``aws-us-gov`` and others.

        Raises:
            InvalidReferenceError: The region is malformed. The other properties also raise it for a
                malformed registry or name, so that a forged event never yields a host outside AWS.
        """
        return self._partition[0]

    @property
    def registry(self) -> str:
        """Host of the registry: ``123456789012.dkr.ecr.us-east-1.amazonaws.com``."""
        return f"{self._checked_registry_id}.dkr.ecr.{self.region}.{self._partition[1]}"

    @property
    def uri(self) -> str:
        """URI to push to and pull from: ``123456789012.dkr.ecr.us-east-1.amazonaws.com/team/app``."""
        return f"{self.registry}/{self._checked_name}"

    @property
    def arn(self) -> str:
        """Amazon Resource Name: ``arn:aws:ecr:us-east-1:123456789012:repository/team/app``."""
        return f"arn:{self.partition}:ecr:{self.region}:{self._checked_registry_id}:repository/{self._checked_name}"

    @property
    def console_url(self) -> str | None:
        """Page of the repository in the AWS Management Console; None in partitions whose console is not public."""
        path = f"{self._checked_registry_id}/{self._checked_name}"
        domain = self._partition[3]
        return domain and f"https://{self.region}.{domain}/ecr/repositories/private/{path}?region={self.region}"

    def image(self, *, digest: str | None = None, tag: str | None = None) -> "ImageReference":
        """Return a reference to an image of this repository.

        Raises:
            InvalidReferenceError: Neither `digest` nor `tag` is given.
        """
        return ImageReference(repository=self, image_digest=digest, image_tag=tag)

    @property
    def _checked_registry_id(self) -> str:
        return _checked(self.registry_id, _REGISTRY_ID, "not the id of an ECR registry")

    @property
    def _checked_name(self) -> str:
        return _checked(self.repository_name, _NAME, "not the name of an ECR repository")

    @property
    def _partition(self) -> tuple[str, str, str | None, str | None]:
        region = _checked(self.region, r"[a-z]{2,8}(-[a-z]{1,16}){1,3}-[0-9]{1,3}", "not an AWS region")
        return next(partition for prefix, partition in _PARTITIONS.items() if region.startswith(prefix))


class ImageReference(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An image in a repository, by digest, tag or both.

    ``""`` as digest or tag becomes None. With both, the digest identifies the image, because a
    tag can move to another image.

    Raises:
        InvalidReferenceError: On creation, with neither a digest nor a tag.
    """

    repository: RepositoryReference
    """Repository of the image."""

    image_digest: str | None = None
    """Digest of the manifest: ``sha256:`` and 64 hexadecimal digits."""

    image_tag: str | None = None
    """Tag of the image."""

    def __post_init__(self) -> None:
        digest, tag = self.image_digest, self.image_tag
        if digest == "":
            msgspec.structs.force_setattr(self, "image_digest", None)
        if tag == "":
            msgspec.structs.force_setattr(self, "image_tag", None)
        if not digest and not tag:
            raise InvalidReferenceError("neither a digest nor a tag, in repository", self.repository.repository_name)

    def __str__(self) -> str:
        repository = self.repository
        name, region, registry_id = map(_shown, (repository.repository_name, repository.region, repository.registry_id))
        image = f":{_shown(str(self.image_tag))}" if self.image_digest is None else f"@{_shown(self.image_digest)}"
        return f"{name}{image} in {region} of {registry_id}"

    @classmethod
    def parse(cls, text: str) -> "ImageReference":
        """Return the reference for an image's URI, or for its ARN as used by Inspector.

        Accepts a repository's URI followed by ``:tag``, ``@sha256:...`` or both, and
        ``arn:aws:ecr:us-east-1:123456789012:repository/team/app/sha256:...``.

        Raises:
            InvalidReferenceError: `text` is neither, or has neither a digest nor a tag.
        """
        found = re.fullmatch(
            rf"(?P<arn>arn:.+)/(?P<arn_digest>sha[0-9]+:[\w=-]+)|(?P<uri>(?!arn:).+?)(:(?P<tag>{_TAG}))?(@(?P<digest>{_DIGEST}))?",
            text,
            re.ASCII,
        )
        if found is None:
            raise InvalidReferenceError("not the URI of an image", text)
        repository = RepositoryReference.parse(found["arn"] or found["uri"])
        return repository.image(digest=found["arn_digest"] or found["digest"], tag=found["tag"])

    @property
    def uri(self) -> str:
        """URI to pull from: ``.../team/app@sha256:...``, or ``.../team/app:tag`` without a digest.

        Raises:
            InvalidReferenceError: A part is malformed.
        """
        if self.image_digest is None:
            return str(self.tag_uri)
        return f"{self.repository.uri}@{self._checked_digest}"

    @property
    def tag_uri(self) -> str | None:
        """URI by tag, ``.../team/app:1.4.2``; None without a tag. The tag may have moved to another image.

        Raises:
            InvalidReferenceError: A part is malformed.
        """
        if self.image_tag is None:
            return None
        return f"{self.repository.uri}:{_checked(self.image_tag, _TAG, 'not the tag of an image')}"

    @property
    def console_url(self) -> str | None:
        """Page of the image in the AWS Management Console, with its scan findings.

        Without a digest, which the page requires, this is the page of the repository. None in partitions whose console
        is not public.

        Raises:
            InvalidReferenceError: A part is malformed.
        """
        page = "" if self.image_digest is None else f"/_/image/{self._checked_digest}/details"
        url = self.repository.console_url
        return url and url.replace("?", f"{page}?")

    @property
    def _checked_digest(self) -> str:
        return _checked(str(self.image_digest), _DIGEST, "not the digest of an image")


def _shown(value: Any) -> str:
    """Return `value` for a message: escaped and truncated unless it is harmless."""
    if not isinstance(value, str):
        return ascii(value)[:200]
    return value if re.fullmatch(r"[\w.:/@+=-]{1,256}", value, re.ASCII) else ascii(value[:200])


def _checked(value: str, pattern: str, reason: str) -> str:
    if re.fullmatch(pattern, value, re.ASCII):
        return value
    raise InvalidReferenceError(reason, value)
