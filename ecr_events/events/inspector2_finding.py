"""Inspector2 Finding: enhanced scanning found a vulnerability in an image, or closed a finding.

Timestamps are text here, for Inspector writes them in formats such as
``Dec 3, 2021, 6:02:30 PM`` and ``Wed Sep 04 16:55:38.411 UTC 2024``.

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
    """What to do about a finding."""

    text: str | None = None
    """The advice; ``None Provided`` where there is none."""

    url: str | None = None
    """Where to read more."""


class Inspector2Remediation(CamelStruct, frozen=True, kw_only=True):
    """How to mend a finding."""

    recommendation: Inspector2Recommendation | None = None
    """What to do."""


class Inspector2EcrContainerImage(CamelStruct, frozen=True, kw_only=True):
    """The image in ECR that has the vulnerability."""

    architecture: InternedStr
    """The architecture: ``amd64``."""

    image_hash: str
    """The digest of the image, ``sha256:...``."""

    pushed_at: str
    """When the image was pushed, as Inspector's text."""

    registry: str
    """The AWS account that owns the registry, 12 digits."""

    repository_name: str
    """The repository's name within the registry; it may hold slashes."""

    author: str | None = None
    """The author that the image names."""

    image_tags: tuple[str, ...] | None = None
    """All tags of the image; absent for an untagged one."""

    in_use_count: int | None = None
    """How many clusters use the image. Absent before 2025."""

    last_in_use_at: str | None = None
    """When a cluster used the image last, as Inspector's text. Absent before 2025."""

    platform: str | None = None
    """The operating system: ``AMAZON_LINUX_2``."""


class Inspector2Image(CamelStruct, frozen=True, kw_only=True):
    """The image in words that are not ECR's alone. Absent before 2026."""

    architecture: InternedStr | None = None
    """The architecture: ``amd64``."""

    image_digest: str | None = None
    """The digest of the image, ``sha256:...``."""

    image_tags: tuple[str, ...] | None = None
    """All tags of the image."""

    platform: str | None = None
    """The operating system."""

    pushed_at: str | None = None
    """When the image was pushed, as Inspector's text."""

    registry: str | None = None
    """The registry that holds the image."""

    repository_name: str | None = None
    """The repository's name."""


class Inspector2ResourceDetails(CamelStruct, frozen=True, kw_only=True):
    """The resource in the words of its service."""

    aws_ecr_container_image: Inspector2EcrContainerImage
    """The image in ECR."""

    image: Inspector2Image | None = None
    """The same image in words that are not ECR's alone. Absent before 2026."""


class Inspector2Resource(HashIgnoringDicts, CamelStruct, frozen=True, kw_only=True):
    """What has the vulnerability."""

    id: str
    """The ARN of the image: its repository's, a slash and the digest."""

    type: Literal["AWS_ECR_CONTAINER_IMAGE"]
    """The kind of resource; findings on other kinds are each an `UnknownEvent`."""

    partition: InternedStr
    """The AWS partition: ``aws``, or ``N/A``."""

    region: InternedStr
    """The AWS region, or ``N/A``."""

    details: Inspector2ResourceDetails
    """The image."""

    provider: str | None = None
    """The cloud provider of the resource."""

    provider_account_id: str | None = None
    """The account of the resource at that provider."""

    tags: dict[str, str] | None = None
    """The AWS tags of the resource; often empty."""


class Inspector2Finding(CamelStruct, frozen=True, kw_only=True):
    """One vulnerability of one image."""

    aws_account_id: str
    """The AWS account that the finding belongs to, 12 digits."""

    description: str
    """What the vulnerability is, in prose."""

    finding_arn: str
    """The ARN of the finding; the same in every event about it."""

    first_observed_at: str
    """When the finding was first seen, as Inspector's text."""

    last_observed_at: str
    """When the finding was last seen, as Inspector's text."""

    resources: tuple[Inspector2Resource, ...]
    """The image that has the vulnerability; one item."""

    severity: InternedStr
    """``CRITICAL``, ``HIGH``, ``MEDIUM``, ``LOW``, ``INFORMATIONAL`` or ``UNTRIAGED``."""

    status: InternedStr
    """``ACTIVE``, ``SUPPRESSED`` or ``CLOSED``."""

    title: str
    """The id of the vulnerability and the package: ``CVE-2019-17498 - libssh2``."""

    type: InternedStr
    """``PACKAGE_VULNERABILITY``."""

    updated_at: str
    """When the finding last changed, as Inspector's text."""

    epss: Inspector2Epss | None = None
    """How likely an exploit is. Absent before 2024."""

    exploit_available: InternedStr | None = None
    """``YES`` or ``NO``."""

    exploitability_details: Inspector2ExploitabilityDetails | None = None
    """What is known of exploits."""

    fix_available: InternedStr | None = None
    """``YES``, ``NO`` or ``PARTIAL``."""

    inspector_score: float | None = None
    """Inspector's own score, 0 to 10; absent in some findings."""

    inspector_score_details: Inspector2ScoreDetails | None = None
    """What the score is made of; absent in some findings."""

    package_vulnerability_details: Inspector2PackageVulnerabilityDetails | None = None
    """The vulnerability, and the packages that have it."""

    remediation: Inspector2Remediation | None = None
    """How to mend it."""


class Inspector2FindingEvent(
    EventBridgeEvent, frozen=True, kw_only=True, tag_field="detail-type", tag="Inspector2 Finding"
):
    """Enhanced scanning found a vulnerability in an image, or a finding changed or was closed.

    Inspector's findings on other things, such as EC2 instances, are each an `UnknownEvent`.
    """

    source: Literal["aws.inspector2"]
    detail: Inspector2Finding
    """The finding."""

    @property
    def repository_references(self) -> tuple[RepositoryReference, ...]:
        """Where the image's repository is. No network."""
        return tuple(dict.fromkeys(image.repository for image in self.image_references))

    @property
    def image_references(self) -> tuple[ImageReference, ...]:
        """Where the image is, by its digest. No network."""
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
    def claims(cls, document: dict[str, Any]) -> bool:
        """Return whether none of the finding's resources says that it is something else than an image."""
        if document.get("source") != "aws.inspector2":
            return False
        match document.get("detail"):
            case {"resources": [*resources]}:
                return all(_may_be_image(resource) for resource in resources)
            case _:
                return True


def _may_be_image(resource: object) -> bool:
    match resource:
        case {"type": str(kind)}:
            return kind == "AWS_ECR_CONTAINER_IMAGE"
        case _:
            return True
