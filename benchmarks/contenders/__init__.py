"""The contenders, a module for each library; a process imports what one of them needs, and no other."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from importlib.util import find_spec
from typing import Any, TypeAlias

Kind: TypeAlias = str | None
"""A detail-type; None where events of all detail-types are mixed."""

OURS = "ecr_events"
BARE = "msgspec, bare decoder"
SCAN = "msgspec, skipping every field"
ADAPTER = "pydantic, discriminated TypeAdapter"
MODEL = "pydantic, model_validate_json"
BOTOCRAFT_PATH = "pydantic, Model(**json.loads(raw))"
BOTOCRAFT = "botocraft"
POWERTOOLS = "Powertools, EventBridgeEnvelope"
POWERTOOLS_DATA = "Powertools, data class"
MASHUMARO = "mashumaro, orjson"
CATTRS = "cattrs, orjson"
ORJSON = "orjson, dict"
JSON = "json, dict"

MODULES = {
    OURS: "decode_function",
    BARE: "msgspec_alone",
    SCAN: "msgspec_alone",
    ADAPTER: "pydantic_validation",
    MODEL: "pydantic_validation",
    BOTOCRAFT_PATH: "pydantic_validation",
    BOTOCRAFT: "botocraft_events",
    POWERTOOLS: "powertools",
    POWERTOOLS_DATA: "powertools",
    MASHUMARO: "mashumaro_codecs",
    CATTRS: "cattrs_converter",
    ORJSON: "orjson_dicts",
    JSON: "json_dicts",
}


@dataclass(frozen=True, kw_only=True)
class Contender:
    """One way to have an event's values. What it cannot do is None."""

    decoder: Callable[[Kind], Callable[[bytes], Any] | None]
    """The function that decodes JSON of this kind."""

    converter: Callable[[Kind], Callable[[dict[str, Any]], Any] | None] = lambda _: None
    """The function that takes an event of this kind as the dict that Lambda hands over."""

    encode: Callable[[Any], bytes] | None = None
    """What it decoded as JSON again, by AWS's key names and without what is absent."""

    plain: Callable[[Any], Any] | None
    """What it decoded as plain values, by AWS's key names. None where it keeps no values at all."""

    detail_only: bool = False
    """Whether what it decodes to is the detail, without the envelope."""


def parsing(
    loads: Callable[[bytes], Any], converter: Callable[[Kind], Callable[[dict[str, Any]], Any] | None]
) -> Callable[[Kind], Callable[[bytes], Any] | None]:
    """Return the decoder of who converts what another library has parsed."""

    def decoder(kind: Kind) -> Callable[[bytes], Any] | None:
        convert = converter(kind)
        return None if convert is None else lambda raw: convert(loads(raw))

    return decoder


def contender(name: str) -> Contender:
    """Return a contender by its name."""
    found: Contender = import_module(f"{__name__}.{MODULES[name]}").CONTENDERS[name]
    return found


def installed() -> list[str]:
    """Return the names of the contenders that can run here: botocraft is optional."""
    return [name for name in MODULES if name != BOTOCRAFT or find_spec("botocraft")]


def check(name: str, contender: Contender, value: Any, document: dict[str, Any]) -> None:
    """Raise ValueError unless a contender made the same values of an event as ``json`` does."""
    if contender.plain is None:
        return
    got = _without_nulls(contender.plain(value))
    expected = _without_nulls(document["detail"] if contender.detail_only else document)
    if got != expected:
        raise ValueError(f"{name} decoded {expected} to {got}")


def _without_nulls(value: Any) -> Any:
    """Return plain values without what is None, arrays as lists and times as AWS writes them."""
    match value:
        case dict():
            return {key: _without_nulls(inner) for key, inner in value.items() if inner is not None}
        case list() | tuple():
            return [_without_nulls(inner) for inner in value if inner is not None]
        case datetime():
            return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        case _:
            return value
