"""The fields of event classes, found by name."""

from typing import Any, NamedTuple

import msgspec
from msgspec import inspect

from ecr_events.events import EventBridgeEvent

__all__ = ["EventField", "find_field", "literals"]


class EventField(NamedTuple):
    """A field of an event class, or a key of a dict in one."""

    name: str
    """Name for errors, as the caller wrote it."""

    path: tuple[str, ...]
    """Keys of the field in JSON."""

    info: Any
    """msgspec's description of the field, or of the values of a dict."""

    owner: type | None = None
    """Class that has the field; None in a dict."""

    is_always_present: bool = False

    @property
    def attribute(self) -> str | None:
        """Name of the field in its class; None in a dict."""
        return getattr(self.info, "name", None)

    @property
    def type(self) -> Any:
        """Type of the values that a pattern matches, to msgspec: without None, and of an array that of its elements."""
        return _element_type(_type_of(self.info))

    @property
    def has_null(self) -> bool:
        """Whether the field has any JSON, or tells null from absent with `msgspec.UNSET` as its default."""
        return isinstance(_type_of(self.info), inspect.AnyType) or (
            isinstance(self.info, inspect.Field) and not self.info.required and self.info.default is msgspec.NODEFAULT
        )

    def nested(self, key: str) -> "EventField":
        """Return the field in this one.

        Raises:
            ValueError: There is none.
        """
        name, path = f"{self.name}.{key}", (*self.path, key)
        match self.type:
            case inspect.StructType(cls=cls):
                found = self.get(key)
                if found is None:
                    raise ValueError(f"{name!r} is not a field: those of {cls.__name__} are {self.names}")
                return found._replace(name=name)
            case inspect.DictType(value_type=info) | (inspect.AnyType() as info):
                return EventField(name, path, info)
            case _:
                raise ValueError(f"{name!r} is not a field: {self.name!r} has no nested fields")

    def get(self, key: str) -> "EventField | None":
        """Return the field of this Struct with a name of the class or of AWS."""
        for field in self.type.fields:
            if key in {field.name, field.encode_name}:
                # An empty array has no values, so it counts as absent.
                is_present = field.required and not isinstance(field.type, inspect.VarTupleType)
                path = (*self.path, field.encode_name)
                return EventField(key, path, field, self.type.cls, self.is_always_present and is_present)
        return None

    @property
    def names(self) -> str:
        """Names of the fields of this Struct."""
        return ", ".join(field.name for field in self.type.fields)


def find_field(type: type[EventBridgeEvent], name: str) -> EventField:
    """Return a field of the detail, otherwise of the envelope: ``result``, ``resources.details``, ``envelope.version``.

    Raises:
        ValueError: `type` has no such field.
    """
    first, *keys = name.split(".")
    envelope = EventField("envelope", (), inspect.type_info(type), is_always_present=True)
    detail = envelope.nested("detail")
    found = envelope if first == "envelope" else detail.get(first) or envelope.get(first)
    if found is None:
        names = f"{detail.names}, and of the envelope {envelope.names}"
        raise ValueError(f"{name!r} is not a field: those of {type.__name__} are {names}")
    for key in keys:
        found = found.nested(key)
    return found


def literals(info: Any, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], list[Any]]:
    """Return the values of the fields that have one value only, in all required nested fields, by path."""
    found: dict[tuple[str, ...], list[Any]] = {}
    for field in info.fields:
        kind, inner = _element_type(field.type), (*path, field.encode_name)
        if isinstance(kind, inspect.LiteralType):
            found[inner] = list(kind.values)
        elif field.required and isinstance(kind, inspect.StructType):
            found |= literals(kind, inner)
    return found


def _type_of(info: Any) -> Any:
    return info.type if isinstance(info, inspect.Field) else info


def _element_type(info: Any) -> Any:
    while True:
        match info:
            case inspect.UnionType(types=types):
                info = next(kind for kind in types if not isinstance(kind, inspect.NoneType))
            case inspect.VarTupleType(item_type=item):
                info = item
            case _:
                return info
