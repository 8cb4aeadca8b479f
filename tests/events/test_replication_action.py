from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from documents import APP, DIGEST, IMAGE, document, error_text, references

from ecr_events import ECRReplicationAction, ECRReplicationActionEvent, RepositoryReference, decode, encode, json_schema
from ecr_events.samples import sample, sample_json

EVENT = ECRReplicationActionEvent(
    version="0",
    id="99579eb4-6fd9-5127-b341-472138fadfa9",
    source="aws.ecr",
    account="012345678901",
    time=datetime(2026, 5, 4, 9, 15, 48, tzinfo=UTC),
    region="us-east-1",
    resources=("arn:aws:ecr:us-east-1:012345678901:repository/team/app",),
    detail=ECRReplicationAction(
        result="SUCCESS",
        repository_name="team/app",
        image_digest="sha256:1508485b9031c21c6bfaf69063696c58165ca1bedd919f4077af800924966086",
        source_account="012345678901",
        action_type="REPLICATE",
        source_region="eu-west-1",
        image_tag="1.4.2",
    ),
)


def test_every_field_is_decoded_and_encoded() -> None:
    """The sample decodes to the literal above, and the literal encodes to the document of the sample."""
    assert decode(sample_json(ECRReplicationActionEvent)) == EVENT
    assert msgspec.json.decode(encode(EVENT)) == document(ECRReplicationActionEvent)
    assert decode(encode(EVENT)) == EVENT


DESTINATION = RepositoryReference(registry_id="012345678901", region="us-east-1", repository_name="team/app")
REPLICA = DESTINATION.image(digest=DIGEST, tag="1.4.2")


@pytest.mark.parametrize(
    ("detail", "message"),
    [
        ({"source-account": 12345678901}, "expected `str`, got `int` at $.detail.source-account"),
        ({"source-region": None}, "expected `str`, got `null` at $.detail.source-region"),
        ({"image-digest": None}, "expected `str`, got `null` at $.detail.image-digest"),
        ({"image-tag": None}, "expected `str`, got `null` at $.detail.image-tag"),
    ],
)
def test_a_malformed_field_is_an_error(detail: dict[str, Any], message: str) -> None:
    """The error names the field and the type found."""
    assert error_text(document(ECRReplicationActionEvent, detail)) == message


def test_all_seven_fields_are_required() -> None:
    """The published schema requires them."""
    required = json_schema(ECRReplicationActionEvent)["$defs"]["ECRReplicationAction"]["required"]
    assert sorted(required) == [
        "action-type",
        "image-digest",
        "image-tag",
        "repository-name",
        "result",
        "source-account",
        "source-region",
    ]


def test_both_ends_are_named_destination_first() -> None:
    """The event's own account and region are those of the destination."""
    assert references(document(ECRReplicationActionEvent)) == (
        DESTINATION,
        REPLICA,
        (DESTINATION, APP),
        (REPLICA, IMAGE),
    )
    event = sample(ECRReplicationActionEvent)
    assert (event.source_repository_reference, event.source_image_reference) == (APP, IMAGE)


def test_the_source_may_be_in_another_account() -> None:
    """The registry of the source is the detail's ``source-account``."""
    event = decode(document(ECRReplicationActionEvent, {"source-account": "999999999999"}))
    source = msgspec.structs.replace(APP, registry_id="999999999999")
    assert event.repository_references == (DESTINATION, source)
    assert event.image_references == (REPLICA, source.image(digest=DIGEST, tag="1.4.2"))


def test_a_replication_within_one_registry_names_one_image() -> None:
    """References are without duplicates where source and destination have the same account and region."""
    within = document(ECRReplicationActionEvent, {"source-region": "us-east-1"})
    assert references(within) == (DESTINATION, REPLICA, (DESTINATION,), (REPLICA,))


def test_a_replication_without_digest_and_tag_names_no_image() -> None:
    """Both repositories are still named."""
    neither = document(ECRReplicationActionEvent, {"image-digest": "", "image-tag": ""})
    assert references(neither) == (DESTINATION, None, (DESTINATION, APP), ())
    assert decode(neither, type=ECRReplicationActionEvent).source_image_reference is None
