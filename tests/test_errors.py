import pickle

import pytest

from ecr_events import DecodeError, ECREventsError, ECRImageActionEvent, InvalidReferenceError, decode
from ecr_events.samples import sample_json

BROKEN = sample_json(ECRImageActionEvent).replace(b'"PUSH"', b"7")


def refusal(payload: bytes | memoryview) -> DecodeError:
    with pytest.raises(DecodeError) as caught:
        decode(payload)
    return caught.value


def test_every_error_is_under_one_root() -> None:
    """One except clause catches all that this library raises; ValueError catches these two as well."""
    for error in (DecodeError, InvalidReferenceError):
        assert issubclass(error, ECREventsError)
        assert issubclass(error, ValueError)


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
    error = pickle.loads(pickle.dumps(refusal(payload)))
    assert (type(error), error.reason, error.path, error.payload) == (
        DecodeError,
        "expected `str`, got `int`",
        "$.detail.action-type",
        BROKEN,
    )


def test_an_error_in_a_key_names_the_object() -> None:
    """A key that is not a string is reported at its object."""
    error = DecodeError.of(ValueError("Expected `str`, got `int` - at `key` in `$.detail`"), {})
    assert str(error) == "expected `str`, got `int` as a key at $.detail"


def test_an_invalid_reference_error_survives_pickling_and_bounds_its_text() -> None:
    """The value is kept whole, and shown up to 200 characters."""
    error = pickle.loads(pickle.dumps(InvalidReferenceError("not an AWS region", "x" * 1000)))
    assert str(error) == f"not an AWS region: {'x' * 200!r}"
    assert error.value == "x" * 1000
