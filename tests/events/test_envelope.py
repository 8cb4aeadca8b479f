import copy
import gc
import pickle
import sys
from datetime import UTC, datetime
from typing import Any, get_args

import msgspec
import pytest
from conftest import UnusedSession
from documents import document, error_text, references

from ecr_events import ECREvent, ECRImageActionEvent, EventBridgeEvent, UnknownEvent, decode, encode
from ecr_events.samples import sample, sample_json

PUSH = sample_json(ECRImageActionEvent)

every_class = pytest.mark.parametrize("type", [*get_args(ECREvent), UnknownEvent], ids=lambda type: type.__name__)


# Fields


@every_class
def test_every_field_of_the_envelope_is_required(type: type[EventBridgeEvent]) -> None:
    """EventBridge sends nine fields with every event."""
    for name in ("version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail"):
        incomplete = document(type)
        del incomplete[name]
        assert error_text(incomplete) == f"object missing required field `{name}` at $"


@every_class
def test_a_class_has_the_detail_type_of_its_sample(type: type[EventBridgeEvent]) -> None:
    """The property `detail_type` has the value of the key ``detail-type``."""
    assert sample(type).detail_type == document(type)["detail-type"]


def test_a_replay_has_a_name() -> None:
    """EventBridge adds ``replay-name`` to events from an archive."""
    replayed = document(ECRImageActionEvent) | {"replay-name": "may"}
    event = decode(replayed)
    assert event.replay_name == "may"
    assert msgspec.json.decode(encode(event)) == replayed
    assert decode(PUSH).replay_name is None


def test_the_time_is_timezone_aware() -> None:
    """An offset from UTC is accepted; a time without one is an error."""
    event = decode(document(ECRImageActionEvent) | {"time": "2026-05-04T11:15:31+02:00"})
    assert event.time == datetime(2026, 5, 4, 9, 15, 31, tzinfo=UTC)
    local = document(ECRImageActionEvent) | {"time": "2026-05-04T09:15:31"}
    assert error_text(local) == "expected `datetime` with a timezone component at $.time"


def test_an_event_names_nothing_by_default() -> None:
    """Subclasses say which repositories and images their detail names."""
    assert references(document(UnknownEvent)) == (None, None, (), ())


# Values


@every_class
def test_an_event_is_a_value(type: type[EventBridgeEvent]) -> None:
    """An event is frozen, hashable, comparable, picklable and copyable, and not tracked by the garbage collector."""
    event = sample(type)
    with pytest.raises(AttributeError):
        event.region = "elsewhere"  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    assert {event, sample(type)} == {event}
    assert pickle.loads(pickle.dumps(event)) == event
    assert copy.deepcopy(event) == event
    assert event != msgspec.structs.replace(event, id="another")
    assert not gc.is_tracked(event)


# Sessions


class OwnEvent(ECRImageActionEvent, frozen=True, kw_only=True):
    """A user's subclass."""


@pytest.mark.parametrize(
    ("payload", "type"),
    [
        pytest.param(PUSH, None, id="JSON"),
        pytest.param(PUSH, ECRImageActionEvent, id="JSON with a type"),
        pytest.param(PUSH, OwnEvent, id="JSON with a subclass"),
        pytest.param(PUSH, UnknownEvent, id="JSON as unknown"),
        pytest.param(document(ECRImageActionEvent), None, id="dict"),
        pytest.param(document(ECRImageActionEvent), OwnEvent, id="dict with a subclass"),
        pytest.param(document(ECRImageActionEvent) | {"source": "aws.rds"}, None, id="unknown source"),
        pytest.param(PUSH.replace(b"ECR Image Action", b"ECR Artifact Action"), None, id="unknown detail-type"),
        pytest.param(PUSH.replace(b"{", b'{"detail-type": "ECR Image Scan",', 1), None, id="repeated key"),
    ],
)
def test_the_session_is_bound_and_not_part_of_the_value(payload: Any, type: Any) -> None:
    """The session is not encoded, compared, hashed, shown, pickled or copied."""
    session = UnusedSession()
    event = decode(payload, type=type, session=session)
    without = decode(payload, type=type)
    assert event.session is session
    assert without.session is None
    assert event == without
    assert hash(event) == hash(without)
    assert repr(event) == repr(without)
    assert encode(event) == encode(without)
    for copied in (copy.copy(event), pickle.loads(pickle.dumps(event)), msgspec.structs.replace(event)):
        assert copied == event
        assert copied.session is None


def test_a_payload_cannot_set_the_session() -> None:
    """A key ``session`` or ``_session`` is an unknown key."""
    forged = document(ECRImageActionEvent) | {"session": "x", "_session": "x"}
    assert decode(forged).session is None
    assert decode(msgspec.json.encode(forged)).session is None


def test_using_returns_a_copy_with_another_session() -> None:
    """The event itself is unchanged."""
    first: Any = UnusedSession()
    second: Any = UnusedSession()
    event = decode(PUSH, session=first)
    other = event.using(second)
    assert other is not event
    assert (other, other.session, event.session) == (event, second, first)
    assert other.using(None).session is None


def test_a_session_is_released_with_its_events() -> None:
    """The slot holds no reference after the event is gone, although events are not garbage-collected."""
    session = UnusedSession()
    before = sys.getrefcount(session)
    for _ in range(1_000):
        decode(PUSH, session=session).using(session)
    assert sys.getrefcount(session) == before
