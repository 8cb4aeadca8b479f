"""The records of CloudTrail as pydantic models."""

from typing import Any

from pydantic import Field

from benchmarks.contenders.pydantic_envelope import Camel


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
