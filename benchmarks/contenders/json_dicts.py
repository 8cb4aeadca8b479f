"""The standard library's json, to plain dicts without validation; times stay `str`."""

import json

from benchmarks.contenders import Contender

CONTENDER = Contender(
    label="json, dict",
    decoder=lambda _: json.loads,
    encode=lambda document: json.dumps(document, separators=(",", ":")).encode(),
    plain=lambda document: document,
)
