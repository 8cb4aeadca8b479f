"""The details of Inspector's events as pydantic models."""

from benchmarks.contenders.pydantic_envelope import Camel, Kebab


class InspectorScan(Kebab):
    """The detail of Inspector2 Scan."""

    scan_status: str
    repository_name: str
    image_digest: str
    finding_severity_counts: dict[str, float] | None = None
    image_tags: list[str] | None = None
    version: str | None = None


class Recommendation(Camel):
    """What to do about a finding."""

    text: str | None = None
    url: str | None = None


class Remediation(Camel):
    """How to mend a finding."""

    recommendation: Recommendation | None = None


class EcrContainerImage(Camel):
    """An image in ECR."""

    architecture: str
    image_hash: str
    pushed_at: str
    registry: str
    repository_name: str
    author: str | None = None
    image_tags: list[str] | None = None
    in_use_count: int | None = None
    last_in_use_at: str | None = None
    platform: str | None = None


class Image(Camel):
    """An image in words that are not ECR's alone."""

    architecture: str | None = None
    image_digest: str | None = None
    image_tags: list[str] | None = None
    platform: str | None = None
    pushed_at: str | None = None
    registry: str | None = None
    repository_name: str | None = None


class ResourceDetails(Camel):
    """A resource of a finding, in its service's words."""

    aws_ecr_container_image: EcrContainerImage
    image: Image | None = None


class FindingResource(Camel):
    """A resource of a finding."""

    id: str
    type: str
    partition: str
    region: str
    details: ResourceDetails
    provider: str | None = None
    provider_account_id: str | None = None
    tags: dict[str, str] | None = None


class CvssAdjustment(Camel):
    """Why a score was adjusted."""

    metric: str | None = None
    reason: str | None = None


class AdjustedCvss(Camel):
    """An adjusted score."""

    adjustments: list[CvssAdjustment] | None = None
    cvss_source: str | None = None
    score: float | None = None
    score_source: str | None = None
    scoring_vector: str | None = None
    version: str | None = None


class ScoreDetails(Camel):
    """What a score is made of."""

    adjusted_cvss: AdjustedCvss | None = None


class Epss(Camel):
    """How likely an exploit is."""

    score: float | None = None


class ExploitabilityDetails(Camel):
    """What is known of exploits."""

    last_known_exploit_at: str | None = None


class CvssScore(Camel):
    """A score."""

    base_score: float | None = None
    scoring_vector: str | None = None
    source: str | None = None
    version: str | None = None


class VulnerablePackage(Camel):
    """A package with a vulnerability."""

    name: str
    version: str
    arch: str | None = None
    epoch: int | None = None
    file_path: str | None = None
    fixed_in_version: str | None = None
    package_manager: str | None = None
    release: str | None = None
    remediation: str | None = None
    source_layer_hash: str | None = None


class PackageVulnerabilityDetails(Camel):
    """A vulnerability."""

    source: str
    vulnerability_id: str
    cvss: list[CvssScore] | None = None
    reference_urls: list[str] | None = None
    related_vulnerabilities: list[str] | None = None
    source_url: str | None = None
    vendor_created_at: str | None = None
    vendor_severity: str | None = None
    vendor_updated_at: str | None = None
    vulnerable_packages: list[VulnerablePackage] | None = None


class InspectorFinding(Camel):
    """The detail of Inspector2 Finding."""

    aws_account_id: str
    description: str
    finding_arn: str
    first_observed_at: str
    last_observed_at: str
    resources: list[FindingResource]
    severity: str
    status: str
    title: str
    type: str
    updated_at: str
    epss: Epss | None = None
    exploit_available: str | None = None
    exploitability_details: ExploitabilityDetails | None = None
    fix_available: str | None = None
    inspector_score: float | None = None
    inspector_score_details: ScoreDetails | None = None
    package_vulnerability_details: PackageVulnerabilityDetails | None = None
    remediation: Remediation | None = None
