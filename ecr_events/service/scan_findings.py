"""What the scan of an image found.

Inspector's findings have much the same shape in its events; but there timestamps are text, and
what is required differs, so the two are kept apart.

Source: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ImageScanFindings.html and
https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_EnhancedImageScanFinding.html
"""

from datetime import datetime

from ecr_events.hashing import HashIgnoringDicts
from ecr_events.service.image import ImageScanStatus
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
    """Something that a basic scan says of a finding."""

    key: str
    """What is said: ``package_name``, ``package_version``, ``CVSS2_SCORE`` ..."""

    value: str | None = None
    """What it is."""


class ImageScanFinding(CamelStruct, frozen=True, kw_only=True):
    """A finding of a basic scan."""

    name: str | None = None
    """The id of the vulnerability: ``CVE-2019-5188``."""

    description: str | None = None
    """What it is, in prose."""

    uri: str | None = None
    """Where to read more."""

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
    """Whose score it is."""

    version: str | None = None
    """The version of CVSS."""


class VulnerablePackage(CamelStruct, frozen=True, kw_only=True):
    """A package of the image that has a vulnerability."""

    arch: str | None = None
    """The architecture: ``X86_64``."""

    epoch: int | None = None
    """The epoch of the installed version."""

    file_path: str | None = None
    """Where the package was found in the image."""

    name: str | None = None
    """The package's name."""

    package_manager: str | None = None
    """``OS``, ``NODEPKG``, ``PYTHONPKG`` ..."""

    release: str | None = None
    """The release of the installed version."""

    source_layer_hash: str | None = None
    """The digest of the layer that holds the package."""

    version: str | None = None
    """The installed version."""

    fixed_in_version: str | None = None
    """The version that mends it."""


class PackageVulnerabilityDetails(CamelStruct, frozen=True, kw_only=True):
    """A vulnerability, and the packages that have it."""

    cvss: tuple[CvssScore, ...] = ()
    """The scores."""

    reference_urls: tuple[str, ...] = ()
    """Where to read more."""

    related_vulnerabilities: tuple[str, ...] = ()
    """The ids of related vulnerabilities."""

    source: str | None = None
    """Who published the vulnerability."""

    source_url: str | None = None
    """The page of the vulnerability."""

    vendor_created_at: datetime | None = None
    """When the vendor published it; aware, in UTC."""

    vendor_severity: str | None = None
    """The severity in the vendor's words."""

    vendor_updated_at: datetime | None = None
    """When the vendor changed it; aware, in UTC."""

    vulnerability_id: str | None = None
    """The id of the vulnerability: ``CVE-2019-5188``."""

    vulnerable_packages: tuple[VulnerablePackage, ...] = ()
    """The packages of the image that have it."""


class Recommendation(CamelStruct, frozen=True, kw_only=True):
    """What to do about a finding."""

    url: str | None = None
    """Where to read more."""

    text: str | None = None
    """The advice; ``None Provided`` where there is none."""


class Remediation(CamelStruct, frozen=True, kw_only=True):
    """How to mend a finding."""

    recommendation: Recommendation | None = None
    """What to do."""


class AwsEcrContainerImageDetails(CamelStruct, frozen=True, kw_only=True):
    """The image that has a vulnerability."""

    architecture: str | None = None
    """The architecture: ``amd64``."""

    author: str | None = None
    """The author that the image names."""

    image_hash: str | None = None
    """The digest of the image, ``sha256:...``."""

    image_tags: tuple[str, ...] = ()
    """All tags of the image."""

    platform: str | None = None
    """The operating system: ``AMAZON_LINUX_2``."""

    pushed_at: datetime | None = None
    """When the image was pushed; aware, in UTC."""

    last_in_use_at: datetime | None = None
    """When a cluster used the image last; aware, in UTC."""

    in_use_count: int | None = None
    """How many clusters use the image."""

    registry: str | None = None
    """The AWS account that owns the registry, 12 digits."""

    repository_name: str | None = None
    """The name of the repository that holds the image."""


class ResourceDetails(CamelStruct, frozen=True, kw_only=True):
    """The resource in the words of its service."""

    aws_ecr_container_image: AwsEcrContainerImageDetails | None = None
    """The image."""


class Resource(HashIgnoringDicts, CamelStruct, frozen=True, kw_only=True):
    """What has a vulnerability."""

    details: ResourceDetails | None = None
    """The image."""

    id: str | None = None
    """The ARN of the image: its repository's, a slash and the digest."""

    tags: dict[str, str] | None = None
    """The AWS tags of the resource."""

    type: str | None = None
    """``AWS_ECR_CONTAINER_IMAGE``."""


class CvssScoreAdjustment(CamelStruct, frozen=True, kw_only=True):
    """Why Inspector changed a CVSS score."""

    metric: str | None = None
    """The metric that was adjusted."""

    reason: str | None = None
    """Why."""


class CvssScoreDetails(CamelStruct, frozen=True, kw_only=True):
    """A CVSS score as Inspector adjusted it to the image."""

    adjustments: tuple[CvssScoreAdjustment, ...] = ()
    """The adjustments."""

    score: float | None = None
    """The score, 0 to 10."""

    score_source: str | None = None
    """Whose score it is."""

    scoring_vector: str | None = None
    """The vector."""

    version: str | None = None
    """The version of CVSS."""


class ScoreDetails(CamelStruct, frozen=True, kw_only=True):
    """What the score of a finding is made of."""

    cvss: CvssScoreDetails | None = None
    """The adjusted CVSS score."""


class EnhancedImageScanFinding(CamelStruct, frozen=True, kw_only=True):
    """A finding of an enhanced scan, by Amazon Inspector."""

    aws_account_id: str | None = None
    """The AWS account of the image, 12 digits."""

    description: str | None = None
    """What it is, in prose."""

    finding_arn: str | None = None
    """The ARN of the finding, as in `Inspector2FindingEvent`."""

    first_observed_at: datetime | None = None
    """When the finding was first seen; aware, in UTC."""

    last_observed_at: datetime | None = None
    """When the finding was last seen; aware, in UTC."""

    package_vulnerability_details: PackageVulnerabilityDetails | None = None
    """The vulnerability, and the packages that have it."""

    remediation: Remediation | None = None
    """How to mend it."""

    resources: tuple[Resource, ...] = ()
    """The image."""

    score: float | None = None
    """Inspector's score, 0 to 10."""

    score_details: ScoreDetails | None = None
    """What the score is made of."""

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
    """ECR's own shape of that name, of which every page has a part."""

    image_scan_completed_at: datetime | None = None
    """When the scan ended; aware, in UTC."""

    vulnerability_source_updated_at: datetime | None = None
    """How fresh the data on vulnerabilities was; aware, in UTC."""

    finding_severity_counts: dict[str, int] | None = None
    """The number of findings by severity."""

    findings: tuple[ImageScanFinding, ...] = ()
    """What a basic scan found."""

    enhanced_findings: tuple[EnhancedImageScanFinding, ...] = ()
    """What an enhanced scan found."""


class ImageScanFindings(Findings, frozen=True, kw_only=True):
    """What the scan of an image found: all pages of it, and where the scan stands."""

    image_scan_status: ImageScanStatus
    """Where the scan stands; it may be ``COMPLETE`` before its findings are there."""
