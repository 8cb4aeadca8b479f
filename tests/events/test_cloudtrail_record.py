from typing import Any

import msgspec
import pytest
from documents import APP, document, error_text, references

from ecr_events import (
    ECRAWSAPICallViaCloudTrailEvent,
    ECRAWSServiceEventViaCloudTrailEvent,
    EventBridgeEvent,
    UnknownEvent,
    decode,
    encode,
)

both_classes = pytest.mark.parametrize(
    "type", [ECRAWSAPICallViaCloudTrailEvent, ECRAWSServiceEventViaCloudTrailEvent], ids=lambda type: type.__name__
)


@both_classes
@pytest.mark.parametrize("service", ["s3.amazonaws.com", "ecr-public.amazonaws.com", ""])
def test_a_record_of_another_service_is_unknown(type: type[EventBridgeEvent], service: str) -> None:
    """Every service has records under the same detail-types."""
    assert decode(document(type, {"eventSource": service})).__class__ is UnknownEvent


@both_classes
def test_a_record_from_another_source_is_unknown(type: type[EventBridgeEvent]) -> None:
    """The envelope's source decides as well."""
    assert decode(document(type) | {"source": "aws.s3"}).__class__ is UnknownEvent


@both_classes
def test_a_malformed_record_of_ecr_is_an_error(type: type[EventBridgeEvent]) -> None:
    """So is a record that does not say whose it is."""
    assert error_text(document(type, missing=("eventName",))) == "object missing required field `eventName` at $.detail"
    assert error_text(document(type, missing=("eventSource",))) == (
        "object missing required field `eventSource` at $.detail"
    )
    assert error_text(document(type, {"eventSource": 7})) == "expected `str`, got `int` at $.detail.eventSource"
    assert error_text(document(type) | {"detail": 7}) == "expected `object`, got `int` at $.detail"


@both_classes
def test_null_differs_from_missing(type: type[EventBridgeEvent]) -> None:
    """CloudTrail writes null for an operation without parameters or response; both are false."""
    changed = document(type, {"requestParameters": None})
    changed["detail"].pop("responseElements")
    event: Any = decode(changed)
    assert event.detail.request_parameters is None
    assert event.detail.response_elements is msgspec.UNSET
    assert not event.detail.response_elements
    assert msgspec.json.decode(encode(event)) == changed


@both_classes
def test_resources_that_are_repositories_are_named(type: type[EventBridgeEvent]) -> None:
    """Others, such as a KMS key, are skipped, and references are without duplicates."""
    worker = msgspec.structs.replace(APP, repository_name="team/worker")
    key = {"ARN": "arn:aws:kms:eu-west-1:012345678901:key/a"}
    resources = [key, {"ARN": worker.arn}, {"ARN": APP.arn}, {"ARN": worker.arn}, {"accountId": "012345678901"}]
    changed = document(type, {"requestParameters": None, "responseElements": None, "resources": resources})
    changed["detail"].pop("serviceEventDetails", None)
    assert references(changed) == (None, None, (worker, APP), ())
