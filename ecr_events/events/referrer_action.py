"""ECR Referrer Action: something was done to an artifact that refers to an image.

Such an artifact is a signature, an SBOM or an attestation.

Source: https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-eventbridge.html
"""

from typing import Literal

from ecr_events.events.image_event import ImageEvent
from ecr_events.events.interning import InternedStr
from ecr_events.events.manifest_action import ManifestAction

__all__ = ["ECRReferrerAction", "ECRReferrerActionEvent"]


class ECRReferrerAction(ManifestAction, frozen=True, kw_only=True):
    """What was done to a referrer. The digest is the referrer's own; its subject is not named."""

    result: InternedStr | None = None
    """``SUCCESS``, where ECR sends it."""


class ECRReferrerActionEvent(ImageEvent, frozen=True, kw_only=True, tag_field="detail-type", tag="ECR Referrer Action"):
    """A signature, an SBOM or another artifact that refers to an image was archived or restored."""

    source: Literal["aws.ecr"]
    detail: ECRReferrerAction
    """What was done to which referrer."""
