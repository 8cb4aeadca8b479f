"""The configuration that all Structs share, once for each of AWS's two ways of naming keys."""

from msgspec import Struct

__all__ = ["CamelStruct", "KebabStruct"]


class KebabStruct(Struct, frozen=True, kw_only=True, gc=False, rename="kebab", omit_defaults=True):
    """Base of the events and of their details: ``image-digest``.

    A subclass repeats ``frozen=True, kw_only=True``: msgspec inherits the first, type checkers
    do not; nobody inherits the second.
    """


class CamelStruct(Struct, frozen=True, kw_only=True, gc=False, rename="camel", omit_defaults=True):
    """Base of what CloudTrail, Inspector and ECR's API name: ``imageDigest``. Subclassed like `KebabStruct`."""
