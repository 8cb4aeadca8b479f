"""Where an image was replicated to, as the source's registry knows it.

Source: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ImageReplicationStatus.html
"""

from ecr_events.structs import CamelStruct

__all__ = ["ImageReplicationStatus"]


class ImageReplicationStatus(CamelStruct, frozen=True, kw_only=True):
    """The replication of one image to one destination."""

    region: str | None = None
    """The destination's AWS region."""

    registry_id: str | None = None
    """The destination's AWS account, 12 digits."""

    status: str | None = None
    """``COMPLETE``, ``IN_PROGRESS`` or ``FAILED``."""

    failure_code: str | None = None
    """Why it failed, as a code; only on failure."""
