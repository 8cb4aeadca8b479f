import copy
import gc
import json
import pickle
import subprocess
import sys
from collections import OrderedDict
from datetime import datetime
from typing import Any, get_args

import msgspec
import pytest
from jsonschema import Draft202012Validator

from ecr_events import (
    DecodeError,
    ECRAWSAPICallViaCloudTrailEvent,
    ECREvent,
    ECRImageActionEvent,
    ECRPullThroughCacheActionEvent,
    ECRReplicationActionEvent,
    EventBridgeEvent,
    Inspector2FindingEvent,
    Inspector2ScanEvent,
    UnknownEvent,
    decode,
    encode,
    json_schema,
)
from ecr_events.samples import sample, sample_json

PUSH = sample_json(ECRImageActionEvent)
REPLICATION = sample_json(ECRReplicationActionEvent)

every_class = pytest.mark.parametrize("type", get_args(ECREvent), ids=lambda type: type.__name__)


def refusal(payload: Any, **arguments: Any) -> tuple[str, str]:
    """Return path and reason of the DecodeError that decoding `payload` raises."""
    with pytest.raises(DecodeError) as caught:
        decode(payload, **arguments)
    assert caught.value.payload is payload
    return caught.value.path, caught.value.reason


# What a payload may be


@pytest.mark.parametrize(
    "payload",
    [PUSH, bytearray(PUSH), memoryview(PUSH), PUSH.decode(), json.loads(PUSH), OrderedDict(json.loads(PUSH))],
    ids=lambda payload: payload.__class__.__name__,
)
def test_every_kind_of_payload_gives_the_same_event(payload: Any) -> None:
    """Bytes, bytearray, memoryview, str, and a dict as Lambda hands it over."""
    assert decode(payload) == sample(ECRImageActionEvent)
    assert decode(payload, type=ECRImageActionEvent) == sample(ECRImageActionEvent)


@pytest.mark.parametrize("payload", [None, 7, ["an event"], object()], ids=lambda payload: payload.__class__.__name__)
def test_another_kind_of_payload_is_a_type_error(payload: Any) -> None:
    """What cannot be an event at all is a mistake in the code, not in the data."""
    with pytest.raises(TypeError, match=type(payload).__name__):
        decode(payload)


# The wrong kinds of input


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
        (b'{"detail-type": "ECR Image Action"}', "missing required field `version`"),
        (b"[" * 100_000, "recursion|truncated|got `array`"),
        (PUSH.replace(b'"detail": {', b'"detail": {"x": ' + b"[" * 100_000), "recursion"),
        (PUSH.replace(b'"detail": {', b'"x": ' + b'{"x":' * 100_000), "recursion"),
        (PUSH.replace(b"team/app", b"team/\xff"), "can't decode byte 0xff"),
        (PUSH.replace(b"team/app", b"\\ud800"), "surrogate pair"),
        (PUSH.decode().replace("team/app", "\ud800"), "surrogates not allowed"),
        (memoryview(PUSH)[::2], "not C-contiguous"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_what_is_no_event_is_refused(payload: Any, reason: str) -> None:
    """Whatever the bytes are, the error is a DecodeError that says what is wrong."""
    with pytest.raises(DecodeError, match=reason) as caught:
        decode(payload)
    assert caught.value.path == "$"
    assert caught.value.payload is payload


def test_invalid_utf8_in_a_skipped_field_is_skipped() -> None:
    """A field that nobody reads cannot lose a typed event."""
    assert decode(PUSH.replace(b'"version"', b'"unknown": "\xff", "version"')) == sample(ECRImageActionEvent)


@pytest.mark.parametrize(
    ("old", "new", "path", "reason"),
    [
        ('"account": "012345678901"', '"account": 12345678901', "$.account", "expected `str`, got `int`"),
        ('"resources": []', '"resources": [7]', "$.resources[0]", "expected `str`, got `int`"),
        ('"resources": []', '"resources": null', "$.resources", "expected `array`, got `null`"),
        ('"result": "SUCCESS"', '"result": {}', "$.detail.result", "expected `str`, got `object`"),
        ('"image-tag": "1.4.2"', '"image-tag": ["1.4.2"]', "$.detail.image-tag", "expected `str | null`, got `array`"),
        ('"source": "aws.ecr"', '"source": 7', "$.source", "expected `str`, got `int`"),
        ('"detail-type": "ECR Image Action"', '"detail-type": ["ECR"]', "$.detail-type", "expected `str`, got `array`"),
        ('"id": "', '"ID": "', "$", "object missing required field `id`"),
        ('"result": ', '"RESULT": ', "$.detail", "object missing required field `result`"),
        ('"detail": {', '"detail": 7, "x": {', "$.detail", "expected `object`, got `int`"),
        ("2026-05-04T09:15:31Z", "2026-05-04T09:15:31", "$.time", "expected `datetime` with a timezone component"),
        ("2026-05-04T09:15:31Z", "2023-02-29T09:15:31Z", "$.time", "invalid RFC3339 encoded datetime"),
    ],
)
def test_a_broken_contract_is_refused_with_its_place(old: str, new: str, path: str, reason: str) -> None:
    """A wrong type or a missing field, at any depth, is named by path and reason, as JSON and as a dict."""
    text = PUSH.decode()
    assert old in text
    broken = text.replace(old, new)
    assert refusal(broken) == (path, reason)
    assert refusal(json.loads(broken)) == (path, reason)


@every_class
def test_every_required_field_is_required(type: type[EventBridgeEvent]) -> None:
    """Without any one of the fields of the envelope, or of the detail's required ones, there is no event."""
    for name in ("version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail"):
        document = json.loads(sample_json(type))
        del document[name]
        assert refusal(document) == ("$", f"object missing required field `{name}`")
    detail = msgspec.structs.fields(type)[-1].type
    required = [field.encode_name for field in msgspec.structs.fields(detail) if field.required]
    assert required
    for name in required:
        document = json.loads(sample_json(type))
        del document["detail"][name]
        if (type, name) == (Inspector2ScanEvent, "repository-name"):
            # Without it, only the resources tell that the scan was of an image.
            assert ":ecr:" in document["resources"][0]
        assert refusal(document) == ("$.detail", f"object missing required field `{name}`")


def test_all_seven_fields_of_a_replication_are_required() -> None:
    """The published schema says so."""
    assert set(json_schema(ECRReplicationActionEvent)["$defs"]["ECRReplicationAction"]["required"]) == {
        "result",
        "repository-name",
        "image-digest",
        "source-account",
        "action-type",
        "source-region",
        "image-tag",
    }


def test_a_day_that_does_not_exist_is_refused() -> None:
    """AWS's sample of the pull through cache is dated 29 February 2023."""
    document = json.loads(sample_json(ECRPullThroughCacheActionEvent)) | {"time": "2023-02-29T02:36:48Z"}
    assert refusal(document) == ("$.time", "invalid RFC3339 encoded datetime")


def test_the_last_of_a_repeated_key_wins() -> None:
    """As in Python's json: also for the keys that decide what the event is."""
    repeated = PUSH.decode().replace('"region": "eu-west-1"', '"region": "us-east-1", "region": "eu-west-1"')
    assert decode(repeated) == sample(ECRImageActionEvent)
    for first in ("ECR Replication Action", "ECR Something Else"):
        repeated = PUSH.decode().replace('"version"', f'"detail-type": "{first}", "version"', 1)
        assert decode(repeated) == sample(ECRImageActionEvent)


# Events that are not ours


def renamed(payload: bytes, old: str, new: str) -> dict[str, Any]:
    text = payload.decode()
    assert old in text
    document: dict[str, Any] = json.loads(text.replace(old, new))
    return document


@pytest.mark.parametrize(
    "document",
    [
        renamed(PUSH, '"ECR Image Action"', '"ECR Artifact Action"'),
        renamed(PUSH, '"ECR Image Action"', '"S3 Object Created"'),
        renamed(PUSH, '"aws.ecr"', '"aws.rds"'),
        renamed(PUSH, '"aws.ecr"', '"my.own.source"'),
        renamed(sample_json(ECRAWSAPICallViaCloudTrailEvent), '"aws.ecr"', '"aws.s3"'),
        renamed(sample_json(ECRAWSAPICallViaCloudTrailEvent), '"ecr.amazonaws.com"', '"ecr-public.amazonaws.com"'),
        renamed(sample_json(Inspector2ScanEvent), '"aws.inspector2"', '"aws.inspector"'),
        renamed(sample_json(Inspector2FindingEvent), '"aws.inspector2"', '"aws.inspector"'),
        renamed(sample_json(Inspector2FindingEvent), '"AWS_ECR_CONTAINER_IMAGE"', '"AWS_EC2_INSTANCE"'),
        renamed(sample_json(Inspector2ScanEvent), '"repository-name"', '"instance-id"') | {"resources": ["i-0abc"]},
        renamed(sample_json(Inspector2ScanEvent), '"repository-name"', '"instance-id"') | {"resources": []},
        renamed(sample_json(Inspector2ScanEvent), '"repository-name"', '"function"')
        | {"resources": ["arn:aws:lambda:eu-west-1:012345678901:function:ecr:7"]},
    ],
    ids=lambda document: f"{document['source']}-{document['detail-type']}",
)
def test_an_event_that_is_not_ours_is_unknown(document: dict[str, Any]) -> None:
    """Its envelope is typed and its detail is a dict, and it encodes back to the whole document."""
    for payload in (document, json.dumps(document)):
        event = decode(payload)
        assert isinstance(event, UnknownEvent)
        assert event.detail_type == document["detail-type"]
        assert event.detail == document["detail"]
        assert event.time == datetime.fromisoformat(document["time"])
        assert json.loads(encode(event)) == document


def test_a_finding_with_a_broken_resource_is_refused() -> None:
    """A resource that does not say what it is does not make the finding somebody else's."""
    document = json.loads(sample_json(Inspector2FindingEvent))
    document["detail"]["resources"] = [7]
    assert refusal(document) == ("$.detail.resources[0]", "expected `object`, got `int`")
    document["detail"]["resources"] = None
    assert refusal(document) == ("$.detail.resources", "expected `array`, got `null`")


def test_a_finding_on_several_kinds_of_resources_is_unknown() -> None:
    """Inspector sends one; should it ever send an image among others, nothing is lost."""
    document = json.loads(sample_json(Inspector2FindingEvent))
    document["detail"]["resources"].append({"type": "AWS_EC2_INSTANCE"})
    assert isinstance(decode(document), UnknownEvent)


def test_a_broken_envelope_is_refused_for_unknown_events_too() -> None:
    """The nine fields are EventBridge's contract, whoever the source is."""
    assert refusal(renamed(PUSH, '"aws.ecr"', '"aws.rds"') | {"time": "yesterday"})[0] == "$.time"


# The type that is asked for


def test_the_type_asked_for_is_what_comes_back() -> None:
    """Another event is a DecodeError that names both, also without its detail-type or under another source."""
    assert decode(REPLICATION, type=ECRReplicationActionEvent) == sample(ECRReplicationActionEvent)
    both = ("$.detail-type", "expected `ECR Replication Action`, got `ECR Image Action`")
    assert refusal(PUSH, type=ECRReplicationActionEvent) == both
    other = renamed(PUSH, '"ECR Image Action"', '"Secret"')
    assert refusal(other, type=ECRImageActionEvent) == (
        "$.detail-type",
        "expected `ECR Image Action`, got something else",
    )
    assert refusal(renamed(PUSH, '"detail-type"', '"x"'), type=ECRImageActionEvent)[1].endswith("`detail-type`")
    secret = renamed(PUSH, '"aws.ecr"', '"s3cret"')
    assert refusal(secret, type=ECRImageActionEvent) == ("$.source", "not the value required by this detail-type")


def test_every_event_can_be_had_as_an_unknown_event() -> None:
    """That gives the detail of a known event as a dict."""
    event = decode(PUSH, type=UnknownEvent)
    assert event.__class__ is UnknownEvent
    assert event.detail == json.loads(PUSH)["detail"]


def test_a_users_own_subclass_can_be_asked_for() -> None:
    """Structs are there to be extended."""

    class MyEvent(ECRImageActionEvent, frozen=True, kw_only=True, gc=False):
        my_field: str = "absent"

    event = decode(PUSH, type=MyEvent)
    assert event.__class__ is MyEvent
    assert event.my_field == "absent"


class Untagged(EventBridgeEvent, frozen=True, kw_only=True, gc=False):
    """A subclass that says nothing of its detail-type, so that encoding would lose it."""

    detail: dict[str, Any]


@pytest.mark.parametrize("type", [int, EventBridgeEvent, Untagged, "ECRImageActionEvent"])
def test_a_type_that_no_event_has_is_a_type_error(type: Any) -> None:
    """Without a detail-type of its own, a class cannot be told apart, nor encoded."""
    with pytest.raises(TypeError, match="must be an event class with a detail-type"):
        decode(PUSH, type=type)


# The session


@pytest.mark.parametrize(
    "payload", [PUSH, json.loads(PUSH), renamed(PUSH, "aws.ecr", "aws.rds")], ids=["json", "dict", "unknown"]
)
def test_a_session_is_bound_and_is_no_part_of_the_event(payload: Any) -> None:
    """It is not encoded, compared, hashed, shown, pickled or copied."""
    session: Any = object()
    event = decode(payload, session=session)
    without = decode(payload)
    assert event.session is session
    assert without.session is None
    assert event == without
    assert hash(event) == hash(without)
    assert repr(event) == repr(without)
    assert encode(event) == encode(without)
    for copied in (copy.copy(event), pickle.loads(pickle.dumps(event)), msgspec.structs.replace(event)):
        assert copied == event
        assert copied.session is None


def test_a_session_in_the_payload_is_an_unknown_key() -> None:
    """The JSON cannot choose the session."""
    assert decode(renamed(PUSH, '"version"', '"session": "x", "version"')).session is None


def test_using_gives_the_same_event_with_another_session() -> None:
    """The event itself stays as it is."""
    first: Any = object()
    second: Any = object()
    event = decode(PUSH, session=first)
    other = event.using(second)
    assert (other, other.session, event.session) == (event, second, first)
    assert other.using(None).session is None


def test_a_session_is_released_with_its_events() -> None:
    """The slot that holds it leaks no reference, although events are not tracked by the collector."""
    session: Any = object()
    before = sys.getrefcount(session)
    for _ in range(1_000):
        decode(PUSH, session=session).using(session)
    assert sys.getrefcount(session) == before


# Events as values


@every_class
def test_an_event_is_a_value(type: type[EventBridgeEvent]) -> None:
    """Frozen, hashable, comparable, picklable, copyable, and no work for the garbage collector."""
    event = sample(type)
    with pytest.raises(AttributeError):
        event.region = "elsewhere"  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    assert {event, sample(type)} == {event}
    assert pickle.loads(pickle.dumps(event)) == event
    assert copy.deepcopy(event) == event
    assert event != msgspec.structs.replace(event, id="another")
    assert not gc.is_tracked(event)


# Encoding


def test_encode_uses_the_keys_of_aws_and_leaves_absent_keys_absent() -> None:
    """Empty strings and empty lists stay, None goes, null of CloudTrail stays null."""
    document = renamed(PUSH, '"1.4.2"', '""')
    del document["detail"]["artifact-media-type"]
    assert json.loads(encode(decode(document))) == document


def test_encode_indents() -> None:
    """The indented text is the same document, a key a line."""
    event = sample(ECRImageActionEvent)
    text = encode(event, indent=2).decode()
    assert json.loads(text) == json.loads(encode(event))
    assert '\n  "region": "eu-west-1",\n' in text
    assert b"\n" not in encode(event)


# JSON Schema


@every_class
def test_the_schema_of_an_event_accepts_its_sample_and_no_other(type: type[EventBridgeEvent]) -> None:
    """It is JSON Schema 2020-12, and requires what decode requires."""
    schema = json_schema(type)
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
    for other in get_args(ECREvent):
        assert validator.is_valid(json.loads(sample_json(other))) is (other is type)
    document = json.loads(sample_json(type))
    assert not validator.is_valid(document | {"time": "2023-02-29T00:00:00Z"})
    assert "session" not in schema["$defs"][type.__name__]["properties"]


@pytest.mark.parametrize("schema", [json_schema(), json_schema(ECREvent)], ids=["default", "union"])
def test_the_schema_of_the_union_accepts_every_event(schema: dict[str, Any]) -> None:
    """Told apart by detail-type; an event that is not ours is not valid."""
    validator = Draft202012Validator(schema)
    for type in get_args(ECREvent):
        assert validator.is_valid(json.loads(sample_json(type)))
    assert not validator.is_valid(json.loads(sample_json(UnknownEvent)))


# Importing


def test_importing_loads_msgspec_and_the_standard_library_alone() -> None:
    """No boto3, no optional dependency, no command line, and of the standard library what msgspec has loaded."""
    code = "import msgspec, sys; before = {*sys.modules}; import ecr_events; print(*{*sys.modules} - before)"
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    assert "ecr_events.codec" in loaded
    assert {name for name in loaded if name.partition(".")[0] != "ecr_events"} == set()
    assert not {"ecr_events.cli", "ecr_events.samples", "ecr_events.service"} & set(loaded)
