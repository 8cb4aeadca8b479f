"""The matching of events against an event pattern, as EventBridge does it.

A pattern with ``$or`` is expanded to rules without, as by EventBridge. All conditions on the objects of an array hold
for the same object.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html and
https://github.com/aws/event-ruler
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple, TypeAlias

from ecr_events.patterns.predicates import ABSENT, OPERATORS, Predicate, is_array, is_object, predicate_of

__all__ = ["Rule"]

_MAX_RULES = 1_000
"""Rules to which EventBridge expands one with ``$or``, at most."""

_MAX_DEPTH = 100
"""Levels of nested fields. The matching recurses, and EventBridge's limit of the length allows some 400."""

_RESERVED = {*OPERATORS, "exactly", "=", "<", "<=", ">", ">=", "regex", "not-wildcard", "not-equals-ignore-case"} | {
    "date-after",
    "date-on-or-after",
    "date-before",
    "date-on-or-before",
    "in-date-range",
    "ip-address-in-range",
    "ip-address-not-in-range",
}
"""Names that fields in ``$or`` cannot have in EventBridge."""

_Path: TypeAlias = tuple[str, ...]


class _Condition(NamedTuple):
    """The alternatives for a field."""

    path: _Path
    predicates: list[Predicate]
    allows_absence: bool
    """Whether the field may be absent, from all objects of an array."""


_Conditions: TypeAlias = dict[str, _Condition]
"""Conditions by EventBridge's name of the field, with dots."""


class Rule:
    """A parsed event pattern.

    Raises:
        ValueError: The pattern is invalid.
    """

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._trees = [_tree_of(conditions.values()) for conditions in _expand(document, (), in_or=False)]

    def matches(self, document: Any) -> bool:
        """Return whether the pattern matches an event, as parsed JSON."""

        @cache
        def is_absent(path: _Path) -> bool:
            return not any(True for _ in _scalars_at(document, path))

        return any(tree.holds(document, is_absent) for tree in self._trees)


class _Tree(NamedTuple):
    """The conditions on an object: on its values, and on the objects in it."""

    fields: dict[str, _Condition]
    objects: "dict[str, _Tree]"

    def holds(self, node: Any, is_absent: Callable[[_Path], bool]) -> bool:
        """Return whether an object, or one in an array, has all that the rule requires."""
        objects = [item for item in _items(node) if is_object(item)] or [{}]
        return any(self._holds_for(item, is_absent) for item in objects)

    def _holds_for(self, item: dict[str, Any], is_absent: Callable[[_Path], bool]) -> bool:
        for key, condition in self.fields.items():
            values = _scalars_at(item, (key,))
            if not any(predicate(value) for value in values for predicate in condition.predicates) and not (
                condition.allows_absence and is_absent(condition.path)
            ):
                return False
        return all(tree.holds(item.get(key), is_absent) for key, tree in self.objects.items())


def _tree_of(conditions: Iterable[_Condition]) -> _Tree:
    root = _Tree({}, {})
    for condition in conditions:
        node = root
        for key in condition.path[:-1]:
            node = node.objects.setdefault(key, _Tree({}, {}))
        node.fields[condition.path[-1]] = condition
    return root


def _items(value: Any) -> list[Any]:
    """Return the values in nested arrays; of another value, itself."""
    pending: list[Any] = [value]
    found: list[Any] = []
    while pending:
        item = pending.pop()
        if is_array(item):
            pending.extend(item)
        else:
            found.append(item)
    return found


def _scalars_at(node: Any, path: _Path) -> Iterator[Any]:
    """Yield the values at a path, also in arrays. An object has none, since a pattern describes its fields."""
    for item in _items(node):
        if not is_object(item):
            if not path:
                yield item
        elif path and path[0] in item:
            yield from _scalars_at(item[path[0]], path[1:])


def _expand(pattern: Mapping[str, Any], path: _Path, *, in_or: bool) -> list[_Conditions]:
    """Return the rules without ``$or`` of a part of a pattern."""
    if not pattern:
        raise ValueError(f"{'.'.join(path) or 'the pattern'} is empty: an object needs at least one field")
    rules: list[_Conditions] = [{}]
    for key, value in pattern.items():
        options = _expand_or(value, path) if key == "$or" else _expand_field(value, path, key, in_or=in_or)
        if len(rules) * len(options) > _MAX_RULES:
            raise ValueError(f"$or combines to more than {_MAX_RULES:,} rules, EventBridge's limit")
        rules = [_combine(rule, option) for rule in rules for option in options]
    return rules


def _expand_or(value: Any, path: _Path) -> list[_Conditions]:
    match value:
        case [_, _, *_] if all(map(is_object, value)):
            return [rule for item in value for rule in _expand(item, path, in_or=True)]
        case _:
            raise ValueError(f"$or must be an array of at least two objects, not {value!r:.200}")


def _expand_field(value: Any, path: _Path, key: Any, *, in_or: bool) -> list[_Conditions]:
    if not isinstance(key, str):
        raise ValueError(f"the name of a field must be a string, not {key!r:.200}")
    path = (*path, key)
    name = ".".join(path)
    if len(path) > _MAX_DEPTH:
        raise ValueError(f"fields are nested deeper than {_MAX_DEPTH} levels")
    if in_or and key in _RESERVED:
        raise ValueError(f"{name} is in $or, where EventBridge reserves the name {key!r}")
    if is_object(value):
        return _expand(value, path, in_or=in_or)
    if not is_array(value) or not value:
        raise ValueError(f"not an event pattern: {name} must be an object or an array with values, not {value!r:.200}")
    predicates = [predicate_of(alternative, name) for alternative in value]
    return [{name: _Condition(path, predicates, allows_absence=ABSENT in value)}]


def _combine(one: _Conditions, other: _Conditions) -> _Conditions:
    """Return a rule with the conditions of both."""
    if repeated := sorted(one.keys() & other.keys()):
        raise ValueError(f"{repeated[0]} has several conditions, of which EventBridge takes only the last")
    return one | other
