"""The replication status of an image, reported by the source registry.

Source: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ImageReplicationStatus.html
"""

from ecr_events.structs import CamelStruct

__all__ = ["ImageReplicationStatus"]


class ImageReplicationStatus(CamelStruct, frozen=True, kw_only=True):
    """The status of an image's replication to one destination."""

    region: str | None = None
    """The destination's AWS region."""

    registry_id: str | None = None
    """The destination's AWS account, 12 digits."""

    status: str | None = None
    """``COMPLETE``, ``IN_PROGRESS`` or ``FAILED``."""

    failure_code: str | None = None
    """The reason of a failure, as a code."""
