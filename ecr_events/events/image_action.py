"""ECR Image Action: an image was pushed, deleted, archived or restored.

Source: https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-eventbridge.html
"""

from typing import Literal

from ecr_events.events.image_event import ImageEvent
from ecr_events.events.manifest_action import ManifestAction
from ecr_events.events.words import Word

__all__ = ["ECRImageAction", "ECRImageActionEvent"]


class ECRImageAction(ManifestAction, frozen=True, kw_only=True, gc=False):
    """What was done to an image, and whether it worked."""

    result: Word
    """``SUCCESS`` or ``FAILURE``."""


class ECRImageActionEvent(
    ImageEvent, frozen=True, kw_only=True, gc=False, tag_field="detail-type", tag="ECR Image Action"
):
    """An image was pushed, deleted, archived or restored."""

    source: Literal["aws.ecr"]
    detail: ECRImageAction
    """What was done to which image."""
