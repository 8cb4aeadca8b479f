from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from documents import APP, document, error_text, references

from ecr_events import ECRScanResourceChange, ECRScanResourceChangeEvent, decode, encode
from ecr_events.events.scan_resource_change import ScanResourceChangeRepository
from ecr_events.samples import sample_json

EVENT = ECRScanResourceChangeEvent(
    version="0",
    id="d349087b-6b43-5ccb-9069-cd60735e8bc0",
    source="aws.ecr",
    account="012345678901",
    time=datetime(2026, 5, 5, 7, 30, tzinfo=UTC),
    region="eu-west-1",
    resources=(),
    detail=ECRScanResourceChange(
        action_type="SCAN_FREQUENCY_CHANGE",
        resource_type="REPOSITORY",
        scan_type="ENHANCED",
        repositories=(
            ScanResourceChangeRepository(
                repository_name="team/app",
                repository_arn="arn:aws:ecr:eu-west-1:012345678901:repository/team/app",
                scan_frequency="CONTINUOUS_SCAN",
                previous_scan_frequency="SCAN_ON_PUSH",
            ),
            ScanResourceChangeRepository(
                repository_name="team/worker",
                repository_arn="arn:aws:ecr:eu-west-1:012345678901:repository/team/worker",
                scan_frequency="SCAN_ON_PUSH",
                previous_scan_frequency="MANUAL",
            ),
        ),
    ),
)


def test_every_field_is_decoded_and_encoded() -> None:
    """The sample decodes to the literal above, and the literal encodes to the document of the sample."""
    assert decode(sample_json(ECRScanResourceChangeEvent)) == EVENT
    assert msgspec.json.decode(encode(EVENT)) == document(ECRScanResourceChangeEvent)
    assert decode(encode(EVENT)) == EVENT


@pytest.mark.parametrize(
    ("detail", "message"),
    [
        ({"resource-type": 7}, "expected `str`, got `int` at $.detail.resource-type"),
        ({"repositories": {}}, "expected `array | null`, got `object` at $.detail.repositories"),
        (
            {"repositories": [{"repository-name": "a"}, {}]},
            "object missing required field `repository-name` at $.detail.repositories[1]",
        ),
    ],
)
def test_a_malformed_field_is_an_error(detail: dict[str, Any], message: str) -> None:
    """The error names the field and the type found, also within the list."""
    assert error_text(document(ECRScanResourceChangeEvent, detail)) == message


def test_repositories_are_named_and_no_image() -> None:
    """With several repositories, `repository_reference` is None."""
    worker = msgspec.structs.replace(APP, repository_name="team/worker")
    assert references(document(ECRScanResourceChangeEvent)) == (None, None, (APP, worker), ())


def test_a_repeated_repository_is_named_once() -> None:
    """References are without duplicates, and one repository is the single one."""
    repeated = document(ECRScanResourceChangeEvent, {"repositories": [{"repository-name": "team/app"}] * 2})
    assert references(repeated) == (APP, None, (APP,), ())


def test_another_resource_type_names_nothing() -> None:
    """The repositories are missing unless the resource type is ``REPOSITORY``."""
    other = document(ECRScanResourceChangeEvent, {"resource-type": "REGISTRY"}, missing=("repositories",))
    assert references(other) == (None, None, (), ())
