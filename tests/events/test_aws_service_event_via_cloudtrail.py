from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from documents import APP, DIGEST, document, error_text, references

from ecr_events import ECRAWSServiceEventViaCloudTrail, ECRAWSServiceEventViaCloudTrailEvent, decode, encode
from ecr_events.events.aws_service_event_via_cloudtrail import (
    LifecycleEventFailure,
    LifecycleEventImage,
    LifecycleEventImageAction,
    LifecycleEventPolicy,
    LifecycleEventRule,
    LifecycleEventSelection,
    ServiceEventDetails,
)
from ecr_events.events.cloudtrail_record import CloudTrailResource, CloudTrailUserIdentity
from ecr_events.samples import sample_json

EVENT = ECRAWSServiceEventViaCloudTrailEvent(
    version="0",
    id="1cf100a2-740f-5862-9731-f1aad9ab9fb0",
    source="aws.ecr",
    account="012345678901",
    time=datetime(2026, 5, 6, 3, 12, 45, tzinfo=UTC),
    region="eu-west-1",
    resources=(),
    detail=ECRAWSServiceEventViaCloudTrail(
        request_parameters=None,
        response_elements=None,
        event_name="PolicyExecutionEvent",
        event_source="ecr.amazonaws.com",
        event_version="1.11",
        event_time="2026-05-06T03:12:45Z",
        event_id="f0e31dd0-658c-5bad-b2a8-e48aadd71236",
        event_type="AwsServiceEvent",
        event_category="Management",
        aws_region="eu-west-1",
        user_identity=CloudTrailUserIdentity(account_id="012345678901", invoked_by="AWS Internal"),
        source_ip_address="AWS Internal",
        user_agent="AWS Internal",
        resources=(
            CloudTrailResource(
                arn="arn:aws:ecr:eu-west-1:012345678901:repository/team/app",
                account_id="012345678901",
                type="AWS::ECR::Repository",
            ),
        ),
        read_only=True,
        management_event=True,
        recipient_account_id="012345678901",
        service_event_details=ServiceEventDetails(
            repository_name="team/app",
            lifecycle_event_policy=LifecycleEventPolicy(
                lifecycle_event_rules=(
                    LifecycleEventRule(
                        rule_priority=1,
                        description="keep the last 30 releases",
                        lifecycle_event_selection=LifecycleEventSelection(
                            tag_status="Tagged",
                            tag_prefix_list=("1.",),
                            count_type="Image count more than",
                            count_number=30,
                        ),
                        action="expire",
                    ),
                ),
                last_evaluated_at=1777950765000,
                policy_version=3,
                policy_id="e31724c1-240d-5205-865c-1f75efb212b2",
            ),
            lifecycle_event_image_actions=(
                LifecycleEventImageAction(
                    lifecycle_event_image=LifecycleEventImage(
                        digest="sha256:8697fee3d0cbbdc3f7a59bfa22d1968ceede3e8c9b7fed63751ee3016279eb27",
                        tag_status="Tagged",
                        tag_list=("1.1.0",),
                        pushed_at=1751619600000,
                    ),
                    rule_priority=1,
                ),
            ),
            lifecycle_event_failure_details=(
                LifecycleEventFailure(
                    lifecycle_event_image=LifecycleEventImage(
                        digest="sha256:97bd20fdb88aa446387c28fcdac86a7b67f94a4cba357d5c30a35c9e1793ee60",
                        tag_status="Tagged",
                        tag_list=("1.0.9",),
                        pushed_at=1748941200000,
                    ),
                    rule_priority=1,
                    failure_code="ImageReferencedByManifestList",
                    failure_reason="Requested image referenced by manifest list: "
                    "[sha256:63fbdf1ae7d0db3a9623a24315ac54a9ebf991a4f6c25219d0f7a201ddc3bbea]",
                ),
            ),
        ),
    ),
)


def test_every_field_is_decoded_and_encoded() -> None:
    """The sample decodes to the literal above, and the literal encodes to the document of the sample."""
    assert decode(sample_json(ECRAWSServiceEventViaCloudTrailEvent)) == EVENT
    assert msgspec.json.decode(encode(EVENT)) == document(ECRAWSServiceEventViaCloudTrailEvent)
    assert decode(encode(EVENT)) == EVENT


EXPIRED = APP.image(digest="sha256:8697fee3d0cbbdc3f7a59bfa22d1968ceede3e8c9b7fed63751ee3016279eb27")
NOT_EXPIRED = APP.image(digest="sha256:97bd20fdb88aa446387c28fcdac86a7b67f94a4cba357d5c30a35c9e1793ee60")


DETAILS = "$.detail.serviceEventDetails"


def service_event(**details: Any) -> dict[str, Any]:
    """Return the sample with other ``serviceEventDetails``."""
    return document(ECRAWSServiceEventViaCloudTrailEvent, {"serviceEventDetails": details})


@pytest.mark.parametrize(
    ("details", "message"),
    [
        ({"imageDigest": 7}, f"expected `str | null`, got `int` at {DETAILS}.imageDigest"),
        (
            {"lifecycleEventPolicy": {"lifecycleEventRules": [{"rulePriority": "1"}]}},
            f"expected `int | null`, got `str` at {DETAILS}.lifecycleEventPolicy.lifecycleEventRules[0].rulePriority",
        ),
        (
            {"lifecycleEventImageActions": [{}, 7]},
            f"expected `object`, got `int` at {DETAILS}.lifecycleEventImageActions[1]",
        ),
    ],
)
def test_a_malformed_field_is_an_error(details: dict[str, Any], message: str) -> None:
    """The error names the field and the type found, at any depth."""
    assert error_text(service_event(**details)) == message


def test_a_lifecycle_policy_names_expired_and_failed_images() -> None:
    """The images that did not expire follow those that did."""
    expected = (APP, None, (APP,), (EXPIRED, NOT_EXPIRED))
    assert references(document(ECRAWSServiceEventViaCloudTrailEvent)) == expected


def test_a_repeated_image_is_named_once() -> None:
    """References are without duplicates, and actions without a digest are skipped."""
    action = {"lifecycleEventImage": {"digest": EXPIRED.image_digest}}
    actions = [action, action, {"lifecycleEventImage": {"digest": ""}}, {"lifecycleEventImage": {}}, {}]
    event = service_event(
        repositoryName="team/app", lifecycleEventImageActions=actions, lifecycleEventFailureDetails=[action]
    )
    assert references(event) == (APP, EXPIRED, (APP,), (EXPIRED,))


def test_an_image_activation_names_the_restored_image() -> None:
    """Its digest is a field of the details."""
    restored = APP.image(digest=DIGEST)
    event = service_event(repositoryName="team/app", imageDigest=DIGEST, imageStatus="ACTIVE")
    assert references(event) == (APP, restored, (APP,), (restored,))


def test_details_without_a_repository_leave_the_resources() -> None:
    """AWS may add service events with other details."""
    restored = APP.image(digest=DIGEST)
    assert references(service_event(imageDigest=DIGEST)) == (APP, restored, (APP,), (restored,))
    assert references(service_event(repositoryName=""))[2] == (APP,)
    without_details = document(ECRAWSServiceEventViaCloudTrailEvent, missing=("serviceEventDetails",))
    assert references(without_details) == (APP, None, (APP,), ())


def test_without_details_and_resources_nothing_is_named() -> None:
    """An image needs a repository."""
    event = service_event(imageDigest=DIGEST)
    del event["detail"]["resources"]
    assert references(event) == (None, None, (), ())
