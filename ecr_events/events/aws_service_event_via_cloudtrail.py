"""AWS Service Event via CloudTrail: an action that ECR took without an API call.

Source: https://docs.aws.amazon.com/AmazonECR/latest/userguide/logging-using-cloudtrail.html and
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/non-api-aws-service-events.html
"""

from ecr_events.events.cloudtrail_record import CloudTrailEvent, CloudTrailRecord
from ecr_events.events.interning import InternedStr
from ecr_events.references import ImageReference, RepositoryReference
from ecr_events.structs import CamelStruct

__all__ = [
    "ECRAWSServiceEventViaCloudTrail",
    "ECRAWSServiceEventViaCloudTrailEvent",
    "LifecycleEventFailure",
    "LifecycleEventImage",
    "LifecycleEventImageAction",
    "LifecycleEventPolicy",
    "LifecycleEventRule",
    "LifecycleEventSelection",
    "ServiceEventDetails",
]


class LifecycleEventSelection(CamelStruct, frozen=True, kw_only=True):
    """The images selected by a lifecycle policy rule. Values are prose, not the constants of the API."""

    tag_status: InternedStr | None = None
    """``Any``, ``Tagged`` or ``Untagged``."""

    tag_prefix_list: tuple[str, ...] | None = None
    """Prefixes of which a tag must have one; empty for any tag."""

    tag_pattern_list: tuple[str, ...] | None = None
    """Patterns of which a tag must match one; absent in older records."""

    count_type: str | None = None
    """``Image count more than`` or ``Time since image pushed``."""

    count_unit: str | None = None
    """``Days``; only if `count_type` is a time."""

    count_number: int | None = None
    """Number of images or days."""


class LifecycleEventRule(CamelStruct, frozen=True, kw_only=True):
    """A lifecycle policy rule."""

    rule_priority: int | None = None
    """Priority of the rule; the lowest is applied first."""

    description: str | None = None
    """Description of the rule, from the policy."""

    lifecycle_event_selection: LifecycleEventSelection | None = None
    """The images that the rule selects."""

    action: InternedStr | None = None
    """``expire``."""


class LifecycleEventPolicy(CamelStruct, frozen=True, kw_only=True):
    """The lifecycle policy that was run or previewed."""

    lifecycle_event_rules: tuple[LifecycleEventRule, ...] | None = None
    """Rules of the policy."""

    last_evaluated_at: int | None = None
    """Time of the last run, in milliseconds since 1970; ``0`` in AWS's sample."""

    policy_version: int | None = None
    """Version of the policy."""

    policy_id: str | None = None
    """Id of the policy."""


class LifecycleEventImage(CamelStruct, frozen=True, kw_only=True):
    """An image selected by a lifecycle policy."""

    digest: str | None = None
    """Digest of the image, ``sha256:...``."""

    tag_status: InternedStr | None = None
    """``Tagged`` or ``Untagged``."""

    tag_list: tuple[str, ...] | None = None
    """Tags of the image, at most 100."""

    pushed_at: int | None = None
    """Time of the push, in milliseconds since 1970."""


class LifecycleEventImageAction(CamelStruct, frozen=True, kw_only=True):
    """An action of a lifecycle policy on an image."""

    lifecycle_event_image: LifecycleEventImage | None = None
    """The image."""

    rule_priority: int | None = None
    """Priority of the rule that selected the image."""


class LifecycleEventFailure(LifecycleEventImageAction, frozen=True, kw_only=True):
    """A failed action of a lifecycle policy on an image."""

    failure_code: str | None = None
    """Error code: ``ImageReferencedByManifestList``."""

    failure_reason: str | None = None
    """Error message."""


class ServiceEventDetails(CamelStruct, frozen=True, kw_only=True):
    """The action that ECR took. The fields present depend on `event_name`."""

    repository_name: str | None = None
    """Name of the repository within the registry; may contain slashes."""

    lifecycle_event_policy: LifecycleEventPolicy | None = None
    """``PolicyExecutionEvent`` and ``DryRunEvent``: the lifecycle policy that was run or previewed."""

    lifecycle_event_image_actions: tuple[LifecycleEventImageAction, ...] | None = None
    """``PolicyExecutionEvent``: the expired images; ``DryRunEvent``: the images that would expire.

    Long lists are split over several events.
    """

    lifecycle_event_failure_details: tuple[LifecycleEventFailure, ...] | None = None
    """``PolicyExecutionEvent``: the images that were selected but could not be expired."""

    image_digest: str | None = None
    """``ImageActivationEvent``: digest of the restored image."""

    target_storage_class: InternedStr | None = None
    """``ImageActivationEvent``: ``STANDARD``."""

    result: InternedStr | None = None
    """``ImageActivationEvent``: ``SUCCESS``."""

    image_status: InternedStr | None = None
    """``ImageActivationEvent``: ``ACTIVE``."""


class ECRAWSServiceEventViaCloudTrail(CloudTrailRecord, frozen=True, kw_only=True):
    """CloudTrail's record of an action such as ``PolicyExecutionEvent`` or ``ImageActivationEvent``."""

    service_event_details: ServiceEventDetails | None = None
    """The action."""


class ECRAWSServiceEventViaCloudTrailEvent(
    CloudTrailEvent,
    frozen=True,
    kw_only=True,
    tag_field="detail-type",
    tag="AWS Service Event via CloudTrail",
):
    """ECR ran or previewed a lifecycle policy, or restored an archived image.

    CloudTrail marks these records as read-only, so ordinary rules may not match them.
    """

    detail: ECRAWSServiceEventViaCloudTrail
    """CloudTrail's record of the action."""

    @property
    def repository_references(self) -> tuple[RepositoryReference, ...]:
        """Reference to the repository, as a tuple of one; else those listed in the record."""
        details = self.detail.service_event_details
        if details is None or not details.repository_name:
            return super().repository_references
        return (self._repository_reference(details.repository_name),)

    @property
    def image_references(self) -> tuple[ImageReference, ...]:
        """References to the restored, expired and failed images, without duplicates."""
        repository, details = self.repository_reference, self.detail.service_event_details
        if repository is None or details is None:
            return ()
        actions = (
            *(details.lifecycle_event_image_actions or ()),
            *(details.lifecycle_event_failure_details or ()),
        )
        selected = (action.lifecycle_event_image for action in actions)
        digests = (details.image_digest, *(image.digest for image in selected if image))
        return tuple(repository.image(digest=digest) for digest in dict.fromkeys(digests) if digest)
