"""`process`: one response per source, and no record counts as processed that was not."""

import asyncio
import functools
import inspect
import json
import logging
import types
from collections.abc import AsyncIterator, Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from unittest.mock import MagicMock

import boto3
import pytest
from conftest import UnusedSession
from delivery_samples import MALFORMED_JSON, PUSH, PUSH_JSON, REPLICATION, REPLICATION_JSON, batch_invocation

from ecr_events import AccessDeniedError, DecodeError, ECREvent, EventBridgeEvent, ServiceError, UnknownEvent
from ecr_events.deliveries import Failure, Handler, InvalidRecord, Record, process, transform, unwrap
from ecr_events.deliveries.handlers import DEFERRING_FLAGS
from ecr_events.deliveries.sources.kafka import KafkaRecord
from ecr_events.deliveries.sources.sqs import SQSMessage
from ecr_events.testing.wrappers import (
    activemq,
    activemq_message,
    argo_event,
    b64,
    cloud_event,
    firehose,
    function_result,
    function_url,
    invocation,
    kafka,
    kafka_record,
    kinesis,
    load_balancer,
    logs,
    notification,
    pipes_kinesis,
    rabbitmq,
    rabbitmq_message,
    received,
    rest_api,
    sns,
    sqs,
    subscription,
    with_metadata,
)


def fail_replications(event: EventBridgeEvent) -> None:
    if event == REPLICATION:
        raise LookupError(event.id)


def processed(delivery: Any, handler: Handler = fail_replications) -> tuple[Any, list[Failure]]:
    """Return the response and the failures."""
    failures: list[Failure] = []
    return process(delivery, handler, on_error=failures.append), failures


def failed(*ids: str) -> dict[str, list[dict[str, str]]]:
    return {"batchItemFailures": [{"itemIdentifier": id_} for id_ in ids]}


# Responses


def test_sqs_reports_each_failed_message() -> None:
    """A message fails by its handler or by its content; each failure has its record and its error."""
    response, failures = processed({"Records": [sqs(REPLICATION_JSON, "a"), sqs(PUSH_JSON, "b"), sqs("{", "c")]})
    assert response == failed("a", "c")
    assert [type(failure.error) for failure in failures] == [LookupError, DecodeError]
    assert failures[0].record == Record("a", REPLICATION)
    assert failures[1].record == InvalidRecord("c", failures[1].error)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("bodies", "ids"),
    [([PUSH_JSON] * 3, []), ([REPLICATION_JSON] * 3, ["0", "1", "2"]), ([], [])],
    ids=["none failed", "all failed", "empty"],
)
@pytest.mark.parametrize("wrap", ["lambda", "pipes", "receive_message", "text"])
def test_sqs_responds_alike_in_every_form(wrap: str, bodies: list[str], ids: list[str]) -> None:
    """Messages are from Lambda, from Pipes or from boto3."""
    messages = [sqs(body, str(number)) for number, body in enumerate(bodies)]
    delivery: Any = {
        "lambda": {"Records": messages},
        "pipes": messages,
        "receive_message": {"Messages": [received(body, str(number)) for number, body in enumerate(bodies)]},
        "text": json.dumps({"Records": messages}),
    }[wrap]
    assert processed(delivery)[0] == failed(*ids)


def test_an_empty_queue_has_no_failures() -> None:
    """`receive_message` returns no messages for an empty queue."""
    assert processed({"ResponseMetadata": {}})[0] == failed()


def test_the_result_of_another_call_is_not_an_empty_queue() -> None:
    """Only the result of `receive_message` for an empty queue has no key but that of every result of boto3."""
    result = function_result(json.loads(PUSH_JSON)) | {"ResponseMetadata": {"HTTPStatusCode": 200}}
    handled: list[EventBridgeEvent] = []
    assert processed({"Records": [sqs(json.dumps(result))]}, handled.append)[0] == failed()
    assert handled == [PUSH]
    with pytest.raises(DecodeError):
        process({"ResponseMetadata": {}, "Error": {}}, handled.append)


@pytest.mark.parametrize("delivery", [{"Records": [sqs("{")] * 100}, kafka(*[kafka_record("{")] * 100)])
def test_the_order_of_a_batch_is_looked_at_once(delivery: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Time is linear in the number of failures."""
    looks: list[int] = []

    def order(_: object, items: Sequence[Any]) -> list[None]:
        looks.append(len(items))
        return [None] * len(items)

    for source in (SQSMessage, KafkaRecord):
        monkeypatch.setattr(source, "order", order)
    response, _ = processed(delivery)
    assert len(response["batchItemFailures"]) == 100
    assert looks == [100]


@pytest.mark.parametrize("queue", [7, None, 10**5_000, ["x.fifo"]], ids=range(4))
def test_a_queue_without_a_name_is_not_a_fifo_queue(queue: Any) -> None:
    """A strange name does not fail the batch."""
    messages = [sqs("{", "a") | {"eventSourceARN": queue}, sqs(PUSH_JSON, "b")]
    assert processed({"Records": messages})[0] == failed("a")


def test_a_fifo_queue_stops_at_the_first_failure() -> None:
    """The messages after it are reported and not handled, to stay in order."""
    handled: list[EventBridgeEvent] = []

    def handle(event: EventBridgeEvent) -> None:
        handled.append(event)
        fail_replications(event)

    bodies = [PUSH_JSON, REPLICATION_JSON, PUSH_JSON]
    queue = {"eventSourceARN": "arn:aws:sqs:eu-west-1:012345678901:events.fifo"}
    messages = [sqs(body, str(number)) | queue for number, body in enumerate(bodies)]
    response, failures = processed({"Records": messages}, handle)
    assert response == failed("1", "2")
    assert handled == [PUSH, REPLICATION]
    assert len(failures) == 1


def test_a_sequence_number_tells_a_fifo_queue() -> None:
    """The result of `receive_message` does not name the queue."""
    attributes = {"Attributes": {"MessageGroupId": "a", "SequenceNumber": "1"}}
    bodies = [PUSH_JSON, REPLICATION_JSON, PUSH_JSON]
    messages = [received(body, str(number)) | attributes for number, body in enumerate(bodies)]
    assert processed({"Messages": messages})[0] == failed("1", "2")


def test_a_sequence_number_tells_a_fifo_queue_in_lambda() -> None:
    """If the name of the queue is missing, as in a message that a test or a proxy made."""
    fifo = sqs(REPLICATION_JSON, "a") | {"attributes": {"SequenceNumber": "1"}}
    del fifo["eventSourceARN"]
    assert processed({"Records": [fifo, sqs(PUSH_JSON, "b")]})[0] == failed("a", "b")


@pytest.mark.parametrize(("wrap", "key"), [(sqs, "attributes"), (received, "Attributes")])
def test_a_fair_queue_is_not_a_fifo_queue(wrap: Any, key: str) -> None:
    """Its messages have groups, too, but no order."""
    attributes = {key: {"MessageGroupId": "a"}}
    messages = [wrap(body, str(number)) | attributes for number, body in enumerate([REPLICATION_JSON, PUSH_JSON])]
    assert processed(messages)[0] == failed("0")


@pytest.mark.parametrize(("wrap", "key"), [(kinesis, "Records"), (pipes_kinesis, None)])
def test_kinesis_reports_the_first_failure(wrap: Any, key: str | None) -> None:
    """The stream is delivered again from there on, so no record after it is handled."""
    records = [wrap(body, str(number)) for number, body in enumerate([PUSH_JSON, MALFORMED_JSON, REPLICATION_JSON])]
    response, failures = processed({key: records} if key else records)
    assert response == failed("1")
    assert len(failures) == 1
    assert processed({"Records": [kinesis(PUSH_JSON)]})[0] == failed()


def place(offset: int, partition: str = "events-0") -> dict[str, Any]:
    return {"itemIdentifier": {"partition": partition, "offset": offset}}


def test_kafka_reports_what_follows_in_the_partition() -> None:
    """A failed record and those after it in its partition, by partition and offset; other partitions go on."""
    handled: list[EventBridgeEvent] = []

    def handle(event: EventBridgeEvent) -> None:
        handled.append(event)
        fail_replications(event)

    records = [
        kafka_record(PUSH_JSON, 1),
        kafka_record(PUSH_JSON, 7) | {"partition": 1},
        kafka_record(REPLICATION_JSON, 2),
        kafka_record("{", 3),
        kafka_record(PUSH_JSON, 4),
        kafka_record("{", 8) | {"partition": 1},
    ]
    response, failures = processed(kafka(*records), handle)
    assert response == {"batchItemFailures": [place(2), place(3), place(4), place(8, "events-1")]}
    assert handled == [PUSH, REPLICATION, PUSH]
    assert [failure.record.id for failure in failures] == ["events-0:2", "events-1:8"]
    assert processed(kafka(kafka_record(PUSH_JSON)))[0] == failed()


@pytest.mark.parametrize("strange", [None, 7, {"topic": "events"}, kafka_record("{") | {"offset": "15"}])
def test_a_record_of_kafka_without_a_place_fails_with_an_empty_id(strange: Any) -> None:
    """Lambda takes an unknown one for the failure of the whole batch."""
    delivery = kafka(kafka_record(PUSH_JSON))
    delivery["records"]["events-1"] = [strange]
    response, failures = processed(delivery)
    assert response == failed("")
    assert len(failures) == 1


REQUESTS: dict[str, Any] = {
    "function URL": function_url(PUSH_JSON),
    "API Gateway": rest_api(PUSH_JSON),
    "load balancer": load_balancer(PUSH_JSON),
}


@pytest.mark.parametrize("delivery", REQUESTS.values(), ids=REQUESTS)
def test_a_request_is_answered_or_fails(delivery: Any) -> None:
    """With a status, which API Gateway and load balancers require; by an error, so that the sender tries again."""
    assert processed(delivery) == ({"statusCode": 200}, [])
    with pytest.raises(ZeroDivisionError):
        processed(delivery, lambda _: 1 // 0)
    with pytest.raises(DecodeError):
        processed(delivery | {"body": MALFORMED_JSON})
    response, _ = processed(delivery)
    response["statusCode"] = 500
    assert processed(delivery)[0] == {"statusCode": 200}


def test_a_message_with_several_events_fails_once() -> None:
    """The first failure ends the message, which is delivered again as a whole."""
    several = json.dumps([json.loads(body) for body in (PUSH_JSON, REPLICATION_JSON, REPLICATION_JSON)])
    response, failures = processed({"Records": [sqs(several, "a"), sqs(PUSH_JSON, "b")]})
    assert response == failed("a")
    assert len(failures) == 1


def test_a_message_without_events_is_processed() -> None:
    """An empty batch in a message has nothing that could fail."""
    assert processed({"Records": [sqs("[]"), sqs(json.dumps({"Records": []}))]}) == (failed(), [])


@pytest.mark.parametrize("strange", [None, 7, [], {}, {"eventSource": "aws:sqs", "body": "{"}, sqs("{", id_=7)])  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
def test_a_record_without_an_id_fails_with_an_empty_one(strange: Any) -> None:
    """Lambda treats an empty id as the failure of the whole batch; other records are processed."""
    handled: list[EventBridgeEvent] = []
    expected = failed() if strange == [] else failed("")
    assert processed({"Records": [strange, sqs(PUSH_JSON)]}, handled.append)[0] == expected
    assert processed({"Messages": [strange, received(PUSH_JSON)]}, handled.append)[0] == expected
    assert handled == [PUSH, PUSH]


@pytest.mark.parametrize("attributes", [1.5, "odd", None, []])
def test_strange_system_attributes_are_not_a_group(attributes: Any) -> None:
    """Attributes of the wrong type do not fail the batch."""
    messages = [sqs(REPLICATION_JSON, "a") | {"attributes": attributes}, sqs(PUSH_JSON, "b")]
    assert processed({"Records": messages})[0] == failed("a")


WITHOUT_RESPONSE: dict[str, Any] = {
    "event": json.loads(PUSH_JSON),
    "SNS": {"Records": [sns(PUSH_JSON)]},
    "SNS over HTTP": notification(PUSH_JSON),
    "array": [json.loads(PUSH_JSON), json.loads(PUSH_JSON)],
    "Pipes, Kafka": [kafka_record(PUSH_JSON) | {"partition": "0"}],
    "RabbitMQ": rabbitmq(rabbitmq_message(PUSH_JSON)),
    "ActiveMQ": activemq(activemq_message(PUSH_JSON)),
    "CloudEvent": cloud_event(json.loads(PUSH_JSON)),
    "Argo Events": argo_event(PUSH_JSON),
    "Lambda invocation": invocation(json.loads(PUSH_JSON)),
    "Lambda batch invocation": batch_invocation(payload=json.dumps({"Records": [kinesis(PUSH_JSON)]})),
    "Step Functions": function_result(json.loads(PUSH_JSON)),
    "custom event bus": [with_metadata(json.loads(PUSH_JSON))],
}


@pytest.mark.parametrize("delivery", WITHOUT_RESPONSE.values(), ids=WITHOUT_RESPONSE)
def test_without_a_response_the_first_error_is_raised(delivery: Any) -> None:
    """Lambda retries by the error; without one the response is None."""
    assert processed(delivery) == (None, [])
    with pytest.raises(ZeroDivisionError):
        processed(delivery, lambda _: 1 // 0)
    with pytest.raises(DecodeError):
        processed(json.loads(json.dumps(delivery).replace("action-type", "").replace(b64(PUSH_JSON), b64("{"))))


def test_a_batch_invocation_without_its_batch_raises() -> None:
    """The records that it names were not processed."""
    with pytest.raises(DecodeError, match="names the failed records of a stream, but does not have their data"):
        processed(batch_invocation())


def test_cloudwatch_logs_have_no_response() -> None:
    """As for an event itself, the first error is raised."""
    assert processed(subscription(logs(PUSH_JSON))) == (None, [])
    assert processed(subscription(logs("") | {"messageType": "CONTROL_MESSAGE"})) == (None, [])
    with pytest.raises(LookupError):
        processed(subscription(logs(PUSH_JSON, REPLICATION_JSON)))


UNKNOWN_DELIVERIES: list[Any] = [{"Records": [{"s3": {}}]}, {"Records": [None]}, [{}], {}]


@pytest.mark.parametrize("delivery", UNKNOWN_DELIVERIES)
def test_an_unknown_delivery_raises(delivery: Any) -> None:
    """A response would make Lambda treat the records as processed."""
    with pytest.raises(DecodeError, match="neither an event nor a delivery of one"):
        processed(delivery)


@pytest.mark.parametrize(
    "delivery",
    [
        json.loads(PUSH_JSON) | {"headers": {}, "body": ""},
        [json.loads(PUSH_JSON), sqs(PUSH_JSON)],
    ],
    ids=["event with a body", "event before a message"],
)
def test_what_begins_with_an_event_has_no_response(delivery: Any) -> None:
    """Neither that of HTTP nor that of SQS, whatever else it has."""
    assert processed(delivery) == (None, [])


def test_the_session_and_the_limit_are_passed_on() -> None:
    """Events are bound to the session, and no more is expanded than allowed."""
    session = UnusedSession()
    sessions: list[Any] = []

    def handle(event: ECREvent | UnknownEvent) -> None:
        sessions.append(event.session)

    for delivery in (sqs(PUSH_JSON), kinesis(PUSH_JSON), json.loads(PUSH_JSON)):
        process(delivery, handle, session=session)
    assert sessions == [session] * 3
    failures: list[Failure] = []
    assert process(kinesis(PUSH_JSON), handle, on_error=failures.append, max_expanded_size=10) == failed("s-1")
    assert "takes more memory than `max_expanded_size`" in str(failures[0].error)


# Handlers


async def coroutine_function(_: object) -> None:
    raise NotImplementedError


def generator_function(_: object) -> Iterator[None]:
    yield


async def async_generator_function(_: object) -> AsyncIterator[None]:
    yield


@types.coroutine
def generator_based_coroutine(_: object) -> Generator[None, None, None]:
    yield


class Calls:
    """Its instances and their methods are coroutine functions."""

    async def __call__(self, _: object) -> None:
        """Raise."""
        raise NotImplementedError

    async def method(self, _: object) -> None:
        """Raise."""
        raise NotImplementedError


@functools.wraps(coroutine_function)
def runs_a_coroutine_function(event: EventBridgeEvent) -> None:
    fail_replications(event)


DEFERRING: list[Any] = [
    coroutine_function,
    generator_function,
    async_generator_function,
    generator_based_coroutine,
    functools.partial(coroutine_function),
    functools.partial(functools.partial(Calls().method)),
    Calls(),
    functools.partial(Calls()),
    Calls().method,
]


@pytest.mark.parametrize("run", [process, transform])
@pytest.mark.parametrize("handler", DEFERRING, ids=range(len(DEFERRING)))
def test_coroutine_and_generator_functions_are_a_type_error(run: Any, handler: Any) -> None:
    """Calling them runs nothing, so nothing is processed."""
    failures: list[Failure] = []
    with pytest.raises(TypeError, match=r"handler must be a plain function, but \S+ is a coroutine or generator funct"):
        run({"records" if run is transform else "Records": []}, handler, on_error=failures.append)
    assert failures == []


@pytest.mark.parametrize("run", [process, transform])
def test_on_error_is_checked_as_handlers_are(run: Any) -> None:
    """A coroutine function would hide all failures."""
    delivery: dict[str, Any] = {"records" if run is transform else "Records": []}
    with pytest.raises(TypeError, match=r"on_error must be a plain function, but coroutine_function is a coroutine or"):
        run(delivery, fail_replications, on_error=coroutine_function)
    with pytest.raises(TypeError, match="on_error must be callable, not int"):
        run(delivery, fail_replications, on_error=7)


def test_what_on_error_defers_ends_the_processing() -> None:
    """A failure that is reported later might never be, where raising is how the batch is delivered again."""
    with pytest.raises(TypeError, match="on_error must finish its work, not return an object of type coroutine"):
        process({"Records": [sqs("{")]}, fail_replications, on_error=lambda failure: [coroutine_function(failure)])


def test_a_handler_must_be_callable() -> None:
    """A handler of the wrong type is a mistake in the code."""
    handler: Any = 7
    with pytest.raises(TypeError, match="handler must be callable, not int"):
        process({"Records": []}, handler)


def test_deferred_code_is_told_by_the_flags_of_inspect() -> None:
    """They are written down as a number, since `inspect` is slow to import."""
    flags = inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ITERABLE_COROUTINE | inspect.CO_ASYNC_GENERATOR
    assert flags == DEFERRING_FLAGS


def test_a_plain_function_around_a_coroutine_function_is_a_handler() -> None:
    """`functools.wraps` does not make a function a coroutine function."""
    assert processed({"Records": [sqs(PUSH_JSON)]}, runs_a_coroutine_function) == (failed(), [])


class Later:
    """An awaitable that is not a coroutine."""

    def __await__(self) -> Iterator[None]:
        raise NotImplementedError


def later(_: object) -> Later:
    return Later()


@pytest.mark.parametrize(
    "defer", [coroutine_function, generator_function, async_generator_function, generator_based_coroutine, later]
)
def test_a_result_that_defers_the_work_fails_the_record(defer: Callable[[object], object]) -> None:
    """A lambda may return a coroutine or a generator, which nothing would run; it is closed without a warning."""

    def handle(event: EventBridgeEvent) -> object:
        return defer(event)

    response, failures = processed({"Records": [sqs(PUSH_JSON, "a"), sqs("{", "b")]}, handle)
    assert response == failed("a", "b")
    with pytest.raises(TypeError, match="handler must finish its work, not return an object of type"):
        raise failures[0].error
    with pytest.raises(TypeError, match="handler must finish its work"):
        process(json.loads(PUSH_JSON), handle)


def test_a_future_fails_the_record() -> None:
    """A task or a future may fail later, unseen."""
    loop = asyncio.new_event_loop()
    result = loop.create_future()
    assert processed({"Records": [sqs(PUSH_JSON, "a")]}, lambda _: result)[0] == failed("a")
    loop.close()


def test_a_future_of_a_thread_fails_the_record() -> None:
    """Its work may not have begun."""
    with ThreadPoolExecutor(1) as pool:
        response, _ = processed({"Records": [sqs(PUSH_JSON, "a")]}, lambda event: pool.submit(repr, event))
    assert response == failed("a")


LAZY: list[Callable[[EventBridgeEvent], object]] = [
    lambda event: map(repr, [event]),
    lambda event: filter(None, [event]),
    lambda event: (item for item in [event]),
    lambda event: [coroutine_function(event)],
    lambda event: (1, coroutine_function(event), coroutine_function(event)),
]


@pytest.mark.parametrize("handle", LAZY)
def test_a_result_that_nothing_has_worked_off_fails_the_record(handle: Callable[[EventBridgeEvent], object]) -> None:
    """Lazy iterators do nothing by themselves, nor do coroutines in a list."""
    response, failures = processed({"Records": [sqs(PUSH_JSON, "a")]}, handle)
    assert response == failed("a")
    assert "handler must finish its work" in str(failures[0].error)


@pytest.mark.parametrize("result", [None, 0, [1], {"a": 1}, "text", b"", iter(()), object, MagicMock()])
def test_other_results_are_ignored(result: object) -> None:
    """A handler may return anything that does not wait to be run."""
    assert processed({"Records": [sqs(PUSH_JSON)]}, lambda _: result) == (failed(), [])


def test_firehose_needs_transform() -> None:
    """Its handler must return data, so nothing is processed."""
    handled: list[EventBridgeEvent] = []
    deliveries: list[Any] = [{"records": [firehose(PUSH_JSON)]}, {"records": []}, {"records": [None]}, firehose("{")]
    for delivery in deliveries:
        with pytest.raises(TypeError, match="call `transform`, not `process`"):
            process(delivery, handled.append)
    assert handled == []


# Failures


def test_an_exception_of_on_error_is_raised() -> None:
    """A callback can end the processing."""

    def give_up(failure: Failure) -> None:
        raise failure.error

    with pytest.raises(LookupError):
        process({"Records": [sqs(REPLICATION_JSON)]}, fail_replications, on_error=give_up)


def test_failures_are_logged_by_default(caplog: pytest.LogCaptureFixture) -> None:
    """Each failure is one line at ERROR, with the record's id and the error's class and text or place."""
    delivery = {"Records": [sqs(MALFORMED_JSON, "a"), sqs(PUSH_JSON, "b"), sqs(REPLICATION_JSON, "c")]}
    assert process(delivery, fail_replications) == failed("a", "c")
    invalid, raised = caplog.records
    assert (invalid.name, invalid.levelno, invalid.exc_info) == ("ecr_events", logging.ERROR, None)
    assert invalid.getMessage() == "record 'a' failed: DecodeError: expected `str`, got `int` at $.detail.action-type"
    assert (raised.name, raised.levelno, raised.exc_info) == ("ecr_events", logging.ERROR, None)
    first, *_, place, line = raised.getMessage().splitlines()
    assert first == "record 'c' failed: LookupError"
    assert place.startswith(f'  File "{__file__}", line ')
    assert place.endswith(", in fail_replications")
    assert line.strip() == "raise LookupError(event.id)"


def test_a_failed_lookup_is_logged_with_its_reason(caplog: pytest.LogCaptureFixture) -> None:
    """Whoever reads the log learns which IAM action is missing for which repository, and where it was needed."""
    repository = PUSH.repository_reference

    def look_up(_: EventBridgeEvent) -> None:
        raise AccessDeniedError("not authorized to perform: ecr:DescribeImages", reference=repository)

    assert process({"Records": [sqs(PUSH_JSON, "a")]}, look_up) == failed("a")
    (message,) = caplog.messages
    first, place, *_ = message.splitlines()
    assert first == f"record 'a' failed: AccessDeniedError: {repository}: not authorized to perform: ecr:DescribeImages"
    assert place.startswith('  File "')
    assert ", in look_up" in message


def test_an_error_without_a_text_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """A handler's own subclass fails its record, and no other."""

    class MineError(ServiceError):
        def __init__(self) -> None:
            pass

    def fail(_: EventBridgeEvent) -> None:
        raise MineError

    assert process({"Records": [sqs(PUSH_JSON, "a"), sqs(PUSH_JSON, "b")]}, fail) == failed("a", "b")
    assert "record 'b' failed: MineError\n" in caplog.text


@pytest.mark.parametrize("wrap", [sqs, kinesis])
def test_a_handler_may_change_the_delivery(wrap: Any) -> None:
    """Every record is handled: SQS deletes what the response does not list."""
    delivery: dict[str, list[Any]] = {"Records": [wrap(PUSH_JSON, id_) for id_ in "abc"]}
    handled: list[Any] = []

    def handle(event: EventBridgeEvent) -> None:
        handled.append(event)
        delivery["Records"].pop(0)

    assert processed(delivery, handle) == ({"batchItemFailures": []}, [])
    assert len(handled) == 3


@pytest.mark.parametrize("session", [object(), "default", boto3.Session])
@pytest.mark.parametrize("function", [process, transform, unwrap])
def test_a_wrong_session_is_not_an_error_of_the_events(function: Callable[..., Any], session: Any) -> None:
    """It is reported at the call, whatever the delivery is."""
    handler = () if function is unwrap else (print,)
    unknown = {"Records": [sqs('{"detail-type": "?"}')]}
    deliveries: list[Any] = [json.loads(PUSH_JSON), PUSH_JSON, unknown, {"records": []}]
    for delivery in deliveries:
        with pytest.raises(TypeError, match="session must be a boto3 Session or an ECRService, not"):
            function(delivery, *handler, session=session)


def test_the_log_never_has_the_payload(caplog: pytest.LogCaptureFixture) -> None:
    """Neither a malformed event nor an exception that quotes an event, or its causes, reaches the log."""

    def quote(event: EventBridgeEvent) -> None:
        raise ValueError(event) from KeyError(event.id)

    secret = PUSH_JSON.replace(PUSH.id, "SECRET")
    malformed = MALFORMED_JSON.replace('"aws.ecr"', '"SECRET"')
    process({"Records": [sqs(secret), sqs(malformed), sqs("SECRET"), sqs(json.dumps("SECRET"))]}, quote)
    assert len(caplog.records) == 4
    assert "record 'm-1' failed: ValueError" in caplog.text
    assert "SECRET" not in caplog.text


def test_a_long_id_is_truncated_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """A line of the log is short and is one line, whatever the id is."""
    process({"Records": [sqs("{", "\n" + "x" * 1_000)]}, fail_replications)
    (line,) = caplog.messages
    assert line.startswith("record '\\n" + "x" * 197 + " failed: DecodeError: ")


def test_a_builtin_can_be_a_handler(caplog: pytest.LogCaptureFixture) -> None:
    """Functions without a code object are called, and their errors logged."""
    known: dict[object, None] = {PUSH: None}
    handler: Handler = known.__getitem__
    assert process({"Records": [sqs(PUSH_JSON, "a"), sqs(REPLICATION_JSON, "b")]}, handler) == failed("b")
    assert "record 'b' failed: KeyError" in caplog.text
    assert REPLICATION.id not in caplog.text


def test_unwrap_and_process_agree() -> None:
    """`process` handles the events that `unwrap` yields."""
    handled: list[EventBridgeEvent] = []
    delivery = {"Records": [sqs(PUSH_JSON), sqs(json.dumps(notification(REPLICATION_JSON)))]}
    process(delivery, handled.append)
    assert handled == [record.event for record in unwrap(delivery) if isinstance(record, Record)]


def test_the_other_function_is_named() -> None:
    """By `process` for Firehose, and by `transform` for everything else."""
    with pytest.raises(TypeError, match=r"^a delivery of Firehose expects data in response: call `transform`, not `"):
        process({"records": [firehose(PUSH_JSON)]}, print)
    with pytest.raises(TypeError, match=r"^not a delivery of Firehose: call `process`, not `transform`$"):
        transform({"Records": [sqs(PUSH_JSON)]}, lambda _: None)


async def coroutine_handler(event: EventBridgeEvent) -> None: ...


class CoroutineHandler:
    """A callable object."""

    async def __call__(self, event: EventBridgeEvent) -> None:
        """Do nothing."""


@pytest.mark.parametrize(
    ("handler", "name"),
    [
        (coroutine_handler, "coroutine_handler"),
        (functools.partial(coroutine_handler), "coroutine_handler"),
        (CoroutineHandler(), "CoroutineHandler"),
    ],
)
def test_a_refused_handler_is_named(handler: Any, name: str) -> None:
    """By its function, or by the class of a callable object."""
    with pytest.raises(TypeError, match=f"plain function, but {name} is a coroutine or generator function$"):
        process(PUSH_JSON, handler)
