"""ECR Pull Through Cache Action: the sync of an image from an upstream registry ended.

Source: https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-eventbridge.html and
https://docs.aws.amazon.com/AmazonECR/latest/userguide/pull-through-cache.html
"""

from typing import Literal

from ecr_events.events.image_event import ImageEvent
from ecr_events.events.interning import InternedStr
from ecr_events.structs import KebabStruct

__all__ = ["ECRPullThroughCacheAction", "ECRPullThroughCacheActionEvent"]


class ECRPullThroughCacheAction(KebabStruct, frozen=True, kw_only=True):
    """A sync: the cached image, its upstream registry and the status."""

    sync_status: InternedStr
    """``SUCCESS``; AWS does not document the value for a failure."""

    repository_name: str
    """Name of the repository that caches the image, including the prefix."""

    rule_version: InternedStr | None = None
    """``1`` in AWS's sample; absent from its schema."""

    ecr_repository_prefix: str | None = None
    """Repository prefix of the pull through cache rule: ``docker-hub``; ``ROOT`` for a rule without one."""

    upstream_registry_url: str | None = None
    """Host of the upstream registry, without a scheme: ``public.ecr.aws``."""

    image_tag: str | None = None
    """Tag of the cached image; may be absent."""

    image_digest: str | None = None
    """Digest of the cached image; may be absent."""

    failure_code: str | None = None
    """Error code; only on failure. AWS does not document the codes."""

    failure_reason: str | None = None
    """Error message; only on failure."""


class ECRPullThroughCacheActionEvent(
    ImageEvent, frozen=True, kw_only=True, tag_field="detail-type", tag="ECR Pull Through Cache Action"
):
    """ECR synced an image from an upstream registry by a pull through cache rule, or failed to."""

    source: Literal["aws.ecr"]

    detail: ECRPullThroughCacheAction
    """The cached image and the status."""
