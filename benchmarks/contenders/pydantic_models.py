"""ECR's events as pydantic models, as botocraft has them, and of all ten detail-types.

The names of fields are AWS's by way of an alias, optional fields are None by default, and
timestamps inside details are text. What tells the events apart is a `Literal`, since pydantic
can choose by nothing else. The dataclasses of other contenders are made from these models.
"""

from typing import Annotated, Literal, TypeAlias, get_args

from pydantic import Field

from benchmarks.contenders.pydantic_cloudtrail import Record, ServiceRecord
from benchmarks.contenders.pydantic_ecr import (
    ImageAction,
    ImageScan,
    PullThroughCacheAction,
    ReferrerAction,
    ReplicationAction,
    ScanResourceChange,
)
from benchmarks.contenders.pydantic_envelope import Event
from benchmarks.contenders.pydantic_inspector import InspectorFinding, InspectorScan


class ImageActionEvent(Event):
    """ECR Image Action."""

    detail_type: Literal["ECR Image Action"]
    detail: ImageAction


class ImageScanEvent(Event):
    """ECR Image Scan."""

    detail_type: Literal["ECR Image Scan"]
    detail: ImageScan


class ReplicationActionEvent(Event):
    """ECR Replication Action."""

    detail_type: Literal["ECR Replication Action"]
    detail: ReplicationAction


class ReferrerActionEvent(Event):
    """ECR Referrer Action."""

    detail_type: Literal["ECR Referrer Action"]
    detail: ReferrerAction


class ScanResourceChangeEvent(Event):
    """ECR Scan Resource Change."""

    detail_type: Literal["ECR Scan Resource Change"]
    detail: ScanResourceChange


class PullThroughCacheActionEvent(Event):
    """ECR Pull Through Cache Action."""

    detail_type: Literal["ECR Pull Through Cache Action"]
    detail: PullThroughCacheAction


class APICallEvent(Event):
    """AWS API Call via CloudTrail."""

    detail_type: Literal["AWS API Call via CloudTrail"]
    detail: Record


class ServiceEvent(Event):
    """AWS Service Event via CloudTrail."""

    detail_type: Literal["AWS Service Event via CloudTrail"]
    detail: ServiceRecord


class InspectorScanEvent(Event):
    """Inspector2 Scan."""

    detail_type: Literal["Inspector2 Scan"]
    detail: InspectorScan


class InspectorFindingEvent(Event):
    """Inspector2 Finding."""

    detail_type: Literal["Inspector2 Finding"]
    detail: InspectorFinding


AnyEvent: TypeAlias = Annotated[
    ImageActionEvent
    | ImageScanEvent
    | ReplicationActionEvent
    | ReferrerActionEvent
    | ScanResourceChangeEvent
    | PullThroughCacheActionEvent
    | APICallEvent
    | ServiceEvent
    | InspectorScanEvent
    | InspectorFindingEvent,
    Field(discriminator="detail_type"),
]

MODELS: dict[str, type[Event]] = {
    get_args(model.model_fields["detail_type"].annotation)[0]: model for model in Event.__subclasses__()
}
"""The models by detail-type."""
