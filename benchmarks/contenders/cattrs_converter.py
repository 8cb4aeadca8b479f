"""cattrs in its faster mode, without detailed errors, on what orjson parses."""

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from typing import Any

import orjson
from cattrs.gen import make_dict_structure_fn, override
from cattrs.preconf.orjson import make_converter

from benchmarks.contenders import CATTRS, Contender, Kind
from benchmarks.contenders.dataclass_models import DATACLASSES, plain

_cattrs = make_converter(detailed_validation=False)


@_cattrs.register_structure_hook_factory(is_dataclass)
def _renaming(cls: Any) -> Callable[..., Any]:
    names = {item.name: override(rename=item.metadata["alias"]) for item in fields(cls)}
    return make_dict_structure_fn(cls, _cattrs, **names)  # type: ignore[arg-type]


_hooks = {kind: _cattrs.get_structure_hook(cls) for kind, cls in DATACLASSES.items()}


def _converter(kind: Kind) -> Callable[[dict[str, Any]], Any]:
    if kind:
        hook, cls = _hooks[kind], DATACLASSES[kind]
        return lambda document: hook(document, cls)
    return lambda document: _hooks[document["detail-type"]](document, DATACLASSES[document["detail-type"]])


def _decoder(kind: Kind) -> Callable[[bytes], Any]:
    convert, loads = _converter(kind), orjson.loads
    return lambda raw: convert(loads(raw))


CONTENDERS = {CATTRS: Contender(decoder=_decoder, converter=_converter, plain=plain)}
