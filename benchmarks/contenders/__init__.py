"""The ways to decode events that are compared.

A contender is a module of this package that defines `CONTENDER`, and a line in `MODULES`. A
measuring process imports one of them only, so that it loads no other contender's libraries.
"""

import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib import import_module
from typing import Any, TypeAlias

MODULES = (
    "decode_function",
    "msgspec_decoder",
    "msgspec_skip",
    "pydantic_adapter",
    "pydantic_validate_json",
    "pydantic_keywords",
    "botocraft_factory",
    "powertools_dicts",
    "mashumaro_dataclasses",
    "orjson_dicts",
    "json_dicts",
    "pyarrow_columns",
)

OURS = "ecr_events"
"""The label and the distribution of this library."""

DetailType: TypeAlias = str | None
"""A detail-type; None for a mix of all."""


@dataclass(frozen=True, kw_only=True)
class Contender:
    """A way to decode events. A capability that it lacks is None."""

    label: str

    packages: tuple[str, ...] = ()
    """The distributions to install."""

    decoder: Callable[[DetailType], Callable[[bytes], Any] | None] = lambda _: None
    """Return the function that decodes JSON of a detail-type."""

    converter: Callable[[DetailType], Callable[[dict[str, Any]], Any] | None] | None = None
    """Return the function that decodes parsed JSON of a detail-type."""

    encode: Callable[[Any], bytes] | None = None
    """Encode a decoded event with AWS's key names and without absent fields."""

    plain: Callable[[Any], Any] | None = None
    """Return a decoded event as a dict with AWS's key names. None if decoding discards the values."""

    unwrap: Callable[[dict[str, Any]], list[Any]] | None = None
    """Decode an SQS delivery. Defaults to a loop over the bodies."""

    read: Callable[[str], Iterable[Any]] | None = None
    """Decode an NDJSON file. Defaults to a loop over the lines."""

    imports: str | None = None
    """The statement that a module that decodes events starts with."""

    first_event: str | None = None
    """Code that decodes the bytes `raw`, imports included."""

    shares_type: bool = False
    """Whether an earlier contender decodes to the same type, whose memory is measured there."""

    @property
    def decodes_mix(self) -> bool:
        """Whether it returns the values of an event without being told the detail-type."""
        return self.plain is not None and self.decoder(None) is not None

    def check(self, value: Any, document: dict[str, Any]) -> None:
        """Raise ValueError unless a decoded event has the values that ``json`` finds."""
        if self.plain is None:
            return
        decoded, expected = _normalized(self.plain(value)), _normalized(document)
        if decoded != expected:
            raise ValueError(f"{self.label} decoded {expected} to {decoded}")


def load(module: str) -> Contender:
    """Return the contender of a module."""
    contender: Contender = import_module(f"{__name__}.{module}").CONTENDER
    return contender


@cache
def installed() -> dict[str, Contender]:
    """Return the contenders whose libraries are installed, by module."""
    found: dict[str, Contender] = {}
    for module in MODULES:
        try:
            found[module] = load(module)
        except ModuleNotFoundError as error:
            print(f"skipping {module}: {error}", file=sys.stderr)
    return found


def select(qualifies: Callable[[Contender], bool] = lambda _: True) -> dict[str, str]:
    """Return the modules of the installed contenders that qualify, by label."""
    return {contender.label: module for module, contender in installed().items() if qualifies(contender)}


def _normalized(value: Any) -> Any:
    """Return plain values without nulls, with arrays as lists and times as AWS writes them."""
    match value:
        case dict():
            return {key: _normalized(item) for key, item in value.items() if item is not None}
        case list() | tuple():
            return [_normalized(item) for item in value if item is not None]
        case datetime():
            return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        case _:
            return value
