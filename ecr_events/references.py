"""The ARN and the URI of a repository or an image, worked out without the network.

A reference says where something is: registry, region, repository, and for an image
its digest or its tag. It does not say whether it exists; ask ECR for that.

Source: https://docs.aws.amazon.com/AmazonECR/latest/userguide/Registries.html and
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerregistry.html
"""

import re
from typing import Self

import msgspec

from ecr_events.errors import InvalidReferenceError

__all__ = ["ImageReference", "RepositoryReference"]

# Region prefix -> (partition, DNS suffix, DNS suffix of dual-stack registries or None). A
# region that AWS adds tomorrow is in the partition `aws` unless its prefix says otherwise,
# which is what the AWS SDKs assume too.
_PARTITIONS = {
    "cn-": ("aws-cn", "amazonaws.com.cn", "on.amazonwebservices.com.cn"),
    "us-gov-": ("aws-us-gov", "amazonaws.com", "on.aws"),
    "us-iso-": ("aws-iso", "c2s.ic.gov", None),
    "us-isob-": ("aws-iso-b", "sc2s.sgov.gov", None),
    "eu-isoe-": ("aws-iso-e", "cloud.adc-e.uk", None),
    "us-isof-": ("aws-iso-f", "csp.hci.ic.gov", None),
    "eusc-": ("aws-eusc", "amazonaws.eu", "on.amazonwebservices.eu"),
    "": ("aws", "amazonaws.com", "on.aws"),
}

# Not ECR's own rules, only what keeps the parts of an ARN and of a URI apart.
_REGISTRY_ID = r"[\w-]+"
_NAME = r"[\w./-]+"
_TAG = r"\w[\w.-]*"
_DIGEST = r"[\w.+-]+:[\w=-]+"


class RepositoryReference(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Where a repository is. Building one checks nothing; reading its ARN or URI does."""

    registry_id: str
    """The AWS account that owns the registry, 12 digits."""

    region: str
    """The AWS region, such as ``us-east-1``; it decides the partition."""

    repository_name: str
    """The name within the registry, which may hold slashes: ``team/app``."""

    def __str__(self) -> str:
        return f"{_shown(self.repository_name)} in {_shown(self.region)} of {_shown(self.registry_id)}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the repository that a repository ARN or URI names.

        Accepts ``arn:aws:ecr:us-east-1:123456789012:repository/team/app`` and
        ``123456789012.dkr.ecr.us-east-1.amazonaws.com/team/app``, in every partition;
        of the URI also the FIPS and the dual-stack forms.

        Raises:
            InvalidReferenceError: the text is neither.
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
        partition, suffix, dual_stack_suffix = reference._partition
        if found["partition"] not in {None, partition} or found["suffix"] not in {
            None,
            dual_stack_suffix if found["dual"] else suffix,
        }:
            raise InvalidReferenceError(f"not in the partition of region {reference.region}", text)
        return reference

    @property
    def partition(self) -> str:
        """The AWS partition of the region: ``aws``, ``aws-cn``, ``aws-us-gov`` ...

        Raises:
            InvalidReferenceError: the region does not look like one. The other properties
                raise it for a registry or a name too, so that no host but AWS's is built.
        """
        return self._partition[0]

    @property
    def registry(self) -> str:
        """The registry's host: ``123456789012.dkr.ecr.us-east-1.amazonaws.com``."""
        return f"{self._checked_registry_id}.dkr.ecr.{self.region}.{self._partition[1]}"

    @property
    def uri(self) -> str:
        """What docker pulls from: ``123456789012.dkr.ecr.us-east-1.amazonaws.com/team/app``."""
        return f"{self.registry}/{self._checked_name}"

    @property
    def arn(self) -> str:
        """The Amazon resource name: ``arn:aws:ecr:us-east-1:123456789012:repository/team/app``."""
        return f"arn:{self.partition}:ecr:{self.region}:{self._checked_registry_id}:repository/{self._checked_name}"

    def image(self, *, digest: str | None = None, tag: str | None = None) -> "ImageReference":
        """Return the image of this repository with that digest, or else with that tag.

        Raises:
            InvalidReferenceError: neither is given.
        """
        return ImageReference(repository=self, image_digest=digest, image_tag=tag)

    @property
    def _checked_registry_id(self) -> str:
        return _checked(self.registry_id, _REGISTRY_ID, "not the id of an ECR registry")

    @property
    def _checked_name(self) -> str:
        return _checked(self.repository_name, _NAME, "not the name of an ECR repository")

    @property
    def _partition(self) -> tuple[str, str, str | None]:
        region = _checked(self.region, r"[a-z]{2,8}(-[a-z]{1,16}){1,3}-[0-9]{1,3}", "not an AWS region")
        return next(found for prefix, found in _PARTITIONS.items() if region.startswith(prefix))


class ImageReference(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Where an image is: its repository, and its digest, its tag or both.

    A digest or a tag of ``""`` counts as absent. Where both are there the digest
    decides, because a tag can move on to another image.

    Raises:
        InvalidReferenceError: on building one with neither a digest nor a tag.
    """

    repository: RepositoryReference
    """The repository that holds the image."""

    image_digest: str | None = None
    """The digest of the manifest, ``sha256:`` and 64 hexadecimal digits."""

    image_tag: str | None = None
    """The tag."""

    def __post_init__(self) -> None:
        """Turn ``""`` into absent and refuse a reference that names no image."""
        for field in ("image_digest", "image_tag"):
            if getattr(self, field) == "":
                msgspec.structs.force_setattr(self, field, None)
        if self.image_digest is None and self.image_tag is None:
            raise InvalidReferenceError("neither a digest nor a tag, in repository", self.repository.repository_name)

    def __str__(self) -> str:
        name, place, rest = str(self.repository).partition(" in ")
        image = f":{_shown(str(self.image_tag))}" if self.image_digest is None else f"@{_shown(self.image_digest)}"
        return f"{name}{image}{place}{rest}"

    @classmethod
    def parse(cls, text: str) -> "ImageReference":
        """Return the image that an image URI, or an Inspector image ARN, names.

        Accepts the URI of a repository followed by ``:tag``, ``@sha256:...`` or both,
        and ``arn:aws:ecr:us-east-1:123456789012:repository/team/app/sha256:...``.

        Raises:
            InvalidReferenceError: the text is neither, or names no digest and no tag.
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
        """What docker pulls: ``.../team/app@sha256:...``, or ``.../team/app:tag`` without a digest.

        Raises:
            InvalidReferenceError: a part does not look like one.
        """
        if self.image_digest is not None:
            return f"{self.repository.uri}@{_checked(self.image_digest, _DIGEST, 'not the digest of an image')}"
        return f"{self.repository.uri}:{_checked(str(self.image_tag), _TAG, 'not the tag of an image')}"


def _shown(value: str) -> str:
    """Return `value` for a message: an event may hold anything, of any length."""
    return value if re.fullmatch(r"[\w.:/@+=-]{1,256}", value, re.ASCII) else ascii(value[:200])


def _checked(value: str, pattern: str, reason: str) -> str:
    if re.fullmatch(pattern, value, re.ASCII):
        return value
    raise InvalidReferenceError(reason, value)
