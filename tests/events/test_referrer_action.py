from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from documents import APP, document, error_text, references

from ecr_events import ECRReferrerAction, ECRReferrerActionEvent, decode, encode
from ecr_events.samples import sample_json

EVENT = ECRReferrerActionEvent(
    version="0",
    id="eb5bd37e-e1b8-52e3-a3b1-a694de3b7021",
    source="aws.ecr",
    account="012345678901",
    time=datetime(2026, 5, 18, 22, 4, 10, tzinfo=UTC),
    region="eu-west-1",
    resources=(),
    detail=ECRReferrerAction(
        action_type="UPDATE_STORAGE_CLASS",
        repository_name="team/app",
        image_digest="sha256:6cc4af3426b96a9855b7392eeee25849404cbb73818aa8cfc82887381bf3dc95",
        manifest_media_type="application/vnd.oci.image.manifest.v1+json",
        artifact_media_type="application/spdx+json",
        target_storage_class="STANDARD",
        last_activated_at="2026-05-18T22:04:09.51Z",
        result="SUCCESS",
    ),
)


def test_every_field_is_decoded_and_encoded() -> None:
    """The sample decodes to the literal above, and the literal encodes to the document of the sample."""
    assert decode(sample_json(ECRReferrerActionEvent)) == EVENT
    assert msgspec.json.decode(encode(EVENT)) == document(ECRReferrerActionEvent)
    assert decode(encode(EVENT)) == EVENT


@pytest.mark.parametrize(
    ("detail", "message"),
    [
        ({"last-activated-at": 0}, "expected `str | null`, got `int` at $.detail.last-activated-at"),
        ({"artifact-media-type": {}}, "expected `str | null`, got `object` at $.detail.artifact-media-type"),
        ({"result": True}, "expected `str | null`, got `bool` at $.detail.result"),
    ],
)
def test_a_malformed_field_is_an_error(detail: dict[str, Any], message: str) -> None:
    """The error names the field and the type found."""
    assert error_text(document(ECRReferrerActionEvent, detail)) == message


def test_the_referrer_is_the_image() -> None:
    """The digest is the artifact's own; the image it refers to is not named."""
    referrer = APP.image(digest="sha256:6cc4af3426b96a9855b7392eeee25849404cbb73818aa8cfc82887381bf3dc95")
    assert references(document(ECRReferrerActionEvent)) == (APP, referrer, (APP,), (referrer,))


def test_the_result_is_optional() -> None:
    """Unlike that of an image action, it may be missing."""
    event = decode(document(ECRReferrerActionEvent, missing=("result",)), type=ECRReferrerActionEvent)
    assert event.detail.result is None
