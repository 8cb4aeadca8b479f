"""`transform`: what Firehose gets back for each record."""

import base64
import copy
import json
import pickle
from collections.abc import Iterator
from typing import Any

import pytest
from conftest import UnusedSession
from delivery_samples import MALFORMED_JSON, PUSH_JSON, REPLICATION, REPLICATION_JSON, UNKNOWN_JSON

from ecr_events import DecodeError, ECRImageActionEvent, EventBridgeEvent, UnknownEvent
from ecr_events.deliveries import DROPPED, Failure, TransformHandler, process, transform
from ecr_events.testing.wrappers import b64, firehose, gzipped, logs, sns, sqs


def transformed(delivery: Any, handler: TransformHandler) -> tuple[list[dict[str, str]], list[Failure]]:
    """Return the records of the response and the failures."""
    failures: list[Failure] = []
    response = transform(delivery, handler, on_error=failures.append)
    assert response.keys() == {"records"}
    return response["records"], failures


def returning(*results: Any) -> TransformHandler:
    """Return a handler that returns one result after the other."""
    remaining: Iterator[Any] = iter(results)
    return lambda _: next(remaining)


def test_each_record_is_transformed() -> None:
    """A record is Ok with new or unchanged data, Dropped, or ProcessingFailed."""

    def handle(event: EventBridgeEvent) -> Any:
        if event == REPLICATION:
            raise LookupError
        if isinstance(event, UnknownEvent):
            return DROPPED
        assert isinstance(event, ECRImageActionEvent)
        return {"1.4.2": "text\n", "bytes": b"\x00"}.get(event.detail.image_tag or "")

    untagged, other = (PUSH_JSON.replace('"1.4.2"', tag) for tag in ('""', '"bytes"'))
    bodies = [PUSH_JSON, other, untagged, UNKNOWN_JSON, REPLICATION_JSON, MALFORMED_JSON]
    records = [firehose(body, str(number)) for number, body in enumerate(bodies)]
    response, failures = transformed({"invocationId": "i", "records": records}, handle)
    assert response == [
        {"recordId": "0", "result": "Ok", "data": b64("text\n")},
        {"recordId": "1", "result": "Ok", "data": b64(b"\x00")},
        {"recordId": "2", "result": "Ok", "data": b64(untagged)},
        {"recordId": "3", "result": "Dropped", "data": b64(UNKNOWN_JSON)},
        {"recordId": "4", "result": "ProcessingFailed", "data": b64(REPLICATION_JSON)},
        {"recordId": "5", "result": "ProcessingFailed", "data": b64(MALFORMED_JSON)},
    ]
    assert [failure.record.id for failure in failures] == ["4", "5"]


def test_an_empty_delivery_has_an_empty_response() -> None:
    """A delivery without records is from Firehose by its key."""
    assert transformed({"invocationId": "i", "records": []}, returning()) == ([], [])


@pytest.mark.parametrize("strange", [None, 7, {}, {"recordId": 7, "data": 7}, {"recordId": "", "data": None}])
def test_a_strange_record_fails_alone(strange: Any) -> None:
    """A record without id and data does not affect others."""
    response, failures = transformed({"records": [firehose(PUSH_JSON), strange]}, returning("a"))
    assert response == [
        {"recordId": "f-1", "result": "Ok", "data": b64("a")},
        {"recordId": "", "result": "ProcessingFailed", "data": ""},
    ]
    assert len(failures) == 1


@pytest.mark.parametrize("content", [[], {"Records": []}, logs()])
def test_a_record_without_events_is_unchanged(content: Any) -> None:
    """An empty batch in a record is Ok, and the handler is not called."""
    record = firehose(gzipped(content))
    assert transformed({"records": [record]}, returning()) == (
        [{"recordId": "f-1", "result": "Ok", "data": record["data"]}],
        [],
    )


async def deferred() -> bytes:
    raise NotImplementedError


@pytest.mark.parametrize("result", [{"a": 1}, True, "\ud800", bytearray(b"a"), 0, []])
def test_an_invalid_result_fails_the_record_alone(result: Any) -> None:
    """Results are bytes, text, None or DROPPED."""
    records = [firehose(PUSH_JSON, "0"), firehose(PUSH_JSON, "1")]
    response, failures = transformed({"records": records}, returning(result, None))
    assert [record["result"] for record in response] == ["ProcessingFailed", "Ok"]
    assert [type(failure.error) for failure in failures] == [UnicodeEncodeError if result == "\ud800" else TypeError]


def test_a_coroutine_fails_the_record() -> None:
    """A coroutine is closed without a warning."""
    response, failures = transformed({"records": [firehose(PUSH_JSON)]}, lambda _: deferred())  # type: ignore[arg-type,return-value]  # pyright: ignore[reportArgumentType]
    assert response == [{"recordId": "f-1", "result": "ProcessingFailed", "data": b64(PUSH_JSON)}]
    assert "handler must finish its work, not return an object of type coroutine" in str(failures[0].error)


def test_a_control_message_is_dropped() -> None:
    """As AWS's blueprints do: it only tests that the destination is reachable."""
    record = firehose(gzipped(logs(PUSH_JSON) | {"messageType": "CONTROL_MESSAGE"}))
    response, failures = transformed({"records": [record, firehose(PUSH_JSON, "f-2")]}, returning("a"))
    assert [record["result"] for record in response] == ["Dropped", "Ok"]
    assert failures == []


EVENTS = [PUSH_JSON, json.dumps(json.loads(REPLICATION_JSON), indent=1), UNKNOWN_JSON]


@pytest.mark.parametrize(
    ("results", "result", "data"),
    [
        ((b"a\n", DROPPED, "b\n"), "Ok", "a\nb\n"),
        ((None, b"a", b"b"), "Ok", EVENTS[0] + "ab"),
        ((b"", None, None), "Ok", EVENTS[1] + EVENTS[2]),
        ((None, None, DROPPED), "Ok", EVENTS[0] + EVENTS[1]),
        ((DROPPED, None, DROPPED), "Ok", EVENTS[1]),
        ((DROPPED, DROPPED, b""), "Ok", ""),
        ((DROPPED, DROPPED, DROPPED), "Dropped", None),
        ((None, None, None), "Ok", None),
    ],
)
def test_results_for_several_events_are_concatenated(results: Any, result: str, data: str | None) -> None:
    """A record of CloudWatch Logs has several events. Those left alone stay as they are, in their order."""
    record = firehose(gzipped(logs(*EVENTS)))
    response, _ = transformed({"records": [record]}, returning(*results))
    assert response == [{"recordId": "f-1", "result": result, "data": record["data"] if data is None else b64(data)}]


def test_an_event_in_an_array_stays_with_all_its_keys() -> None:
    """Its bytes are parsed with the array, so it is encoded again, with keys that the event classes do not have."""
    event = json.loads(PUSH_JSON) | {"new-key": [1.5, None]}
    for content in ([event, event], {"Records": [sns(json.dumps(event)), sqs(json.dumps([event]))]}):
        response, _ = transformed({"records": [firehose(json.dumps(content))]}, returning(None, DROPPED))
        assert response[0]["result"] == "Ok"
        assert json.loads(base64.b64decode(response[0]["data"])) == event


@pytest.mark.parametrize("data", [json.loads(PUSH_JSON), PUSH_JSON.encode(), bytearray(PUSH_JSON.encode())])
def test_data_that_is_decoded_already_is_not_lost(data: Any) -> None:
    """It is encoded for the response."""
    response, _ = transformed({"records": [{"recordId": "1", "data": data}]}, returning(None))
    assert response[0]["result"] == "Ok"
    assert json.loads(base64.b64decode(response[0]["data"])) == json.loads(PUSH_JSON)


def test_data_that_cannot_be_encoded_fails_alone() -> None:
    """Parsed data may be nested more deeply than the encoders of some versions of Python go."""
    deep: Any = []
    for _ in range(5_000):
        deep = [deep]
    records = [{"recordId": "1", "data": {"a": deep}}, firehose(PUSH_JSON, "2")]
    response, _ = transformed({"records": records}, returning(b"ok"))
    assert [(record["recordId"], record["result"]) for record in response] == [("1", "ProcessingFailed"), ("2", "Ok")]
    assert response[1]["data"] == b64("ok")


def test_firehose_of_kafka_has_another_key() -> None:
    """For the data, in the delivery and in the response."""
    record = {"recordId": "1", "kafkaRecordValue": b64(PUSH_JSON)}
    response, _ = transformed({"records": [record, record | {"recordId": "2"}]}, returning(None, "a"))
    assert response == [
        {"recordId": "1", "result": "Ok", "kafkaRecordValue": b64(PUSH_JSON)},
        {"recordId": "2", "result": "Ok", "kafkaRecordValue": b64("a")},
    ]


def test_an_event_with_a_large_integer_stays() -> None:
    """Python's json reads integers of any size, and writes them."""
    event = json.loads(UNKNOWN_JSON)
    event["detail"]["new-key"] = 10**20
    response, failures = transformed({"records": [{"recordId": "1", "data": [event, event]}]}, returning(None, DROPPED))
    assert failures == []
    assert json.loads(base64.b64decode(response[0]["data"])) == event


@pytest.mark.parametrize("value", ["\ud800", float("nan")])
def test_an_event_with_what_no_json_has_fails(value: Any) -> None:
    """Python's json reads it. Only its record fails."""
    event = json.loads(UNKNOWN_JSON)
    event["detail"]["new-key"] = value
    records = [{"recordId": "1", "data": [event]}, firehose(PUSH_JSON, "2")]
    response, (failure,) = transformed({"records": records}, returning(b"ok"))
    assert [(record["recordId"], record["result"]) for record in response] == [("1", "ProcessingFailed"), ("2", "Ok")]
    assert isinstance(failure.error, DecodeError)
    assert failure.error.path == "$.detail.new-key"
    assert failure.error.payload is event


def test_a_single_record_is_a_delivery() -> None:
    """A record without its batch is transformed too."""
    response, _ = transformed(firehose(PUSH_JSON), returning("a"))
    assert response == [{"recordId": "f-1", "result": "Ok", "data": b64("a")}]


OTHER_SOURCES: list[Any] = [
    {"Records": [sqs(PUSH_JSON)]},
    {"Records": [sns(PUSH_JSON)]},
    {"Records": []},
    [],
    json.loads(PUSH_JSON),
]


@pytest.mark.parametrize("delivery", OTHER_SOURCES)
def test_other_sources_need_process(delivery: Any) -> None:
    """They expect no data, so nothing is processed."""
    handled: list[EventBridgeEvent] = []

    def handle(event: EventBridgeEvent) -> None:
        handled.append(event)

    with pytest.raises(TypeError, match="call `process`, not `transform`"):
        transform(delivery, handle)
    assert handled == []


def test_failures_are_logged_by_default(caplog: pytest.LogCaptureFixture) -> None:
    """The log has the id of each failed record."""
    transform({"records": [firehose("{", "a"), firehose(PUSH_JSON, "b")]}, returning(None))
    (line,) = caplog.messages
    assert line.startswith("record 'a' failed: DecodeError: ")


def test_the_session_and_the_limit_are_passed_on() -> None:
    """Events are bound to the session, and no more is expanded than allowed."""
    session = UnusedSession()
    sessions: list[Any] = []
    transform(firehose(PUSH_JSON), lambda event: sessions.append(event.session), session=session)
    assert sessions == [session]
    response = transform(firehose(PUSH_JSON), returning(), on_error=sessions.append, max_expanded_size=10)
    assert response["records"][0]["result"] == "ProcessingFailed"


def test_dropped_has_a_name() -> None:
    """There is one `DROPPED`, even after a copy or in another process."""
    assert repr(DROPPED) == "DROPPED"
    assert copy.deepcopy(DROPPED) is pickle.loads(pickle.dumps(DROPPED)) is DROPPED
    assert process(sqs(PUSH_JSON), lambda _: DROPPED) == {"batchItemFailures": []}


def test_a_result_of_another_type_is_named() -> None:
    """The record fails, and the error says what a handler may return."""
    records, (failure,) = transformed({"records": [firehose(PUSH_JSON)]}, returning(7))
    assert [record["result"] for record in records] == ["ProcessingFailed"]
    assert str(failure.error) == "handler must return bytes, str, None or DROPPED, not int"
