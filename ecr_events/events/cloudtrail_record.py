"""The CloudTrail record that is the detail of both events via CloudTrail.

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
    """Who issued temporary credentials: for an assumed role, the role itself."""

    type: InternedStr | None = None
    """``Role``, ``IAMUser``, ``Root`` ..."""

    principal_id: str | None = None
    """The internal id of the issuer."""

    arn: str | None = None
    """The ARN of the issuer: ``arn:aws:iam::123456789012:role/Admin``."""

    account_id: str | None = None
    """The AWS account of the issuer."""

    user_name: str | None = None
    """The friendly name of the issuer: ``Admin``."""


class CloudTrailSessionContext(HashIgnoringDicts, CamelStruct, frozen=True, kw_only=True):
    """How the temporary credentials of a caller came about."""

    session_issuer: CloudTrailSessionIssuer | None = None
    """Who issued the credentials."""

    attributes: dict[str, Any] | None = None
    """``creationDate`` (ISO 8601) and ``mfaAuthenticated`` (``"true"`` or ``"false"``, a string)."""

    web_id_federation_data: dict[str, Any] | None = None
    """The identity provider, for web identity federation; often empty."""

    ec2_role_delivery: str | None = None
    """``1.0`` or ``2.0``: the version of the instance metadata service that gave the credentials."""


class CloudTrailUserIdentity(CamelStruct, frozen=True, kw_only=True):
    """Who made a request. Which fields are there depends on the type of the identity."""

    type: InternedStr | None = None
    """``IAMUser``, ``AssumedRole``, ``AWSService``, ``AWSAccount``, ``Root`` ...; absent in service events."""

    principal_id: str | None = None
    """The internal id of the caller, with the session name after a colon."""

    arn: str | None = None
    """The ARN of the caller."""

    account_id: str | None = None
    """The AWS account of the caller, 12 digits."""

    access_key_id: str | None = None
    """The access key that signed the request."""

    user_name: str | None = None
    """The friendly name of the caller."""

    session_context: CloudTrailSessionContext | None = None
    """Where the credentials are temporary: how they came about."""

    invoked_by: str | None = None
    """The AWS service that made the request: ``ecr.amazonaws.com``, ``AWS Internal``."""


class CloudTrailResource(CamelStruct, frozen=True, kw_only=True):
    """A resource that a record is about."""

    arn: str | None = field(default=None, name="ARN")
    """The resource's ARN, for ECR the repository's; its key is ``ARN`` in the JSON."""

    account_id: str | None = None
    """The AWS account that owns the resource."""

    type: InternedStr | None = None
    """``AWS::ECR::Repository``; often absent."""


class CloudTrailRecord(HashIgnoringDicts, CamelStruct, frozen=True, kw_only=True):
    """One record of CloudTrail about ECR. Only the name and the source of the event are certain.

    Timestamps stay the text that CloudTrail wrote.
    """

    event_name: str
    """The API operation, ``PutImage``, or the kind of service event, ``PolicyExecutionEvent``."""

    event_source: Literal["ecr.amazonaws.com"]
    """The service that the record is about."""

    event_version: str | None = None
    """The version of the record's format: ``1.04`` to ``1.11`` have been seen."""

    event_time: str | None = None
    """When the request was completed: ISO 8601, UTC."""

    event_id: str | None = field(default=None, name="eventID")
    """The id that CloudTrail gave the record."""

    event_type: InternedStr | None = None
    """``AwsApiCall`` or ``AwsServiceEvent``."""

    event_category: InternedStr | None = None
    """``Management``, where CloudTrail sends it."""

    aws_region: InternedStr | None = None
    """The AWS region that the request was made to."""

    user_identity: CloudTrailUserIdentity | None = None
    """Who made the request."""

    source_ip_address: str | None = field(default=None, name="sourceIPAddress")
    """Where the request came from: an address, or a name such as ``AWS Internal``."""

    user_agent: str | None = None
    """What made the request: a browser, an SDK, or a name such as ``AWS Internal``."""

    request_parameters: dict[str, Any] | UnsetType | None = UNSET
    """The parameters of the request, by the names of ECR's API; their shape depends on the operation.

    None where the record says ``null``, UNSET where it says nothing; both are false.
    """

    response_elements: dict[str, Any] | UnsetType | None = UNSET
    """The response of a request that changes something; None (``null``) for reads and failures."""

    additional_event_data: dict[str, Any] | None = None
    """What CloudTrail adds that is part of neither request nor response."""

    request_id: str | None = field(default=None, name="requestID")
    """The id that ECR gave the request; absent in service events."""

    error_code: str | None = None
    """ECR's error code; only where the request failed."""

    error_message: str | None = None
    """ECR's error message; only where the request failed."""

    resources: tuple[CloudTrailResource, ...] | None = None
    """The repositories that the record is about; absent in some records."""

    read_only: bool | None = None
    """Whether the operation reads only."""

    management_event: bool | None = None
    """Whether this is a management event; for ECR always, where CloudTrail sends it."""

    recipient_account_id: str | None = None
    """The AWS account whose trail the record is in."""

    shared_event_id: str | None = field(default=None, name="sharedEventID")
    """The id that records of one action in several accounts share."""

    vpc_endpoint_id: str | None = None
    """The VPC endpoint that the request went through."""

    api_version: str | None = None
    """The version of the API."""

    tls_details: dict[str, Any] | None = None
    """``tlsVersion``, ``cipherSuite`` and ``clientProvidedHostHeader`` of the connection."""


class CloudTrailEvent(EventBridgeEvent, frozen=True, kw_only=True):
    """The base of the events whose detail is a CloudTrail record about ECR."""

    source: Literal["aws.ecr"]
    detail: CloudTrailRecord
    """CloudTrail's record."""

    @property
    def repository_references(self) -> tuple[RepositoryReference, ...]:
        """Where the repositories are that the record lists as its resources. No network."""
        return tuple(dict.fromkeys(_repositories(self.detail.resources or ())))

    @classmethod
    def claims(cls, document: dict[str, Any]) -> bool:
        """Return whether the record is ECR's; every service has records of its own."""
        match document.get("detail"):
            case {"eventSource": str(service)} if service != "ecr.amazonaws.com":
                return False
            case _:
                return super().claims(document)


def _repositories(resources: Iterable[CloudTrailResource]) -> Iterator[RepositoryReference]:
    """Yield the repositories among the resources; a key of KMS, say, may be among them too."""
    for resource in resources:
        with suppress(InvalidReferenceError):
            yield RepositoryReference.parse(resource.arn or "")
