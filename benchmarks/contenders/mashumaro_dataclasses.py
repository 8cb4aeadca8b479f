"""mashumaro, which generates decoders of dataclasses, on what orjson parses."""

from collections.abc import Callable
from dataclasses import field, fields, is_dataclass, make_dataclass
from functools import cache
from types import UnionType
from typing import Any, get_args, get_origin

import orjson
from mashumaro.codecs.basic import BasicDecoder
from mashumaro.codecs.orjson import ORJSONEncoder
from pydantic import BaseModel

from benchmarks.contenders import Contender, DetailType
from benchmarks.contenders.pydantic_models import MODELS


class _Config:
    serialize_by_alias = True
    omit_none = True


@cache
def _dataclass(model: type[BaseModel]) -> type[Any]:
    """Return a pydantic model as a dataclass with the same fields and aliases."""
    definitions: list[Any] = []
    for name, info in model.model_fields.items():
        metadata = {"alias": info.alias or name}
        default = field(metadata=metadata) if info.is_required() else field(default=None, metadata=metadata)
        definitions.append((name, _type(info.annotation), default))
    namespace = {"__module__": __name__, "Config": _Config}
    cls = make_dataclass(model.__name__, definitions, kw_only=True, slots=True, namespace=namespace)
    globals()[model.__name__] = cls  # pickle looks for it here
    return cls


def _type(annotation: Any) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return _dataclass(annotation)
    match get_origin(annotation), get_args(annotation):
        case origin, (inner,) if origin is list:
            return list[_type(inner)]  # type: ignore[misc]
        case origin, (inner, _) if origin is UnionType:
            return _type(inner) | None
        case _:
            return annotation


_dataclasses = {detail_type: _dataclass(model) for detail_type, model in MODELS.items()}
_encoders = {cls: ORJSONEncoder(cls).encode for cls in _dataclasses.values()}
_converters = {detail_type: BasicDecoder(cls).decode for detail_type, cls in _dataclasses.items()}


def _decoder(detail_type: DetailType) -> Callable[[bytes], Any]:
    convert = _converter(detail_type)
    return lambda raw: convert(orjson.loads(raw))


def _converter(detail_type: DetailType) -> Callable[[dict[str, Any]], Any]:
    return _converters[detail_type] if detail_type else lambda document: _converters[document["detail-type"]](document)


def _encode(event: Any) -> bytes:
    return _encoders[event.__class__](event)


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return {item.metadata["alias"]: _plain(getattr(value, item.name)) for item in fields(value)}
    return [_plain(item) for item in value] if isinstance(value, list) else value


CONTENDER = Contender(
    label="mashumaro, orjson",
    packages=("mashumaro", "orjson"),
    decoder=_decoder,
    converter=_converter,
    encode=_encode,
    plain=_plain,
    imports="import orjson; from mashumaro.codecs.basic import BasicDecoder",
)
