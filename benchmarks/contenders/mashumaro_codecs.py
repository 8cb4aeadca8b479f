"""mashumaro, on what orjson parses."""

from collections.abc import Callable
from typing import Any

import orjson
from mashumaro.codecs.basic import BasicDecoder
from mashumaro.codecs.orjson import ORJSONEncoder

from benchmarks.contenders import MASHUMARO, Contender, Kind, parsing
from benchmarks.contenders.dataclass_models import DATACLASSES, plain

_encoders = {cls: ORJSONEncoder(cls).encode for cls in DATACLASSES.values()}
_decode = {kind: BasicDecoder(cls).decode for kind, cls in DATACLASSES.items()}


def _converter(kind: Kind) -> Callable[[dict[str, Any]], Any]:
    return _decode[kind] if kind else lambda document: _decode[document["detail-type"]](document)


def _encode(event: Any) -> bytes:
    return _encoders[event.__class__](event)


CONTENDERS = {
    MASHUMARO: Contender(decoder=parsing(orjson.loads, _converter), converter=_converter, encode=_encode, plain=plain)
}
