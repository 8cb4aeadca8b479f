"""Signatures of handlers, requests, and checks of OpenAPI documents, for the tests of web frameworks."""

from collections.abc import Iterable
from typing import Any, get_args

import pytest
from documents import document
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from ecr_events import ECREvent, ECRImageScanEvent, EventBridgeEvent, Inspector2ScanEvent, ScanEvent, UnknownEvent

CLASSES = (*get_args(ECREvent), UnknownEvent)

UNIONS: tuple[Any, ...] = (ECREvent, ECREvent | UnknownEvent)

ANNOTATIONS: dict[Any, tuple[Any, ...]] = {
    **{cls: (cls,) for cls in CLASSES},
    **{union: get_args(union) for union in UNIONS},
    EventBridgeEvent: CLASSES,
    ScanEvent: (ECRImageScanEvent, Inspector2ScanEvent),
}
"""Annotations of handlers, each with the classes of events that it accepts."""


def _parametrize(annotations: Iterable[Any]) -> pytest.MarkDecorator:
    chosen = {key: ANNOTATIONS[key] for key in annotations}
    ids = [getattr(key, "__name__", str(key)[-12:]) for key in chosen]
    return pytest.mark.parametrize(("annotation", "classes"), chosen.items(), ids=ids)


every_annotation = _parametrize(ANNOTATIONS)

every_kind_of_annotation = _parametrize([ECRImageScanEvent, UnknownEvent, *UNIONS, EventBridgeEvent, ScanEvent])
"""A class, unions and base classes, for tests that take long."""

every_union = pytest.mark.parametrize("union", UNIONS, ids=["ECREvent", "ECREvent|UnknownEvent"])

HEADERS = {"content-type": "application/json; charset=utf-8"}
"""Headers sent by an EventBridge API destination."""

OTHER_BODIES = [
    "",
    "{",
    "[]",
    "{}",
    "null",
    '"text"',
    "7",
    "[NaN]",
    '{"detail-type": NaN}',
    '{"detail-type": "\\ud800"}',
]
"""Bodies of requests without an event."""

BROKEN = document(ECRImageScanEvent, {"image-tags": 7})
"""A scan that breaks its contract."""


def request_validator(openapi: dict[str, Any]) -> Any:
    """Check an OpenAPI document, and return a validator for the requests of ``POST /``."""
    validate(openapi)
    pointer = "#/paths/~1/post/requestBody/content/application~1json/schema"
    return Draft202012Validator({**openapi, "$ref": pointer}, format_checker=Draft202012Validator.FORMAT_CHECKER)


def check_openapi(openapi: dict[str, Any], classes: tuple[Any, ...]) -> None:
    """Check that a valid document accepts the samples of some classes, and has the docstrings of fields."""
    validator = request_validator(openapi)
    for cls in classes:
        assert validator.is_valid(document(cls))
    for schema in openapi["components"]["schemas"].values():
        if "Event" in schema["title"]:
            assert schema["properties"]["region"]["description"].startswith("AWS region that sent the event.")
