"""Lookups of repositories and images in ECR.

The only package that uses boto3, which the first lookup imports. It takes references and does
not depend on events.
"""

from ecr_events.service.ecr_service import ECRService
from ecr_events.service.image import Image
from ecr_events.service.manifest import Manifest
from ecr_events.service.replication_status import ImageReplicationStatus
from ecr_events.service.repository import Repository
from ecr_events.service.scan_findings import ImageScanFindings
from ecr_events.session import Session

__all__ = [
    "ECRService",
    "Image",
    "ImageReplicationStatus",
    "ImageScanFindings",
    "Manifest",
    "Repository",
    "Session",
]
