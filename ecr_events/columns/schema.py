"""The columns of events, derived from their Structs.

A column is a field of the envelope or of the detail. Details that have a field in common share its column. If the
envelope has a field of that name too, the name of the column begins with ``detail_``.
"""

from collections.abc import Iterable
from functools import cache
from typing import Any, get_args

import msgspec
import pyarrow as pa
from msgspec import inspect, structs

from ecr_events.codec import classes_of
from ecr_events.events import EventBridgeEvent, UnknownEvent

__all__ = [
    "COUNTS",
    "ERROR",
    "TIME",
    "Column",
    "arrow_schema",
    "classes_from",
    "columns_of",
    "detail_class",
    "nested_schema",
    "schema_of",
    "select_columns",
]

TIME = pa.timestamp("us", "UTC")

COUNTS = pa.map_(pa.string(), pa.float64())

ERROR = pa.struct(
    [
        pa.field("file", pa.string()),
        pa.field("offset", pa.int64()),
        pa.field("line", pa.int64()),
        pa.field("path", pa.string()),
        pa.field("reason", pa.string()),
        pa.field("payload", pa.binary()),
    ]
)

_REPEATED = {"detail_type", "source", "account", "repository_name", "source_account", "event_name"}
"""Columns whose strings AWS repeats, beside those of interned strings and literals."""


class Column(msgspec.Struct, frozen=True):
    """A column of one or more event classes."""

    name: str
    """Name of the column."""

    field: str
    """Name of the field."""

    key: str
    """AWS's name of the field."""

    in_detail: bool
    """Whether it is a field of the detail."""

    type: pa.DataType
    """Type of the values."""

    repeats: bool
    """Whether values repeat, so that a dictionary of them pays."""

    is_json: bool
    """Whether values are JSON text."""

    has_null: bool
    """Whether ``null`` in JSON is not the same as an absent field."""


def arrow_schema(
    type: Any = None, columns: Iterable[str] | None = None, *, dictionaries: bool = True, errors: bool = False
) -> pa.Schema:
    """Return the Arrow schema of events: a flat column for each field of the envelope and of the details.

    Nested objects and lists of objects, such as CloudTrail's parameters and Inspector's resources, are JSON text with
    AWS's keys, which every engine reads by path, and which stays the same when AWS adds a field. Lists of strings are
    lists, and severity counts are maps. The column ``detail`` has the detail of an `UnknownEvent`, as JSON text.

    Args:
        type: An event class, also a base class such as `ScanEvent`, or a union. Defaults to all, `UnknownEvent`
            included. Several classes have the sum of their columns, with nulls where a class lacks one.
        columns: Names of the columns, in their order. Defaults to all.
        dictionaries: Whether strings that repeat are dictionary-encoded. Spark accepts only plain strings.
        errors: Whether the last column is ``error``, a struct with the attributes of an `ArchiveError`.

    Raises:
        ValueError: No class has one of the `columns`.
        TypeError: `type` is not an event class.
    """
    selected = select_columns(_classes_of_type(type), columns)
    return schema_of(selected, dictionaries=dictionaries, errors=errors)


def nested_schema(type: Any = None, columns: Iterable[str] | None = None) -> pa.Schema:
    """Return the Arrow schema of the JSON, which the JSON readers of other libraries can be given.

    It has AWS's keys, with the detail as a struct, and strings without dictionaries. Nested parts are not in it, since
    those readers have no type that is any JSON.

    Args:
        type: As in `arrow_schema`.
        columns: Names of the columns as in `arrow_schema`. Defaults to all that are not JSON text.

    Raises:
        ValueError: No class has one of the `columns`, or it is JSON text.
        TypeError: `type` is not an event class.
    """
    selected = select_columns(_classes_of_type(type), columns)
    for column in selected:
        if columns is not None and column.is_json:
            raise ValueError(f"column {column.name!r} is JSON text, which has no type in a nested schema")
    envelope, detail = (
        [pa.field(column.key, column.type) for column in selected if column.in_detail is inner and not column.is_json]
        for inner in (False, True)
    )
    return pa.schema([*envelope, pa.field("detail", pa.struct(detail))])


def _classes_of_type(type: Any) -> tuple[type[EventBridgeEvent], ...]:
    return classes_from(None if type is None else get_args(type) or [type])


def classes_from(types: Iterable[Any] | None) -> tuple[type[EventBridgeEvent], ...]:
    """Return the classes of the events of some types, base classes included; of all events by default."""
    every = classes_of(EventBridgeEvent)
    found = {cls for type in types or () for cls in classes_of(type)}
    return every if types is None else (*(cls for cls in every if cls in found), *(found - {*every}))


def select_columns(classes: tuple[type[EventBridgeEvent], ...], names: Iterable[str] | None) -> list[Column]:
    """Return the columns of some classes, or those with these names.

    Raises:
        ValueError: A name is unknown or repeated, or there is none.
        TypeError: `names` is not an iterable of names.
    """
    known: dict[str, Column] = {}
    for cls in classes:
        for column in columns_of(cls):
            known.setdefault(column.name, column)
    if names is None:
        return list(known.values())
    try:
        selected = [] if isinstance(names, str) else list(names)
    except TypeError:
        raise TypeError(f"columns must be an iterable of names, not {names!r:.200}") from None
    for name in selected:
        if name not in known:
            raise ValueError(f"no event has a column {name!r:.200}: columns are {', '.join(known)}")
    if not selected or len(set(selected)) < len(selected):
        raise ValueError(f"columns must be different names, at least one, not {names!r:.200}")
    return [known[name] for name in selected]


def schema_of(columns: Iterable[Column], *, dictionaries: bool, errors: bool) -> pa.Schema:
    """Return the schema of some columns."""
    fields: list[pa.Field[Any]] = []
    for column in columns:
        dictionary = pa.dictionary(pa.int32(), pa.string()) if dictionaries and column.repeats else None
        fields.append(pa.field(column.name, dictionary or column.type))
    return pa.schema([*fields, pa.field("error", ERROR)] if errors else fields)


@cache
def columns_of(cls: type[EventBridgeEvent]) -> list[Column]:
    """Return the columns of a class, the envelope's first."""
    *envelope, detail_type, detail = structs.fields(UnknownEvent)
    envelope.insert(2, detail_type)  # where AWS has it
    columns = [_column(field, field.name, in_detail=False) for field in envelope]
    if issubclass(cls, UnknownEvent):
        return [*columns, _column(detail, "detail", in_detail=False)]
    names = {field.name for field in envelope}
    return columns + [
        _column(field, f"detail_{field.name}" if field.name in names else field.name, in_detail=True)
        for field in structs.fields(detail_class(cls))
    ]


def detail_class(cls: type[EventBridgeEvent]) -> Any:
    """Return the class of the detail of an event class."""
    return next(field.type for field in structs.fields(cls) if field.name == "detail")


def _column(field: structs.FieldInfo, name: str, *, in_detail: bool) -> Column:
    info: Any = inspect.type_info(field.type)
    if isinstance(info, inspect.UnionType):
        info = info.types[0]  # the other one is None
    type: pa.DataType = pa.string()
    is_json, repeats = False, name in _REPEATED
    match info:
        case inspect.StrType():
            pass
        case inspect.EnumType() | inspect.LiteralType():
            repeats = True
        case inspect.DateTimeType():
            type = TIME
        case inspect.BoolType():
            type = pa.bool_()
        case inspect.FloatType():
            type = pa.float64()
        case inspect.VarTupleType(item_type=inspect.StrType()):
            type = pa.list_(pa.string())
        case inspect.DictType(value_type=inspect.UnionType()):
            type = COUNTS
        case _:
            is_json = True
    return Column(
        name, field.name, field.encode_name, in_detail, type, repeats, is_json, has_null=field.default is msgspec.UNSET
    )
