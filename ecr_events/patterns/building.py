"""The building of a pattern from conditions on the fields of an event class, which are checked."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, cast

import msgspec
from msgspec import inspect

from ecr_events.events import (
    ECRImageAction,
    ECRImageScan,
    ECRReferrerAction,
    ECRReplicationAction,
    ECRScanResourceChange,
    EventBridgeEvent,
    Inspector2Finding,
    Inspector2Scan,
    Inspector2ScanEvent,
)
from ecr_events.events.envelope import detail_type_of
from ecr_events.events.scan_resource_change import ScanResourceChangeRepository
from ecr_events.patterns.operators import Operator
from ecr_events.patterns.predicates import ABSENT, Predicate, is_number, predicate_of

__all__ = ["PatternBuilder", "field_type"]

_ACTIONS = ("PUSH", "DELETE", "UPDATE_STORAGE_CLASS")
_STORAGE_CLASSES = ("ARCHIVE", "STANDARD")
_FREQUENCIES = ("SCAN_ON_PUSH", "CONTINUOUS_SCAN", "MANUAL")

_SENT: dict[tuple[type, str], tuple[str, ...]] = {
    (ECRImageAction, "action_type"): _ACTIONS,
    (ECRImageAction, "result"): ("SUCCESS", "FAILURE"),
    (ECRImageAction, "target_storage_class"): _STORAGE_CLASSES,
    (ECRReferrerAction, "action_type"): _ACTIONS,
    (ECRReferrerAction, "target_storage_class"): _STORAGE_CLASSES,
    (ECRImageScan, "scan_status"): ("COMPLETE", "FAILED"),
    (ECRReplicationAction, "action_type"): ("REPLICATE",),
    (ECRReplicationAction, "result"): ("SUCCESS", "FAILED"),
    (ECRScanResourceChange, "action_type"): ("SCAN_FREQUENCY_CHANGE",),
    (ECRScanResourceChange, "resource_type"): ("REPOSITORY",),
    (ECRScanResourceChange, "scan_type"): ("ENHANCED", "BASIC"),
    (ScanResourceChangeRepository, "scan_frequency"): _FREQUENCIES,
    (ScanResourceChangeRepository, "previous_scan_frequency"): _FREQUENCIES,
    (Inspector2Scan, "scan_status"): ("INITIAL_SCAN_COMPLETE",),
    (Inspector2Finding, "severity"): ("CRITICAL", "HIGH", "MEDIUM", "LOW", "INFORMATIONAL", "UNTRIAGED"),
    (Inspector2Finding, "status"): ("ACTIVE", "SUPPRESSED", "CLOSED"),
    (Inspector2Finding, "type"): ("PACKAGE_VULNERABILITY",),
    (Inspector2Finding, "fix_available"): ("YES", "NO", "PARTIAL"),
    (Inspector2Finding, "exploit_available"): ("YES", "NO"),
}
"""The values that AWS documents, or was seen to send, for fields whose type accepts others."""

_WITHOUT_RESOURCES = {
    "ECR Image Action",
    "ECR Referrer Action",
    "ECR Scan Resource Change",
    "AWS API Call via CloudTrail",
    "AWS Service Event via CloudTrail",
}
"""Detail-types of events whose ``resources`` are always empty."""


class PatternBuilder:
    """Builds the patterns of one event class, and checks their conditions.

    Raises:
        TypeError: The class has no detail-type.
    """

    def __init__(self, type: type[EventBridgeEvent]) -> None:
        detail_type = detail_type_of(type)
        if detail_type is None:
            raise TypeError(f"{type.__name__} has no detail-type to match")
        self._type = type
        self._detail_type: str = detail_type
        self._envelope: Any = inspect.type_info(type)
        self.warnings: list[str] = []
        """Reasons why conditions may never hold."""

    def restricted(self, document: dict[str, Any]) -> dict[str, Any]:
        """Return a pattern with the conditions that restrict it to events of the class."""
        restrictions = {"source": [], "detail-type": [self._detail_type], **_literals(self._envelope)}
        if self._type is Inspector2ScanEvent:  # scans of other resources have no repository
            restrictions["detail"] = {"repository-name": [{"exists": True}]}
        return _merge(restrictions, document)

    def build(self, conditions: Mapping[str, Any]) -> dict[str, Any]:
        """Return the pattern of some conditions.

        Raises:
            ValueError: A field is unknown, or a condition can match no event.
        """
        document: dict[str, Any] = {}
        for name, value in conditions.items():
            keys, parent, field = _find_field(self._envelope, name)
            pattern = self._build_field(parent, field, name, value)
            for key in reversed(keys):
                pattern = {key: pattern}
            document = _merge(document, pattern)
        return document

    def _build_field(self, parent: Any, field: Any, name: str, value: Any) -> Any:
        """Return the pattern of a field, which is a msgspec field, or the type of a dict's values."""
        info = _element_type(getattr(field, "type", field))
        if isinstance(value, Mapping):
            nested: dict[str, Any] = {}
            for key, condition in cast(Mapping[str, Any], value).items():
                nested_name = f"{name}.{key}"
                wire_name, inner = _inner_field(self._type, info, key, nested_name)
                nested[wire_name] = self._build_field(info, inner, nested_name, condition)
            return nested
        alternatives = list(map(_json_value, _alternatives(value)))
        for alternative in alternatives:
            self._check(parent, field, info, name, alternative)
        return alternatives

    def _check(self, parent: Any, field: Any, info: Any, name: str, value: Any) -> None:
        """Raise an error for a condition that can match no event; add a warning if AWS is not known to send one."""
        predicate = predicate_of(value, name)
        cls = getattr(parent, "cls", None)
        if value is None:
            if not _has_null(field):
                raise ValueError(f"{name!r} is never null: exists(False) matches a field that is absent")
            return
        if isinstance(info, inspect.StructType | inspect.DictType):
            raise ValueError(f"{name!r} has nested fields: conditions on them are a dict")
        if value == ABSENT:
            # An empty array has no values, so it counts as absent.
            is_scalar = not isinstance(getattr(field, "type", field), inspect.VarTupleType)
            if getattr(field, "required", False) and is_scalar and "." not in name:
                raise ValueError(f"{name!r} is always present")
            return
        if not _may_match(info, value, predicate):
            raise ValueError(f"{name!r} cannot be {value!r:.200}{_expected(info)}")
        sent = _SENT.get((cast(type, cls), getattr(field, "name", "")), ())
        if sent and not any(map(predicate, sent)):
            known = ", ".join(sent)
            self.warnings.append(
                f"AWS is not known to send {value!r:.200} as {name!r} of {self._detail_type}, only {known}"
            )
        if cls is self._type and field.name == "resources" and self._detail_type in _WITHOUT_RESOURCES:
            self.warnings.append(f"the resources of {self._detail_type} are always empty: the pattern never matches")


def field_type(type: type[EventBridgeEvent], path: str) -> Any:
    """Return msgspec's type of the values at a path such as ``resources.details``; of an array, that of its elements.

    Raises:
        ValueError: `type` has no such field.
    """
    name, *keys = path.split(".")
    info = _element_type(_find_field(inspect.type_info(type), name)[2].type)
    for number, key in enumerate(keys, 2):
        inner = _inner_field(type, info, key, ".".join(path.split(".")[:number]))[1]
        info = _element_type(getattr(inner, "type", inner))
    return info


def _find_field(envelope: Any, name: str) -> tuple[list[str], Any, Any]:
    """Return the keys of the objects around a field of the detail, otherwise of the envelope; its parent; the field."""
    detail = next(field.type for field in envelope.fields if field.name == "detail")
    for keys, parent in ((["detail"], detail), ([], envelope)):
        for field in parent.fields:
            if name in {field.name, field.encode_name}:
                return [*keys, field.encode_name], parent, field
    raise ValueError(
        f"{envelope.cls.__name__} has no field {name!r}: known fields are {_names(detail)}, {_names(envelope)}"
    )


def _inner_field(type: type[EventBridgeEvent], info: Any, key: str, name: str) -> tuple[str, Any]:
    if isinstance(info, inspect.DictType):
        return key, info.value_type
    if isinstance(info, inspect.AnyType):
        return key, info
    if not isinstance(info, inspect.StructType):
        raise ValueError(f"{type.__name__} has no field {name!r}: {name.rpartition('.')[0]!r} has no nested fields")
    for field in info.fields:
        if key in {field.name, field.encode_name}:
            return field.encode_name, field
    raise ValueError(f"{type.__name__} has no field {name!r}: unknown {key!r}, known fields are {_names(info)}")


def _names(info: Any) -> str:
    return ", ".join(field.name for field in info.fields)


def _has_null(field: Any) -> bool:
    """Return whether a field has any JSON, or tells null from absent with `msgspec.UNSET` as its default."""
    if not isinstance(field, inspect.Field):
        return isinstance(field, inspect.AnyType)
    return isinstance(field.type, inspect.AnyType) or (not field.required and field.default is msgspec.NODEFAULT)


def _element_type(info: Any) -> Any:
    """Return the type without None, and of an array the type of its elements, which is what patterns match."""
    while True:
        match info:
            case inspect.UnionType(types=types):
                kinds = [kind for kind in types if not isinstance(kind, inspect.NoneType)]
                info = kinds[0]
            case inspect.VarTupleType(item_type=item):
                info = item
            case _:
                return info


def _literals(info: Any) -> dict[str, Any]:
    """Return the conditions for the fields that have one value only, in all required nested fields."""
    found: dict[str, Any] = {}
    for field in info.fields:
        kind = _element_type(field.type)
        if isinstance(kind, inspect.LiteralType):
            found[field.encode_name] = list(kind.values)
        elif field.required and isinstance(kind, inspect.StructType) and (nested := _literals(kind)):
            found[field.encode_name] = nested
    return found


def _merge(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Return two patterns in one; of two conditions on a field, the second is the narrower one."""
    merged = dict(one)
    for key, value in other.items():
        before = merged.get(key)
        both = isinstance(before, dict) and isinstance(value, dict)
        merged[key] = _merge(cast(dict[str, Any], before), cast(dict[str, Any], value)) if both else value
    return merged


def _alternatives(value: Any) -> Iterable[Any]:
    return cast(Iterable[Any], value) if isinstance(value, list | tuple | set | frozenset) else (value,)


def _json_value(value: Any) -> Any:
    if isinstance(value, Operator):
        return {value.name: value.argument}
    if isinstance(value, datetime):
        return msgspec.to_builtins(value)
    return value


def _may_match(info: Any, value: Any, predicate: Predicate) -> bool:
    """Return whether a condition fits the type of a field."""
    operator = _operator_of(value)
    match info:
        case inspect.LiteralType(values=values):
            return any(map(predicate, values))
        case inspect.StrType() | inspect.EnumType():  # an `InternedStr` is an enum to msgspec
            return isinstance(value, str) or operator not in {None, "numeric"}
        case inspect.DateTimeType():
            return _is_date(value) if isinstance(value, str) else operator not in {None, "numeric", "cidr"}
        case inspect.BoolType():
            return isinstance(value, bool) or operator == "exists"
        case inspect.IntType() | inspect.FloatType():
            return is_number(value) or operator in {"numeric", "anything-but", "exists"}
        case _:
            return True


def _operator_of(condition: Any) -> str | None:
    return next(iter(cast(dict[str, Any], condition))) if isinstance(condition, dict) else None


def _is_date(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _expected(info: Any) -> str:
    match info:
        case inspect.LiteralType(values=values):
            return f": it is always {', '.join(map(repr, values))}"
        case inspect.DateTimeType():
            return ": invalid date"
        case inspect.BoolType():
            return ": it is a boolean"
        case inspect.IntType() | inspect.FloatType():
            return ": it is a number"
        case _:
            return ": it is a string"
