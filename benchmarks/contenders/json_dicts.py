"""The standard library's json, to plain dicts: nothing is checked, and times are text."""

import json

from benchmarks.contenders import JSON, Contender

CONTENDERS = {
    JSON: Contender(
        decoder=lambda _: json.loads,
        encode=lambda document: json.dumps(document, separators=(",", ":")).encode(),
        plain=lambda document: document,
    )
}
