"""ECR Image Action: an image was pushed, deleted, archived or restored.

Source: https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-eventbridge.html
"""

from typing import Literal

from ecr_events.events.image_event import ImageEvent
from ecr_events.events.interning import InternedStr
from ecr_events.events.manifest_action import ManifestAction

__all__ = ["ECRImageAction", "ECRImageActionEvent"]


class ECRImageAction(ManifestAction, frozen=True, kw_only=True):
    """An action on an image, and its result."""

    result: InternedStr
    """``SUCCESS`` or ``FAILURE``."""


class ECRImageActionEvent(ImageEvent, frozen=True, kw_only=True, tag_field="detail-type", tag="ECR Image Action"):
    """An image was pushed, deleted, archived or restored."""

    source: Literal["aws.ecr"]

    detail: ECRImageAction
    """The action and the image."""
