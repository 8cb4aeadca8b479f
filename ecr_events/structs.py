"""The configuration of all Structs, one base class for each of AWS's two key styles, and the building of decoders."""

import os
from _thread import RLock
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from msgspec import Struct

__all__ = ["AWSStruct", "CamelStruct", "KebabStruct", "build_once"]

_Argument = TypeVar("_Argument")
_Built = TypeVar("_Built")

_LOCK = RLock()

if hasattr(os, "register_at_fork"):  # pragma: no branch - Windows has no fork
    # A fork waits while another thread builds. The child would find the lock held for ever, and classes half known.
    os.register_at_fork(before=_LOCK.acquire, after_in_parent=_LOCK.release, after_in_child=_LOCK.release)


def build_once(build: Callable[[_Argument], _Built]) -> Callable[[_Argument], _Built]:
    """Decorate a function that builds a decoder, so that it is called once per argument, and in one thread at a time.

    msgspec collects what it knows of a class when it first builds a decoder for it, and crashes the process if another
    thread uses the class meanwhile. All decoders are therefore built under one lock, and classes are used only after
    a decoder for them has been built, `msgspec.convert` included.
    """
    built: dict[_Argument, _Built] = {}

    def build_or_get(argument: _Argument) -> _Built:
        try:
            return built[argument]
        except KeyError:
            with _LOCK:
                if argument not in built:
                    built[argument] = build(argument)
                return built[argument]

    return build_or_get


class _FieldDocs(dict[str, str | None]):
    """The ``__slots__`` of a class as a dict, whose values `help` shows as the docstrings of its fields.

    A field that a subclass redefines has no slot of its own, so that `help` shows the docstring of the base class.
    """

    def __init__(self, cls: type, slots: Iterable[str]) -> None:
        super().__init__(dict.fromkeys(slots))
        self._class = cls

    def __getitem__(self, name: str) -> str | None:
        from ecr_events.descriptions import docstrings

        return docstrings(self._class).get(name)


class AWSStruct(Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """Base class of all Structs with AWS's keys.

    Subclasses repeat ``frozen=True``, which type checkers do not inherit, and ``kw_only=True``,
    which msgspec does not inherit.
    """

    def __init_subclass__(cls: Any) -> None:
        super().__init_subclass__()
        cls.__slots__ = _FieldDocs(cls, cls.__slots__)

    # pydantic and FastAPI call the following methods.

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: Any) -> Any:
        from ecr_events.pydantic_schemas import core_schema

        return core_schema(cls)

    @classmethod
    def __get_pydantic_json_schema__(cls, _schema: Any, _handler: Any) -> dict[str, Any]:
        from ecr_events.schemas import self_contained_schema

        return self_contained_schema(cls)


class KebabStruct(AWSStruct, frozen=True, kw_only=True, rename="kebab"):
    """Base class of events and their details, with keys such as ``image-digest``."""


class CamelStruct(AWSStruct, frozen=True, kw_only=True, rename="camel"):
    """Base class for CloudTrail, Inspector and ECR's API, with keys such as ``imageDigest``."""
