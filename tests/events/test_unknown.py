from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from documents import document, error_text, references

from ecr_events import (
    ECRAWSAPICallViaCloudTrailEvent,
    ECRImageActionEvent,
    Inspector2FindingEvent,
    Inspector2ScanEvent,
    UnknownEvent,
    decode,
    encode,
)
from ecr_events.samples import sample_json

EVENT = UnknownEvent(
    version="0",
    id="f17d8f2f-c9b7-5986-b3c9-ce5556cf5670",
    source="aws.ecr",
    account="012345678901",
    time=datetime(2026, 5, 4, 9, 17, 20, tzinfo=UTC),
    region="eu-west-1",
    resources=(),
    detail_type="ECR Artifact Action",
    detail={},
)


def test_every_field_is_decoded_and_encoded() -> None:
    """The sample decodes to the literal above, and the literal encodes to the document of the sample."""
    assert decode(sample_json(UnknownEvent)) == EVENT
    assert msgspec.json.decode(encode(EVENT)) == document(UnknownEvent)
    assert decode(encode(EVENT)) == EVENT


@pytest.mark.parametrize(
    "unknown",
    [
        document(ECRImageActionEvent) | {"detail-type": "ECR Artifact Action"},
        document(ECRImageActionEvent) | {"detail-type": "S3 Object Created"},
        document(ECRImageActionEvent) | {"detail-type": ""},
        document(ECRImageActionEvent) | {"source": "aws.rds"},
        document(ECRImageActionEvent) | {"source": "my.own.source"},
        document(ECRImageActionEvent) | {"source": ""},
        document(ECRAWSAPICallViaCloudTrailEvent, {"eventSource": "s3.amazonaws.com"}) | {"source": "aws.s3"},
        document(Inspector2FindingEvent, {"resources": [{"type": "AWS_EC2_INSTANCE"}]}),
        document(Inspector2ScanEvent, {"instance-id": "i-0abc"}, missing=("repository-name",)) | {"resources": []},
    ],
    ids=lambda unknown: f"{unknown['source']}-{unknown['detail-type']}",
)
def test_another_detail_type_source_or_resource_is_unknown(unknown: dict[str, Any]) -> None:
    """The envelope is typed, the detail is a dict, and the event encodes to the whole document."""
    for payload in (unknown, msgspec.json.encode(unknown)):
        event = decode(payload)
        assert event.__class__ is UnknownEvent
        assert event.detail_type == unknown["detail-type"]
        assert event.detail == unknown["detail"]
        assert event.time == datetime.fromisoformat(unknown["time"])
        assert msgspec.json.decode(encode(event)) == unknown


@pytest.mark.parametrize(
    ("envelope", "message"),
    [
        ({"time": "yesterday"}, "invalid RFC3339 encoded datetime at $.time"),
        ({"account": 12345678901}, "expected `str`, got `int` at $.account"),
        ({"resources": [7]}, "expected `str`, got `int` at $.resources[0]"),
        ({"detail": None}, "expected `object`, got `null` at $.detail"),
        ({"source": 7}, "expected `str`, got `int` at $.source"),
    ],
)
def test_a_malformed_envelope_is_an_error(envelope: dict[str, Any], message: str) -> None:
    """The envelope is EventBridge's contract for every source."""
    changed = document(UnknownEvent) | envelope
    assert error_text(changed) == message
    assert error_text(msgspec.json.encode(changed)) == message


def test_an_unknown_event_names_nothing() -> None:
    """The meaning of its detail is unknown."""
    assert references(document(UnknownEvent, {"repository-name": "team/app"})) == (None, None, (), ())
