import pickle

import pytest

from ecr_events import (
    AccessDeniedError,
    CredentialsError,
    DecodeError,
    ECREventsError,
    ECRImageActionEvent,
    InvalidReferenceError,
    InvalidRequestError,
    RepositoryReference,
    ServiceError,
    ThrottledError,
    UnavailableError,
    decode,
)
from ecr_events.errors import BatchServiceError
from ecr_events.samples import sample_json

BROKEN = sample_json(ECRImageActionEvent).replace(b'"PUSH"', b"7")


def refusal(payload: bytes | memoryview) -> DecodeError:
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


def test_a_decode_error_carries_the_evidence() -> None:
    """Payload, path and reason are attributes, and the cause is msgspec's error."""
    error = refusal(BROKEN)
    assert (error.reason, error.path, error.payload) == ("expected `str`, got `int`", "$.detail.action-type", BROKEN)
    assert type(error.__cause__).__name__ == "ValidationError"


def test_the_text_of_a_decode_error_has_the_place_and_never_the_payload() -> None:
    """Neither str nor repr shows what was decoded, so both may go to a log."""
    error = refusal(BROKEN)
    assert str(error) == "expected `str`, got `int` at $.detail.action-type"
    assert "team/app" not in str(error) + repr(error)


def test_a_decode_error_shows_one_traceback() -> None:
    """The cause is the whole story: the attempts before it do not clutter the traceback."""
    error = refusal(BROKEN)
    assert error.__cause__ is not None
    assert error.__cause__.__context__ is None


@pytest.mark.parametrize("payload", [BROKEN, memoryview(BROKEN)], ids=["bytes", "memoryview"])
def test_a_decode_error_survives_pickling(payload: bytes | memoryview) -> None:
    """A worker can send it to another process; a memoryview arrives as its bytes."""
    error = refusal(payload)
    error.add_note("from the queue")
    error = pickle.loads(pickle.dumps(error))
    assert error.__notes__ == ["from the queue"]
    assert (type(error), error.reason, error.path, error.payload) == (
        DecodeError,
        "expected `str`, got `int`",
        "$.detail.action-type",
        BROKEN,
    )


def test_an_error_in_a_key_names_the_object() -> None:
    """A key that is not a string is reported at its object."""
    error = DecodeError.from_exception(ValueError("Expected `str`, got `int` - at `key` in `$.detail`"), {})
    assert str(error) == "expected `str`, got `int` as a key at $.detail"


def test_an_invalid_reference_error_survives_pickling_and_bounds_its_text() -> None:
    """The value is kept whole, and shown up to 200 characters."""
    error = pickle.loads(pickle.dumps(InvalidReferenceError("not an AWS region", "x" * 1000)))
    assert str(error) == f"not an AWS region: {'x' * 200!r}"
    assert error.value == "x" * 1000


def test_a_long_reason_keeps_its_lines() -> None:
    """What surrounds the path in msgspec's text is kept as it is."""
    error = DecodeError.from_exception(ValueError("first\nsecond - at `$.detail`"), {})
    assert (error.reason, error.path) == ("first\nsecond", "$.detail")
    assert DecodeError.from_exception(ValueError("x - at `$.a` and more"), {}).path == "$"


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
