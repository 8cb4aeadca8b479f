"""The messages of a soak: events of all types, of which some arrive twice, some always fail and some are broken."""

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple, get_args

from benchmarks.soak.worker import FIRST, POISON
from ecr_events import ECREvent, ECRImageActionEvent, ImageReference, UnknownEvent
from ecr_events.samples import sample, sample_json

__all__ = ["Message", "images", "messages"]

_SHARES = {"good": 94, "replayed": 4, "broken": 1, "poison": 1}
"""Of a hundred events. A replayed one is sent twice."""

_IMAGES = 200
_MISSING = 20
"""Images that events name and that do not exist."""

_CLASSES = (*get_args(ECREvent), UnknownEvent)


class Message(NamedTuple):
    """A message to send."""

    name: str
    """Its name in the ledger: the id of the event, and the name of the replay."""
    kind: str
    body: str


def images() -> Iterator[ImageReference]:
    """Yield the images that exist."""
    for cls in _CLASSES:
        yield from sample(cls).image_references
    image = sample(ECRImageActionEvent).image_reference
    assert image
    for number in range(_MISSING, _IMAGES):
        yield image.repository.image(digest=_digest(number))


def messages() -> Iterator[Message]:
    """Yield messages without end, with the time at which each is taken."""
    templates = {cls: json.loads(sample_json(cls)) for cls in _CLASSES}
    choose, number = random.Random(0), 0
    while True:
        (kind,) = choose.choices([*_SHARES], weights=[*_SHARES.values()])
        cls = choose.choice(_CLASSES)
        id_ = f"{POISON if kind == 'poison' else 0}{number:07x}-0000-4000-8000-000000000000"
        event: dict[str, Any] = templates[cls] | {"id": id_, "time": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"}
        if cls is ECRImageActionEvent:
            event["detail"] = event["detail"] | {"image-digest": _digest(choose.randrange(_IMAGES))}
        if kind == "broken":
            event = choose.choice([event | {"version": 0}, {key: event[key] for key in ("id", "source")}])
        body = json.dumps(event)
        if kind == "broken" and choose.random() < 1 / 3:
            body = body[: choose.randrange(1, len(body))]
        yield Message(f"{id_} {FIRST}", kind, body)
        if kind == "replayed":
            yield Message(f"{id_} again", kind, json.dumps(event | {"replay-name": "again"}))
        number += 1


def _digest(number: int) -> str:
    return f"sha256:{number:064x}"
