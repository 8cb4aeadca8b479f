"""ECR Referrer Action: a signature, SBOM, attestation or other referrer of an image was archived or restored.

Source: https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-eventbridge.html
"""

from typing import Literal

from ecr_events.events.image_event import ImageEvent
from ecr_events.events.interning import InternedStr
from ecr_events.events.manifest_action import ManifestAction

__all__ = ["ECRReferrerAction", "ECRReferrerActionEvent"]


class ECRReferrerAction(ManifestAction, frozen=True, kw_only=True):
    """An action on a referrer. The digest is the referrer's; the event does not name its subject."""

    result: InternedStr | None = None
    """``SUCCESS``, if present."""


class ECRReferrerActionEvent(ImageEvent, frozen=True, kw_only=True, tag_field="detail-type", tag="ECR Referrer Action"):
    """A signature, SBOM, attestation or other referrer of an image was archived or restored."""

    source: Literal["aws.ecr"]

    detail: ECRReferrerAction
    """The action and the referrer."""
