import json
from typing import Annotated, Any

import pytest
from fastapi import Body, FastAPI
from fastapi.testclient import TestClient
from openapi import BROKEN, HEADERS, OTHER_BODIES, check_openapi, every_annotation, every_union

from ecr_events import (
    ECRImageAction,
    ECRImageActionEvent,
    ECRImageScanEvent,
    ECRPullThroughCacheActionEvent,
    EventBridgeEvent,
    encode,
)
from ecr_events.samples import sample, sample_json


def client(annotation: Any) -> tuple[TestClient, list[Any]]:
    """Return a client of an application that returns what it receives, and the list of what it received."""
    received: list[Any] = []

    def receive(event: Any) -> Any:
        received.append(event)
        return event

    receive.__annotations__ = {"event": Annotated[annotation, Body()], "return": annotation}
    app = FastAPI()
    app.post("/")(receive)
    return TestClient(app), received


@every_annotation
def test_a_handler_receives_and_returns_events(annotation: Any, classes: tuple[Any, ...]) -> None:
    """As `decode` returns them, and with AWS's keys."""
    api, received = client(annotation)
    for cls in classes:
        response = api.post("/", content=sample_json(cls), headers=HEADERS)
        assert response.status_code == 200, response.text
        assert response.json() == json.loads(sample_json(cls))
        assert received.pop() == sample(cls)


@every_annotation
def test_the_openapi_document_is_valid_and_accepts_the_samples(annotation: Any, classes: tuple[Any, ...]) -> None:
    """Its descriptions are the docstrings of the fields."""
    api, _ = client(annotation)
    openapi = api.get("/openapi.json").json()
    check_openapi(openapi, classes)


@pytest.mark.parametrize("annotation", [ECRImageScanEvent, EventBridgeEvent])
def test_a_malformed_event_is_refused_with_path_and_reason(annotation: Any) -> None:
    """The payload is not in the response."""
    api, received = client(annotation)
    response = api.post("/", json=BROKEN)
    assert response.status_code == 422
    reason, path = "expected `array | null`, got `int`", "$.detail.image-tags"
    assert response.json()["detail"] == [
        {
            "type": "ecr_event",
            "loc": ["body", "detail", "image-tags"],
            "msg": f"{reason} at {path}",
            "input": None,
            "ctx": {"reason": reason, "path": path},
        }
    ]
    assert not received


@every_union
def test_a_known_event_that_breaks_its_contract_is_refused(union: Any) -> None:
    """It is not an `UnknownEvent`. The other classes of the union say that the event is another's."""
    api, received = client(union)
    response = api.post("/", json=BROKEN)
    assert response.status_code == 422
    messages = {error["msg"] for error in response.json()["detail"] if error["loc"][-1] != "detail-type"}
    assert messages == {"expected `array | null`, got `int` at $.detail.image-tags"}
    assert not received


@every_union
@pytest.mark.parametrize("body", OTHER_BODIES)
def test_another_body_is_refused(union: Any, body: str) -> None:
    """Whatever it is, the caller is told and the server does not fail."""
    api, received = client(union)
    assert api.post("/", content=body, headers=HEADERS).status_code == 422
    assert not received


def test_an_event_of_another_class_is_refused() -> None:
    """The message names both."""
    api, _ = client(ECRImageActionEvent)
    response = api.post("/", content=sample_json(ECRPullThroughCacheActionEvent), headers=HEADERS)
    message = "expected `ECR Image Action`, got `ECR Pull Through Cache Action` at $.detail-type"
    assert [error["msg"] for error in response.json()["detail"]] == [message]


def test_a_handler_receives_a_detail() -> None:
    """A rule with the input path ``$.detail`` sends it alone."""
    api, received = client(ECRImageAction)
    detail = sample(ECRImageActionEvent).detail
    assert api.post("/", content=encode(detail), headers=HEADERS).json() == json.loads(encode(detail))
    assert received == [detail]
