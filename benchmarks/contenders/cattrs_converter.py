"""cattrs in its faster mode, without detailed errors, on what orjson parses."""

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from typing import Any

import orjson
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override
from cattrs.preconf.orjson import make_converter

from benchmarks.contenders import CATTRS, Contender, Kind, parsing
from benchmarks.contenders.dataclass_models import DATACLASSES, plain

_cattrs = make_converter(detailed_validation=False)


@_cattrs.register_structure_hook_factory(is_dataclass)
def _renaming(cls: Any) -> Callable[..., Any]:
    return make_dict_structure_fn(cls, _cattrs, **_names(cls))


@_cattrs.register_unstructure_hook_factory(is_dataclass)
def _renaming_back(cls: Any) -> Callable[..., Any]:
    return make_dict_unstructure_fn(cls, _cattrs, _cattrs_omit_if_default=True, **_names(cls))


def _names(cls: Any) -> dict[str, Any]:
    return {item.name: override(rename=item.metadata["alias"]) for item in fields(cls)}


_hooks = {kind: (_cattrs.get_structure_hook(cls), cls) for kind, cls in DATACLASSES.items()}


def _converter(kind: Kind) -> Callable[[dict[str, Any]], Any]:
    if kind:
        hook, cls = _hooks[kind]
        return lambda document: hook(document, cls)

    def convert(document: dict[str, Any]) -> Any:
        hook, cls = _hooks[document["detail-type"]]
        return hook(document, cls)

    return convert


CONTENDERS = {
    CATTRS: Contender(
        decoder=parsing(orjson.loads, _converter), converter=_converter, encode=_cattrs.dumps, plain=plain
    )
}
