"""The findings of an image's scan.

Separate from the findings in Inspector's events: those have timestamps as text and other
required fields.

Source: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ImageScanFindings.html and
https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_EnhancedImageScanFinding.html
"""

from collections import Counter
from datetime import datetime

from ecr_events.hashing import HashIgnoringDicts
from ecr_events.service.image import ImageScanStatus
from ecr_events.severities import SeverityCounts
from ecr_events.structs import CamelStruct

__all__ = [
    "Attribute",
    "AwsEcrContainerImageDetails",
    "CvssScore",
    "CvssScoreAdjustment",
    "CvssScoreDetails",
    "EnhancedImageScanFinding",
    "Findings",
    "ImageScanFinding",
    "ImageScanFindings",
    "PackageVulnerabilityDetails",
    "Recommendation",
    "Remediation",
    "Resource",
    "ResourceDetails",
    "ScoreDetails",
    "VulnerablePackage",
]


class Attribute(CamelStruct, frozen=True, kw_only=True):
    """An attribute of a finding, from a basic scan."""

    key: str
    """The name: ``package_name``, ``package_version``, ``CVSS2_SCORE`` ..."""

    value: str | None = None


class ImageScanFinding(CamelStruct, frozen=True, kw_only=True):
    """A finding of a basic scan."""

    name: str | None = None
    """The id of the vulnerability: ``CVE-2019-5188``."""

    description: str | None = None
    uri: str | None = None
    severity: str | None = None
    """``CRITICAL``, ``HIGH``, ``MEDIUM``, ``LOW``, ``INFORMATIONAL`` or ``UNDEFINED``."""

    attributes: tuple[Attribute, ...] = ()
    """The package, its version and the scores."""


class CvssScore(CamelStruct, frozen=True, kw_only=True):
    """A CVSS score of a vulnerability."""

    base_score: float | None = None
    """The base score, 0 to 10."""

    scoring_vector: str | None = None
    """The vector: ``CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:H/A:H``."""

    source: str | None = None
    version: str | None = None


class VulnerablePackage(CamelStruct, frozen=True, kw_only=True):
    """A package of the image that has a vulnerability."""

    arch: str | None = None
    """The architecture: ``X86_64``."""

    epoch: int | None = None
    file_path: str | None = None
    name: str | None = None
    package_manager: str | None = None
    """``OS``, ``NODEPKG``, ``PYTHONPKG`` ..."""

    release: str | None = None
    source_layer_hash: str | None = None
    """The digest of the layer that holds the package."""

    version: str | None = None
    fixed_in_version: str | None = None
    """The first version without the vulnerability."""


class PackageVulnerabilityDetails(CamelStruct, frozen=True, kw_only=True):
    """A vulnerability, and the packages that have it."""

    cvss: tuple[CvssScore, ...] = ()
    reference_urls: tuple[str, ...] = ()
    related_vulnerabilities: tuple[str, ...] = ()
    source: str | None = None
    source_url: str | None = None
    vendor_created_at: datetime | None = None
    """When the vendor published it; aware, in UTC."""

    vendor_severity: str | None = None
    vendor_updated_at: datetime | None = None
    """When the vendor changed it; aware, in UTC."""

    vulnerability_id: str | None = None
    """The id of the vulnerability: ``CVE-2019-5188``."""

    vulnerable_packages: tuple[VulnerablePackage, ...] = ()


class Recommendation(CamelStruct, frozen=True, kw_only=True):
    """A recommendation about a finding."""

    url: str | None = None
    text: str | None = None
    """The advice; ``None Provided`` if there is none."""


class Remediation(CamelStruct, frozen=True, kw_only=True):
    """The remediation of a finding."""

    recommendation: Recommendation | None = None


class AwsEcrContainerImageDetails(CamelStruct, frozen=True, kw_only=True):
    """The image with the vulnerability."""

    architecture: str | None = None
    """The architecture: ``amd64``."""

    author: str | None = None
    image_hash: str | None = None
    """The digest of the image, ``sha256:...``."""

    image_tags: tuple[str, ...] = ()
    platform: str | None = None
    """The operating system: ``AMAZON_LINUX_2``."""

    pushed_at: datetime | None = None
    """When the image was pushed; aware, in UTC."""

    last_in_use_at: datetime | None = None
    """When a cluster used the image last; aware, in UTC."""

    in_use_count: int | None = None
    """The number of clusters that use the image."""

    registry: str | None = None
    """The AWS account that owns the registry, 12 digits."""

    repository_name: str | None = None


class ResourceDetails(CamelStruct, frozen=True, kw_only=True):
    """Details of the resource, by its type."""

    aws_ecr_container_image: AwsEcrContainerImageDetails | None = None


class Resource(HashIgnoringDicts, CamelStruct, frozen=True, kw_only=True):
    """The resource with the vulnerability."""

    details: ResourceDetails | None = None
    id: str | None = None
    """The ARN of the image: its repository's, a slash and the digest."""

    tags: dict[str, str] | None = None
    type: str | None = None
    """``AWS_ECR_CONTAINER_IMAGE``."""


class CvssScoreAdjustment(CamelStruct, frozen=True, kw_only=True):
    """An adjustment of a CVSS score by Inspector."""

    metric: str | None = None
    reason: str | None = None


class CvssScoreDetails(CamelStruct, frozen=True, kw_only=True):
    """A CVSS score, adjusted to the image by Inspector."""

    adjustments: tuple[CvssScoreAdjustment, ...] = ()
    score: float | None = None
    """The score, 0 to 10."""

    score_source: str | None = None
    scoring_vector: str | None = None
    version: str | None = None


class ScoreDetails(CamelStruct, frozen=True, kw_only=True):
    """The composition of a finding's score."""

    cvss: CvssScoreDetails | None = None


class EnhancedImageScanFinding(CamelStruct, frozen=True, kw_only=True):
    """A finding of an enhanced scan, by Amazon Inspector."""

    aws_account_id: str | None = None
    """The AWS account of the image, 12 digits."""

    description: str | None = None
    finding_arn: str | None = None
    """The ARN of the finding, as in `Inspector2FindingEvent`."""

    first_observed_at: datetime | None = None
    """When the finding was first seen; aware, in UTC."""

    last_observed_at: datetime | None = None
    """When the finding was last seen; aware, in UTC."""

    package_vulnerability_details: PackageVulnerabilityDetails | None = None
    remediation: Remediation | None = None
    resources: tuple[Resource, ...] = ()
    score: float | None = None
    """Inspector's score, 0 to 10."""

    score_details: ScoreDetails | None = None
    severity: str | None = None
    """``CRITICAL``, ``HIGH``, ``MEDIUM``, ``LOW``, ``INFORMATIONAL`` or ``UNTRIAGED``."""

    status: str | None = None
    """``ACTIVE``, ``SUPPRESSED`` or ``CLOSED``."""

    title: str | None = None
    """The id of the vulnerability and the package."""

    type: str | None = None
    """``PACKAGE_VULNERABILITY``."""

    updated_at: datetime | None = None
    """When the finding last changed; aware, in UTC."""

    fix_available: str | None = None
    """``YES``, ``NO`` or ``PARTIAL``."""

    exploit_available: str | None = None
    """``YES`` or ``NO``."""


class Findings(HashIgnoringDicts, CamelStruct, frozen=True, kw_only=True):
    """ECR's ``ImageScanFindings``, of which each page of the response has a part."""

    image_scan_completed_at: datetime | None = None
    """When the scan ended; aware, in UTC."""

    vulnerability_source_updated_at: datetime | None = None
    """When the vulnerability data was last updated; aware, in UTC."""

    finding_severity_counts: dict[str, int] | None = None
    """The number of findings by severity, as sent by ECR. See `severities`."""

    findings: tuple[ImageScanFinding, ...] = ()
    """The findings of a basic scan."""

    enhanced_findings: tuple[EnhancedImageScanFinding, ...] = ()
    """The findings of an enhanced scan."""

    @property
    def severities(self) -> SeverityCounts:
        """Number of findings by severity, 0 where absent; of `finding_severity_counts`, else of the findings."""
        if self.finding_severity_counts is not None:
            return SeverityCounts(self.finding_severity_counts)
        severities = [finding.severity for finding in self.findings]
        severities += [finding.severity for finding in self.enhanced_findings]
        return SeverityCounts(Counter(severity or "UNDEFINED" for severity in severities))


class ImageScanFindings(Findings, frozen=True, kw_only=True):
    """All findings of an image's scan, with the scan's status."""

    image_scan_status: ImageScanStatus
    """The status of the scan; ``COMPLETE`` may precede its findings."""
