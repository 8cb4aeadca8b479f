"""Inspector2 Scan: the first enhanced scan of an image ended.

Source: https://docs.aws.amazon.com/inspector/latest/user/eventbridge-integration.html and
https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-scanning-enhanced-events.html
"""

from typing import Any, Literal

from ecr_events.events.interning import InternedStr
from ecr_events.events.scan import Scan, ScanEvent
from ecr_events.references import ImageReference, RepositoryReference

__all__ = ["Inspector2Scan", "Inspector2ScanEvent"]


class Inspector2Scan(Scan, frozen=True, kw_only=True):
    """The result of an enhanced scan: its status and the number of findings."""

    repository_name: str
    """ARN of the repository, despite the name of the field; of the image in at least one event."""

    image_digest: str
    """Digest of the scanned image, ``sha256:...``."""

    version: InternedStr | None = None
    """Version of the detail: ``1.0``. Absent before 2023."""


class Inspector2ScanEvent(ScanEvent, frozen=True, kw_only=True, tag_field="detail-type", tag="Inspector2 Scan"):
    """The first enhanced scan of an image ended.

    Scans of other resources, such as EC2 instances, decode to `UnknownEvent`.
    """

    source: Literal["aws.inspector2"]
    detail: Inspector2Scan
    """The result of the scan."""

    @property
    def repository_reference(self) -> RepositoryReference:
        """Reference to the repository of the scanned image.

        Raises:
            InvalidReferenceError: The ARN is not that of an ECR repository or image.
        """
        name = self.detail.repository_name
        if not name.startswith("arn:"):
            return super().repository_reference
        # The name of a repository has no colon, so this is the ARN of an image.
        if "/sha256:" in name:
            return ImageReference.parse(name).repository
        return RepositoryReference.parse(name)

    @classmethod
    def _matches(cls, document: dict[str, Any]) -> bool:
        """Return whether the detail or the resources name a repository."""
        if document.get("source") != "aws.inspector2":
            return False
        match document:
            case {"detail": {"repository-name": _}}:
                return True
            case {"resources": [str(arn), *_]}:
                return arn.split(":")[2:3] == ["ecr"]
            case _:
                return False
