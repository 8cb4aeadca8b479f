from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from documents import APP, IMAGE, document, error_text, references

from ecr_events import ECRImageAction, ECRImageActionEvent, decode, encode
from ecr_events.samples import sample_json

EVENT = ECRImageActionEvent(
    version="0",
    id="188fd141-0f11-50b4-a7d2-637f94406220",
    source="aws.ecr",
    account="012345678901",
    time=datetime(2026, 5, 4, 9, 15, 31, tzinfo=UTC),
    region="eu-west-1",
    resources=(),
    detail=ECRImageAction(
        action_type="PUSH",
        repository_name="team/app",
        image_digest="sha256:1508485b9031c21c6bfaf69063696c58165ca1bedd919f4077af800924966086",
        image_tag="1.4.2",
        manifest_media_type="application/vnd.oci.image.manifest.v1+json",
        artifact_media_type="application/vnd.oci.image.config.v1+json",
        result="SUCCESS",
    ),
)


def test_every_field_is_decoded_and_encoded() -> None:
    """The sample decodes to the literal above, and the literal encodes to the document of the sample."""
    assert decode(sample_json(ECRImageActionEvent)) == EVENT
    assert msgspec.json.decode(encode(EVENT)) == document(ECRImageActionEvent)
    assert decode(encode(EVENT)) == EVENT


@pytest.mark.parametrize(
    ("detail", "message"),
    [
        ({"action-type": 7}, "expected `str`, got `int` at $.detail.action-type"),
        ({"repository-name": None}, "expected `str`, got `null` at $.detail.repository-name"),
        ({"image-tag": ["1.4.2"]}, "expected `str | null`, got `array` at $.detail.image-tag"),
        ({"result": {}}, "expected `str`, got `object` at $.detail.result"),
    ],
)
def test_a_malformed_field_is_an_error(detail: dict[str, Any], message: str) -> None:
    """The error names the field and the type found."""
    assert error_text(document(ECRImageActionEvent, detail)) == message


def test_the_image_is_in_the_registry_of_the_event() -> None:
    """The references have the event's account and region, and both digest and tag."""
    assert references(document(ECRImageActionEvent)) == (APP, IMAGE, (APP,), (IMAGE,))


def test_a_failed_push_is_referenced_by_tag() -> None:
    """The digest of a failed push is ``""``, which references treat as missing."""
    tagged = APP.image(tag="1.4.2")
    assert references(document(ECRImageActionEvent, {"image-digest": ""})) == (APP, tagged, (APP,), (tagged,))


def test_an_event_without_digest_and_tag_names_no_image() -> None:
    """The repository is still named."""
    neither = document(ECRImageActionEvent, {"image-digest": "", "image-tag": ""})
    assert references(neither) == (APP, None, (APP,), ())
    assert references(document(ECRImageActionEvent, missing=("image-digest", "image-tag"))) == (APP, None, (APP,), ())


def test_a_restored_image_has_a_storage_class() -> None:
    """The fields of ``UPDATE_STORAGE_CLASS`` are decoded."""
    detail = {"action-type": "UPDATE_STORAGE_CLASS", "target-storage-class": "STANDARD", "last-activated-at": "2026"}
    restored = decode(document(ECRImageActionEvent, detail), type=ECRImageActionEvent).detail
    assert (restored.action_type, restored.target_storage_class, restored.last_activated_at) == tuple(detail.values())
