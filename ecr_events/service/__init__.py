"""What ECR says now about what an event names. The only place that knows boto3.

`ECRService` asks, and the Structs beside it are what it answers. It knows nothing of events:
it takes references.
"""

from ecr_events.service.ecr_service import ECRService
from ecr_events.service.image import Image
from ecr_events.service.manifest import Manifest
from ecr_events.service.replication_status import ImageReplicationStatus
from ecr_events.service.repository import Repository
from ecr_events.service.scan_findings import ImageScanFindings
from ecr_events.service.sharing import service_for
from ecr_events.session import Session

__all__ = [
    "ECRService",
    "Image",
    "ImageReplicationStatus",
    "ImageScanFindings",
    "Manifest",
    "Repository",
    "Session",
    "service_for",
]
