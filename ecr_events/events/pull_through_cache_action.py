"""ECR Pull Through Cache Action: ECR fetched, or tried to fetch, an image from upstream.

Source: https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-eventbridge.html and
https://docs.aws.amazon.com/AmazonECR/latest/userguide/pull-through-cache.html
"""

from typing import Literal

from ecr_events.events.image_event import ImageEvent
from ecr_events.events.interning import InternedStr
from ecr_events.structs import KebabStruct

__all__ = ["ECRPullThroughCacheAction", "ECRPullThroughCacheActionEvent"]


class ECRPullThroughCacheAction(KebabStruct, frozen=True, kw_only=True):
    """Which upstream image was cached under which name, and whether it worked."""

    sync_status: InternedStr
    """``SUCCESS``; AWS does not publish what a failure is called."""

    repository_name: str
    """The name of the repository that caches the image, prefix included."""

    rule_version: InternedStr | None = None
    """``1`` in AWS's sample; not in its schema."""

    ecr_repository_prefix: str | None = None
    """The repository prefix of the pull through cache rule: ``docker-hub``. A rule may have ``ROOT`` for none."""

    upstream_registry_url: str | None = None
    """The host of the upstream registry, without a scheme: ``public.ecr.aws``."""

    image_tag: str | None = None
    """The tag that was pulled; may be absent."""

    image_digest: str | None = None
    """The digest of the cached image; may be absent."""

    failure_code: str | None = None
    """Why it failed, as a code; only on failure. AWS does not publish the codes."""

    failure_reason: str | None = None
    """Why it failed, as text; only on failure."""


class ECRPullThroughCacheActionEvent(
    ImageEvent, frozen=True, kw_only=True, tag_field="detail-type", tag="ECR Pull Through Cache Action"
):
    """A pull through cache rule was put to work, with or without success."""

    source: Literal["aws.ecr"]
    detail: ECRPullThroughCacheAction
    """Which image was cached."""
