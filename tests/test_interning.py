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

from ecr_events import DecodeError, ECRImageActionEvent, ImageReference, decode, encode, json_schema
from ecr_events.events import interning
from ecr_events.events.interning import INTERNED
from ecr_events.samples import sample_json

DOCUMENT: dict[str, Any] = json.loads(sample_json(ECRImageActionEvent))

from_json: Callable[[dict[str, Any]], Any] = lambda document: decode(json.dumps(document))  # noqa: E731
from_dict: Callable[[dict[str, Any]], Any] = decode


def _with(result: str) -> dict[str, Any]:
    return DOCUMENT | {"detail": DOCUMENT["detail"] | {"result": result}}


@pytest.mark.parametrize("read", [from_json, from_dict])
@pytest.mark.parametrize("word", [*INTERNED, "ABORTED", "", "success", "Å", "x" * 1000])
def test_a_word_is_a_plain_string(read: Callable[[dict[str, Any]], Any], word: str) -> None:
    """Known or not, it is decoded to what was sent, and never to a member of an enum."""
    event = read(_with(word))
    assert event.detail.result == word
    assert type(event.detail.result) is str
    assert json.loads(encode(event))["detail"]["result"] == word
    assert pickle.loads(pickle.dumps(event)) == event


@pytest.mark.parametrize("read", [from_json, from_dict])
def test_events_share_the_words_they_have_in_common(read: Callable[[dict[str, Any]], Any]) -> None:
    """A known word is one object in all events, so a million events hold it once."""
    one, other = (read(json.loads(json.dumps(_with("SUCCESS")))) for _ in range(2))
    assert one.detail.result is other.detail.result
    assert one.region is other.region


def test_a_word_is_no_number() -> None:
    """What is no string is refused like anywhere else."""
    with pytest.raises(ValueError, match=r"expected `str`, got `int` at \$\.detail\.result"):
        decode(json.dumps(DOCUMENT | {"detail": DOCUMENT["detail"] | {"result": 1}}))


def test_msgspec_itself_takes_any_word() -> None:
    """Structs are decoded and converted by msgspec's own functions too, strictly or not."""
    document = _with("ABORTED") | {"region": "xx-new-9"}
    for event in (
        msgspec.json.decode(json.dumps(document), type=ECRImageActionEvent),
        msgspec.convert(document, ECRImageActionEvent, strict=False),
        msgspec.msgpack.decode(msgspec.msgpack.encode(document), type=ECRImageActionEvent),
    ):
        assert (event.region, event.detail.result) == ("xx-new-9", "ABORTED")
        assert isinstance(event.image_reference, ImageReference)


def test_a_lone_surrogate_is_refused_from_a_dict_too() -> None:
    """As from JSON: no such text can be UTF-8."""
    for read in (from_json, from_dict):
        with pytest.raises(DecodeError):
            read(_with("\ud800"))


def test_no_word_is_listed_twice() -> None:
    """The list is for reading too."""
    assert len(set(INTERNED)) == len(INTERNED)


def test_interning_is_given_up_where_msgspec_returns_other_values() -> None:
    """A type that msgspec decodes to enum members, to unshared strings or not at all is not used for interning."""

    class Members(StrEnum):
        A = INTERNED[0]
        B = f"{INTERNED[0]}?"

    class Closed(StrEnum):
        A = INTERNED[0]

    assert interning.interns(interning.InternedStr)
    assert not interning.interns(Members)
    assert not interning.interns(Closed)
    assert not interning.interns(str)


def test_events_are_decoded_without_interning() -> None:
    """With a msgspec that returns enum members, `InternedStr` is `str`, and events and schemas stay the same."""
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
