"""`unwrap`: records in order, with ids and attributes, whatever a delivery holds."""

import copy
import gzip
import json
import pickle
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from conftest import UnusedSession
from delivery_samples import MALFORMED_JSON, PUSH, PUSH_JSON, REPLICATION, REPLICATION_JSON

from ecr_events.deliveries import InvalidRecord, Record, raw, unwrap
from ecr_events.deliveries.sources.registry import BATCHES
from ecr_events.testing.wrappers import (
    b64,
    firehose,
    gzipped,
    kinesis,
    logs,
    notification,
    received,
    sns,
    sqs,
    subscription,
)

REASONS = {"ERROR_CODE": "NO_PERMISSIONS", "RULE_ARN": "arn:aws:events:eu-west-1:012345678901:rule/ecr"}


def only(delivery: Any, **options: Any) -> Record | InvalidRecord:
    (record,) = unwrap(delivery, **options)
    return record


def reason(delivery: Any, **options: Any) -> str | None:
    """Return why the only record is invalid, None if it is valid."""
    record = only(delivery, **options)
    return record.error.reason if isinstance(record, InvalidRecord) else None


def of_data(data: str) -> dict[str, Any]:
    return {"Records": [{"kinesis": {"sequenceNumber": "s-1", "data": data}}]}


@pytest.mark.parametrize("delivery", [None, 7, object()])
def test_other_types_are_a_type_error(delivery: Any) -> None:
    """A delivery that is neither JSON text nor parsed JSON is a mistake in the code."""
    with pytest.raises(TypeError, match=f"not {type(delivery).__name__}"):
        list(unwrap(delivery))


def test_an_invalid_record_carries_the_payload() -> None:
    """The error of an invalid record has the innermost payload that could not be decoded."""
    record = only({"Records": [sqs(json.dumps(notification(MALFORMED_JSON)))]})
    assert isinstance(record, InvalidRecord)
    assert (record.id, record.error.payload, record.error.path) == ("m-1", MALFORMED_JSON, "$.detail.action-type")


def test_neither_an_event_nor_a_delivery() -> None:
    """The error of an unrecognised document says so, with the document."""
    record = only({"Records": [{"a": 1}]})
    assert isinstance(record, InvalidRecord)
    assert (record.error.reason, record.error.payload) == ("neither an event nor a delivery of one", {"a": 1})


@pytest.mark.parametrize("attributes", [{}, {"team": "a"}])
@pytest.mark.parametrize("body", [PUSH_JSON, "{"])
def test_records_are_values(attributes: dict[str, str], body: str) -> None:
    """Records can be compared, copied and pickled, with and without attributes."""
    record = only({"Records": [sqs(body, **attributes)]})
    copies = [copy.deepcopy(record), pickle.loads(pickle.dumps(record))]
    assert [(each.id, dict(each.attributes)) for each in copies] == [("m-1", attributes)] * 2
    if isinstance(record, Record):
        assert [record, *copies] == [Record("m-1", PUSH, attributes)] * 3
    else:
        assert [str(each.error) for each in copies if isinstance(each, InvalidRecord)] == [str(record.error)] * 2


def test_no_attributes_are_an_empty_mapping() -> None:
    """One for all records."""
    attributes = only(sqs(PUSH_JSON)).attributes
    assert attributes == {}
    assert repr(attributes) == "{}"
    assert attributes.get("a") is None
    assert [*attributes] == []


def test_strange_values_fail_alone() -> None:
    """Wrong types in one record affect no other."""
    good = sqs(PUSH_JSON)
    bad_bodies = [good | {"body": 7}, good | {"body": None}, {"messageId": "m-2"}]
    strange: list[Any] = [None, 7, {}, *bad_bodies, {"Sns": 7}, {"kinesis": []}, {"timestamp": 1}]
    records = list(unwrap({"Records": [*strange, good]}))
    assert [type(record) for record in records] == [InvalidRecord] * len(strange) + [Record]
    assert [record.id for record in records] == [None, None, None, "m-1", "m-1", "m-2", None, None, None, "m-1"]


class Text(str):
    """A subclass of str, as numpy and others have."""

    __slots__ = ()

    def __str__(self) -> str:
        return "something else"


@pytest.mark.parametrize(
    "delivery",
    [
        {"Records": [sqs(Text(PUSH_JSON))]},
        {"Records": [sqs(Text(json.dumps(notification(PUSH_JSON))))]},
        {"Records": [sns(Text(PUSH_JSON))]},
        [Text(PUSH_JSON)],
        Text(PUSH_JSON),
    ],
)
def test_subclasses_of_str_are_text(delivery: Any) -> None:
    """A payload of a subclass of str is decoded by its characters."""
    record = only(delivery)
    assert isinstance(record, Record)
    assert record.event == PUSH


@pytest.mark.parametrize("id_", [7, 1.5, None, {"a": 1}, ["a"]])
def test_ids_are_text_or_none(id_: Any) -> None:
    """An id of another type is None, and the event is decoded."""
    for delivery in (sqs(PUSH_JSON, id_), received(PUSH_JSON, id_), sns(PUSH_JSON, id_), kinesis(PUSH_JSON, id_)):
        assert only(delivery) == Record(None, PUSH, {"team": "a"} if "Sns" in delivery else {})


# Attributes


@pytest.mark.parametrize("wrap", [sqs, received, notification])
def test_attributes_come_with_every_record(wrap: Any) -> None:
    """Valid and invalid records have the message's attributes, such as those of a dead-letter queue."""
    assert only(wrap(PUSH_JSON, "1", **REASONS)) == Record("1", PUSH, REASONS)
    record = only(wrap("{", "1", **REASONS))
    assert isinstance(record, InvalidRecord)
    assert (record.id, record.attributes) == ("1", REASONS)


@pytest.mark.parametrize("attributes", [{"a": {"binaryValue": "x"}, "b": 7, "c": {"stringValue": 7}}, "odd", 1.5, [1]])
def test_attributes_that_are_not_strings_are_ignored(attributes: Any) -> None:
    """Binary and malformed attributes do not fail the record."""
    assert only(sqs(PUSH_JSON) | {"messageAttributes": attributes}) == Record("m-1", PUSH)


def test_inner_attributes_win() -> None:
    """The attributes nearest to the event win; without any, those around them are inherited."""
    outer, inner = {"team": "outer"}, {"name": "inner"}
    assert only(sqs(json.dumps(notification(PUSH_JSON, **inner)), **outer)).attributes == inner
    assert only(sqs(json.dumps(notification(PUSH_JSON)), **outer)).attributes == outer
    assert only(sqs(json.dumps(notification(PUSH_JSON, **inner)))).attributes == inner
    assert only(sqs(json.dumps([json.loads(PUSH_JSON)]), **outer)).attributes == outer
    assert only(sqs(json.dumps(kinesis("{")), **outer)).attributes == outer


def test_the_outermost_id_wins() -> None:
    """Responses to AWS refer to the record that AWS knows, also if its id is empty."""
    assert only(sqs(json.dumps(notification(PUSH_JSON, "inner")), "outer")).id == "outer"
    assert only(sqs(json.dumps(notification(PUSH_JSON, "inner")), "")).id == ""
    assert only(sqs(json.dumps(of_data("%")), "outer")).id == "outer"


def test_the_session_is_bound_to_every_event() -> None:
    """Lookups go through the session, however deep the event is nested."""
    session = UnusedSession()
    delivery = {"Records": [sqs(PUSH_JSON), sqs(json.dumps(notification(REPLICATION_JSON)))]}
    records = list(unwrap(delivery, session=session))
    assert [record.event.session for record in records if isinstance(record, Record)] == [session, session]


# Limits


def batch(content: Any) -> Any:
    return [content]


def record(content: Any) -> Any:
    return sqs(json.dumps(content))


def batch_of_records(content: Any) -> Any:
    return {"Records": [record(content)]}


def in_logs(content: Any) -> Any:
    return logs(content)


def nested(wrap: Callable[[Any], Any], depth: int) -> Any:
    content: Any = json.loads(PUSH_JSON)
    for _ in range(depth):
        content = wrap(content)
    return content


@pytest.mark.parametrize("wrap", [batch, record, batch_of_records, in_logs])
def test_nesting_is_bounded(wrap: Callable[[Any], Any]) -> None:
    """Eight wrappings of any kind are unwrapped, where a batch and its record are one; one more is an error."""
    assert isinstance(only(nested(wrap, 8)), Record)
    assert reason(nested(wrap, 9)) == "wrapped more than 8 times"


def test_nesting_that_cannot_be_parsed_is_an_error() -> None:
    """Neither many arrays nor more than a JSON parser takes raise."""
    assert isinstance(only(nested(batch, 200)), InvalidRecord)
    assert isinstance(only("[" * 100_000), InvalidRecord)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("%%%", "invalid base64: Only base64 data is allowed"),
        ("\xe9", "invalid base64: string argument should contain only ASCII characters"),
        (b64(b"\x1f\x8b" + b"x" * 40), "gzip is "),
        (b64(gzipped(logs(PUSH_JSON))[:40]), "gzip is "),
        (b64(gzip.compress(PUSH_JSON.encode(), mtime=0)[:-8]), "gzip is "),
        (b64(gzip.compress(PUSH_JSON.encode(), mtime=0) + b"junk"), "gzip is "),
    ],
)
def test_damaged_data_is_invalid(data: str, expected: str) -> None:
    """Invalid base64 and damaged gzip are an error of their record, which has its id and no payload in the text."""
    record = only(of_data(data))
    assert isinstance(record, InvalidRecord)
    assert (record.id, record.error.path) == ("s-1", "$")
    assert record.error.reason.startswith(expected)
    assert record.error.reason.count("$") == 0


# Imports


def test_importing_deliveries_is_cheap() -> None:
    """Neither lookups nor logging are loaded before they are needed."""
    code = "import sys; before = {*sys.modules}; import ecr_events.deliveries; print(*{*sys.modules} - before)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(run.stdout.split())
    assert "ecr_events.deliveries.process" in loaded
    assert not loaded & {"ecr_events.service", "boto3", "concurrent.futures", "logging", "asyncio", "traceback"}


def test_a_subscription_of_cloudwatch_logs_has_the_ids_of_its_log_events() -> None:
    """The subscription itself has no id."""
    records = unwrap(subscription(logs(PUSH_JSON, json.loads(REPLICATION_JSON))))
    assert list(records) == [Record("l-0", PUSH), Record("l-1", REPLICATION)]


def test_an_invalid_record_has_id_attributes_and_payload() -> None:
    """Whether its payload is not an event, or cannot be read at all."""
    broken = {**sqs("", ERROR_CODE="X"), "body": 7}
    for record, payload, why in (
        (sqs("7", ERROR_CODE="X"), "7", "neither an event nor a delivery of one"),
        (sqs('{"a": 1}', ERROR_CODE="X"), '{"a": 1}', "neither an event nor a delivery of one"),
        (broken, broken, "expected `str` as `body`"),
    ):
        invalid = only({"Records": [record]})
        assert isinstance(invalid, InvalidRecord)
        assert (invalid.id, invalid.attributes) == ("m-1", {"ERROR_CODE": "X"})
        assert (invalid.error.payload, invalid.error.reason) == (payload, why)


@pytest.mark.parametrize("key", ["Records", "records", "Messages", "logEvents"])
def test_an_invalid_event_is_not_a_batch(key: str) -> None:
    """A key that batches have does not make an empty batch of it, at the top or nested."""
    event = {"detail-type": "ECR Image Action", key: []}
    for delivery in (event, [event], sqs(json.dumps(event))):
        assert reason(delivery) == "object missing required field `version`"


@pytest.mark.parametrize("items", [{}, "", None, 7])
def test_a_batch_that_is_not_an_array_is_invalid(items: object) -> None:
    """Instead of an iteration over something else."""
    assert reason({"Records": items}) == "neither an event nor a delivery of one"


def test_a_parsed_message_that_is_not_an_event_is_invalid() -> None:
    """With the id and the attributes of the records around it."""
    log_events = [{"id": "l-1", "timestamp": 1, "message": {"a": 1}}]
    invalid = only(sqs(json.dumps({"messageType": "DATA_MESSAGE", "logEvents": log_events}), ERROR_CODE="X"))
    assert isinstance(invalid, InvalidRecord)
    assert (invalid.id, invalid.attributes) == ("m-1", {"ERROR_CODE": "X"})
    assert (invalid.error.reason, invalid.error.payload) == ("neither an event nor a delivery of one", {"a": 1})


@pytest.mark.parametrize("records", [[sqs(PUSH_JSON)], [kinesis(PUSH_JSON)], [sqs(PUSH_JSON)] * 10_001])
@pytest.mark.parametrize("form", [dict, json.dumps, msgspec.json.encode])
def test_a_document_with_a_detail_type_is_an_event(records: list[Any], form: Callable[[Any], Any]) -> None:
    """In every form, whatever else it has."""
    assert reason(form({"Records": records, "detail-type": 7})) == "expected `str`, got `int`"


@pytest.mark.parametrize("is_compressed", [False, True])
def test_invalid_text_in_an_unknown_key_is_skipped(*, is_compressed: bool) -> None:
    """Also if the event is compressed."""
    event = PUSH_JSON.encode().rstrip().removesuffix(b"}") + b', "\x89": 1}'
    data = gzip.compress(event) if is_compressed else event
    for record in (kinesis(data), sqs(b64(data))):
        found = only({"Records": [record]})
        assert isinstance(found, Record)
        assert found.event == PUSH


def test_json_that_was_encoded_twice_is_decoded() -> None:
    """As by a sender who passes text to a function that encodes it, alone and in a delivery."""
    twice, no_event = json.dumps(PUSH_JSON), json.dumps("push")
    for delivery in (twice, kinesis(twice), {"Records": [sqs(twice)]}):
        found = only(delivery)
        assert isinstance(found, Record)
        assert found.event == PUSH
    for delivery in (no_event, kinesis(no_event), {"Records": [sqs(no_event)]}):
        assert reason(delivery) == "JSON is malformed: invalid character (byte 0)"


@pytest.mark.parametrize(
    ("delivery", "ids"),
    [
        ({"Records": [kinesis(PUSH_JSON)]}, ["s-1"]),
        ({"Records": [kinesis(PUSH_JSON) | {"messageId": "m"}]}, ["m"]),
        ({"Records": [kinesis(PUSH_JSON) | {"eventSource": "aws:sqs"}]}, [None]),
        ({"Records": [kinesis(PUSH_JSON) | {"Type": "Notification"}]}, [None]),
        ({"Records": [kinesis(PUSH_JSON) | {"Sns": {"MessageId": "n"}}]}, ["n"]),
        ({"invocationId": "", "records": [firehose(PUSH_JSON)]}, ["f-1"]),
        ({"invocationId": "", "records": [firehose(PUSH_JSON) | {"kafkaRecordValue": ""}]}, ["f-1"]),
        ({"invocationId": "", "Messages": [{"MessageId": "m", "Body": ""}], "records": [firehose(PUSH_JSON)]}, ["m"]),
    ],
)
def test_a_batch_of_two_sources_is_read_alike_in_every_form(delivery: dict[str, Any], ids: list[str | None]) -> None:
    """The quick parser of compact JSON leaves it to the general one; AWS sends none."""
    compact = json.dumps(delivery, separators=(",", ":")).encode()
    for form in (delivery, compact, compact.decode(), json.dumps(delivery).encode()):
        assert [record.id for record in unwrap(form)] == ids


def test_the_quick_parser_knows_the_keys_of_all_batches() -> None:
    """It leaves a delivery of Firehose that has another one's records to the general parser."""
    (firehoses,) = (batch.type_ for batch in raw.COMPACT_BATCHES if batch.key == "records")
    assert {source.batch_key for source in BATCHES} - {"records"} == firehoses.__optional_keys__ - {"detail-type"}
