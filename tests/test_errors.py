import json
import pickle
import traceback
from typing import Any, get_args

import msgspec
import pytest
from documents import places

from ecr_events import (
    AccessDeniedError,
    ArchiveError,
    CredentialsError,
    DecodeError,
    ECREvent,
    ECREventsError,
    ECRImageActionEvent,
    EventBridgeEvent,
    InvalidReferenceError,
    InvalidRequestError,
    RepositoryReference,
    ServiceError,
    ThrottledError,
    UnavailableError,
    decode,
)
from ecr_events.errors import BatchServiceError, Payload
from ecr_events.samples import sample_json

MALFORMED = sample_json(ECRImageActionEvent).replace(b'"PUSH"', b"7")


def decode_error(payload: Payload) -> DecodeError:
    with pytest.raises(DecodeError) as caught:
        decode(payload)
    return caught.value


def test_every_error_is_under_one_root() -> None:
    """One except clause catches all of them; ValueError catches those about data as well."""
    for error in (DecodeError, InvalidReferenceError, ServiceError):
        assert issubclass(error, ECREventsError)
    for error in (DecodeError, InvalidReferenceError):
        assert issubclass(error, ValueError)
    service_errors = (AccessDeniedError, BatchServiceError, CredentialsError, InvalidRequestError, ThrottledError)
    for service_error in (*service_errors, UnavailableError):
        assert issubclass(service_error, ServiceError)


# DecodeError


def test_a_decode_error_has_reason_path_payload_and_cause() -> None:
    """The cause is the error of msgspec."""
    error = decode_error(MALFORMED)
    assert error.reason == "expected `str`, got `int`"
    assert error.path == "$.detail.action-type"
    assert error.payload is MALFORMED
    assert type(error.__cause__) is msgspec.ValidationError


def test_the_message_of_a_decode_error_has_the_path_and_not_the_payload() -> None:
    """Neither str nor repr has the payload, so both are safe to log."""
    error = decode_error(MALFORMED)
    assert str(error) == "expected `str`, got `int` at $.detail.action-type"
    assert repr(error) == "DecodeError('expected `str`, got `int`', '$.detail.action-type')"


def test_a_decode_error_has_one_cause() -> None:
    """The failed attempts before the last are not in the traceback."""
    error = decode_error(MALFORMED)
    assert error.__cause__ is not None
    assert error.__cause__.__context__ is None


@pytest.mark.parametrize("value", ["s3cret", ["s3cret"], {"s3cret": "s3cret"}, "s3cret\ud800", ["s3cret", {"s3cret"}]])
@pytest.mark.parametrize("cls", get_args(ECREvent), ids=lambda cls: cls.__name__)
def test_the_traceback_has_no_value_of_the_payload(cls: type[EventBridgeEvent], value: Any) -> None:
    """Nor do the causes, which `logging.exception` prints, wherever the value stands."""
    document = json.loads(sample_json(cls))
    errors = []
    for container, key in list(places(document)):
        original, container[key] = container[key], value
        for payload in (document, json.dumps(document, default=list)):
            try:
                decode(payload, type=cls)
            except DecodeError as error:
                errors.append(error)
        container[key] = original
    assert errors
    assert not [error for error in errors if "s3cret" in "".join(traceback.format_exception(error))]


@pytest.mark.parametrize(
    "payload",
    [MALFORMED, bytearray(MALFORMED), memoryview(MALFORMED), MALFORMED.decode(), json.loads(MALFORMED)],
    ids=type,
)
def test_a_decode_error_survives_pickling(payload: Payload) -> None:
    """A memoryview, which cannot be pickled, becomes its bytes; the original error is unchanged."""
    error = decode_error(payload)
    error.add_note("from the queue")
    copied = pickle.loads(pickle.dumps(error))
    assert type(copied) is DecodeError
    assert (copied.reason, copied.path) == (error.reason, error.path)
    assert copied.payload == (MALFORMED if isinstance(payload, memoryview) else payload)
    assert copied.__notes__ == ["from the queue"]
    assert error.payload is payload


@pytest.mark.parametrize(
    ("text", "reason", "path"),
    [
        ("Expected `str`, got `int` - at `$.detail.result`", "expected `str`, got `int`", "$.detail.result"),
        ("Expected `str`, got `int` - at `$.detail[0][...]`", "expected `str`, got `int`", "$.detail[0][...]"),
        ("Expected `str`, got `int` - at `$`", "expected `str`, got `int`", "$"),
        ("Expected `str`, got `int` - at `key` in `$.detail`", "expected `str`, got `int` as a key", "$.detail"),
        ("Expected `str`, got `int`", "expected `str`, got `int`", "$"),
        ("Invalid enum value 's3cret' - at `$.source`", "not the value required by this detail-type", "$.source"),
        ("Invalid value 's3cret' - at `$.x`", "not the value required by this detail-type", "$.x"),
        ("Invalid RFC3339 encoded datetime - at `$.time`", "invalid RFC3339 encoded datetime", "$.time"),
        ("first\nsecond - at `$.detail`", "first\nsecond", "$.detail"),
        ("x - at `$.a` - at `$.b`", "x - at `$.a`", "$.b"),
        ("x - at `$.a` and more", "x - at `$.a` and more", "$"),
        ("JSON is malformed: trailing characters (byte 1)", "JSON is malformed: trailing characters (byte 1)", "$"),
        ("X", "X", "$"),
        ("", "", "$"),
    ],
)
def test_reason_and_path_are_parsed_from_the_message_of_msgspec(text: str, reason: str, path: str) -> None:
    """The reason starts in lower case unless it starts with an acronym."""
    error = DecodeError.from_exception(ValueError(text), {})
    assert (error.reason, error.path) == (reason, path)


# ArchiveError


def test_an_archive_error_has_the_position() -> None:
    """The message has file, line and offset; an archive without a name is called archive."""
    error = ArchiveError("expected `str`, got `int`", "$.id", b"{}", file="a.jsonl", offset=120, line=3)
    assert str(error) == "a.jsonl:3: byte 120: expected `str`, got `int` at $.id"
    assert str(ArchiveError("input data was truncated", "$", b"{")) == (
        "archive:1: byte 0: input data was truncated at $"
    )


def test_an_archive_error_survives_pickling() -> None:
    """The copy has file, offset and line."""
    error = ArchiveError("expected `str`, got `int`", "$.id", memoryview(b"{}"), file="a.jsonl", offset=120, line=3)
    copied = pickle.loads(pickle.dumps(error))
    assert type(copied) is ArchiveError
    assert vars(copied) == vars(error) | {"payload": b"{}"}
    assert str(copied) == str(error)


# InvalidReferenceError


@pytest.mark.parametrize(("length", "shown"), [(200, 200), (201, 200), (1000, 200)])
def test_an_invalid_reference_error_shows_200_characters(length: int, shown: int) -> None:
    """The attribute has the whole value, also after pickling."""
    error = pickle.loads(pickle.dumps(InvalidReferenceError("not an AWS region", "x" * length)))
    assert str(error) == f"not an AWS region: '{'x' * shown}'"
    assert error.value == "x" * length


# ServiceError


APP = RepositoryReference(registry_id="012345678901", region="eu-west-1", repository_name="team/app")


def test_the_text_of_a_service_error_names_its_reference() -> None:
    """Without a reference, it is the reason alone."""
    error = ThrottledError("Rate exceeded", code="ThrottlingException", reference=APP)
    assert str(error) == "team/app in eu-west-1 of 012345678901: Rate exceeded"
    assert str(ServiceError("Rate exceeded")) == "Rate exceeded"
    assert (ServiceError("Rate exceeded").code, ServiceError("Rate exceeded").reference) == (None, None)


def test_a_service_error_survives_pickling() -> None:
    """Class, attributes and notes are those of the original."""
    error = ThrottledError("Rate exceeded", code="ThrottlingException", reference=APP.image(tag="a"))
    error.add_note("after 8 attempts")
    copied = pickle.loads(pickle.dumps(error))
    assert type(copied) is ThrottledError
    assert vars(copied) == vars(error)
    assert str(copied) == str(error)


def batch_error() -> BatchServiceError:
    """Return the error of four lookups, of which three failed."""
    images = [APP.image(tag=tag) for tag in "abcd"]
    first = ThrottledError("Rate exceeded", code="ThrottlingException", reference=images[0])
    first.__cause__ = TimeoutError()
    denied = AccessDeniedError("not authorized", reference=images[1])
    errors = {images[0]: first, images[1]: denied, images[2]: ThrottledError("Rate exceeded", reference=images[2])}
    return BatchServiceError(errors, {images[3]: None})


def test_a_batch_error_counts_its_errors_and_quotes_the_first() -> None:
    """Code and reference are those of the single errors alone; the cause is that of the first."""
    error = batch_error()
    assert str(error) == error.reason
    assert error.reason == (
        "3 of 4 lookups failed (2 ThrottledError, 1 AccessDeniedError); "
        "first: team/app:a in eu-west-1 of 012345678901: Rate exceeded"
    )
    assert (error.code, error.reference) == (None, None)
    assert [type(single) for single in error.errors.values()] == [ThrottledError, AccessDeniedError, ThrottledError]
    assert error.results == {APP.image(tag="d"): None}
    assert isinstance(error.__cause__, TimeoutError)


def test_a_batch_error_survives_pickling() -> None:
    """Errors and results stay mappings by reference."""
    error = batch_error()
    copied = pickle.loads(pickle.dumps(error))
    assert type(copied) is BatchServiceError
    assert copied.reason == error.reason
    assert copied.results == error.results
    assert {reference: vars(single) for reference, single in copied.errors.items()} == {
        reference: vars(single) for reference, single in error.errors.items()
    }
