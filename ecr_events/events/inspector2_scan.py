"""Inspector2 Scan: the first enhanced scan of an image ended.

Source: https://docs.aws.amazon.com/inspector/latest/user/eventbridge-integration.html and
https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-scanning-enhanced-events.html
"""

from typing import Any, Literal

from ecr_events.events.interning import InternedStr
from ecr_events.events.scan import Scan, ScanEvent
from ecr_events.references import RepositoryReference

__all__ = ["Inspector2Scan", "Inspector2ScanEvent"]


class Inspector2Scan(Scan, frozen=True, kw_only=True):
    """The result of an enhanced scan: its status and the number of findings."""

    repository_name: str
    """ARN of the repository, despite the name of the field; that of the image in one public test."""

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
        if self.detail.repository_name.startswith("arn:"):
            return RepositoryReference.parse(self.detail.repository_name.partition("/sha256:")[0])
        return super().repository_reference

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
