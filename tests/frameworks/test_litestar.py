import json
from collections.abc import Generator
from contextlib import contextmanager
from typing import Annotated, Any

import pytest
from documents import document
from litestar import Litestar, post
from litestar.exceptions import ImproperlyConfiguredException
from litestar.params import Body
from litestar.testing import TestClient
from openapi import (
    BROKEN,
    HEADERS,
    OTHER_BODIES,
    check_openapi,
    every_annotation,
    every_kind_of_annotation,
    every_union,
    request_validator,
)

from ecr_events import (
    ECREvent,
    ECRImageAction,
    ECRImageActionEvent,
    ECRImageScanEvent,
    ECRPullThroughCacheActionEvent,
    EventBridgeEvent,
    UnknownEvent,
    encode,
)
from ecr_events.litestar import ECREventsPlugin
from ecr_events.samples import sample, sample_json


@contextmanager
def client(annotation: Any, returned: Any = None, *, plugin: bool = True) -> Generator[tuple[Any, list[Any]]]:
    """Return a client of an application that returns what it receives, and the list of what it received."""
    received: list[Any] = []

    async def receive(data: Any) -> Any:
        received.append(data)
        return data

    receive.__annotations__ = {"data": Annotated[annotation, Body()], "return": returned or annotation}
    app = Litestar([post("/")(receive)], plugins=[ECREventsPlugin()] if plugin else [], logging_config=None)
    with TestClient(app) as api:
        yield api, received


@every_annotation
def test_a_handler_receives_and_returns_events(annotation: Any, classes: tuple[Any, ...]) -> None:
    """As `decode` returns them, and with AWS's keys."""
    with client(annotation) as (api, received):
        for cls in classes:
            response = api.post("/", content=sample_json(cls), headers=HEADERS)
            assert response.status_code == 201, response.text
            assert response.json() == json.loads(sample_json(cls))
            assert received.pop() == sample(cls)


@every_annotation
def test_the_openapi_document_is_valid_and_accepts_the_samples(annotation: Any, classes: tuple[Any, ...]) -> None:
    """Its descriptions are the docstrings of the fields."""
    with client(annotation) as (api, _):
        openapi = api.get("/schema/openapi.json").json()
    check_openapi(openapi, classes)


@pytest.mark.parametrize("annotation", [ECRImageScanEvent, EventBridgeEvent, ECREvent, ECREvent | UnknownEvent])
def test_a_malformed_event_is_refused_with_path_and_reason(annotation: Any) -> None:
    """A known event that breaks its contract is not an `UnknownEvent`."""
    with client(annotation) as (api, received):
        response = api.post("/", json=BROKEN)
    reason, path = "expected `array | null`, got `int`", "$.detail.image-tags"
    assert response.json() == {
        "status_code": 400,
        "detail": f"{reason} at {path}",
        "extra": [{"message": reason, "key": path, "source": "body"}],
    }
    assert not received


@every_union
@pytest.mark.parametrize("body", OTHER_BODIES)
def test_another_body_is_refused(union: Any, body: str) -> None:
    """Whatever it is, the caller is told and the server does not fail."""
    with client(union) as (api, received):
        assert api.post("/", content=body, headers=HEADERS).status_code == 400
    assert not received


@pytest.mark.parametrize(
    ("annotation", "message"),
    [
        (
            ECRImageActionEvent,
            "expected `ECR Image Action`, got `ECR Pull Through Cache Action` at $.detail-type",
        ),
        (ECRImageActionEvent | ECRImageScanEvent, "not one of the expected events at $"),
    ],
)
def test_an_event_of_another_class_is_refused(annotation: Any, message: str) -> None:
    """A union may have some of the classes only."""
    with client(annotation) as (api, _):
        response = api.post("/", content=sample_json(ECRPullThroughCacheActionEvent), headers=HEADERS)
    assert (response.status_code, response.json()["detail"]) == (400, message)


def test_a_handler_may_return_something_else() -> None:
    """The plugin concerns events only."""
    with client(ECREvent, dict[str, str]) as (api, received):
        api.post("/", content=sample_json(ECRImageScanEvent), headers=HEADERS)
    assert received == [sample(ECRImageScanEvent)]


@every_kind_of_annotation
def test_a_list_and_none_are_decoded_alike(annotation: Any, classes: tuple[Any, ...]) -> None:
    """With right OpenAPI."""
    events = [sample(cls) for cls in classes]
    body = b"[" + b", ".join(map(encode, events)) + b"]"
    with client(list[annotation]) as (api, received):
        assert api.post("/", content=body).json() == json.loads(body)
        assert request_validator(api.get("/schema/openapi.json").json()).is_valid(json.loads(body))
    assert received == [events]
    with client(annotation | None) as (api, received):
        for content in (encode(events[0]), b" null\n"):
            assert api.post("/", content=content).status_code == 201
        validator = request_validator(api.get("/schema/openapi.json").json())
    assert received == [events[0], None]
    assert all(map(validator.is_valid, [json.loads(encode(events[0])), None]))


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ([document(ECRImageActionEvent), BROKEN], "expected `array | null`, got `int` at $[1].detail.image-tags"),
        ([{"detail-type": "SECRET"}], "object missing required field `version` at $[0]"),
        ({}, "expected `array`, got `object` at $"),
    ],
)
def test_an_error_in_a_list_has_the_path(body: Any, message: str) -> None:
    """No other value of the body is in it."""
    with client(list[ECREvent | UnknownEvent]) as (api, _):
        assert api.post("/", json=body).json()["detail"] == message


@pytest.mark.parametrize("annotation", [dict[str, EventBridgeEvent], set[ECREvent]])
def test_another_collection_may_be_returned_but_not_taken(annotation: Any) -> None:
    """Litestar would take only the envelope of the events."""
    with pytest.raises(ImproperlyConfiguredException, match="a body may be one event or a list of events, not "):
        client(annotation).__enter__()
    with client(ECREvent, annotation) as (api, _):
        assert api.post("/", content=sample_json(ECRImageActionEvent)).status_code == 201


def test_litestar_decodes_details_of_its_own() -> None:
    """The plugin describes their fields."""
    event = sample(ECRImageActionEvent)
    with client(ECRImageAction) as (api, received):
        api.post("/", content=encode(event.detail))
        openapi = api.get("/schema/openapi.json").json()
    assert received == [event.detail]
    assert openapi["components"]["schemas"]["ECRImageAction"]["properties"]["result"] == {
        "type": "string",
        "description": "`SUCCESS` or `FAILURE`.",
    }


def test_without_the_plugin_no_enum_is_published() -> None:
    """An interned field may have any value."""
    with client(ECRImageActionEvent, plugin=False) as (api, received):
        assert api.post("/", content=sample_json(ECRImageActionEvent), headers=HEADERS).status_code == 201
        openapi = api.get("/schema/openapi.json").json()
    assert received == [sample(ECRImageActionEvent)]
    assert openapi["components"]["schemas"]["ECRImageActionEvent"]["properties"]["region"] == {}
    assert request_validator(openapi).is_valid(json.loads(sample_json(ECRImageActionEvent)))


@pytest.mark.filterwarnings("ignore:.*without a body marker")
def test_a_body_needs_no_marker() -> None:
    """Litestar 2 accepts `data` without one."""
    received: list[Any] = []

    @post("/")
    async def receive(data: ECREvent | UnknownEvent) -> None:
        received.append(data)

    with TestClient(Litestar([receive], plugins=[ECREventsPlugin()], logging_config=None)) as api:
        api.post("/", content=sample_json(UnknownEvent), headers=HEADERS)
    assert received == [sample(UnknownEvent)]
