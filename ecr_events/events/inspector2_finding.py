"""Inspector2 Finding: a finding of enhanced scanning about an image was created, updated or closed.

Timestamps are Inspector's text, in formats such as ``Dec 3, 2021, 6:02:30 PM`` and
``Wed Sep 04 16:55:38.411 UTC 2024``.

Source: https://docs.aws.amazon.com/inspector/latest/user/eventbridge-integration.html,
https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-scanning-enhanced-events.html and
https://docs.aws.amazon.com/inspector/v2/APIReference/API_Finding.html
"""

from typing import Any, Literal

from ecr_events.events.envelope import EventBridgeEvent
from ecr_events.events.image_event import first, optional_image
from ecr_events.events.inspector2_vulnerability import (
    Inspector2Epss,
    Inspector2ExploitabilityDetails,
    Inspector2PackageVulnerabilityDetails,
    Inspector2ScoreDetails,
)
from ecr_events.events.interning import InternedStr
from ecr_events.hashing import HashIgnoringDicts
from ecr_events.references import ImageReference, RepositoryReference
from ecr_events.structs import CamelStruct

__all__ = [
    "Inspector2EcrContainerImage",
    "Inspector2Finding",
    "Inspector2FindingEvent",
    "Inspector2Image",
    "Inspector2Recommendation",
    "Inspector2Remediation",
    "Inspector2Resource",
    "Inspector2ResourceDetails",
]


class Inspector2Recommendation(CamelStruct, frozen=True, kw_only=True):
    """The recommended remediation."""

    text: str | None = None
    """Text of the recommendation; ``None Provided`` if there is none."""

    url: str | None = None
    """URL with further information."""


class Inspector2Remediation(CamelStruct, frozen=True, kw_only=True):
    """The remediation of a finding."""

    recommendation: Inspector2Recommendation | None = None
    """The recommendation."""


class Inspector2EcrContainerImage(CamelStruct, frozen=True, kw_only=True):
    """The vulnerable image in ECR."""

    architecture: InternedStr
    """Architecture: ``amd64``."""

    image_hash: str
    """Digest of the image, ``sha256:...``."""

    pushed_at: str
    """Time of the push, as Inspector's text."""

    registry: str
    """AWS account that owns the registry, 12 digits."""

    repository_name: str
    """Name of the repository within the registry; may contain slashes."""

    author: str | None = None
    """Author of the image."""

    image_tags: tuple[str, ...] | None = None
    """All tags of the image; absent if untagged."""

    in_use_count: int | None = None
    """Number of clusters that use the image. Absent before 2025."""

    last_in_use_at: str | None = None
    """Time of the last use in a cluster, as Inspector's text. Absent before 2025."""

    platform: str | None = None
    """Operating system: ``AMAZON_LINUX_2``."""


class Inspector2Image(CamelStruct, frozen=True, kw_only=True):
    """The vulnerable image, in Inspector's registry-independent form. Absent before 2026."""

    architecture: InternedStr | None = None
    """Architecture: ``amd64``."""

    image_digest: str | None = None
    """Digest of the image, ``sha256:...``."""

    image_tags: tuple[str, ...] | None = None
    """All tags of the image."""

    platform: str | None = None
    """Operating system."""

    pushed_at: str | None = None
    """Time of the push, as Inspector's text."""

    registry: str | None = None
    """Registry of the image."""

    repository_name: str | None = None
    """Name of the repository."""


class Inspector2ResourceDetails(CamelStruct, frozen=True, kw_only=True):
    """The details of the resource, by type."""

    aws_ecr_container_image: Inspector2EcrContainerImage
    """The image in ECR."""

    image: Inspector2Image | None = None
    """The same image in Inspector's registry-independent form. Absent before 2026."""


class Inspector2Resource(HashIgnoringDicts, CamelStruct, frozen=True, kw_only=True):
    """The vulnerable resource."""

    id: str
    """ARN of the image: the repository's ARN, a slash and the digest."""

    type: Literal["AWS_ECR_CONTAINER_IMAGE"]
    """Type of the resource; findings about other types decode to `UnknownEvent`."""

    partition: InternedStr
    """AWS partition: ``aws``, or ``N/A``."""

    region: InternedStr
    """AWS region, or ``N/A``."""

    details: Inspector2ResourceDetails
    """The image."""

    provider: str | None = None
    """Cloud provider of the resource."""

    provider_account_id: str | None = None
    """Account of the resource at its provider."""

    tags: dict[str, str] | None = None
    """AWS tags of the resource; often empty."""


class Inspector2Finding(CamelStruct, frozen=True, kw_only=True):
    """A vulnerability in an image."""

    aws_account_id: str
    """AWS account of the finding, 12 digits."""

    description: str
    """Description of the vulnerability."""

    finding_arn: str
    """ARN of the finding; the same in all events about it."""

    first_observed_at: str
    """Time of the first observation, as Inspector's text."""

    last_observed_at: str
    """Time of the last observation, as Inspector's text."""

    resources: tuple[Inspector2Resource, ...]
    """The vulnerable image, as a tuple of one."""

    severity: InternedStr
    """``CRITICAL``, ``HIGH``, ``MEDIUM``, ``LOW``, ``INFORMATIONAL`` or ``UNTRIAGED``."""

    status: InternedStr
    """``ACTIVE``, ``SUPPRESSED`` or ``CLOSED``."""

    title: str
    """Id of the vulnerability and the package: ``CVE-2019-17498 - libssh2``."""

    type: InternedStr
    """``PACKAGE_VULNERABILITY``."""

    updated_at: str
    """Time of the last update, as Inspector's text."""

    epss: Inspector2Epss | None = None
    """Likelihood of exploitation. Absent before 2024."""

    exploit_available: InternedStr | None = None
    """``YES`` or ``NO``."""

    exploitability_details: Inspector2ExploitabilityDetails | None = None
    """Known exploits."""

    fix_available: InternedStr | None = None
    """``YES``, ``NO`` or ``PARTIAL``."""

    inspector_score: float | None = None
    """Inspector score, 0 to 10; absent in some findings."""

    inspector_score_details: Inspector2ScoreDetails | None = None
    """Details of the Inspector score; absent in some findings."""

    package_vulnerability_details: Inspector2PackageVulnerabilityDetails | None = None
    """The vulnerability and the vulnerable packages."""

    remediation: Inspector2Remediation | None = None
    """The remediation."""


class Inspector2FindingEvent(
    EventBridgeEvent, frozen=True, kw_only=True, tag_field="detail-type", tag="Inspector2 Finding"
):
    """A finding of enhanced scanning about an image was created, updated or closed.

    Findings about other resources, such as EC2 instances, decode to `UnknownEvent`.
    """

    source: Literal["aws.inspector2"]

    detail: Inspector2Finding
    """The finding."""

    @property
    def repository_references(self) -> tuple[RepositoryReference, ...]:
        """Reference to the image's repository, as a one-element tuple."""
        return tuple(dict.fromkeys(image.repository for image in self.image_references))

    @property
    def image_references(self) -> tuple[ImageReference, ...]:
        """Reference to the image, by digest, as a one-element tuple."""
        images = (resource.details.aws_ecr_container_image for resource in self.detail.resources)
        found = (
            optional_image(
                self._repository_reference(image.repository_name, image.registry),
                image.image_hash,
                first(image.image_tags),
            )
            for image in images
        )
        return tuple(dict.fromkeys(image for image in found if image))

    @classmethod
    def _matches(cls, document: dict[str, Any]) -> bool:
        """Return whether no resource of the finding has another type than a container image."""
        if document.get("source") != "aws.inspector2":
            return False
        match document.get("detail"):
            case {"resources": [*resources]}:
                return all(_is_image_or_untyped(resource) for resource in resources)
            case _:
                return True


def _is_image_or_untyped(resource: object) -> bool:
    match resource:
        case {"type": str(kind)}:
            return kind == "AWS_ECR_CONTAINER_IMAGE"
        case _:
            return True
