"""Hashing for Structs that hold maps whose keys AWS leaves open."""

from typing import cast

from msgspec import Struct, structs

__all__ = ["HashIgnoringDicts"]


class HashIgnoringDicts:
    """Makes a Struct hashable although some of its fields are dicts, which are not.

    The hash is that of the other fields, so equal values have equal hashes; two values
    that differ in a dict alone share one, and a set or a dict tells them apart by ``==``.
    """

    __slots__ = ()

    def __hash__(self) -> int:
        values = structs.astuple(cast(Struct, self))
        return hash(tuple(value for value in values if not isinstance(value, dict)))
