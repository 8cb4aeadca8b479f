import ast
import importlib
import pkgutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

import ecr_events.events
import ecr_events.references as references_module
from ecr_events import (
    ECRAWSAPICallViaCloudTrail,
    ECRAWSAPICallViaCloudTrailEvent,
    ECRAWSServiceEventViaCloudTrail,
    ECRAWSServiceEventViaCloudTrailEvent,
    ECREvent,
    ECRImageAction,
    ECRImageActionEvent,
    ECRImageScan,
    ECRImageScanEvent,
    ECRPullThroughCacheAction,
    ECRPullThroughCacheActionEvent,
    ECRReferrerAction,
    ECRReferrerActionEvent,
    ECRReplicationAction,
    ECRReplicationActionEvent,
    ECRScanResourceChange,
    ECRScanResourceChangeEvent,
    EventBridgeEvent,
    ImageReference,
    Inspector2Finding,
    Inspector2FindingEvent,
    Inspector2Scan,
    Inspector2ScanEvent,
    InvalidReferenceError,
    RepositoryReference,
    UnknownEvent,
    decode,
)
from ecr_events.events.aws_service_event_via_cloudtrail import (
    LifecycleEventFailure,
    LifecycleEventImage,
    LifecycleEventImageAction,
    LifecycleEventPolicy,
    LifecycleEventRule,
    LifecycleEventSelection,
    ServiceEventDetails,
)
from ecr_events.events.cloudtrail_record import (
    CloudTrailResource,
    CloudTrailSessionContext,
    CloudTrailSessionIssuer,
    CloudTrailUserIdentity,
)
from ecr_events.events.inspector2_finding import (
    Inspector2EcrContainerImage,
    Inspector2Recommendation,
    Inspector2Remediation,
    Inspector2Resource,
    Inspector2ResourceDetails,
)
from ecr_events.events.inspector2_vulnerability import (
    Inspector2AdjustedCvss,
    Inspector2CvssScore,
    Inspector2Epss,
    Inspector2PackageVulnerabilityDetails,
    Inspector2ScoreDetails,
    Inspector2VulnerablePackage,
)
from ecr_events.events.scan_resource_change import ScanResourceChangeRepository
from ecr_events.samples import sample, sample_json

every_class = pytest.mark.parametrize("type", get_args(ECREvent), ids=lambda type: type.__name__)


MANIFEST = (
    '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"a'
    'pplication/vnd.oci.image.config.v1+json","size":1470,"digest":"sha256:b79606fb3afea5bd1609ed40b62214'
    '2f1c98125abcfe89a76a661b0e8e343910"},"layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar+'
    'gzip","size":3370706,"digest":"sha256:dac1d7cfa95021764849fd102524e141488c5e3a90f861dbb5a12d9ac8584f'
    '85"}]}'
)

WHOLE_VALUES: list[EventBridgeEvent] = [
    ECRImageActionEvent(
        version="0",
        id="188fd141-0f11-50b4-a7d2-637f94406220",
        source="aws.ecr",
        account="012345678901",
        time=datetime(2026, 5, 4, 9, 15, 31, tzinfo=UTC),
        region="eu-west-1",
        resources=(),
        detail=ECRImageAction(
            action_type="PUSH",
            repository_name="team/app",
            image_digest="sha256:1508485b9031c21c6bfaf69063696c58165ca1bedd919f4077af800924966086",
            image_tag="1.4.2",
            manifest_media_type="application/vnd.oci.image.manifest.v1+json",
            artifact_media_type="application/vnd.oci.image.config.v1+json",
            result="SUCCESS",
        ),
    ),
    ECRImageScanEvent(
        version="0",
        id="57ff44c0-3ab8-50a5-9266-e070fafaf3c3",
        source="aws.ecr",
        account="012345678901",
        time=datetime(2026, 5, 4, 9, 16, 2, tzinfo=UTC),
        region="eu-west-1",
        resources=("arn:aws:ecr:eu-west-1:012345678901:repository/team/app",),
        detail=ECRImageScan(
            scan_status="COMPLETE",
            repository_name="team/app",
            finding_severity_counts={"CRITICAL": 1, "HIGH": 4, "MEDIUM": 12, "LOW": 7, "INFORMATIONAL": 2},
            image_digest="sha256:1508485b9031c21c6bfaf69063696c58165ca1bedd919f4077af800924966086",
            image_tags=("1.4.2", "latest"),
        ),
    ),
    ECRReplicationActionEvent(
        version="0",
        id="99579eb4-6fd9-5127-b341-472138fadfa9",
        source="aws.ecr",
        account="012345678901",
        time=datetime(2026, 5, 4, 9, 15, 48, tzinfo=UTC),
        region="us-east-1",
        resources=("arn:aws:ecr:us-east-1:012345678901:repository/team/app",),
        detail=ECRReplicationAction(
            result="SUCCESS",
            repository_name="team/app",
            image_digest="sha256:1508485b9031c21c6bfaf69063696c58165ca1bedd919f4077af800924966086",
            source_account="012345678901",
            action_type="REPLICATE",
            source_region="eu-west-1",
            image_tag="1.4.2",
        ),
    ),
    ECRReferrerActionEvent(
        version="0",
        id="eb5bd37e-e1b8-52e3-a3b1-a694de3b7021",
        source="aws.ecr",
        account="012345678901",
        time=datetime(2026, 5, 18, 22, 4, 10, tzinfo=UTC),
        region="eu-west-1",
        resources=(),
        detail=ECRReferrerAction(
            action_type="UPDATE_STORAGE_CLASS",
            repository_name="team/app",
            image_digest="sha256:6cc4af3426b96a9855b7392eeee25849404cbb73818aa8cfc82887381bf3dc95",
            manifest_media_type="application/vnd.oci.image.manifest.v1+json",
            artifact_media_type="application/spdx+json",
            target_storage_class="STANDARD",
            last_activated_at="2026-05-18T22:04:09.51Z",
            result="SUCCESS",
        ),
    ),
    ECRScanResourceChangeEvent(
        version="0",
        id="d349087b-6b43-5ccb-9069-cd60735e8bc0",
        source="aws.ecr",
        account="012345678901",
        time=datetime(2026, 5, 5, 7, 30, tzinfo=UTC),
        region="eu-west-1",
        resources=(),
        detail=ECRScanResourceChange(
            action_type="SCAN_FREQUENCY_CHANGE",
            resource_type="REPOSITORY",
            scan_type="ENHANCED",
            repositories=(
                ScanResourceChangeRepository(
                    repository_name="team/app",
                    repository_arn="arn:aws:ecr:eu-west-1:012345678901:repository/team/app",
                    scan_frequency="CONTINUOUS_SCAN",
                    previous_scan_frequency="SCAN_ON_PUSH",
                ),
                ScanResourceChangeRepository(
                    repository_name="team/worker",
                    repository_arn="arn:aws:ecr:eu-west-1:012345678901:repository/team/worker",
                    scan_frequency="SCAN_ON_PUSH",
                    previous_scan_frequency="MANUAL",
                ),
            ),
        ),
    ),
    ECRPullThroughCacheActionEvent(
        version="0",
        id="0eb35c4c-260d-54b3-b377-2c60d5fd25cd",
        source="aws.ecr",
        account="012345678901",
        time=datetime(2026, 5, 4, 11, 42, 7, tzinfo=UTC),
        region="eu-west-1",
        resources=("arn:aws:ecr:eu-west-1:012345678901:repository/docker-hub/library/alpine",),
        detail=ECRPullThroughCacheAction(
            sync_status="SUCCESS",
            repository_name="docker-hub/library/alpine",
            rule_version="1",
            ecr_repository_prefix="docker-hub",
            upstream_registry_url="registry-1.docker.io",
            image_tag="3.23",
            image_digest="sha256:043ed8cf45ed546fd8f0c291ce9300694649ee64c1ab569a2005f8a218a1363e",
        ),
    ),
    ECRAWSAPICallViaCloudTrailEvent(
        version="0",
        id="9df17ff6-29ad-58bd-8340-3d922fa92f2a",
        source="aws.ecr",
        account="012345678901",
        time=datetime(2026, 5, 4, 9, 15, 31, tzinfo=UTC),
        region="eu-west-1",
        resources=(),
        detail=ECRAWSAPICallViaCloudTrail(
            event_name="PutImage",
            event_source="ecr.amazonaws.com",
            event_version="1.11",
            event_time="2026-05-04T09:15:31Z",
            event_id="f6c3bed0-a6ea-5bcc-b59b-0bfdb8fbf3eb",
            event_type="AwsApiCall",
            event_category="Management",
            aws_region="eu-west-1",
            user_identity=CloudTrailUserIdentity(
                type="AssumedRole",
                principal_id="AROAEXAMPLEROLEID0001:deploy",
                arn="arn:aws:sts::012345678901:assumed-role/deploy/deploy",
                account_id="012345678901",
                access_key_id="ASIAEXAMPLEKEYID0001",
                session_context=CloudTrailSessionContext(
                    session_issuer=CloudTrailSessionIssuer(
                        type="Role",
                        principal_id="AROAEXAMPLEROLEID0001",
                        arn="arn:aws:iam::012345678901:role/deploy",
                        account_id="012345678901",
                        user_name="deploy",
                    ),
                    attributes={"creationDate": "2026-05-04T09:10:00Z", "mfaAuthenticated": "false"},
                ),
            ),
            source_ip_address="203.0.113.12",
            user_agent="docker/29.1.2 go/go1.26.1 os/linux arch/amd64",
            request_parameters={
                "registryId": "012345678901",
                "repositoryName": "team/app",
                "imageTag": "1.4.2",
                "imageManifest": MANIFEST,
                "imageManifestMediaType": "application/vnd.oci.image.manifest.v1+json",
            },
            response_elements={
                "image": {
                    "registryId": "012345678901",
                    "repositoryName": "team/app",
                    "imageId": {
                        "imageDigest": "sha256:1508485b9031c21c6bfaf69063696c58165ca1bedd919f4077af800924966086",
                        "imageTag": "1.4.2",
                    },
                    "imageManifest": MANIFEST,
                    "imageManifestMediaType": "application/vnd.oci.image.manifest.v1+json",
                }
            },
            request_id="144fe55f-60bd-523b-a78d-5530ca5bff1d",
            resources=(
                CloudTrailResource(
                    arn="arn:aws:ecr:eu-west-1:012345678901:repository/team/app", account_id="012345678901"
                ),
            ),
            read_only=False,
            management_event=True,
            recipient_account_id="012345678901",
            tls_details={
                "tlsVersion": "TLSv1.3",
                "cipherSuite": "TLS_AES_128_GCM_SHA256",
                "clientProvidedHostHeader": "api.ecr.eu-west-1.amazonaws.com",
            },
        ),
    ),
    ECRAWSServiceEventViaCloudTrailEvent(
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
    ),
    Inspector2ScanEvent(
        version="0",
        id="4a3928d9-8496-5d78-bc03-28a18ff5ffb5",
        source="aws.inspector2",
        account="012345678901",
        time=datetime(2026, 5, 5, 7, 41, 13, tzinfo=UTC),
        region="eu-west-1",
        resources=("arn:aws:ecr:eu-west-1:012345678901:repository/team/app",),
        detail=Inspector2Scan(
            scan_status="INITIAL_SCAN_COMPLETE",
            repository_name="arn:aws:ecr:eu-west-1:012345678901:repository/team/app",
            image_digest="sha256:1508485b9031c21c6bfaf69063696c58165ca1bedd919f4077af800924966086",
            finding_severity_counts={"CRITICAL": 1, "HIGH": 6, "MEDIUM": 14, "TOTAL": 29},
            image_tags=("1.4.2", "latest"),
            version="1.0",
        ),
    ),
    Inspector2FindingEvent(
        version="0",
        id="67cff707-35c9-5aa7-85a5-7242fd81c277",
        source="aws.inspector2",
        account="012345678901",
        time=datetime(2026, 5, 5, 7, 41, 14, tzinfo=UTC),
        region="eu-west-1",
        resources=(
            "arn:aws:ecr:eu-west-1:012345678901:repository/team/app/sha256:1508485b9031c21c6bfaf69063696c58165ca1bedd919f4077af800924966086",
        ),
        detail=Inspector2Finding(
            aws_account_id="012345678901",
            description="A heap overflow in the parser of example-xml lets a crafted document write out of bounds.",
            finding_arn="arn:aws:inspector2:eu-west-1:012345678901:finding/8fa14cdd754f91cc6554c9e71929cce7",
            first_observed_at="Tue May 05 07:41:13.902 UTC 2026",
            last_observed_at="Tue May 05 07:41:13.902 UTC 2026",
            resources=(
                Inspector2Resource(
                    id="arn:aws:ecr:eu-west-1:012345678901:repository/team/app/sha256:1508485b9031c21c6bfaf69063696c58165ca1bedd919f4077af800924966086",
                    type="AWS_ECR_CONTAINER_IMAGE",
                    partition="aws",
                    region="eu-west-1",
                    details=Inspector2ResourceDetails(
                        aws_ecr_container_image=Inspector2EcrContainerImage(
                            architecture="amd64",
                            image_hash="sha256:1508485b9031c21c6bfaf69063696c58165ca1bedd919f4077af800924966086",
                            pushed_at="Mon May 04 09:15:31.000 UTC 2026",
                            registry="012345678901",
                            repository_name="team/app",
                            image_tags=("1.4.2", "latest"),
                            in_use_count=2,
                            last_in_use_at="Tue May 05 07:30:00.000 UTC 2026",
                            platform="ALPINE_LINUX_3_23",
                        )
                    ),
                    tags={},
                ),
            ),
            severity="CRITICAL",
            status="ACTIVE",
            title="CVE-2026-EXAMPLE - example-xml",
            type="PACKAGE_VULNERABILITY",
            updated_at="Tue May 05 07:41:13.902 UTC 2026",
            epss=Inspector2Epss(score=0.04127),
            exploit_available="NO",
            fix_available="YES",
            inspector_score=9.1,
            inspector_score_details=Inspector2ScoreDetails(
                adjusted_cvss=Inspector2AdjustedCvss(
                    adjustments=(),
                    cvss_source="NVD",
                    score=9.1,
                    score_source="NVD",
                    scoring_vector="CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:H/A:H",
                    version="3.1",
                )
            ),
            package_vulnerability_details=Inspector2PackageVulnerabilityDetails(
                source="NVD",
                vulnerability_id="CVE-2026-EXAMPLE",
                cvss=(
                    Inspector2CvssScore(
                        base_score=9.1,
                        scoring_vector="CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:H/A:H",
                        source="NVD",
                        version="3.1",
                    ),
                ),
                reference_urls=("https://nvd.nist.gov/vuln/detail/CVE-2026-EXAMPLE",),
                related_vulnerabilities=(),
                source_url="https://nvd.nist.gov/vuln/detail/CVE-2026-EXAMPLE",
                vendor_created_at="Mon Apr 27 15:15:07.000 UTC 2026",
                vendor_severity="CRITICAL",
                vendor_updated_at="Fri May 01 12:00:00.000 UTC 2026",
                vulnerable_packages=(
                    Inspector2VulnerablePackage(
                        name="example-xml",
                        version="2.11.4",
                        arch="X86_64",
                        epoch=0,
                        fixed_in_version="0:2.11.4-3",
                        package_manager="OS",
                        release="2",
                        remediation="apk upgrade example-xml",
                        source_layer_hash="sha256:dac1d7cfa95021764849fd102524e141488c5e3a90f861dbb5a12d9ac8584f85",
                    ),
                ),
            ),
            remediation=Inspector2Remediation(recommendation=Inspector2Recommendation(text="None Provided")),
        ),
    ),
]


@pytest.mark.parametrize("event", WHOLE_VALUES, ids=lambda event: event.__class__.__name__)
def test_every_field_is_decoded_to_its_name(event: EventBridgeEvent) -> None:
    """The sample of each class, field by field."""
    assert decode(sample_json(event.__class__)) == event


def test_there_is_a_whole_value_of_every_class() -> None:
    """The list above leaves none out."""
    assert {event.__class__ for event in WHOLE_VALUES} == set(get_args(ECREvent))


# What an event names

APP = RepositoryReference(registry_id="012345678901", region="eu-west-1", repository_name="team/app")
DIGEST = "sha256:1508485b9031c21c6bfaf69063696c58165ca1bedd919f4077af800924966086"


def references(document: Any) -> tuple[Any, ...]:
    event = decode(document)
    return (event.repository_reference, event.image_reference, event.repository_references, event.image_references)


def changed(type: type[EventBridgeEvent], **detail: Any) -> dict[str, Any]:
    """Return the sample's document with these keys of the detail changed; None takes a key out."""
    document: dict[str, Any] = msgspec.json.decode(sample_json(type))
    merged = document["detail"] | {key.replace("_", "-"): value for key, value in detail.items()}
    document["detail"] = {key: value for key, value in merged.items() if value is not None}
    return document


@pytest.mark.parametrize(
    ("type", "image"),
    [
        (ECRImageActionEvent, APP.image(digest=DIGEST, tag="1.4.2")),
        (ECRImageScanEvent, APP.image(digest=DIGEST, tag="1.4.2")),
        (Inspector2ScanEvent, APP.image(digest=DIGEST, tag="1.4.2")),
        (Inspector2FindingEvent, APP.image(digest=DIGEST, tag="1.4.2")),
        (ECRAWSAPICallViaCloudTrailEvent, APP.image(digest=DIGEST, tag="1.4.2")),
        (
            ECRReferrerActionEvent,
            APP.image(digest="sha256:6cc4af3426b96a9855b7392eeee25849404cbb73818aa8cfc82887381bf3dc95"),
        ),
        (
            ECRPullThroughCacheActionEvent,
            RepositoryReference(
                registry_id="012345678901", region="eu-west-1", repository_name="docker-hub/library/alpine"
            ).image(digest="sha256:043ed8cf45ed546fd8f0c291ce9300694649ee64c1ab569a2005f8a218a1363e", tag="3.23"),
        ),
    ],
)
def test_an_event_names_its_image(type: type[EventBridgeEvent], image: ImageReference) -> None:
    """Repository and image are the event's, in its account and region."""
    assert references(sample_json(type)) == (image.repository, image, (image.repository,), (image,))


def test_a_replication_names_both_ends() -> None:
    """Repository and image are the destination's; the source has names of its own."""
    event = sample(ECRReplicationActionEvent)
    there = RepositoryReference(registry_id="012345678901", region="us-east-1", repository_name="team/app")
    assert event.repository_reference == there
    assert event.image_reference == there.image(digest=DIGEST, tag="1.4.2")
    assert event.source_repository_reference == APP
    assert event.source_image_reference == APP.image(digest=DIGEST, tag="1.4.2")
    assert event.repository_references == (there, APP)
    assert event.image_references == (event.image_reference, event.source_image_reference)


def test_an_image_without_digest_is_named_by_its_tag() -> None:
    """A digest of "" counts as absent, as in a push that failed; without a tag too there is no image."""
    failed = changed(ECRImageActionEvent, image_digest="")
    assert references(failed) == (APP, APP.image(tag="1.4.2"), (APP,), (APP.image(tag="1.4.2"),))
    assert references(changed(ECRImageActionEvent, image_digest="", image_tag=""))[1:] == (None, (APP,), ())
    assert references(changed(ECRImageScanEvent, image_digest=None))[1] == APP.image(tag="1.4.2")
    assert references(changed(ECRImageScanEvent, image_digest=None, image_tags=[]))[1] is None
    assert references(changed(Inspector2ScanEvent, image_tags=[]))[1] == APP.image(digest=DIGEST)
    event = decode(changed(ECRReplicationActionEvent, image_digest="", image_tag=""), type=ECRReplicationActionEvent)
    assert event.source_image_reference is None


def test_a_scan_of_inspector_names_its_repository_by_arn_or_by_name() -> None:
    """The first published form had a name; an ARN of something else is an error."""
    assert references(changed(Inspector2ScanEvent, repository_name="team/app"))[0] == APP
    event = decode(changed(Inspector2ScanEvent, repository_name="arn:aws:s3:::bucket"))
    with pytest.raises(InvalidReferenceError, match="'arn:aws:s3:::bucket'"):
        _ = event.repository_reference


def test_a_finding_without_a_resource_names_nothing() -> None:
    """Inspector sends one resource; none is no reason to lose the finding."""
    assert references(changed(Inspector2FindingEvent, resources=[])) == (None, None, (), ())


def test_a_scan_resource_change_names_repositories() -> None:
    """All of them, and no image."""
    worker = msgspec.structs.replace(APP, repository_name="team/worker")
    assert references(sample_json(ECRScanResourceChangeEvent)) == (None, None, (APP, worker), ())
    assert references(changed(ECRScanResourceChangeEvent, repositories=None)) == (None, None, (), ())


def test_an_unknown_event_names_nothing() -> None:
    """What its detail means is not known."""
    assert references(sample_json(UnknownEvent)) == (None, None, (), ())


NOBODY = RepositoryReference(registry_id="999999999999", region="eu-west-1", repository_name="a/b")


@pytest.mark.parametrize(
    ("parameters", "response", "expected"),
    [
        ({"repositoryName": "team/app"}, None, (APP, ())),
        ({"repositoryName": "a/b", "registryId": "999999999999"}, None, (NOBODY, ())),
        ({"repositoryName": "team/app", "imageTag": "1.4.2"}, None, (APP, (APP.image(tag="1.4.2"),))),
        ({"repositoryName": "team/app", "imageId": {"imageTag": "a"}}, None, (APP, (APP.image(tag="a"),))),
        (
            {"repositoryName": "team/app", "subjectId": {"imageDigest": DIGEST}},
            None,
            (APP, (APP.image(digest=DIGEST),)),
        ),
        (
            {
                "repositoryName": "team/app",
                "imageIds": [{"imageTag": "a"}, {"imageDigest": DIGEST}, {"imageTag": "a"}, {}],
            },
            None,
            (APP, (APP.image(tag="a"), APP.image(digest=DIGEST))),
        ),
        (
            {"repositoryName": "team/app", "imageTag": "a"},
            {"image": {"imageId": {"imageTag": "a", "imageDigest": DIGEST}}},
            (APP, (APP.image(digest=DIGEST, tag="a"),)),
        ),
        ({"repositoryName": 7}, {"image": 7}, (APP, ())),
        ({"repositoryName": ""}, {}, (APP, ())),
        ({"repositoryName": "team/app", "imageIds": None, "registryId": 7}, None, (APP, ())),
        (
            {"repositoryName": "team/app", "imageIds": ["a", {"imageTag": 7}], "imageTag": "b"},
            None,
            (APP, (APP.image(tag="b"),)),
        ),
        ({"repositoryName": "team/app", "imageTag": "a", "imageId": {}}, None, (APP, (APP.image(tag="a"),))),
        (None, None, (APP, ())),
    ],
)
def test_an_api_call_names_what_its_parameters_name(
    parameters: dict[str, Any] | None, response: dict[str, Any] | None, expected: tuple[Any, Any]
) -> None:
    """Repository, registry and images by the names of ECR's API; without them, the record's own resource."""
    document = changed(ECRAWSAPICallViaCloudTrailEvent)
    document["detail"] |= {"requestParameters": parameters, "responseElements": response}
    event = decode(document)
    assert (event.repository_reference, event.image_references) == expected
    assert event.image_reference == (expected[1][0] if len(expected[1]) == 1 else None)


def test_an_api_call_names_all_its_repositories() -> None:
    """DescribeRepositories takes a list; of a record's resources, those that are repositories count."""
    worker = msgspec.structs.replace(APP, repository_name="team/worker")
    document = changed(ECRAWSAPICallViaCloudTrailEvent)
    document["detail"]["requestParameters"] = {"repositoryNames": ["team/app", "team/worker", "team/app", 7]}
    assert references(document) == (None, None, (APP, worker), ())
    document["detail"] |= {"requestParameters": None, "responseElements": None}
    key = {"ARN": "arn:aws:kms:eu-west-1:012345678901:key/a"}
    document["detail"]["resources"] = [key, {"ARN": worker.arn}, {"accountId": "012345678901"}]
    assert references(document) == (worker, None, (worker,), ())


def test_an_api_call_without_a_repository_names_nothing() -> None:
    """Some calls are about the registry."""
    document = changed(ECRAWSAPICallViaCloudTrailEvent, resources=None)
    document["detail"] |= {"requestParameters": None, "responseElements": None, "resources": [{"accountId": "1"}]}
    assert references(document) == (None, None, (), ())


def test_an_api_call_tells_null_from_absent() -> None:
    """CloudTrail writes null for what an operation does not have; both count as false."""
    document = changed(ECRAWSAPICallViaCloudTrailEvent)
    document["detail"] |= {"requestParameters": None}
    del document["detail"]["responseElements"]
    record = decode(document, type=ECRAWSAPICallViaCloudTrailEvent).detail
    assert record.request_parameters is None
    assert record.response_elements is msgspec.UNSET
    assert not record.response_elements


def test_a_service_event_names_what_expired_and_what_did_not() -> None:
    """The images of a lifecycle policy, or the one that was restored."""
    sample_document = changed(ECRAWSServiceEventViaCloudTrailEvent)
    event = decode(sample_document)
    assert event.repository_reference == APP
    assert event.image_references == (
        APP.image(digest="sha256:8697fee3d0cbbdc3f7a59bfa22d1968ceede3e8c9b7fed63751ee3016279eb27"),
        APP.image(digest="sha256:97bd20fdb88aa446387c28fcdac86a7b67f94a4cba357d5c30a35c9e1793ee60"),
    )
    assert event.image_reference is None
    actions = sample_document["detail"]["serviceEventDetails"]["lifecycleEventImageActions"]
    sample_document["detail"]["serviceEventDetails"]["lifecycleEventImageActions"] = actions * 2
    assert decode(sample_document).image_references == event.image_references
    restored = changed(ECRAWSServiceEventViaCloudTrailEvent)
    restored["detail"]["serviceEventDetails"] = {"repositoryName": "team/app", "imageDigest": DIGEST}
    assert references(restored) == (APP, APP.image(digest=DIGEST), (APP,), (APP.image(digest=DIGEST),))


def test_a_service_event_without_details_names_its_resource_at_most() -> None:
    """AWS may add service events whose details are others."""
    document = changed(ECRAWSServiceEventViaCloudTrailEvent, serviceEventDetails=None)
    assert references(document) == (APP, None, (APP,), ())
    assert references(changed(ECRAWSServiceEventViaCloudTrailEvent, serviceEventDetails={}, resources=None)) == (
        None,
        None,
        (),
        (),
    )


# The shape of the classes

MODULES = [
    importlib.import_module(f"ecr_events.events.{module.name}")
    for module in pkgutil.iter_modules(ecr_events.events.__path__)
]
STRUCTS = sorted(
    {
        struct
        for module in [*MODULES, references_module]
        for struct in vars(module).values()
        if isinstance(struct, type) and issubclass(struct, msgspec.Struct) and struct.__module__ == module.__name__
    },
    key=lambda struct: struct.__name__,
)


@pytest.mark.parametrize("struct", STRUCTS)
def test_every_struct_is_frozen_and_no_work_for_the_collector(struct: type[msgspec.Struct]) -> None:
    """Frozen, and gc=False, which is safe because no value can hold itself."""
    assert struct.__struct_config__.frozen
    assert not struct.__struct_config__.gc


@pytest.mark.parametrize("struct", [struct for struct in STRUCTS if not struct.__name__.startswith("_")])
def test_every_field_has_a_docstring(struct: type[msgspec.Struct]) -> None:
    """What a field means, its known values, and when it is absent; `source` has the envelope's."""
    body = ast.parse(Path(str(importlib.import_module(struct.__module__).__file__)).read_text()).body
    definition = next(node for node in body if isinstance(node, ast.ClassDef) and node.name == struct.__name__)
    fields = [
        node.target.id
        for node in definition.body
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    ]
    documented = [
        field.target.id
        for field, text in zip(definition.body, definition.body[1:], strict=False)
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(text, ast.Expr)
    ]
    assert [name for name in fields if name not in documented] in ([], ["source"])


@every_class
def test_every_class_has_a_detail_type_of_its_own(type: type[EventBridgeEvent]) -> None:
    """It is the tag in the JSON and a property of the event."""
    assert (
        sample(type).detail_type == type.__struct_config__.tag == msgspec.json.decode(sample_json(type))["detail-type"]
    )
