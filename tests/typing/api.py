"""Types that checkers must infer for the public API. Checked, never run."""

from typing import Any, assert_never, assert_type

from hypothesis.strategies import SearchStrategy

import ecr_events as e

event = e.decode(b"")
assert_type(event, e.ECREvent | e.UnknownEvent)
assert_type(e.decode(b"", type=e.ECRReplicationActionEvent), e.ECRReplicationActionEvent)
assert_type(e.decode({}, type=e.UnknownEvent), e.UnknownEvent)
assert_type(event.detail_type, str)
assert_type(event.image_reference, e.ImageReference | None)
assert_type(event.repository_references, tuple[e.RepositoryReference, ...])
assert_type(e.decode(b"", type=e.ECRImageAction), e.ECRImageAction)
assert_type(e.decode({}, type=e.Inspector2Finding), e.Inspector2Finding)
assert_type(e.encode(event), bytes)
assert_type(e.encode(e.decode("", type=e.ECRImageAction), indent=2), bytes)
assert_type(e.json_schema(e.ECREvent), dict[str, Any])
assert_type(e.json_schema(e.ECRImageScanEvent), dict[str, Any])
assert_type(e.json_schema(e.ECREvent | e.UnknownEvent), dict[str, Any])
assert_type(e.json_schema(e.ECRImageScan), dict[str, Any])
assert_type(e.ImageReference.parse("").uri, str)

assert_type(e.samples.sample(e.ECRImageActionEvent, image_tag=None), e.ECRImageActionEvent)
assert_type(e.samples.variants(e.ECRImageScanEvent), dict[str, e.ECRImageScanEvent])
assert_type(e.testing.events(e.ECRImageScanEvent), SearchStrategy[e.ECRImageScanEvent])
assert_type(e.testing.payloads(e.ECRImageScanEvent), SearchStrategy[bytes])


def narrow(event: e.ECREvent | e.UnknownEvent) -> None:
    """Each class of the union has its own detail."""
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
        case _:
            narrow_rest(event)


def narrow_rest(
    event: e.ECRAWSAPICallViaCloudTrailEvent
    | e.ECRAWSServiceEventViaCloudTrailEvent
    | e.Inspector2ScanEvent
    | e.Inspector2FindingEvent
    | e.UnknownEvent,
) -> None:
    """A match that names every class is exhaustive."""
    match event:
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
