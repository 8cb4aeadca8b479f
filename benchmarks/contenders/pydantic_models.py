"""ECR's events as pydantic models, as botocraft has them, and of all ten detail-types.

The names of fields are AWS's by way of an alias, optional fields are None by default, and
timestamps inside details are text. What tells the events apart is a `Literal`, since pydantic
can choose by nothing else. The dataclasses of other contenders are made from these models.
"""

from datetime import datetime
from typing import Annotated, Any, Literal, TypeAlias, get_args

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel


class Kebab(BaseModel):
    """Keys are in kebab-case."""

    model_config = ConfigDict(alias_generator=lambda name: name.replace("_", "-"))


class Camel(BaseModel):
    """Keys are in camelCase."""

    model_config = ConfigDict(alias_generator=to_camel)


class Event(Kebab):
    """EventBridge's envelope."""

    version: str
    id: str
    source: str
    account: str
    time: datetime
    region: str
    resources: list[str]
    replay_name: str | None = None


class ManifestAction(Kebab):
    """What was done to a manifest."""

    action_type: str
    repository_name: str
    image_digest: str | None = None
    image_tag: str | None = None
    manifest_media_type: str | None = None
    artifact_media_type: str | None = None
    target_storage_class: str | None = None
    last_activated_at: str | None = None


class ImageAction(ManifestAction):
    """The detail of ECR Image Action."""

    result: str


class ReferrerAction(ManifestAction):
    """The detail of ECR Referrer Action."""

    result: str | None = None


class ImageScan(Kebab):
    """The detail of ECR Image Scan."""

    scan_status: str
    repository_name: str
    finding_severity_counts: dict[str, float] | None = None
    image_digest: str | None = None
    image_tags: list[str] | None = None


class ReplicationAction(Kebab):
    """The detail of ECR Replication Action."""

    result: str
    repository_name: str
    image_digest: str
    source_account: str
    action_type: str
    source_region: str
    image_tag: str


class PullThroughCacheAction(Kebab):
    """The detail of ECR Pull Through Cache Action."""

    sync_status: str
    repository_name: str
    rule_version: str | None = None
    ecr_repository_prefix: str | None = None
    upstream_registry_url: str | None = None
    image_tag: str | None = None
    image_digest: str | None = None
    failure_code: str | None = None
    failure_reason: str | None = None


class ScanResourceChangeRepository(Kebab):
    """A repository that is scanned differently now."""

    repository_name: str
    repository_arn: str | None = None
    scan_frequency: str | None = None
    previous_scan_frequency: str | None = None


class ScanResourceChange(Kebab):
    """The detail of ECR Scan Resource Change."""

    action_type: str
    resource_type: str
    scan_type: str | None = None
    repositories: list[ScanResourceChangeRepository] | None = None


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


class SessionIssuer(Camel):
    """Who issued credentials."""

    type: str | None = None
    principal_id: str | None = None
    arn: str | None = None
    account_id: str | None = None
    user_name: str | None = None


class SessionContext(Camel):
    """How credentials came about."""

    session_issuer: SessionIssuer | None = None
    attributes: dict[str, Any] | None = None
    web_id_federation_data: dict[str, Any] | None = None
    ec2_role_delivery: str | None = Field(None, alias="ec2RoleDelivery")


class UserIdentity(Camel):
    """Who made a request."""

    type: str | None = None
    principal_id: str | None = None
    arn: str | None = None
    account_id: str | None = None
    access_key_id: str | None = None
    user_name: str | None = None
    session_context: SessionContext | None = None
    invoked_by: str | None = None


class RecordResource(Camel):
    """A resource of a record."""

    arn: str | None = Field(None, alias="ARN")
    account_id: str | None = None
    type: str | None = None


class Record(Camel):
    """A record of CloudTrail."""

    event_name: str
    event_source: str
    event_version: str | None = None
    event_time: str | None = None
    event_id: str | None = Field(None, alias="eventID")
    event_type: str | None = None
    event_category: str | None = None
    aws_region: str | None = None
    user_identity: UserIdentity | None = None
    source_ip_address: str | None = Field(None, alias="sourceIPAddress")
    user_agent: str | None = None
    request_parameters: dict[str, Any] | None = None
    response_elements: dict[str, Any] | None = None
    additional_event_data: dict[str, Any] | None = None
    request_id: str | None = Field(None, alias="requestID")
    error_code: str | None = None
    error_message: str | None = None
    resources: list[RecordResource] | None = None
    read_only: bool | None = None
    management_event: bool | None = None
    recipient_account_id: str | None = None
    shared_event_id: str | None = Field(None, alias="sharedEventID")
    vpc_endpoint_id: str | None = None
    api_version: str | None = None
    tls_details: dict[str, Any] | None = None


class LifecycleSelection(Camel):
    """Which images a rule selects."""

    tag_status: str | None = None
    tag_prefix_list: list[str] | None = None
    tag_pattern_list: list[str] | None = None
    count_type: str | None = None
    count_unit: str | None = None
    count_number: int | None = None


class LifecycleRule(Camel):
    """A rule of a lifecycle policy."""

    rule_priority: int | None = None
    description: str | None = None
    lifecycle_event_selection: LifecycleSelection | None = None
    action: str | None = None


class LifecyclePolicy(Camel):
    """A lifecycle policy."""

    lifecycle_event_rules: list[LifecycleRule] | None = None
    last_evaluated_at: int | None = None
    policy_version: int | None = None
    policy_id: str | None = None


class LifecycleImage(Camel):
    """An image that a policy selected."""

    digest: str | None = None
    tag_status: str | None = None
    tag_list: list[str] | None = None
    pushed_at: int | None = None


class LifecycleAction(Camel):
    """An image on which a policy acted."""

    lifecycle_event_image: LifecycleImage | None = None
    rule_priority: int | None = None


class LifecycleFailure(LifecycleAction):
    """An image on which a policy could not act."""

    failure_code: str | None = None
    failure_reason: str | None = None


class ServiceDetails(Camel):
    """What ECR did."""

    repository_name: str | None = None
    lifecycle_event_policy: LifecyclePolicy | None = None
    lifecycle_event_image_actions: list[LifecycleAction] | None = None
    lifecycle_event_failure_details: list[LifecycleFailure] | None = None
    image_digest: str | None = None
    target_storage_class: str | None = None
    result: str | None = None
    image_status: str | None = None


class ServiceRecord(Record):
    """A record of something that ECR did by itself."""

    service_event_details: ServiceDetails | None = None


class ImageActionEvent(Event):
    """ECR Image Action."""

    detail_type: Literal["ECR Image Action"]
    detail: ImageAction


class ImageScanEvent(Event):
    """ECR Image Scan."""

    detail_type: Literal["ECR Image Scan"]
    detail: ImageScan


class ReplicationActionEvent(Event):
    """ECR Replication Action."""

    detail_type: Literal["ECR Replication Action"]
    detail: ReplicationAction


class ReferrerActionEvent(Event):
    """ECR Referrer Action."""

    detail_type: Literal["ECR Referrer Action"]
    detail: ReferrerAction


class ScanResourceChangeEvent(Event):
    """ECR Scan Resource Change."""

    detail_type: Literal["ECR Scan Resource Change"]
    detail: ScanResourceChange


class PullThroughCacheActionEvent(Event):
    """ECR Pull Through Cache Action."""

    detail_type: Literal["ECR Pull Through Cache Action"]
    detail: PullThroughCacheAction


class APICallEvent(Event):
    """AWS API Call via CloudTrail."""

    detail_type: Literal["AWS API Call via CloudTrail"]
    detail: Record


class ServiceEvent(Event):
    """AWS Service Event via CloudTrail."""

    detail_type: Literal["AWS Service Event via CloudTrail"]
    detail: ServiceRecord


class InspectorScanEvent(Event):
    """Inspector2 Scan."""

    detail_type: Literal["Inspector2 Scan"]
    detail: InspectorScan


class InspectorFindingEvent(Event):
    """Inspector2 Finding."""

    detail_type: Literal["Inspector2 Finding"]
    detail: InspectorFinding


AnyEvent: TypeAlias = Annotated[
    ImageActionEvent
    | ImageScanEvent
    | ReplicationActionEvent
    | ReferrerActionEvent
    | ScanResourceChangeEvent
    | PullThroughCacheActionEvent
    | APICallEvent
    | ServiceEvent
    | InspectorScanEvent
    | InspectorFindingEvent,
    Field(discriminator="detail_type"),
]

MODELS: dict[str, type[Event]] = {
    get_args(model.model_fields["detail_type"].annotation)[0]: model for model in Event.__subclasses__()
}
"""The models by detail-type."""
