"""CloudTrail records, the detail of both detail-types that end in "via CloudTrail".

Source: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
and https://docs.aws.amazon.com/AmazonECR/latest/userguide/logging-using-cloudtrail.html
"""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any, Literal

from msgspec import UNSET, UnsetType, field

from ecr_events.errors import InvalidReferenceError
from ecr_events.events.envelope import EventBridgeEvent
from ecr_events.events.interning import InternedStr
from ecr_events.hashing import HashIgnoringDicts
from ecr_events.references import RepositoryReference
from ecr_events.structs import CamelStruct

__all__ = [
    "CloudTrailEvent",
    "CloudTrailRecord",
    "CloudTrailResource",
    "CloudTrailSessionContext",
    "CloudTrailSessionIssuer",
    "CloudTrailUserIdentity",
]


class CloudTrailSessionIssuer(CamelStruct, frozen=True, kw_only=True):
    """The issuer of temporary credentials. For an assumed role this is the role."""

    type: InternedStr | None = None
    """``Role``, ``IAMUser``, ``Root`` and others."""

    principal_id: str | None = None
    """Internal id of the issuer."""

    arn: str | None = None
    """ARN of the issuer: ``arn:aws:iam::123456789012:role/Admin``."""

    account_id: str | None = None
    """AWS account of the issuer."""

    user_name: str | None = None
    """Friendly name of the issuer: ``Admin``."""


class CloudTrailSessionContext(HashIgnoringDicts, CamelStruct, frozen=True, kw_only=True):
    """The origin of temporary credentials."""

    session_issuer: CloudTrailSessionIssuer | None = None
    """The issuer of the credentials."""

    attributes: dict[str, Any] | None = None
    """``creationDate`` (ISO 8601) and ``mfaAuthenticated`` (the string ``"true"`` or ``"false"``)."""

    web_id_federation_data: dict[str, Any] | None = None
    """Identity provider of web identity federation; often empty."""

    ec2_role_delivery: str | None = None
    """Version of the instance metadata service that issued the credentials: ``1.0`` or ``2.0``."""


class CloudTrailUserIdentity(CamelStruct, frozen=True, kw_only=True):
    """The caller. The fields present depend on `type`."""

    type: InternedStr | None = None
    """``IAMUser``, ``AssumedRole``, ``AWSService``, ``AWSAccount``, ``Root`` and others; absent in service events."""

    principal_id: str | None = None
    """Internal id of the caller, followed by a colon and the session name."""

    arn: str | None = None
    """ARN of the caller."""

    account_id: str | None = None
    """AWS account of the caller, 12 digits."""

    access_key_id: str | None = None
    """Access key that signed the request."""

    user_name: str | None = None
    """Friendly name of the caller."""

    session_context: CloudTrailSessionContext | None = None
    """Origin of the credentials, if they are temporary."""

    invoked_by: str | None = None
    """AWS service that made the request: ``ecr.amazonaws.com``, ``AWS Internal``."""


class CloudTrailResource(CamelStruct, frozen=True, kw_only=True):
    """A resource that the record is about."""

    arn: str | None = field(default=None, name="ARN")
    """ARN of the resource, for ECR of the repository; ``ARN`` in JSON."""

    account_id: str | None = None
    """AWS account that owns the resource."""

    type: InternedStr | None = None
    """``AWS::ECR::Repository``; often absent."""


class CloudTrailRecord(HashIgnoringDicts, CamelStruct, frozen=True, kw_only=True):
    """A CloudTrail record about ECR. Only `event_name` and `event_source` are always present.

    Timestamps are CloudTrail's text.
    """

    event_name: str
    """API operation, such as ``PutImage``, or kind of service event, such as ``PolicyExecutionEvent``."""

    event_source: Literal["ecr.amazonaws.com"]
    """Service that the record is about."""

    event_version: str | None = None
    """Version of the record's format, such as ``1.08``."""

    event_time: str | None = None
    """Time at which the request completed: ISO 8601, UTC."""

    event_id: str | None = field(default=None, name="eventID")
    """Id of the record."""

    event_type: InternedStr | None = None
    """``AwsApiCall`` or ``AwsServiceEvent``."""

    event_category: InternedStr | None = None
    """``Management``, if present."""

    aws_region: InternedStr | None = None
    """AWS region of the request."""

    user_identity: CloudTrailUserIdentity | None = None
    """The caller."""

    source_ip_address: str | None = field(default=None, name="sourceIPAddress")
    """Origin of the request: an IP address, or a name such as ``AWS Internal``."""

    user_agent: str | None = None
    """Client of the request: a browser, an SDK, or a name such as ``AWS Internal``."""

    request_parameters: dict[str, Any] | UnsetType | None = UNSET
    """Parameters of the request, with the key names of ECR's API; the shape depends on the operation.

    None if the record has ``null``, UNSET if the key is absent; both are falsy.
    """

    response_elements: dict[str, Any] | UnsetType | None = UNSET
    """Response to a request that writes; None (``null``) for reads and failures."""

    additional_event_data: dict[str, Any] | None = None
    """Further data of the record, in neither request nor response."""

    request_id: str | None = field(default=None, name="requestID")
    """Id of the request; absent in service events."""

    error_code: str | None = None
    """ECR's error code; only if the request failed."""

    error_message: str | None = None
    """ECR's error message; only if the request failed."""

    resources: tuple[CloudTrailResource, ...] | None = None
    """Repositories that the record is about; absent in some records."""

    read_only: bool | None = None
    """Whether the operation is read-only."""

    management_event: bool | None = None
    """Whether this is a management event; always true for ECR, if present."""

    recipient_account_id: str | None = None
    """AWS account that received the record."""

    shared_event_id: str | None = field(default=None, name="sharedEventID")
    """Id shared by the records of one action in several accounts."""

    vpc_endpoint_id: str | None = None
    """VPC endpoint of the request."""

    api_version: str | None = None
    """Version of the API."""

    tls_details: dict[str, Any] | None = None
    """TLS connection: ``tlsVersion``, ``cipherSuite``, ``clientProvidedHostHeader``."""


class CloudTrailEvent(EventBridgeEvent, frozen=True, kw_only=True):
    """Base class of events whose detail is a CloudTrail record about ECR."""

    source: Literal["aws.ecr"]

    detail: CloudTrailRecord
    """CloudTrail's record."""

    @property
    def repository_references(self) -> tuple[RepositoryReference, ...]:
        """References to the repositories listed in the record's resources, without duplicates."""
        return tuple(dict.fromkeys(_repositories(self.detail.resources or ())))

    @classmethod
    def _matches(cls, document: dict[str, Any]) -> bool:
        """Return whether the record is about ECR. All AWS services share the detail-type."""
        match document.get("detail"):
            case {"eventSource": str(service)} if service != "ecr.amazonaws.com":
                return False
            case _:
                return super()._matches(document)


def _repositories(resources: Iterable[CloudTrailResource]) -> Iterator[RepositoryReference]:
    """Yield references to the repositories among resources, which may include others such as KMS keys."""
    for resource in resources:
        with suppress(InvalidReferenceError):
            yield RepositoryReference.parse(resource.arn or "")
