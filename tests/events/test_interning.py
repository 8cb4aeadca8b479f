import json
import pickle
import subprocess
import sys
import textwrap
from collections.abc import Callable
from enum import StrEnum
from typing import Any

import msgspec
import pytest
from documents import document, error_text

from ecr_events import ECRImageActionEvent, ImageReference, decode, encode, json_schema
from ecr_events.events import interning
from ecr_events.events.interning import INTERNED


def decode_json(parsed: dict[str, Any]) -> Any:
    return decode(json.dumps(parsed))


def decode_dict(parsed: dict[str, Any]) -> Any:
    return decode(json.loads(json.dumps(parsed)))


both_paths = pytest.mark.parametrize("read", [decode_json, decode_dict])


def with_result(result: object) -> dict[str, Any]:
    return document(ECRImageActionEvent, {"result": result})


@both_paths
@pytest.mark.parametrize("value", [*INTERNED, "ABORTED", "", "success", "Å", "x" * 1000])
def test_every_string_is_decoded_to_a_plain_string(read: Callable[[dict[str, Any]], Any], value: str) -> None:
    """Interned or not, the value is a `str` and not a member of an enum."""
    event = read(with_result(value))
    assert event.detail.result == value
    assert type(event.detail.result) is str
    assert json.loads(encode(event))["detail"]["result"] == value
    assert pickle.loads(pickle.dumps(event)) == event


@both_paths
def test_events_share_interned_strings(read: Callable[[dict[str, Any]], Any]) -> None:
    """All events have the same object, so a million events hold the string once."""
    first, second = (read(with_result("SUCCESS")) for _ in range(2))
    assert first.detail.result is second.detail.result
    assert first.region is second.region
    assert first.version is second.version


@both_paths
def test_another_type_is_an_error(read: Callable[[dict[str, Any]], Any]) -> None:
    """An interned field accepts strings only."""
    with pytest.raises(ValueError, match=r"expected `str`, got `int` at \$\.detail\.result"):
        read(with_result(1))


def test_msgspec_decodes_every_string_without_this_library() -> None:
    """The functions of msgspec accept strings that are not interned, strictly or not."""
    changed = with_result("ABORTED") | {"region": "xx-new-9"}
    for event in (
        msgspec.json.decode(json.dumps(changed), type=ECRImageActionEvent),
        msgspec.convert(changed, ECRImageActionEvent, strict=False),
        msgspec.msgpack.decode(msgspec.msgpack.encode(changed), type=ECRImageActionEvent),
    ):
        assert (event.region, event.detail.result) == ("xx-new-9", "ABORTED")
        assert isinstance(event.image_reference, ImageReference)


def test_a_lone_surrogate_is_an_error() -> None:
    """No UTF-8 text has one, whether from JSON or from a dict."""
    assert "surrogate" in error_text(json.dumps(with_result("\ud800")))
    assert "surrogate" in error_text(with_result("\ud800"))


def test_no_string_is_listed_twice() -> None:
    """The list is short enough to read."""
    assert len(set(INTERNED)) == len(INTERNED)


def test_interning_requires_plain_and_shared_strings() -> None:
    """A type that msgspec decodes to enum members, to unshared strings or not at all does not intern."""

    class Members(StrEnum):
        A = INTERNED[0]
        B = f"{INTERNED[0]}?"

    class Closed(StrEnum):
        A = INTERNED[0]

    assert interning.interns(interning.InternedStr)
    assert not interning.interns(Members)
    assert not interning.interns(Closed)
    assert not interning.interns(str)


def test_without_interning_events_and_schemas_stay_the_same() -> None:
    """With a msgspec that returns other values, `InternedStr` is `str`."""
    code = """
    import json, msgspec
    genuine = msgspec.convert
    msgspec.convert = lambda value, type: [object()]
    from ecr_events.events.interning import InternedStr
    msgspec.convert = genuine
    assert InternedStr is str
    from ecr_events import ECRImageActionEvent, decode, encode, json_schema
    from ecr_events.samples import sample_json
    event = decode(sample_json(ECRImageActionEvent))
    assert type(event.region) is str
    assert json.loads(encode(event)) == json.loads(sample_json(ECRImageActionEvent))
    print(json.dumps(json_schema(), sort_keys=True))
    """
    output = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], check=True, capture_output=True, text=True)
    assert json.loads(output.stdout) == json_schema()
