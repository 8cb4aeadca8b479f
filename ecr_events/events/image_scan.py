"""ECR Image Scan: a basic scan of an image ended.

Source: https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-eventbridge.html and
https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-scanning-basic.html
"""

from typing import Literal

from ecr_events.events.scan import Scan, ScanEvent

__all__ = ["ECRImageScan", "ECRImageScanEvent"]


class ECRImageScan(Scan, frozen=True, kw_only=True):
    """The result of a basic scan: its status and the number of findings.

    Its severities are ``CRITICAL``, ``HIGH``, ``MEDIUM``, ``LOW``, ``INFORMATIONAL`` and ``UNDEFINED``.
    """

    image_digest: str | None = None
    """Digest of the scanned image, ``sha256:...``; absent in one published sample."""


class ECRImageScanEvent(ScanEvent, frozen=True, kw_only=True, tag_field="detail-type", tag="ECR Image Scan"):
    """A basic scan of an image ended. With enhanced scanning, `Inspector2ScanEvent` is sent instead."""

    source: Literal["aws.ecr"]

    detail: ECRImageScan
    """The result of the scan."""
