from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from documents import APP, DIGEST, IMAGE, document, error_text, references

from ecr_events import Inspector2Scan, Inspector2ScanEvent, InvalidReferenceError, UnknownEvent, decode, encode
from ecr_events.samples import sample, sample_json

EVENT = Inspector2ScanEvent(
    version="0",
    id="4a3928d9-8496-5d78-bc03-28a18ff5ffb5",
    source="aws.inspector2",
    account="012345678901",
    time=datetime(2026, 5, 5, 7, 41, 13, tzinfo=UTC),
    region="eu-west-1",
    resources=("arn:aws:ecr:eu-west-1:012345678901:repository/team/app",),
    detail=Inspector2Scan(
        scan_status="INITIAL_SCAN_COMPLETE",
        repository_name="arn:aws:ecr:eu-west-1:012345678901:repository/team/app",
        image_digest="sha256:1508485b9031c21c6bfaf69063696c58165ca1bedd919f4077af800924966086",
        finding_severity_counts={"CRITICAL": 1, "HIGH": 6, "MEDIUM": 14, "TOTAL": 29},
        image_tags=("1.4.2", "latest"),
        version="1.0",
    ),
)


def test_every_field_is_decoded_and_encoded() -> None:
    """The sample decodes to the literal above, and the literal encodes to the document of the sample."""
    assert decode(sample_json(Inspector2ScanEvent)) == EVENT
    assert msgspec.json.decode(encode(EVENT)) == document(Inspector2ScanEvent)
    assert decode(encode(EVENT)) == EVENT


@pytest.mark.parametrize(
    ("detail", "message"),
    [
        ({"image-digest": None}, "expected `str`, got `null` at $.detail.image-digest"),
        ({"version": 1.0}, "expected `str | null`, got `float` at $.detail.version"),
        ({"image-tags": [7]}, "expected `str`, got `int` at $.detail.image-tags[0]"),
        ({"finding-severity-counts": 29}, "expected `object | null`, got `int` at $.detail.finding-severity-counts"),
    ],
)
def test_a_malformed_field_is_an_error(detail: dict[str, Any], message: str) -> None:
    """The error names the field and the type found."""
    assert error_text(document(Inspector2ScanEvent, detail)) == message


def test_the_repository_is_named_by_its_arn() -> None:
    """The field ``repository-name`` has the ARN, whose account and region may differ from the event's."""
    assert references(document(Inspector2ScanEvent)) == (APP, IMAGE, (APP,), (IMAGE,))
    other = msgspec.structs.replace(APP, registry_id="999999999999", region="us-east-1")
    assert references(document(Inspector2ScanEvent, {"repository-name": other.arn}))[2] == (other,)


def test_the_repository_may_be_named_by_its_name() -> None:
    """The first published form of the event had one."""
    assert references(document(Inspector2ScanEvent, {"repository-name": "team/app"})) == (APP, IMAGE, (APP,), (IMAGE,))


def test_the_repository_may_be_named_by_the_arn_of_the_image() -> None:
    """Seen in one public test."""
    name = f"{APP.arn}/{DIGEST}"
    assert references(document(Inspector2ScanEvent, {"repository-name": name}))[2] == (APP,)


def test_the_arn_of_another_service_is_an_error() -> None:
    """The event decodes, and its references raise."""
    event = decode(document(Inspector2ScanEvent, {"repository-name": "arn:aws:s3:::bucket"}))
    with pytest.raises(InvalidReferenceError, match="'arn:aws:s3:::bucket'"):
        _ = event.repository_reference


def test_the_first_tag_counts() -> None:
    """An image has many tags and a reference one."""
    assert sample(Inspector2ScanEvent).detail.image_tag == "1.4.2"
    for untagged in (
        document(Inspector2ScanEvent, {"image-tags": []}),
        document(Inspector2ScanEvent, missing=("image-tags",)),
    ):
        assert references(untagged)[1] == APP.image(digest=DIGEST)


@pytest.mark.parametrize(
    "resources",
    [
        [],
        ["i-0abc"],
        ["arn:aws:ec2:eu-west-1:012345678901:instance/i-0abc"],
        ["arn:aws:lambda:eu-west-1:012345678901:function:ecr:7"],
    ],
)
def test_a_scan_of_another_resource_is_unknown(resources: list[str]) -> None:
    """Inspector scans EC2 instances and Lambda functions too, with other details."""
    scan = document(Inspector2ScanEvent, {"instance-id": "i-0abc"}, missing=("repository-name",))
    assert decode(scan | {"resources": resources}).__class__ is UnknownEvent


def test_malformed_resources_are_an_error() -> None:
    """The envelope is the same for all scans."""
    scan = document(Inspector2ScanEvent, missing=("repository-name",)) | {"resources": [7]}
    assert error_text(scan) == "expected `str`, got `int` at $.resources[0]"


def test_a_malformed_scan_of_an_image_is_an_error() -> None:
    """A repository, in the detail or as the first of the resources, makes it one."""
    by_detail = document(Inspector2ScanEvent, missing=("image-digest",)) | {"resources": []}
    assert error_text(by_detail) == "object missing required field `image-digest` at $.detail"
    malformed_name = document(Inspector2ScanEvent, {"repository-name": 7}) | {"resources": []}
    assert error_text(malformed_name) == "expected `str`, got `int` at $.detail.repository-name"
    by_resource = document(Inspector2ScanEvent, missing=("repository-name",))
    for resources in ([APP.arn], [APP.arn, "i-0abc"]):
        message = "object missing required field `repository-name` at $.detail"
        assert error_text(by_resource | {"resources": resources}) == message


def test_a_scan_by_another_source_is_unknown() -> None:
    """The first version of Inspector sent events as ``aws.inspector``."""
    assert decode(document(Inspector2ScanEvent) | {"source": "aws.inspector"}).__class__ is UnknownEvent
