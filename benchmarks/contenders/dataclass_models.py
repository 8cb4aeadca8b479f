"""The pydantic models once more as dataclasses, for the libraries that decode to these."""

from dataclasses import field, fields, is_dataclass, make_dataclass
from functools import cache
from types import UnionType
from typing import Any, get_args, get_origin

from pydantic import BaseModel

from benchmarks.contenders.pydantic_models import MODELS

__all__ = ["DATACLASSES", "plain"]


class _Config:
    """How mashumaro encodes."""

    serialize_by_alias = True
    omit_none = True


@cache
def _dataclass(model: type[BaseModel]) -> type[Any]:
    definitions: list[Any] = []
    for name, info in model.model_fields.items():
        metadata = {"alias": info.alias or name}
        default = field(metadata=metadata) if info.is_required() else field(default=None, metadata=metadata)
        definitions.append((name, _type(info.annotation), default))
    named = {"__module__": __name__, "Config": _Config}
    made = make_dataclass(model.__name__, definitions, kw_only=True, slots=True, namespace=named)
    globals()[model.__name__] = made  # where pickle looks for it
    return made


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


def plain(value: Any) -> Any:
    """Return a dataclass as a dict, by the aliases of its fields."""
    if is_dataclass(value):
        return {item.metadata["alias"]: plain(getattr(value, item.name)) for item in fields(value)}
    return [plain(item) for item in value] if isinstance(value, list) else value


DATACLASSES = {kind: _dataclass(model) for kind, model in MODELS.items()}
"""The dataclasses by detail-type."""
