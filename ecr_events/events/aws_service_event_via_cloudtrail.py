"""AWS Service Event via CloudTrail: ECR did something by itself.

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
    """Which images a rule of a lifecycle policy selects. Its values are prose, not the API's constants."""

    tag_status: InternedStr | None = None
    """``Any``, ``Tagged`` or ``Untagged``."""

    tag_prefix_list: tuple[str, ...] | None = None
    """The prefixes that a tag must have one of; empty for any."""

    tag_pattern_list: tuple[str, ...] | None = None
    """The patterns that a tag must match one of; absent in older records."""

    count_type: str | None = None
    """``Image count more than`` or ``Time since image pushed``."""

    count_unit: str | None = None
    """``Days``; only where the count is a time."""

    count_number: int | None = None
    """The number of images or of days."""


class LifecycleEventRule(CamelStruct, frozen=True, kw_only=True):
    """One rule of a lifecycle policy."""

    rule_priority: int | None = None
    """The order of the rules, the lowest first."""

    description: str | None = None
    """What its author says of the rule."""

    lifecycle_event_selection: LifecycleEventSelection | None = None
    """Which images the rule selects."""

    action: InternedStr | None = None
    """``expire``."""


class LifecycleEventPolicy(CamelStruct, frozen=True, kw_only=True):
    """The lifecycle policy that was run, or tried."""

    lifecycle_event_rules: tuple[LifecycleEventRule, ...] | None = None
    """The policy's rules."""

    last_evaluated_at: int | None = None
    """When the policy was last run, in milliseconds since 1970; AWS's sample has ``0``."""

    policy_version: int | None = None
    """The version of the policy."""

    policy_id: str | None = None
    """The id of the policy."""


class LifecycleEventImage(CamelStruct, frozen=True, kw_only=True):
    """An image that a lifecycle policy selected."""

    digest: str | None = None
    """The digest of the image, ``sha256:...``."""

    tag_status: InternedStr | None = None
    """``Tagged`` or ``Untagged``."""

    tag_list: tuple[str, ...] | None = None
    """The image's tags, 100 at most."""

    pushed_at: int | None = None
    """When the image was pushed, in milliseconds since 1970."""


class LifecycleEventImageAction(CamelStruct, frozen=True, kw_only=True):
    """An image on which a lifecycle policy acted."""

    lifecycle_event_image: LifecycleEventImage | None = None
    """The image."""

    rule_priority: int | None = None
    """The priority of the rule that selected it."""


class LifecycleEventFailure(LifecycleEventImageAction, frozen=True, kw_only=True):
    """An image on which a lifecycle policy could not act."""

    failure_code: str | None = None
    """Why, as a code: ``ImageReferencedByManifestList``."""

    failure_reason: str | None = None
    """Why, as text."""


class ServiceEventDetails(CamelStruct, frozen=True, kw_only=True):
    """What ECR did. Which fields are there depends on the record's event name."""

    repository_name: str | None = None
    """The repository's name within the registry; it may hold slashes."""

    lifecycle_event_policy: LifecycleEventPolicy | None = None
    """``PolicyExecutionEvent`` and ``DryRunEvent``: the lifecycle policy that was run, or tried."""

    lifecycle_event_image_actions: tuple[LifecycleEventImageAction, ...] | None = None
    """``PolicyExecutionEvent``: the images that expired; ``DryRunEvent``: those that would.

    Many are split over several events.
    """

    lifecycle_event_failure_details: tuple[LifecycleEventFailure, ...] | None = None
    """``PolicyExecutionEvent``: the images that the policy selected and that did not expire."""

    image_digest: str | None = None
    """``ImageActivationEvent``: the digest of the restored image."""

    target_storage_class: InternedStr | None = None
    """``ImageActivationEvent``: ``STANDARD``."""

    result: InternedStr | None = None
    """``ImageActivationEvent``: ``SUCCESS``."""

    image_status: InternedStr | None = None
    """``ImageActivationEvent``: ``ACTIVE``."""


class ECRAWSServiceEventViaCloudTrail(CloudTrailRecord, frozen=True, kw_only=True):
    """The record of something that ECR did by itself: ``PolicyExecutionEvent``, ``ImageActivationEvent`` ..."""

    service_event_details: ServiceEventDetails | None = None
    """What ECR did."""


class ECRAWSServiceEventViaCloudTrailEvent(
    CloudTrailEvent,
    frozen=True,
    kw_only=True,
    tag_field="detail-type",
    tag="AWS Service Event via CloudTrail",
):
    """ECR ran a lifecycle policy, or a preview of one, or restored an archived image.

    These records say that they only read, so ordinary rules may not get them.
    """

    detail: ECRAWSServiceEventViaCloudTrail
    """CloudTrail's record of what ECR did."""

    @property
    def repository_references(self) -> tuple[RepositoryReference, ...]:
        """Where the repository is in which ECR did it. No network."""
        details = self.detail.service_event_details
        if details is None or not details.repository_name:
            return super().repository_references
        return (self._repository_reference(details.repository_name),)

    @property
    def image_references(self) -> tuple[ImageReference, ...]:
        """Where the images are that the record names, each once: restored, expired, not expired. No network."""
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
