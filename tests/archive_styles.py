"""The events of a small archive, and the styles in which archives are written."""

import json
import random
from collections.abc import Callable
from typing import Any, get_args

import pytest

from ecr_events import ECREvent, EventBridgeEvent, UnknownEvent
from ecr_events.samples import sample, sample_json

EVENTS: list[EventBridgeEvent] = random.Random(7).choices(
    [sample(cls) for cls in (*get_args(ECREvent), UnknownEvent)], k=60
)

DOCUMENTS: list[dict[str, Any]] = [json.loads(sample_json(event.__class__)) for event in EVENTS]

LINES = [json.dumps(document, separators=(",", ":")) for document in DOCUMENTS]
"""The events as compact JSON."""

STYLES: dict[str, Callable[[list[str]], str]] = {
    "lines": "\n".join,
    "terminated lines": lambda texts: "".join(f"{text}\n" for text in texts),
    "CRLF lines": lambda texts: "\r\n".join(texts) + "\r\n",
    "blank lines": "\n\n \n".join,
    "adjacent": "".join,
    "array": lambda texts: f"[{','.join(texts)}]",
    "array of lines": lambda texts: "[\n" + ",\n".join(texts) + "\n]\n",
    "indented": lambda texts: "\n".join(json.dumps(json.loads(text), indent=2) for text in texts),
    "indented by 0": lambda texts: "\n".join(json.dumps(json.loads(text), indent=0) for text in texts),
    "indented array": lambda texts: json.dumps([json.loads(text) for text in texts], indent=4),
    "array indented by 0": lambda texts: json.dumps([json.loads(text) for text in texts], indent=0),
}

every_style = pytest.mark.parametrize("style", STYLES.values(), ids=STYLES)
