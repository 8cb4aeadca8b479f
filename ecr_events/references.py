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

# Region prefix -> (partition, DNS suffix), the longest prefix first where one holds
# another. A region that AWS adds tomorrow is in the partition `aws` unless its prefix
# says otherwise, which is what the AWS SDKs assume too.
_PARTITIONS = {
    "cn-": ("aws-cn", "amazonaws.com.cn"),
    "us-gov-": ("aws-us-gov", "amazonaws.com"),
    "us-iso-": ("aws-iso", "c2s.ic.gov"),
    "us-isob-": ("aws-iso-b", "sc2s.sgov.gov"),
    "eu-isoe-": ("aws-iso-e", "cloud.adc-e.uk"),
    "us-isof-": ("aws-iso-f", "csp.hci.ic.gov"),
    "eusc-": ("aws-eusc", "amazonaws.eu"),
    "": ("aws", "amazonaws.com"),
}
_DUAL_STACK_SUFFIX = "on.aws"


class RepositoryReference(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Where a repository is. Building one checks nothing; reading its ARN or URI does."""

    registry_id: str
    """The AWS account that owns the registry, 12 digits."""

    region: str
    """The AWS region, such as ``us-east-1``; it decides the partition."""

    repository_name: str
    """The name within the registry, which may hold slashes: ``team/app``."""

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
            r"arn:(?P<partition>[^:]+):ecr:(?P<region>[^:]+):(?P<registry>[\w-]+):repository/(?P<name>[^:@\s]+)"
            r"|(?P<uri_registry>[\w-]+)\.dkr[.-]ecr(-fips)?\.(?P<uri_region>[^./]+)\.(?P<suffix>[^/]+)/(?P<uri_name>[^:@\s]+)",
            text,
            re.ASCII,
        )
        if found is None:
            raise InvalidReferenceError("not the ARN or the URI of an ECR repository", text)
        reference = cls(
            registry_id=found["registry"] or found["uri_registry"],
            region=found["region"] or found["uri_region"],
            repository_name=found["name"] or found["uri_name"],
        )
        suffixes = {reference._dns_suffix, _DUAL_STACK_SUFFIX}
        if found["partition"] not in {None, reference.partition} or found["suffix"] not in {None, *suffixes}:
            raise InvalidReferenceError(f"not in the partition of region {reference.region}", text)
        return reference

    @property
    def partition(self) -> str:
        """The AWS partition of the region: ``aws``, ``aws-cn``, ``aws-us-gov`` ...

        Raises:
            InvalidReferenceError: the region does not look like one. Every other
                property raises it too, so no name outside AWS's own is ever built.
        """
        return self._partition_and_suffix[0]

    @property
    def registry(self) -> str:
        """The registry's host: ``123456789012.dkr.ecr.us-east-1.amazonaws.com``."""
        return f"{self._checked_registry_id}.dkr.ecr.{self.region}.{self._dns_suffix}"

    @property
    def uri(self) -> str:
        """What docker pulls from: ``123456789012.dkr.ecr.us-east-1.amazonaws.com/team/app``."""
        return f"{self.registry}/{self.repository_name}"

    @property
    def arn(self) -> str:
        """The Amazon resource name: ``arn:aws:ecr:us-east-1:123456789012:repository/team/app``."""
        return f"arn:{self.partition}:ecr:{self.region}:{self._checked_registry_id}:repository/{self.repository_name}"

    def image(self, *, digest: str | None = None, tag: str | None = None) -> "ImageReference":
        """Return the image of this repository with that digest, or else with that tag.

        Raises:
            InvalidReferenceError: neither is given.
        """
        return ImageReference(repository=self, image_digest=digest, image_tag=tag)

    @property
    def _checked_registry_id(self) -> str:
        # Not a check of the 12 digits: only what could turn the host into another one is refused.
        if not re.fullmatch(r"[\w-]+", self.registry_id, re.ASCII):
            raise InvalidReferenceError("not the id of an ECR registry", self.registry_id)
        return self.registry_id

    @property
    def _dns_suffix(self) -> str:
        return self._partition_and_suffix[1]

    @property
    def _partition_and_suffix(self) -> tuple[str, str]:
        if not re.fullmatch(r"[a-z]{2,8}(-[a-z]{1,16}){1,3}-[0-9]{1,3}", self.region):
            raise InvalidReferenceError("not an AWS region", self.region)
        return next(found for prefix, found in _PARTITIONS.items() if self.region.startswith(prefix))


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

    @classmethod
    def parse(cls, text: str) -> "ImageReference":
        """Return the image that an image URI, or an Inspector image ARN, names.

        Accepts the URI of a repository followed by ``:tag``, ``@sha256:...`` or both,
        and ``arn:aws:ecr:us-east-1:123456789012:repository/team/app/sha256:...``.

        Raises:
            InvalidReferenceError: the text is neither, or names no digest and no tag.
        """
        arn = re.fullmatch(r"(?P<repository>arn:.+)/(?P<digest>\w+:\w+)", text)
        uri = re.fullmatch(r"(?P<repository>.+?)(:(?P<tag>[^:/@]+))?(@(?P<digest>[^@]+))?", text)
        found = arn or uri
        if found is None:
            raise InvalidReferenceError("not the URI of an image", text)
        parts = found.groupdict()
        return RepositoryReference.parse(parts["repository"]).image(digest=parts["digest"], tag=parts.get("tag"))

    @property
    def uri(self) -> str:
        """What docker pulls: ``.../team/app@sha256:...``, or ``.../team/app:tag`` without a digest.

        Raises:
            InvalidReferenceError: the region or the registry does not look like one.
        """
        if self.image_digest is not None:
            return f"{self.repository.uri}@{self.image_digest}"
        return f"{self.repository.uri}:{self.image_tag}"
