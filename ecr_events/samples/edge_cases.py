"""The edge cases of every class, as overrides of its sample.

A comment tells where each one is known from: AWS documents it, it was captured from a live account, or it is expected
(it follows from ECR's API, or from what else is documented, and consumers must be ready for it).
"""

from typing import Any

from ecr_events.events import (
    ECRAWSAPICallViaCloudTrailEvent,
    ECRAWSServiceEventViaCloudTrailEvent,
    ECRImageActionEvent,
    ECRImageScanEvent,
    ECRPullThroughCacheActionEvent,
    ECRReferrerActionEvent,
    ECRReplicationActionEvent,
    ECRScanResourceChangeEvent,
    EventBridgeEvent,
    Inspector2FindingEvent,
    Inspector2ScanEvent,
    UnknownEvent,
)

__all__ = ["EDGE_CASES"]

_ACCOUNT, _NAME = "012345678901", "team/app"
_ARN = f"arn:aws:ecr:eu-west-1:{_ACCOUNT}:repository/{_NAME}"
_DIGEST = "sha256:1508485b9031c21c6bfaf69063696c58165ca1bedd919f4077af800924966086"
_NOT_FOUND = f"The repository with name '{_NAME}' does not exist in the registry with id '{_ACCOUNT}'"
_DENIED = (
    f"User: arn:aws:sts::{_ACCOUNT}:assumed-role/deploy/deploy is not authorized to perform: ecr:PutImage "
    f"on resource: {_ARN}"
)
_ARCHIVED = {"action_type": "UPDATE_STORAGE_CLASS", "target_storage_class": "ARCHIVE", "last_activated_at": None}
_RESTORED = _ARCHIVED | {"target_storage_class": "STANDARD", "last_activated_at": "2026-05-04T09:15:30.74Z"}
_REPOSITORY = {
    "repositoryArn": _ARN,
    "registryId": _ACCOUNT,
    "repositoryName": _NAME,
    "repositoryUri": f"{_ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com/{_NAME}",
    "createdAt": "May 4, 2026, 9:15:31 AM",
    "imageTagMutability": "MUTABLE",
}
_NOT_IN_MINIMAL = [
    "event_version",
    "event_time",
    "event_id",
    "event_type",
    "event_category",
    "aws_region",
    "user_identity",
    "source_ip_address",
    "user_agent",
    "request_id",
    "resources",
    "read_only",
    "management_event",
    "recipient_account_id",
    "tls_details",
]


def _lifecycle(**fields: Any) -> dict[str, Any]:
    """Return the details of a run of a lifecycle policy, without its rules."""
    policy: dict[str, Any] = {
        "lifecycleEventRules": [],
        "lastEvaluatedAt": 0,
        "policyVersion": 3,
        "policyId": "e31724c1",
    }
    details: dict[str, Any] = {
        "repositoryName": _NAME,
        "lifecycleEventPolicy": policy,
        "lifecycleEventImageActions": [],
        "lifecycleEventFailureDetails": [],
    }
    return details | fields


def _selected(digest: str, tags: list[str], **failure: str) -> dict[str, Any]:
    """Return an image that a lifecycle policy selected."""
    status = "Tagged" if tags else "Untagged"
    image = {"digest": f"sha256:{digest * 64}", "tagStatus": status, "tagList": tags, "pushedAt": 1751619600000}
    return {"lifecycleEventImage": image, "rulePriority": 1} | failure


def _vulnerable(**image: Any) -> list[dict[str, Any]]:
    """Return the resource of a finding."""
    details: dict[str, Any] = {
        "architecture": "amd64",
        "imageHash": _DIGEST,
        "pushedAt": "Mon May 04 09:15:31.000 UTC 2026",
    }
    details |= {"registry": _ACCOUNT, "repositoryName": _NAME} | image
    resource: dict[str, Any] = {
        "id": f"{_ARN}/{_DIGEST}",
        "type": "AWS_ECR_CONTAINER_IMAGE",
        "partition": "aws",
        "region": "eu-west-1",
    }
    return [resource | {"details": {"awsEcrContainerImage": details}}]


EDGE_CASES: dict[type[EventBridgeEvent], dict[str, dict[str, Any]]] = {
    ECRImageActionEvent: {
        "push": {},  # documented
        "untagged": {"image_tag": None},  # expected: the manifests of an index are pushed without a tag
        "empty_tag": {"image_tag": ""},  # captured, in 2025
        "failed": {"result": "FAILURE", "image_digest": "", "manifest_media_type": None, "artifact_media_type": None},
        # captured, in 2020
        "before_2023": {"manifest_media_type": None, "artifact_media_type": None},  # captured
        "index": {  # expected
            "manifest_media_type": "application/vnd.oci.image.index.v1+json",
            "artifact_media_type": None,
        },
        "deleted": {"action_type": "DELETE", "manifest_media_type": None, "artifact_media_type": None},  # documented
        "archived": _ARCHIVED | {"image_tag": None},  # documented
        "restored": _RESTORED | {"image_tag": None},  # documented
    },
    ECRImageScanEvent: {
        "findings": {},  # documented
        "clean": {"finding_severity_counts": None},  # captured, in 2019
        "zeros": {"finding_severity_counts": dict.fromkeys(["CRITICAL", "HIGH", "MEDIUM", "LOW"], 0)},
        # expected: AWS documents that levels without findings are omitted, yet public tests have zeros
        "unknown_severity": {"finding_severity_counts": {"HIGH": 1, "NEW": 2}},  # expected: AWS may add one
        "failed": {"scan_status": "FAILED", "finding_severity_counts": None},  # documented
        "untagged": {"image_tags": []},  # documented, and captured in 2022
        "no_tags": {"image_tags": None},  # expected
        "no_digest": {"image_digest": None},  # expected: absent in one published sample
    },
    ECRReplicationActionEvent: {
        "replicated": {},  # documented
        "failed": {"result": "FAILED"},  # documented
        "other_account": {"source_account": "999999999999"},  # expected
    },
    ECRReferrerActionEvent: {
        "restored": {},  # documented
        "archived": _ARCHIVED,  # documented
        "push": {"action_type": "PUSH", "target_storage_class": None, "last_activated_at": None},  # expected
        "deleted": {"action_type": "DELETE", "target_storage_class": None, "last_activated_at": None},  # expected
        "no_result": {"result": None},  # expected
    },
    ECRScanResourceChangeEvent: {
        "changed": {},  # documented
        "new_repository": {  # expected: documented in prose only
            "repositories": [
                {"repository-name": _NAME, "repository-arn": _ARN, "scan-frequency": "SCAN_ON_PUSH"},
            ]
        },
        "no_repositories": {"repositories": None},  # expected: changes of images are documented in prose only
    },
    ECRPullThroughCacheActionEvent: {
        "synced": {},  # documented
        "by_digest": {"image_tag": None},  # expected
        "failed": {  # expected: AWS documents the fields without their values, so these are made up
            "sync_status": "FAILURE",
            "image_digest": None,
            "failure_code": "UpstreamUnavailable",
            "failure_reason": "The upstream registry is unavailable",
        },
    },
    ECRAWSAPICallViaCloudTrailEvent: {
        "put_image": {},  # documented
        "create_repository": {  # documented
            "event_name": "CreateRepository",
            "request_parameters": {"repositoryName": _NAME, "imageTagMutability": "MUTABLE"},
            "response_elements": {"repository": _REPOSITORY},
        },
        "no_permission": {  # expected
            "error_code": "AccessDenied",
            "error_message": _DENIED,
            "response_elements": None,
        },
        "no_permission_no_parameters": {  # expected
            "error_code": "AccessDenied",
            "error_message": _DENIED,
            "request_parameters": None,
            "response_elements": None,
            "resources": None,
        },
        "repository_not_found": {  # expected: public consumers create the repository
            "event_name": "InitiateLayerUpload",
            "error_code": "RepositoryNotFoundException",
            "error_message": _NOT_FOUND,
            "request_parameters": {"registryId": _ACCOUNT, "repositoryName": _NAME},
            "response_elements": None,
        },
        "repository_not_found_put_image": {  # expected
            "error_code": "RepositoryNotFoundException",
            "error_message": _NOT_FOUND,
            "response_elements": None,
        },
        "read": {  # documented
            "event_name": "BatchGetImage",
            "request_parameters": {
                "registryId": _ACCOUNT,
                "repositoryName": _NAME,
                "imageIds": [{"imageTag": "1.4.2"}],
            },
            "response_elements": None,
            "read_only": True,
        },
        "minimal": dict.fromkeys(_NOT_IN_MINIMAL),  # captured
    },
    ECRAWSServiceEventViaCloudTrailEvent: {
        "expired": {},  # documented, and captured in 2025
        "nothing_expired": {"service_event_details": _lifecycle()},  # documented, and captured in 2025
        "failures": {  # documented
            "service_event_details": _lifecycle(
                lifecycleEventFailureDetails=[
                    _selected(
                        "9",
                        ["1.0.9"],
                        failureCode="ImageReferencedByManifestList",
                        failureReason=f"Requested image referenced by manifest list: [sha256:{'6' * 64}]",
                    )
                ]
            )
        },
        "untagged": {"service_event_details": _lifecycle(lifecycleEventImageActions=[_selected("8", [])])},  # expected
        "dry_run": {  # documented by name
            "event_name": "DryRunEvent",
            "service_event_details": _lifecycle(lifecycleEventImageActions=[_selected("8", ["1.1.0"])]),
        },
        "activated": {  # documented
            "event_name": "ImageActivationEvent",
            "service_event_details": {
                "repositoryName": _NAME,
                "imageDigest": _DIGEST,
                "targetStorageClass": "STANDARD",
                "result": "SUCCESS",
                "imageStatus": "ACTIVE",
            },
        },
    },
    Inspector2ScanEvent: {
        "findings": {},  # documented
        "clean": {"finding_severity_counts": dict.fromkeys(["CRITICAL", "HIGH", "MEDIUM", "TOTAL"], 0)},  # documented
        "no_counts": {"finding_severity_counts": None},  # expected
        "untagged": {"image_tags": []},  # expected
        "no_tags": {"image_tags": None},  # expected
        "before_2023": {"version": None},  # documented, and captured in 2022
        "image_arn": {"repository_name": f"{_ARN}/{_DIGEST}"},  # seen once in a public test
    },
    Inspector2FindingEvent: {
        "active": {},  # documented
        "closed": {"status": "CLOSED"},  # documented by Inspector's API
        "suppressed": {"status": "SUPPRESSED"},  # documented by Inspector's API
        "no_tags": {"resources": _vulnerable()},  # expected
        "no_score": {"inspector_score": None, "inspector_score_details": None},  # captured, in 2024
        "untriaged": {"severity": "UNTRIAGED", "inspector_score": None, "inspector_score_details": None},
        # documented by Inspector's API
    },
    UnknownEvent: {
        "artifact_action": {},  # documented by name
        "replication_backfill": {"detail_type": "ECR Replication Backfill"},  # expected: in the schema registry
        "other_service": {  # documented
            "source": "aws.ec2",
            "detail_type": "EC2 Instance State-change Notification",
            "resources": [f"arn:aws:ec2:eu-west-1:{_ACCOUNT}:instance/i-0123456789abcdef0"],
            "detail": {"instance-id": "i-0123456789abcdef0", "state": "running"},
        },
        "instance_scan": {  # documented
            "source": "aws.inspector2",
            "detail_type": "Inspector2 Scan",
            "resources": ["i-0123456789abcdef0"],
            "detail": {
                "scan-status": "INITIAL_SCAN_COMPLETE",
                "instance-id": "i-0123456789abcdef0",
                "finding-severity-counts": {"CRITICAL": 0, "HIGH": 1, "MEDIUM": 2, "TOTAL": 3},
                "version": "1.0",
            },
        },
    },
}
