"""pydantic models constructed from what ``json`` parses, as botocraft does."""

import json
from collections.abc import Callable
from typing import Any

from benchmarks.contenders import Contender, DetailType
from benchmarks.contenders.pydantic_models import MODELS, to_dict, to_json


def _decoder(detail_type: DetailType) -> Callable[[bytes], Any]:
    convert = _converter(detail_type)
    return lambda raw: convert(json.loads(raw))


def _converter(detail_type: DetailType) -> Callable[[dict[str, Any]], Any]:
    if detail_type:
        model = MODELS[detail_type]
        return lambda document: model(**document)
    return lambda document: MODELS[document["detail-type"]](**document)


CONTENDER = Contender(
    label="pydantic, Model(**json.loads(raw))",
    packages=("pydantic",),
    decoder=_decoder,
    converter=_converter,
    encode=to_json,
    plain=to_dict,
    shares_type=True,
)
