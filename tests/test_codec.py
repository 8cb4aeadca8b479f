import json
from collections import OrderedDict
from typing import Any, get_args

import msgspec
import pytest
from documents import document, error_text

from ecr_events import (
    DecodeError,
    ECREvent,
    ECRImageAction,
    ECRImageActionEvent,
    ECRImageScanEvent,
    ECRReplicationActionEvent,
    EventBridgeEvent,
    Inspector2Finding,
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


@pytest.mark.parametrize("payload", [None, 7, ["an event"], object()], ids=lambda payload: payload.__class__.__name__)
def test_another_type_of_payload_is_a_type_error(payload: Any) -> None:
    """The mistake is in the calling code, not in the data."""
    with pytest.raises(TypeError, match=type(payload).__name__):
        decode(payload)


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
        (b'{"Records": []}', "missing required field `detail-type`"),
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


def test_invalid_utf8_in_an_unknown_field_is_ignored() -> None:
    """The value is skipped without decoding it."""
    assert decode(PUSH.replace(b'"version"', b'"unknown": "\xff", "version"')) == sample(ECRImageActionEvent)


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


@pytest.mark.parametrize("payload", [None, 7, ["a detail"], object()], ids=lambda payload: payload.__class__.__name__)
def test_another_type_of_payload_of_a_detail_is_a_type_error(payload: Any) -> None:
    """As for events."""
    with pytest.raises(TypeError):
        decode(payload, type=ECRImageAction)


def test_a_session_for_a_detail_is_a_type_error() -> None:
    """The payload makes no difference."""
    arguments: dict[str, Any] = {"type": ECRImageAction, "session": object()}
    for payload in (encode(sample(ECRImageActionEvent).detail), PUSH, b""):
        with pytest.raises(TypeError, match="a session is for lookups, and ECRImageAction has none"):
            decode(payload, **arguments)
