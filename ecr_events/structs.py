"""The configuration shared by all Structs, one base class for each of AWS's two key styles."""

from msgspec import Struct

__all__ = ["CamelStruct", "KebabStruct"]


class KebabStruct(Struct, frozen=True, kw_only=True, gc=False, rename="kebab", omit_defaults=True):
    """Base class of events and their details, with keys such as ``image-digest``.

    Subclasses repeat ``frozen=True``, which type checkers do not inherit, and ``kw_only=True``,
    which msgspec does not inherit.
    """


class CamelStruct(Struct, frozen=True, kw_only=True, gc=False, rename="camel", omit_defaults=True):
    """Base class for CloudTrail, Inspector and ECR's API, with keys such as ``imageDigest``.

    Subclassed like `KebabStruct`.
    """
