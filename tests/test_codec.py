import io
import json
from collections import OrderedDict
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from types import MappingProxyType
from typing import Any, get_args

import msgspec
import numpy as np
import pytest
from documents import document, error_text

from ecr_events import (
    DecodeError,
    ECRAWSAPICallViaCloudTrailEvent,
    ECRAWSServiceEventViaCloudTrailEvent,
    ECREvent,
    ECRImageAction,
    ECRImageActionEvent,
    ECRImageScanEvent,
    ECRReplicationActionEvent,
    EventBridgeEvent,
    Inspector2Finding,
    Inspector2FindingEvent,
    Inspector2ScanEvent,
    ScanEvent,
    UnknownEvent,
    decode,
    encode,
)
from ecr_events.events.cloudtrail_record import CloudTrailEvent
from ecr_events.events.image_event import ImageEvent
from ecr_events.events.inspector2_finding import Inspector2Resource
from ecr_events.samples import sample, sample_json
from ecr_events.testing import SOURCES, deliver

PUSH = sample_json(ECRImageActionEvent)

every_class = pytest.mark.parametrize("type", get_args(ECREvent), ids=lambda type: type.__name__)


def replaced(old: str, new: str) -> str:
    """Return the JSON of the push with one part of its text replaced."""
    text = PUSH.decode()
    assert text.count(old) == 1
    return text.replace(old, new)


# Payloads


@pytest.mark.parametrize(
    "payload",
    [PUSH, bytearray(PUSH), memoryview(PUSH), PUSH.decode(), json.loads(PUSH), OrderedDict(json.loads(PUSH))],
    ids=lambda payload: payload.__class__.__name__,
)
@pytest.mark.parametrize("type", [None, ECRImageActionEvent])
def test_every_type_of_payload_decodes_to_the_same_event(payload: Any, type: Any) -> None:
    """JSON may be bytes, bytearray, memoryview or str; Lambda passes a dict."""
    event = decode(payload, type=type)
    assert event == sample(ECRImageActionEvent)
    assert event.__class__ is ECRImageActionEvent


def test_a_dict_is_not_changed() -> None:
    """The payload belongs to the caller."""
    payload = json.loads(PUSH)
    decode(payload)
    decode(payload, type=UnknownEvent)
    assert payload == json.loads(PUSH)


TYPES = "payload must be JSON as bytes, bytearray, memoryview or str, or a dict, not"

OTHER_TYPES = pytest.mark.parametrize(
    ("payload", "found"),
    [
        (None, "NoneType"),
        (7, "int"),
        (["an event"], "list: use deliveries.unwrap"),
        (Path("events.json"), f"{type(Path()).__name__}: read the file first, or use archives.read"),
        (io.StringIO("{}"), "StringIO: read the file first, or use archives.read"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)


@OTHER_TYPES
def test_another_type_of_payload_is_a_type_error(payload: Any, found: str) -> None:
    """The mistake is in the calling code, not in the data."""
    for cls in (None, ECRImageActionEvent, ECRImageAction):
        with pytest.raises(TypeError) as caught:
            decode(payload, type=cls)
        assert str(caught.value) == f"{TYPES} {found}"


@pytest.mark.parametrize(
    "name",
    [
        *("events.json", "a b/1.NDJSON", "logs.jsonl", "x.gz", ".json"),
        *("/var/log/events", "./a", "~/events", r"C:\events"),
    ],
)
def test_the_name_of_a_file_is_an_error_that_says_how_to_read_it(name: str) -> None:
    """The name itself is not in the error."""
    for cls in (None, ECRImageActionEvent, ECRImageAction):
        reason = "expected JSON, got the name of a file: read the file first, or use archives.read at $"
        assert error_text(name, type=cls) == reason


NAMES = {
    "event-bus": "an event with the metadata of EventBridge",
    "function-url": "an HTTP request",
    "api-gateway": "an HTTP request",
    "load-balancer": "an HTTP request",
    "argo-events": "an Argo Events delivery",
    "lambda-destination": "a record of a Lambda destination",
    "step-functions": "a result of Step Functions",
    "sqs": "an SQS delivery",
    "sqs-receive-message": "an SQS delivery",
    "sns": "an SNS delivery",
    "sns-http": "an SNS delivery",
    "sns-sqs": "an SQS delivery",
    "kinesis": "a Kinesis delivery",
    "firehose": "a Firehose delivery",
    "kafka": "a Kafka delivery",
    "rabbitmq": "a RabbitMQ delivery",
    "activemq": "an ActiveMQ delivery",
    "cloudwatch-logs": "a CloudWatch Logs delivery",
}


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("cls", [None, UnknownEvent])
def test_a_delivery_is_an_error_that_names_unwrap(source: Any, cls: Any) -> None:
    """As Lambda passes it, and as text."""
    delivery = deliver([PUSH], source)
    if source in NAMES:
        for form in (delivery, json.dumps(delivery)):
            assert error_text(form, type=cls) == f"{NAMES[source]}: use deliveries.unwrap at $"
    elif source == "eventbridge":
        decode(delivery, type=cls)
    else:
        with pytest.raises(TypeError, match=r": use deliveries\.unwrap$"):
            decode(delivery, type=cls)


@pytest.mark.parametrize(
    ("document", "name"),
    [
        ({"specversion": "1.0", "data": {}}, "a CloudEvent"),
        ({"message": "{}", "id": "1", "timestamp": 1}, "a CloudWatch Logs delivery"),
        ({"message": "text", "timestamp": 1}, None),
        ({"KinesisBatchInfo": {}}, None),
        ({"KinesisBatchInfo": {"shardId": "0"}}, "a record of a Lambda destination"),
        ({"messageId": "1", "body": "{}"}, "an SQS delivery"),
    ],
)
def test_a_record_is_an_error_that_names_unwrap(document: Any, name: str | None) -> None:
    """One of a batch, too."""
    reason = f"{name}: use deliveries.unwrap" if name else "object missing required field `detail-type`"
    assert error_text(document) == f"{reason} at $"


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", "input data was truncated"),
        (b"push", "JSON is malformed"),
        (PUSH[:200], "input data was truncated"),
        (PUSH + b"}", "trailing characters"),
        (b"\xef\xbb\xbf" + PUSH, r"invalid character \(byte 0\)"),
        (b"null", "expected `object`, got `null`"),
        (b"[" + PUSH + b"]", "expected `object`, got `array`"),
        (b"{}", "missing required field `detail-type`"),
        ({}, "missing required field `detail-type`"),
        (b'{"Records": []}', "an SQS delivery: use deliveries.unwrap"),
        (b'{"Records": [{"a": 1}]}', "missing required field `detail-type`"),
        (b'"events.json"', "expected `object`, got `str`"),
        (b'{"detail-type": "ECR Image Action"}', "missing required field"),
        (b"[" * 100_000, "recursion|truncated|got `array`"),
        (PUSH.replace(b'"detail": {', b'"detail": {"x": ' + b"[" * 100_000), "recursion"),
        (PUSH.replace(b'"detail": {', b'"x": ' + b'{"x":' * 100_000), "recursion"),
        (PUSH.replace(b"team/app", b"team/\xff"), "can't decode byte 0xff"),
        (PUSH.replace(b"team/app", b"\\ud800"), "surrogate pair"),
        (PUSH.decode().replace("team/app", "\ud800"), "surrogates not allowed"),
        pytest.param(memoryview(PUSH)[::2], "not C-contiguous", id="memoryview"),
    ],
    ids=lambda value: repr(value)[:40],
)
@pytest.mark.parametrize("type", [None, ECRImageActionEvent, UnknownEvent])
def test_malformed_json_is_a_decode_error(payload: Any, reason: str, type: Any) -> None:
    """The error has a reason and the payload, and the path is the document."""
    with pytest.raises(DecodeError, match=reason) as caught:
        decode(payload, type=type)
    assert caught.value.path == "$"
    assert caught.value.payload is payload


@pytest.mark.parametrize("skipped", [b'"unknown": "\xff"', b'"\xff": 1', b'"unknown": {"\xff": ["\xff"]}'])
def test_invalid_utf8_in_an_unknown_field_is_skipped(skipped: bytes) -> None:
    """It is not decoded. No key is unknown in the detail of an `UnknownEvent`."""
    assert decode(PUSH.replace(b'"version"', skipped + b', "version"')) == sample(ECRImageActionEvent)
    in_detail = PUSH.replace(b'"repository-name"', skipped + b', "repository-name"')
    assert decode(in_detail) == sample(ECRImageActionEvent)
    with pytest.raises(DecodeError, match="can't decode byte 0xff"):
        decode(in_detail, type=UnknownEvent)


class Text(str):
    """A subclass, such as YAML's parsers give."""

    __slots__ = ()


def nested(value: Any) -> list[tuple[dict[str, Any], str]]:
    """Return payloads that have a value at different depths, with its path."""
    push, unknown = json.loads(PUSH), json.loads(PUSH) | {"detail-type": "Another Type"}
    call, scan = json.loads(sample_json(ECRAWSAPICallViaCloudTrailEvent)), json.loads(sample_json(ECRImageScanEvent))
    finding = json.loads(sample_json(Inspector2FindingEvent))
    detail = push["detail"]
    scored = json.loads(sample_json(Inspector2FindingEvent))
    scored["detail"]["packageVulnerabilityDetails"]["cvss"] = [{"source": "NVD", "baseScore": value}]
    expired = json.loads(sample_json(ECRAWSServiceEventViaCloudTrailEvent))
    expired["detail"]["serviceEventDetails"]["lifecycleEventImageActions"][0]["rulePriority"] = value
    return [
        (push | {"resources": value}, "$.resources"),
        (push | {"time": value}, "$.time"),
        (push | {"detail": value}, "$.detail"),
        (push | {"replay-name": value}, "$.replay-name"),
        (push | {"detail": detail | {"image-tag": value}}, "$.detail.image-tag"),
        (push | {"resources": ["a", value]}, "$.resources[1]"),
        (unknown | {"detail": {"key": (1.5, True, None, value)}}, "$.detail.key[3]"),
        (unknown | {"detail": {"a b": [1, {"key": value}]}}, "$.detail[...][1].key"),
        (call | {"detail": call["detail"] | {"requestParameters": {"a": value}}}, "$.detail.requestParameters.a"),
        (
            call | {"detail": call["detail"] | {"requestParameters": {"a": [1, {"b": [value]}]}}},
            "$.detail.requestParameters.a[1].b[0]",
        ),
        (scored, "$.detail.packageVulnerabilityDetails.cvss[0].baseScore"),
        (expired, "$.detail.serviceEventDetails.lifecycleEventImageActions[0].rulePriority"),
        (scan | {"detail": scan["detail"] | {"finding-severity-counts": value}}, "$.detail.finding-severity-counts"),
        (finding | {"detail": finding["detail"] | {"resources": [value]}}, "$.detail.resources[0]"),
    ]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (range(3), "expected a JSON value, got `range`"),
        ({"a"}, "expected a JSON value, got `set`"),
        (frozenset[str](), "expected a JSON value, got `frozenset`"),
        (b"a", "expected a JSON value, got `bytes`"),
        (object(), "expected a JSON value, got `object`"),
        (1j, "expected a JSON value, got `complex`"),
        (datetime(2026, 5, 4, tzinfo=UTC), "expected a JSON value, got `datetime`"),
        (sample(ECRImageActionEvent).detail, "expected a JSON value, got `ECRImageAction`"),
        (MappingProxyType({"a": 1}), "expected a JSON value, got `mappingproxy`"),
        (HTTPStatus.OK, "expected a JSON value, got `HTTPStatus`"),
        (np.float64(1.5), "expected a JSON value, got `float64`"),
        (np.int64(1), "expected a JSON value, got `int64`"),
        (np.array(1), "expected a JSON value, got `ndarray`"),
        (float("nan"), "expected a finite `float`"),
        (float("-inf"), "expected a finite `float`"),
        (10**4_300, "integer value out of range"),
        (-(10**4_299), "integer value out of range"),
        ("a\ud800", "lone surrogate in a `str`"),
        (Text("\udfff"), "lone surrogate in a `str`"),
    ],
    ids=lambda value: value if isinstance(value, str) and value.isascii() else type(value).__name__,
)
def test_what_no_json_has_is_refused_wherever_it_stands(value: Any, reason: str) -> None:
    """The error has its path, whatever the field, and the payload. Keys that cannot be AWS's are not shown."""
    for payload, path in nested(value):
        with pytest.raises(DecodeError) as caught:
            decode(payload)
        assert (caught.value.reason, caught.value.path) == (reason, path)
        assert caught.value.payload is payload
        for type in (EventBridgeEvent, UnknownEvent):
            assert error_text(payload, type=type) == f"{reason} at {path}"
    detail = json.loads(PUSH)["detail"] | {"image-tag": value}
    assert error_text(detail, type=ECRImageAction) == f"{reason} at $.image-tag"


@pytest.mark.parametrize("value", [10**4_300 - 1, 1 - 10**4_299], ids=["positive", "negative"])
def test_integers_that_json_can_give_back_are_kept(value: int) -> None:
    """Those of up to 4,300 characters."""
    payload = json.loads(sample_json(ECRAWSAPICallViaCloudTrailEvent))
    payload["detail"]["requestParameters"] = {"a": value}
    event = decode(payload, type=ECRAWSAPICallViaCloudTrailEvent)
    assert event.detail.request_parameters == {"a": value}
    assert decode(encode(event)) == event


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        (7, "expected `str`, got `int` as a key"),
        (None, "expected `str`, got `NoneType` as a key"),
        (b"a", "expected `str`, got `bytes` as a key"),
        ("\ud800", "lone surrogate in a `str` as a key"),
        (Text("\ud800"), "lone surrogate in a `str` as a key"),
    ],
    ids=repr,
)
def test_a_key_that_no_json_has_is_refused_wherever_it_stands(key: Any, reason: str) -> None:
    """The path is that of the object with the key."""
    push, call = json.loads(PUSH), json.loads(sample_json(ECRAWSAPICallViaCloudTrailEvent))
    for payload, path in [
        (push | {key: 1}, "$"),
        (push | {"detail": push["detail"] | {key: 1}}, "$.detail"),
        (push | {"detail-type": "Another Type", "detail": {"a": [{key: 1}]}}, "$.detail.a[0]"),
        (call | {"detail": call["detail"] | {"requestParameters": {"a": {key: 1}}}}, "$.detail.requestParameters.a"),
    ]:
        assert error_text(payload) == f"{reason} at {path}"


@pytest.mark.parametrize("value", [{"a"}, range(3), float("nan"), "\ud800", Text("a")], ids=repr)
def test_the_value_of_an_unknown_key_is_skipped(value: Any) -> None:
    """Whatever it is: the event does not have it."""
    push = json.loads(PUSH)
    changed = push | {"unknown": value, "detail": push["detail"] | {"unknown": [value, {"key": value}]}}
    assert decode(changed) == sample(ECRImageActionEvent)


@pytest.mark.parametrize("type", [None, UnknownEvent])
def test_a_dict_that_contains_itself_is_refused(type: Any) -> None:
    """Like JSON that is nested without end."""
    payload = json.loads(sample_json(ECRAWSAPICallViaCloudTrailEvent))
    payload["detail"]["requestParameters"]["a"] = payload
    with pytest.raises(DecodeError, match="recursion"):
        decode(payload, type=type)


@pytest.mark.parametrize("old_type", ["ECR Image Action", "Another Type"])
def test_subclasses_of_text_and_of_containers_are_read_as_these(old_type: str) -> None:
    """As keys, as values and as the payload, by every parser's classes. A tuple is an array."""

    def subclassed(value: Any) -> Any:
        if isinstance(value, dict):
            return OrderedDict({Text(key): subclassed(item) for key, item in value.items()})
        if isinstance(value, list):
            return tuple(subclassed(item) for item in value)
        return Text(value) if isinstance(value, str) else value

    plain = json.loads(PUSH) | {"detail-type": old_type}
    expected = decode(plain)
    text = json.dumps(plain)
    for payload in (subclassed(plain), Text(text), np.str_(text), np.bytes_(text.encode())):
        event = decode(payload)
        assert event == expected
        assert encode(event) == encode(expected)
        assert type(event.account) is str
    detail = json.loads(PUSH)["detail"]
    assert decode(subclassed(detail), type=ECRImageAction) == sample(ECRImageActionEvent).detail
    assert decode(Text(json.dumps(detail)), type=ECRImageAction) == sample(ECRImageActionEvent).detail


def test_the_detail_of_an_unknown_event_is_the_callers_no_longer() -> None:
    """A later change of the payload does not change the event."""
    payload = json.loads(PUSH) | {"detail-type": "Another Type", "detail": {"a": {"b": 1}}}
    event = decode(payload, type=UnknownEvent)
    payload["detail"]["a"]["b"] = 2
    assert event.detail == {"a": {"b": 1}}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"account": "012345678901"', '"account": 12345678901', "expected `str`, got `int` at $.account"),
        ('"resources": []', '"resources": [7]', "expected `str`, got `int` at $.resources[0]"),
        ('"resources": []', '"resources": null', "expected `array`, got `null` at $.resources"),
        ('"source": "aws.ecr"', '"source": 7', "expected `str`, got `int` at $.source"),
        ('"detail-type": "ECR Image Action"', '"detail-type": ["a"]', "expected `str`, got `array` at $.detail-type"),
        ('"detail-type": "ECR Image Action"', '"detail-type": null', "expected `str`, got `null` at $.detail-type"),
        ('"id": "', '"ID": "', "object missing required field `id` at $"),
        ('"result": ', '"RESULT": ', "object missing required field `result` at $.detail"),
        ('"detail": {', '"detail": 7, "x": {', "expected `object`, got `int` at $.detail"),
        ("2026-05-04T09:15:31Z", "2023-02-29T09:15:31Z", "invalid RFC3339 encoded datetime at $.time"),
    ],
)
def test_a_broken_contract_is_a_decode_error(old: str, new: str, message: str) -> None:
    """The message names reason and path, the same for JSON and for a dict."""
    broken = replaced(old, new)
    assert error_text(broken) == message
    assert error_text(json.loads(broken)) == message


@every_class
def test_every_required_field_of_the_detail_is_required(type: type[EventBridgeEvent]) -> None:
    """An event without one of them is a DecodeError, not an `UnknownEvent`."""
    (detail,) = (field.type for field in msgspec.structs.fields(type) if field.name == "detail")
    required = [field.encode_name for field in msgspec.structs.fields(detail) if field.required]
    assert required
    for name in required:
        message = f"object missing required field `{name}` at $.detail"
        assert error_text(document(type, missing=(name,))) == message


# Repeated keys


@pytest.mark.parametrize("first", ["ECR Replication Action", "ECR Image Scan", "ECR Artifact Action", ""])
@pytest.mark.parametrize("type", [None, ECRImageActionEvent])
def test_the_last_of_repeated_detail_types_counts(first: str, type: Any) -> None:
    """Python's json does the same."""
    repeated = replaced('"version"', f'"detail-type": "{first}", "version"')
    event = decode(repeated, type=type)
    assert event == sample(ECRImageActionEvent)


@pytest.mark.parametrize(
    ("key", "first"), [("region", '"us-east-1"'), ("source", '"aws.ecr"'), ("detail", "{}"), ("source", '"aws.rds"')]
)
def test_the_last_of_repeated_keys_counts(key: str, first: str) -> None:
    """A value that is overwritten may be invalid."""
    assert decode(replaced(f'"{key}":', f'"{key}": {first}, "{key}":')) == sample(ECRImageActionEvent)


def test_the_last_detail_type_may_be_unknown() -> None:
    """The event is unknown then, although the first detail-type is that of a push."""
    event = decode(replaced('"source"', '"detail-type": "ECR Artifact Action", "source"'))
    assert event.__class__ is UnknownEvent
    assert event.detail_type == "ECR Artifact Action"


# The argument `type`


@pytest.mark.parametrize("payload", [PUSH, json.loads(PUSH)], ids=["JSON", "dict"])
def test_an_event_of_another_type_is_an_error(payload: Any) -> None:
    """The message names both detail-types."""
    message = "expected `ECR Replication Action`, got `ECR Image Action` at $.detail-type"
    assert error_text(payload, type=ECRReplicationActionEvent) == message


def test_an_unknown_detail_type_is_not_in_the_message() -> None:
    """The message never has text of the payload."""
    message = "expected `ECR Image Action`, got something else at $.detail-type"
    assert error_text(replaced("ECR Image Action", "Secret"), type=ECRImageActionEvent) == message
    assert error_text(replaced('"ECR Image Action"', '["Secret"]'), type=ECRImageActionEvent) == message


def test_another_source_is_an_error_with_a_type() -> None:
    """Without a `type` such an event is unknown; the message does not have the source."""
    other = replaced("aws.ecr", "s3cret")
    assert decode(other).__class__ is UnknownEvent
    message = "not the value required by this detail-type at $.source"
    assert error_text(other, type=ECRImageActionEvent) == message
    assert error_text(json.loads(other), type=ECRImageActionEvent) == message


def test_a_missing_detail_type_is_an_error_with_a_type() -> None:
    """The class does not replace the key."""
    message = "object missing required field `detail-type` at $"
    assert error_text(replaced('"detail-type"', '"x"'), type=ECRImageActionEvent) == message


@pytest.mark.parametrize("payload", [PUSH, json.loads(PUSH)], ids=["JSON", "dict"])
def test_every_event_can_be_decoded_as_unknown(payload: Any) -> None:
    """The detail of a known event is a dict then."""
    event = decode(payload, type=UnknownEvent)
    assert event.__class__ is UnknownEvent
    assert event.detail_type == "ECR Image Action"
    assert event.detail == json.loads(PUSH)["detail"]


class OwnEvent(ECRImageActionEvent, frozen=True, kw_only=True):
    """A user's subclass."""

    own_field: str = "default"


class OwnUnknownEvent(UnknownEvent, frozen=True, kw_only=True):
    """A user's subclass that accepts every event."""


@pytest.mark.parametrize("payload", [PUSH, json.loads(PUSH)], ids=["JSON", "dict"])
def test_a_subclass_can_be_decoded(payload: Any) -> None:
    """It inherits the detail-type, or accepts every event."""
    event = decode(payload, type=OwnEvent)
    assert event.__class__ is OwnEvent
    assert event.own_field == "default"
    assert decode(payload, type=OwnUnknownEvent).__class__ is OwnUnknownEvent
    own = json.loads(PUSH) | {"own-field": "a"}
    assert decode(own, type=OwnEvent).own_field == "a"


def test_another_event_is_not_a_subclass() -> None:
    """The detail-type is the inherited one."""
    message = "expected `ECR Image Action`, got `Inspector2 Scan` at $.detail-type"
    assert error_text(sample_json(Inspector2ScanEvent), type=OwnEvent) == message


class Untagged(EventBridgeEvent, frozen=True, kw_only=True):
    """A subclass without a detail-type, which encoding would lose."""

    detail: dict[str, Any]


@pytest.mark.parametrize(
    ("type", "shown"),
    [
        (int, "int"),
        (Untagged, "Untagged"),
        (ECREvent, "ECRImageActionEvent | "),
        ("ECRImageActionEvent", "'ECRImageActionEvent'"),
        (sample(ECRImageActionEvent), "ECRImageActionEvent(version="),
    ],
    ids=["int", "Untagged", "union", "str", "event"],
)
def test_a_type_without_a_detail_type_is_a_type_error(type: Any, shown: str) -> None:
    """The message names what was passed, in at most 200 characters."""
    with pytest.raises(TypeError, match="type must be an event class with a detail-type, not ") as caught:
        decode(PUSH, type=type)
    name = str(caught.value).removeprefix("type must be an event class with a detail-type, not ")
    assert shown in name
    assert len(name) <= 200


@pytest.mark.parametrize("cls", [*get_args(ECREvent), UnknownEvent])
@pytest.mark.parametrize("base", [EventBridgeEvent, ScanEvent, CloudTrailEvent, ImageEvent])
def test_a_base_class_accepts_the_events_of_its_subclasses(cls: type[EventBridgeEvent], base: Any) -> None:
    """The event is of its own class. For another one, the error names the detail-types."""
    for payload in (sample_json(cls), json.loads(sample_json(cls))):
        if issubclass(cls, base):
            assert decode(payload, type=base) == sample(cls)
        else:
            assert error_text(payload, type=base).startswith("expected `")
            assert " | " in error_text(payload, type=base)


def test_a_base_class_refuses_the_events_of_others_and_broken_ones() -> None:
    """Only `EventBridgeEvent` accepts a scan of a machine, and nothing accepts a broken scan."""
    machine = document(Inspector2ScanEvent, {"instance-id": "i-0"}, missing=("repository-name", "image-digest"))
    machine["resources"] = ["i-0"]
    assert isinstance(decode(machine, type=EventBridgeEvent), UnknownEvent)
    assert error_text(machine, type=ScanEvent) == "object missing required field `repository-name` at $.detail"
    broken = document(ECRImageScanEvent, {"image-tags": 7})
    for base in (EventBridgeEvent, ScanEvent):
        assert error_text(broken, type=base) == "expected `array | null`, got `int` at $.detail.image-tags"


# Encoding


def test_missing_fields_are_omitted() -> None:
    """Keys are AWS's; empty strings and empty lists are not missing."""
    changed = document(ECRImageActionEvent, {"image-tag": ""}, missing=("artifact-media-type",))
    assert json.loads(encode(decode(changed))) == changed


def test_indented_json_is_the_same_document() -> None:
    """Each level is indented by `indent` spaces; 0 is one line with spaces, None one without."""
    event = sample(ECRImageActionEvent)
    assert json.loads(encode(event, indent=2)) == json.loads(encode(event))
    assert b'\n  "region": "eu-west-1",\n' in encode(event, indent=2)
    assert b'\n    "result": "SUCCESS"\n' in encode(event, indent=2)
    assert b'"region": "eu-west-1", ' in encode(event, indent=0)
    assert b"\n" not in encode(event)
    assert b'"region":"eu-west-1"' in encode(event)


# Details alone


DETAILS = [field.type for cls in get_args(ECREvent) for field in msgspec.structs.fields(cls) if field.name == "detail"]

every_detail = pytest.mark.parametrize("type", DETAILS, ids=lambda type: type.__name__)


def samples_of(type: Any) -> list[Any]:
    """Return the detail of the sample whose detail is of a class."""
    return [detail for cls in get_args(ECREvent) if (detail := sample(cls).detail).__class__ is type]


@every_detail
def test_a_detail_is_decoded_from_its_json(type: Any) -> None:
    """From JSON in each form, and from a dict."""
    (detail,) = samples_of(type)
    encoded = encode(detail)
    for payload in (encoded, bytearray(encoded), memoryview(encoded), encoded.decode(), json.loads(encoded)):
        assert decode(payload, type=type) == detail
    assert decode(encode(detail, indent=2), type=type) == detail


def test_a_part_of_a_detail_is_decoded_too() -> None:
    """Every Struct of this library has AWS's keys."""
    (finding,) = samples_of(Inspector2Finding)
    resource = finding.resources[0]
    assert decode(encode(resource), type=Inspector2Resource) == resource


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"1.4.2"', "7", "expected `str | null`, got `int` at $.image-tag"),
        ('"repository-name":', '"x":', "object missing required field `repository-name` at $"),
    ],
)
def test_a_malformed_detail_is_a_decode_error(old: str, new: str, message: str) -> None:
    """The path starts at the detail."""
    broken = encode(sample(ECRImageActionEvent).detail).decode().replace(old, new)
    assert error_text(broken, type=ECRImageAction) == message
    assert error_text(json.loads(broken), type=ECRImageAction) == message


@pytest.mark.parametrize(
    "payload", [b"", b"{", b"[]", b"[" * 100_000, b'"\xff"', PUSH, json.loads(PUSH), {"a": "\ud800"}]
)
def test_another_payload_is_no_detail(payload: Any) -> None:
    """Whatever it is, an event included."""
    with pytest.raises(DecodeError) as caught:
        decode(payload, type=ECRImageAction)
    assert caught.value.payload is payload


def test_a_session_for_a_detail_is_a_type_error() -> None:
    """The payload makes no difference."""
    arguments: dict[str, Any] = {"type": ECRImageAction, "session": object()}
    for payload in (encode(sample(ECRImageActionEvent).detail), PUSH, b""):
        with pytest.raises(TypeError, match="a session is for lookups, and ECRImageAction has none"):
            decode(payload, **arguments)
