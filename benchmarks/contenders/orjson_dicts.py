"""orjson, to plain dicts: nothing is checked, and times are text."""

import orjson

from benchmarks.contenders import ORJSON, Contender

CONTENDERS = {ORJSON: Contender(decoder=lambda _: orjson.loads, encode=orjson.dumps, plain=lambda document: document)}
