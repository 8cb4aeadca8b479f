"""Amazon ECR's events as pydantic models, written as a pydantic user would write them.

They have the fields of the classes in `ecr_events.events`. Aliases carry AWS's names, optional
fields default to None, and timestamps inside details are `str`.
"""

from datetime import datetime
from functools import partial
from typing import Annotated, Any, Literal, TypeAlias, get_args

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

__all__ = ["MODELS", "AnyEvent", "to_dict", "to_json"]


class Kebab(BaseModel):
    model_config = ConfigDict(alias_generator=lambda name: name.replace("_", "-"))


class Camel(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel)


class Event(Kebab):
    version: str
    id: str
    source: str
    account: str
    time: datetime
    region: str
    resources: list[str]
    replay_name: str | None = None


class ManifestAction(Kebab):
    action_type: str
    repository_name: str
    image_digest: str | None = None
    image_tag: str | None = None
    manifest_media_type: str | None = None
    artifact_media_type: str | None = None
    target_storage_class: str | None = None
    last_activated_at: str | None = None


class ImageAction(ManifestAction):
    result: str


class ReferrerAction(ManifestAction):
    result: str | None = None


class ImageScan(Kebab):
    scan_status: str
    repository_name: str
    finding_severity_counts: dict[str, float] | None = None
    image_digest: str | None = None
    image_tags: list[str] | None = None


class ReplicationAction(Kebab):
    result: str
    repository_name: str
    image_digest: str
    source_account: str
    action_type: str
    source_region: str
    image_tag: str


class PullThroughCacheAction(Kebab):
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
    repository_name: str
    repository_arn: str | None = None
    scan_frequency: str | None = None
    previous_scan_frequency: str | None = None


class ScanResourceChange(Kebab):
    action_type: str
    resource_type: str
    scan_type: str | None = None
    repositories: list[ScanResourceChangeRepository] | None = None


class SessionIssuer(Camel):
    type: str | None = None
    principal_id: str | None = None
    arn: str | None = None
    account_id: str | None = None
    user_name: str | None = None


class SessionContext(Camel):
    session_issuer: SessionIssuer | None = None
    attributes: dict[str, Any] | None = None
    web_id_federation_data: dict[str, Any] | None = None
    ec2_role_delivery: str | None = Field(None, alias="ec2RoleDelivery")


class UserIdentity(Camel):
    type: str | None = None
    principal_id: str | None = None
    arn: str | None = None
    account_id: str | None = None
    access_key_id: str | None = None
    user_name: str | None = None
    session_context: SessionContext | None = None
    invoked_by: str | None = None


class RecordResource(Camel):
    arn: str | None = Field(None, alias="ARN")
    account_id: str | None = None
    type: str | None = None


class Record(Camel):
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
    tag_status: str | None = None
    tag_prefix_list: list[str] | None = None
    tag_pattern_list: list[str] | None = None
    count_type: str | None = None
    count_unit: str | None = None
    count_number: int | None = None


class LifecycleRule(Camel):
    rule_priority: int | None = None
    description: str | None = None
    lifecycle_event_selection: LifecycleSelection | None = None
    action: str | None = None


class LifecyclePolicy(Camel):
    lifecycle_event_rules: list[LifecycleRule] | None = None
    last_evaluated_at: int | None = None
    policy_version: int | None = None
    policy_id: str | None = None


class LifecycleImage(Camel):
    digest: str | None = None
    tag_status: str | None = None
    tag_list: list[str] | None = None
    pushed_at: int | None = None


class LifecycleAction(Camel):
    lifecycle_event_image: LifecycleImage | None = None
    rule_priority: int | None = None


class LifecycleFailure(LifecycleAction):
    failure_code: str | None = None
    failure_reason: str | None = None


class ServiceDetails(Camel):
    repository_name: str | None = None
    lifecycle_event_policy: LifecyclePolicy | None = None
    lifecycle_event_image_actions: list[LifecycleAction] | None = None
    lifecycle_event_failure_details: list[LifecycleFailure] | None = None
    image_digest: str | None = None
    target_storage_class: str | None = None
    result: str | None = None
    image_status: str | None = None


class ServiceRecord(Record):
    service_event_details: ServiceDetails | None = None


class InspectorScan(Kebab):
    scan_status: str
    repository_name: str
    image_digest: str
    finding_severity_counts: dict[str, float] | None = None
    image_tags: list[str] | None = None
    version: str | None = None


class Recommendation(Camel):
    text: str | None = None
    url: str | None = None


class Remediation(Camel):
    recommendation: Recommendation | None = None


class EcrContainerImage(Camel):
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
    architecture: str | None = None
    image_digest: str | None = None
    image_tags: list[str] | None = None
    platform: str | None = None
    pushed_at: str | None = None
    registry: str | None = None
    repository_name: str | None = None


class ResourceDetails(Camel):
    aws_ecr_container_image: EcrContainerImage
    image: Image | None = None


class FindingResource(Camel):
    id: str
    type: str
    partition: str
    region: str
    details: ResourceDetails
    provider: str | None = None
    provider_account_id: str | None = None
    tags: dict[str, str] | None = None


class CvssAdjustment(Camel):
    metric: str | None = None
    reason: str | None = None


class AdjustedCvss(Camel):
    adjustments: list[CvssAdjustment] | None = None
    cvss_source: str | None = None
    score: float | None = None
    score_source: str | None = None
    scoring_vector: str | None = None
    version: str | None = None


class ScoreDetails(Camel):
    adjusted_cvss: AdjustedCvss | None = None


class Epss(Camel):
    score: float | None = None


class ExploitabilityDetails(Camel):
    last_known_exploit_at: str | None = None


class CvssScore(Camel):
    base_score: float | None = None
    scoring_vector: str | None = None
    source: str | None = None
    version: str | None = None


class VulnerablePackage(Camel):
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


class ImageActionEvent(Event):
    detail_type: Literal["ECR Image Action"]
    detail: ImageAction


class ImageScanEvent(Event):
    detail_type: Literal["ECR Image Scan"]
    detail: ImageScan


class ReplicationActionEvent(Event):
    detail_type: Literal["ECR Replication Action"]
    detail: ReplicationAction


class ReferrerActionEvent(Event):
    detail_type: Literal["ECR Referrer Action"]
    detail: ReferrerAction


class ScanResourceChangeEvent(Event):
    detail_type: Literal["ECR Scan Resource Change"]
    detail: ScanResourceChange


class PullThroughCacheActionEvent(Event):
    detail_type: Literal["ECR Pull Through Cache Action"]
    detail: PullThroughCacheAction


class APICallEvent(Event):
    detail_type: Literal["AWS API Call via CloudTrail"]
    detail: Record


class ServiceEvent(Event):
    detail_type: Literal["AWS Service Event via CloudTrail"]
    detail: ServiceRecord


class InspectorScanEvent(Event):
    detail_type: Literal["Inspector2 Scan"]
    detail: InspectorScan


class InspectorFindingEvent(Event):
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

to_dict = partial(BaseModel.model_dump, by_alias=True)


def to_json(event: BaseModel) -> bytes:
    """Return an event as JSON with AWS's key names and without absent fields."""
    return event.model_dump_json(by_alias=True, exclude_none=True).encode()
