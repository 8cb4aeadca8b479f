import json
from functools import cache
from typing import Any

import pytest
from documents import document
from jsonschema import Draft202012Validator
from openapi import BROKEN, CLASSES, every_annotation
from pydantic import BaseModel, TypeAdapter, ValidationError

from ecr_events import (
    ECREvent,
    ECRImageAction,
    ECRImageActionEvent,
    ECRImageScanEvent,
    EventBridgeEvent,
    Inspector2FindingEvent,
    Inspector2ScanEvent,
    ScanEvent,
    UnknownEvent,
    encode,
)
from ecr_events.samples import sample, sample_json


class Delivery(BaseModel):
    """A model that holds events."""

    event: ECREvent | UnknownEvent
    others: list[ECREvent] = []
    detail: ECRImageAction | None = None


every_class = pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)


@every_annotation
def test_validation_returns_the_event_that_decode_returns(annotation: Any, classes: tuple[Any, ...]) -> None:
    """From JSON, from a dict, or the event itself."""
    adapter: TypeAdapter[Any] = TypeAdapter(annotation)
    for event in map(sample, classes):
        assert adapter.validate_json(encode(event)) == event
        assert adapter.validate_python(json.loads(encode(event))) == event
        assert adapter.validate_python(event) is event


@every_class
def test_a_model_is_dumped_with_the_keys_of_aws(cls: Any) -> None:
    """The dump can be validated again."""
    event, push = sample(cls), sample(ECRImageActionEvent)
    model = Delivery(event=event, others=[push], detail=push.detail)
    dumped = json.loads(model.model_dump_json())
    assert dumped["event"] == json.loads(sample_json(cls))
    assert json.loads(json.dumps(model.model_dump())) == dumped
    assert Delivery.model_validate_json(model.model_dump_json()) == model
    assert Delivery.model_validate(dumped) == model


@cache
def schema_of_deliveries(mode: Any) -> dict[str, Any]:
    """Return the schema of the model, which is valid. Checking it takes most of a second."""
    schema = Delivery.model_json_schema(mode=mode)
    Draft202012Validator.check_schema(schema)
    return schema


@every_class
@pytest.mark.parametrize("mode", ["validation", "serialization"])
def test_the_schema_of_a_model_accepts_what_it_dumps(cls: Any, mode: Any) -> None:
    """Each class is one definition, with the descriptions of its fields."""
    schema = schema_of_deliveries(mode)
    model = Delivery(event=sample(cls), detail=sample(ECRImageActionEvent).detail)
    assert Draft202012Validator(schema).is_valid(json.loads(model.model_dump_json()))
    assert set(schema["$defs"]) == {"ECRImageAction", *(cls.__name__ for cls in CLASSES)}
    assert schema["$defs"][cls.__name__]["properties"]["id"]["description"].startswith("Unique id of the event.")


def errors(annotation: Any, value: Any) -> list[tuple[Any, ...]]:
    """Return location and message of each error, and check that it does not have the payload."""
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(annotation).validate_python(value)
    assert {error["input"] for error in caught.value.errors()} == {None}
    return [(error["loc"], error["msg"]) for error in caught.value.errors()]


def test_an_error_has_the_path() -> None:
    """It is the location too."""
    message = "expected `array | null`, got `int` at $.detail.image-tags"
    assert errors(ECRImageScanEvent, BROKEN) == [(("detail", "image-tags"), message)]
    finding = json.loads(sample_json(Inspector2FindingEvent))
    finding["detail"]["resources"][0]["region"] = None
    place = ("detail", "resources", 0, "region")
    assert errors(Inspector2FindingEvent, finding) == [
        (place, "expected `str`, got `null` at $.detail.resources[0].region")
    ]


def test_an_error_in_a_dict_has_the_location_of_the_dict() -> None:
    """Its keys are data, and not in the path."""
    counts = {"HIGH": "many"}
    broken = BROKEN | {"detail": {"scan-status": "COMPLETE", "repository-name": "a", "finding-severity-counts": counts}}
    message = "expected `int | float`, got `str` at $.detail.finding-severity-counts[...]"
    assert errors(ECRImageScanEvent, broken) == [(("detail", "finding-severity-counts"), message)]


@pytest.mark.parametrize("annotation", [ECREvent, ECREvent | UnknownEvent], ids=["ECREvent", "ECREvent|UnknownEvent"])
def test_a_union_has_one_error_about_the_contract(annotation: Any) -> None:
    """The other classes say that the event is not theirs; an `UnknownEvent` repeats the error."""
    found = errors(annotation, BROKEN)
    assert {loc[1:] for loc, _ in found} == {("detail-type",), ("detail", "image-tags")}
    assert "ECRImageScanEvent" in found[1][0][0]


@pytest.mark.parametrize("value", [None, 7, "text", sample_json(ECRImageScanEvent), [], sample(UnknownEvent)])
def test_another_value_is_an_error(value: Any) -> None:
    """Only a dict or an event of the class is valid."""
    message = f"expected `object`, got `{type(value).__name__}` at $"
    assert errors(ECRImageScanEvent, value) == [((), message)]


def test_the_base_class_of_all_events_has_one_error() -> None:
    """It accepts every event, and a broken one is decoded once."""
    message = "expected `array | null`, got `int` at $.detail.image-tags"
    assert errors(EventBridgeEvent, BROKEN) == [(("detail", "image-tags"), message)]


@pytest.mark.parametrize("annotation", [ECRImageActionEvent, UnknownEvent])
def test_a_lone_surrogate_is_an_error(annotation: Any) -> None:
    """As in JSON: it cannot be encoded again."""
    broken = document(ECRImageActionEvent, {"image-tag": "\ud800"})
    assert errors(annotation, broken) == [(("detail", "image-tag"), "lone surrogate in a `str` at $.detail.image-tag")]


def test_a_base_class_accepts_the_events_of_its_subclasses() -> None:
    """One error for another event."""
    assert TypeAdapter(ScanEvent).validate_python(document(Inspector2ScanEvent)) == sample(Inspector2ScanEvent)
    message = "expected `ECR Image Scan | Inspector2 Scan`, got `ECR Image Action` at $.detail-type"
    assert errors(ScanEvent, document(ECRImageActionEvent)) == [(("detail-type",), message)]


def test_the_order_of_a_union_matters_with_unknown_event() -> None:
    """Pydantic takes the first class that accepts an event, and `UnknownEvent` accepts every valid one."""
    push = document(ECRImageActionEvent)
    assert TypeAdapter(ECREvent | UnknownEvent).validate_python(push) == sample(ECRImageActionEvent)
    assert isinstance(TypeAdapter(UnknownEvent | ECREvent).validate_python(push), UnknownEvent)


class Untagged(EventBridgeEvent, frozen=True, kw_only=True):
    """A base class of no event of AWS."""

    detail: dict[str, Any]


def test_a_class_without_events_cannot_be_validated() -> None:
    """It is a TypeError when the model is defined."""
    with pytest.raises(TypeError, match="type must be an event class with a detail-type, not Untagged"):
        TypeAdapter(Untagged)
