"""Hashing of Structs that hold dicts."""

from typing import cast

from msgspec import Struct, structs

__all__ = ["HashIgnoringDicts"]


class HashIgnoringDicts:
    """Mixin that hashes a Struct by its fields that are not dicts.

    Equal values have equal hashes. Values that differ in a dict alone share a hash; ``==`` tells
    them apart.
    """

    __slots__ = ()

    def __hash__(self) -> int:
        values = structs.astuple(cast(Struct, self))
        return hash(tuple(value for value in values if not isinstance(value, dict)))
