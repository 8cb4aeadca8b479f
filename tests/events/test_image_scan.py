from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from documents import APP, DIGEST, IMAGE, document, error_text, references

from ecr_events import ECRImageScan, ECRImageScanEvent, decode, encode
from ecr_events.samples import sample, sample_json

EVENT = ECRImageScanEvent(
    version="0",
    id="57ff44c0-3ab8-50a5-9266-e070fafaf3c3",
    source="aws.ecr",
    account="012345678901",
    time=datetime(2026, 5, 4, 9, 16, 2, tzinfo=UTC),
    region="eu-west-1",
    resources=("arn:aws:ecr:eu-west-1:012345678901:repository/team/app",),
    detail=ECRImageScan(
        scan_status="COMPLETE",
        repository_name="team/app",
        finding_severity_counts={"CRITICAL": 1, "HIGH": 4, "MEDIUM": 12, "LOW": 7, "INFORMATIONAL": 2},
        image_digest="sha256:1508485b9031c21c6bfaf69063696c58165ca1bedd919f4077af800924966086",
        image_tags=("1.4.2", "latest"),
    ),
)


def test_every_field_is_decoded_and_encoded() -> None:
    """The sample decodes to the literal above, and the literal encodes to the document of the sample."""
    assert decode(sample_json(ECRImageScanEvent)) == EVENT
    assert msgspec.json.decode(encode(EVENT)) == document(ECRImageScanEvent)
    assert decode(encode(EVENT)) == EVENT


@pytest.mark.parametrize(
    ("detail", "message"),
    [
        ({"scan-status": None}, "expected `str`, got `null` at $.detail.scan-status"),
        ({"image-tags": "1.4.2"}, "expected `array | null`, got `str` at $.detail.image-tags"),
        ({"image-tags": ["1.4.2", None]}, "expected `str`, got `null` at $.detail.image-tags[1]"),
        ({"finding-severity-counts": []}, "expected `object | null`, got `array` at $.detail.finding-severity-counts"),
        (
            {"finding-severity-counts": {"HIGH": "4"}},
            "expected `int | float`, got `str` at $.detail.finding-severity-counts[...]",
        ),
    ],
)
def test_a_malformed_field_is_an_error(detail: dict[str, Any], message: str) -> None:
    """The error names the field and the type found."""
    assert error_text(document(ECRImageScanEvent, detail)) == message


def test_a_severity_that_is_not_a_string_is_an_error() -> None:
    """JSON cannot have such a key; a dict can."""
    detail = {"finding-severity-counts": {4: 1}}
    message = "expected `str`, got `int` as a key at $.detail.finding-severity-counts"
    assert error_text(document(ECRImageScanEvent, detail)) == message


def test_the_image_is_in_the_registry_of_the_event() -> None:
    """The references have the event's account and region, the digest and the first tag."""
    assert references(document(ECRImageScanEvent)) == (APP, IMAGE, (APP,), (IMAGE,))


def test_the_first_tag_counts() -> None:
    """An image has many tags and a reference one."""
    assert sample(ECRImageScanEvent).detail.image_tag == "1.4.2"
    untagged = document(ECRImageScanEvent, {"image-tags": []})
    assert decode(untagged, type=ECRImageScanEvent).detail.image_tag is None
    assert references(untagged)[1] == APP.image(digest=DIGEST)


def test_a_missing_digest_leaves_the_tag() -> None:
    """One of AWS's samples has no digest; without digest and tags no image is named."""
    tagged = APP.image(tag="1.4.2")
    assert references(document(ECRImageScanEvent, missing=("image-digest",))) == (APP, tagged, (APP,), (tagged,))
    neither = document(ECRImageScanEvent, missing=("image-digest", "image-tags"))
    assert references(neither) == (APP, None, (APP,), ())


def test_a_failed_scan_has_no_counts() -> None:
    """Missing counts are None, and are omitted again."""
    failed = document(ECRImageScanEvent, {"scan-status": "FAILED"}, missing=("finding-severity-counts",))
    event = decode(failed, type=ECRImageScanEvent)
    assert event.detail.finding_severity_counts is None
    assert msgspec.json.decode(encode(event)) == failed
