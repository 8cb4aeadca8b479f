"""orjson, to plain dicts without validation; times stay `str`."""

import orjson

from benchmarks.contenders import Contender

CONTENDER = Contender(
    label="orjson, dict",
    packages=("orjson",),
    decoder=lambda _: orjson.loads,
    encode=orjson.dumps,
    plain=lambda document: document,
    imports="import orjson",
    first_event="import orjson; orjson.loads(raw)",
)
