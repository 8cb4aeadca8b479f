"""Lookups of repositories and images in ECR.

The only package that uses boto3, which the first lookup imports. It takes references and does
not depend on events.
"""

from typing import TYPE_CHECKING, Any

from ecr_events.service.ecr_service import ECRService
from ecr_events.session import Session

if TYPE_CHECKING:
    from ecr_events.service.image import Image
    from ecr_events.service.manifest import Manifest
    from ecr_events.service.replication_status import ImageReplicationStatus
    from ecr_events.service.repository import Repository
    from ecr_events.service.scan_findings import ImageScanFindings

__all__ = [
    "ECRService",
    "Image",
    "ImageReplicationStatus",
    "ImageScanFindings",
    "Manifest",
    "Repository",
    "Session",
]

if not TYPE_CHECKING:  # pragma: no branch

    def __getattr__(name: str) -> Any:
        """Import what ECR returns on first use, as the lookups do."""
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from ecr_events.service import responses

        return getattr(responses, name)
