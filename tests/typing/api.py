"""What type checkers must infer of the public API. Checked, never run."""

from typing import Any, assert_never, assert_type

import ecr_events as e

event = e.decode(b"")
assert_type(e.decode(b"", type=e.ECRReplicationActionEvent), e.ECRReplicationActionEvent)
assert_type(e.decode({}, type=e.UnknownEvent), e.UnknownEvent)
assert_type(event.detail_type, str)
assert_type(event.image_reference, e.ImageReference | None)
assert_type(event.repository_references, tuple[e.RepositoryReference, ...])
assert_type(e.encode(event), bytes)
assert_type(e.json_schema(e.ECREvent), dict[str, Any])
assert_type(e.json_schema(e.ECRImageScanEvent), dict[str, Any])
assert_type(e.ImageReference.parse("").uri, str)


def narrow(event: e.ECREvent | e.UnknownEvent) -> None:  # noqa: C901 - a case for each class
    """A match over the union narrows the detail, and is complete with every class named."""
    match event:
        case e.ECRImageActionEvent():
            assert_type(event.detail, e.ECRImageAction)
            assert_type(event.repository_reference, e.RepositoryReference)
        case e.ECRImageScanEvent():
            assert_type(event.detail, e.ECRImageScan)
        case e.ECRReplicationActionEvent():
            assert_type(event.detail, e.ECRReplicationAction)
            assert_type(event.source_repository_reference, e.RepositoryReference)
        case e.ECRReferrerActionEvent():
            assert_type(event.detail, e.ECRReferrerAction)
        case e.ECRScanResourceChangeEvent():
            assert_type(event.detail, e.ECRScanResourceChange)
        case e.ECRPullThroughCacheActionEvent():
            assert_type(event.detail, e.ECRPullThroughCacheAction)
        case e.ECRAWSAPICallViaCloudTrailEvent():
            assert_type(event.detail, e.ECRAWSAPICallViaCloudTrail)
        case e.ECRAWSServiceEventViaCloudTrailEvent():
            assert_type(event.detail, e.ECRAWSServiceEventViaCloudTrail)
        case e.Inspector2ScanEvent():
            assert_type(event.detail, e.Inspector2Scan)
        case e.Inspector2FindingEvent():
            assert_type(event.detail, e.Inspector2Finding)
        case e.UnknownEvent():
            assert_type(event.detail, dict[str, Any])
        case _:
            assert_never(event)
