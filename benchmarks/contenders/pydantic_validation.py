"""pydantic 2, in the three ways that its users have."""

import json
from collections.abc import Callable
from functools import partial
from typing import Any

from pydantic import BaseModel, TypeAdapter

from benchmarks.contenders import ADAPTER, BOTOCRAFT_PATH, MODEL, Contender, Kind, parsing
from benchmarks.contenders.pydantic_models import MODELS, AnyEvent

_adapter: TypeAdapter[Any] = TypeAdapter(AnyEvent)


def _encode(event: BaseModel) -> bytes:
    return event.model_dump_json(by_alias=True, exclude_none=True).encode()


def _keywords(kind: Kind) -> Callable[[dict[str, Any]], Any]:
    if kind:
        model = MODELS[kind]
        return lambda document: model(**document)
    return lambda document: MODELS[document["detail-type"]](**document)


_plain = partial(BaseModel.model_dump, by_alias=True)

CONTENDERS = {
    ADAPTER: Contender(
        decoder=lambda _: _adapter.validate_json,
        converter=lambda _: _adapter.validate_python,
        encode=_encode,
        plain=_plain,
    ),
    MODEL: Contender(
        decoder=lambda kind: MODELS[kind].model_validate_json if kind else None,
        converter=lambda kind: MODELS[kind].model_validate if kind else None,
        encode=_encode,
        plain=_plain,
    ),
    BOTOCRAFT_PATH: Contender(
        decoder=parsing(json.loads, _keywords), converter=_keywords, encode=_encode, plain=_plain
    ),
}
