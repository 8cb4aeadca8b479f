"""The building of a pattern from conditions on the fields of an event class, which are checked."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeAlias, cast

from msgspec import inspect

from ecr_events.codec import classes_of
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
from ecr_events.patterns.fields import EventField, find_field, literals
from ecr_events.patterns.operators import Operator
from ecr_events.patterns.predicates import ABSENT, Predicate, is_number, is_object, predicate_of

__all__ = ["PatternBuilder"]

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


_PRESENT: dict[type, tuple[str, ...]] = {Inspector2ScanEvent: ("detail", "repository-name")}
"""Fields without which an event of the same detail-type is not about ECR."""

_WITHOUT_ASTERISK = {"repository-name", "repositoryName", "image-tag", "image-tags", "imageTag", "imageTags"}
"""Fields whose values cannot contain an asterisk."""

_Conditions: TypeAlias = dict[tuple[str, ...], list[Any]]
"""Alternative values by path."""


class PatternBuilder:
    """Builds the patterns of one event class, and checks their conditions.

    Raises:
        TypeError: The class has no detail-type.
    """

    def __init__(self, type: type[EventBridgeEvent]) -> None:
        classes_of(type)
        detail_type = detail_type_of(type)
        if detail_type is None:
            raise TypeError(f"{type.__name__} has no detail-type to match")
        self._type = type
        self._detail_type: str = detail_type
        self.warnings: list[str] = []
        """Reasons why conditions may never hold."""

    def build(self, conditions: Mapping[str, Any], or_: Iterable[Mapping[str, Any]] | None) -> dict[str, Any]:
        """Return the pattern of some conditions, and of alternative ones.

        Raises:
            ValueError: A field is unknown or repeated, or a condition can match no event.
        """
        always = self._conditions(conditions)
        if or_ is None:
            return _nest(self._restrictions() | always)
        alternatives: list[Any] = list(or_)
        match alternatives:
            case [_, _, *_] if all(alternatives) and all(isinstance(item, Mapping) for item in alternatives):
                options = list(map(self._conditions, alternatives))
            case _:
                raise ValueError(f"or_ takes at least two dicts with conditions, not {alternatives!r:.200}")
        # EventBridge refuses a field inside and outside of $or.
        moved = {path: values for path, values in self._restrictions().items() if any(path in it for it in options)}
        common = {path: values for path, values in self._restrictions().items() if path not in moved}
        return {**_nest(common | always), "$or": [_nest(moved | option) for option in options]}

    def _restrictions(self) -> _Conditions:
        """Return the conditions that restrict a pattern to events of the class."""
        found: _Conditions = {("source",): [], ("detail-type",): [self._detail_type]}
        found |= literals(inspect.type_info(self._type))
        if self._type in _PRESENT:
            found[_PRESENT[self._type]] = [{"exists": True}]
        return found

    def _conditions(self, conditions: Mapping[str, Any]) -> _Conditions:
        found: _Conditions = {}
        for name, value in conditions.items():
            self._add(found, find_field(self._type, str(name)), value)
        return found

    def _add(self, found: _Conditions, field: EventField, value: Any) -> None:
        """Add the alternatives for a field, or for those in it."""
        if isinstance(value, Mapping) and value:
            for key, condition in cast(Mapping[str, Any], value).items():
                self._add(found, field.nested(key), condition)
            return
        if field.path in found:
            raise ValueError(f"{field.name!r} has conditions under two names: use a list for alternatives")
        alternatives = [_json_value(item, field.name) for item in _as_list(value)]
        if not alternatives:
            raise ValueError(f"{field.name!r} has no conditions")
        predicates = [self._check(field, alternative) for alternative in alternatives]
        if isinstance(field.type, inspect.LiteralType):
            alternatives = [text for text in field.type.values if any(predicate(text) for predicate in predicates)]
        found[field.path] = alternatives

    def _check(self, field: EventField, value: Any) -> Predicate:
        """Return the predicate of a condition; add a warning if AWS is not known to send a matching value.

        Raises:
            ValueError: It can match no event.
        """
        predicate, info = predicate_of(value, field.name), field.type
        if value is None:
            if not field.has_null:
                raise ValueError(f"{field.name!r} is never null: exists(False) matches a field that is absent")
        elif isinstance(info, inspect.StructType | inspect.DictType):
            raise ValueError(f"{field.name!r} has nested fields: conditions on them are a dict{self._hint(field)}")
        elif value == ABSENT and field.is_always_present:
            raise ValueError(f"{field.name!r} is always present")
        elif not _may_match(info, value, predicate):
            raise ValueError(f"{field.name!r} cannot be {value!r:.200}{_expected(info)}")
        elif value != ABSENT:
            self._warn(field, value, predicate)
        return predicate

    def _hint(self, field: EventField) -> str:
        match field.path:
            case ("detail", key) if key in self._type.__struct_fields__:
                return f"; that of the envelope is 'envelope.{key}'"
            case _:
                return ""

    def _warn(self, field: EventField, value: Any, predicate: Predicate) -> None:
        sent = _SENT.get((cast(type, field.owner), field.attribute or ""), ())
        if sent and not any(map(predicate, sent)):
            self.warnings.append(
                f"AWS is not known to send {value!r:.200} as {field.name!r} of {self._detail_type}, only "
                f"{', '.join(sent)}"
            )
        if field.path == ("resources",) and self._detail_type in _WITHOUT_RESOURCES:
            self.warnings.append(f"the resources of {self._detail_type} are always empty: the pattern never matches")
        if field.path[-1] in _WITHOUT_ASTERISK and isinstance(value, str) and "*" in value:
            self.warnings.append(f"{value!r:.200} has a literal asterisk, unlike any {field.name!r}: use wildcard()")


def _nest(conditions: _Conditions) -> dict[str, Any]:
    """Return conditions by path as nested objects."""
    document: dict[str, Any] = {}
    for path, values in conditions.items():
        node = document
        for depth, key in enumerate(path[:-1], 1):
            if path[:depth] in conditions:
                raise ValueError(f"{'.'.join(path[:depth])!r} has conditions on the whole and on nested fields")
            node = node.setdefault(key, {})
        node[path[-1]] = values
    return document


def _as_list(value: Any) -> Iterable[Any]:
    match value:
        case list() | tuple():
            return cast(Iterable[Any], value)
        case set() | frozenset():
            return sorted(cast(Iterable[Any], value), key=repr)
        case {}:
            return ()
        case _:
            return (value,)


def _json_value(value: Any, name: str) -> Any:
    match value:
        case Operator():
            return {value.name: value.argument}
        case datetime(tzinfo=None):
            raise ValueError(f"{name!r} cannot be a time without a timezone: {value}")
        case datetime():
            try:
                return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
            except OverflowError:
                raise ValueError(f"{name!r} cannot be a time that is out of range in UTC: {value}") from None
        case _:
            return value


def _may_match(info: Any, value: Any, predicate: Predicate) -> bool:
    """Return whether a condition fits the type of a field."""
    operator = next(iter(value)) if is_object(value) else None
    match info:
        case inspect.LiteralType(values=values):
            return any(map(predicate, values))
        case inspect.StrType() | inspect.EnumType():  # an `InternedStr` is an enum to msgspec
            return isinstance(value, str) or operator not in {None, "numeric"}
        case inspect.DateTimeType():
            return _is_time(value) if isinstance(value, str) else operator not in {None, "numeric", "cidr"}
        case inspect.BoolType():
            return isinstance(value, bool) or operator == "exists"
        case inspect.IntType() | inspect.FloatType():
            return is_number(value) or operator in {"numeric", "anything-but", "exists"}
        case _:
            return True


def _is_time(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return re.fullmatch(r"[0-9-]{10}T[0-9:]{8}Z", text) is not None


def _expected(info: Any) -> str:
    match info:
        case inspect.LiteralType(values=values):
            return f": it is always {', '.join(map(repr, values))}"
        case inspect.DateTimeType():
            return ": it is UTC in whole seconds, as in 2026-05-04T09:15:31Z; use prefix for a day"
        case inspect.BoolType():
            return ": it is a boolean"
        case inspect.IntType():
            return ": it is a whole number"
        case inspect.FloatType():
            return ": it is a number"
        case _:
            return ": it is a string"
