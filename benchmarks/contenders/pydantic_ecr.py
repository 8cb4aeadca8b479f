"""The details of ECR's own events as pydantic models."""

from benchmarks.contenders.pydantic_envelope import Kebab


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
