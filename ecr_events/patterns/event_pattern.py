"""`EventPattern`, the pattern of a rule.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html
"""

import warnings
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Self, cast

import msgspec

from ecr_events.events import EventBridgeEvent
from ecr_events.patterns.building import PatternBuilder
from ecr_events.patterns.matching import Rule

__all__ = ["EventPattern"]

_MAX_LENGTH = 2_048
"""Characters of a pattern, unless AWS has raised the quota of the account."""


class EventPattern:
    """The event pattern of a rule. No network access.

    A condition is a value, several alternative values, or an operator such as `prefix`; a dict has the conditions on
    nested fields. Names are those of the class or AWS's, and belong to the detail, otherwise to the envelope; those in
    ``envelope={...}`` belong to the envelope::

        EventPattern(ECRImageActionEvent, action_type=["PUSH", "DELETE"], repository_name=wildcard("team/*"))

    The pattern has what restricts its events to ECR: source and detail-type, for CloudTrail the event source, for
    Inspector the type of the resource. Conditions on these fields cannot widen it.

    A condition with a value that AWS is not known to send raises a UserWarning: the rule would be valid, but never
    match. So does a pattern longer than 2,048 characters, EventBridge's default quota. EventBridge also refuses
    patterns with too many wildcards, by a rule that it does not publish.

    Args:
        type: Event class with a detail-type.
        or_: Alternative conditions, at least two dicts, of which one must hold: ``$or``. A field cannot have conditions
            inside and outside of it.
        conditions: Conditions by field, all of which must hold.

    Raises:
        ValueError: A field is unknown or has conditions under two names, or the pattern can match no event.
        TypeError: `type` is not an event class with a detail-type.
    """

    def __init__(
        self,
        type: type[EventBridgeEvent],
        /,
        *,
        or_: Iterable[Mapping[str, Any]] | None = None,
        **conditions: Any,
    ) -> None:
        builder = PatternBuilder(type)
        try:
            self._set(builder.build(conditions, or_))
        except RecursionError:
            raise ValueError("conditions are nested too deeply") from None
        for reason in builder.warnings:
            warnings.warn(reason, stacklevel=2)

    def _set(self, document: Mapping[str, Any]) -> None:
        self._rule = Rule(document)
        self._json = msgspec.json.encode(document)
        if len(self.to_json()) > _MAX_LENGTH:
            reason = f"the pattern is longer than {_MAX_LENGTH:,} characters, EventBridge's default quota"
            warnings.warn(reason, stacklevel=3)

    @classmethod
    def parse(cls, rule: bytes | str | Mapping[str, Any]) -> Self:
        """Return the pattern of an existing rule: JSON or a dict, of the pattern or of a rule with an ``EventPattern``.

        A rule may be the response of ``describe_rule`` or a resource of CloudFormation. Fields are not checked against
        an event class.

        Raises:
            ValueError: The rule is not JSON, or not a valid event pattern.
        """
        pattern = cls.__new__(cls)
        try:
            cls._set(pattern, _pattern_in(rule))
        except RecursionError:
            raise ValueError("not an event pattern: nested too deeply") from None
        return pattern

    def matches(self, event: EventBridgeEvent | dict[str, Any]) -> bool:
        """Return whether EventBridge would match an event, as an instance or as parsed JSON.

        An instance is matched as `encode` writes it: without the keys that no class has, without ``null``, and with
        times in UTC that end in ``Z``. Patterns on what differs need the parsed JSON.

        Two differences from EventBridge remain. It joins the keys of nested objects with dots, so that to it
        ``{"a.b": 1}`` and ``{"a": {"b": 1}}`` are the same. And a field that must be absent in an array of objects is
        looked for in all of them; EventBridge may look only at the one that matches, depending on the order of names.

        Raises:
            TypeError: `event` is neither.
            ValueError: An instance is nested too deeply for JSON.
        """
        document: Any = event
        if isinstance(event, EventBridgeEvent):
            try:
                document = msgspec.json.decode(msgspec.json.encode(event))
            except RecursionError:
                raise ValueError("event is nested too deeply") from None
        if not isinstance(document, dict):
            raise TypeError(f"event must be an event or a dict, not {type(event).__name__}")
        return self._rule.matches(document)

    def to_dict(self) -> dict[str, Any]:
        """Return the pattern as JSON values, for example for CDK."""
        document: dict[str, Any] = msgspec.json.decode(self._json)
        return document

    def to_json(self, *, indent: int | None = None) -> str:
        """Return the pattern as JSON, for example for CloudFormation or ``put_rule``."""
        return (self._json if indent is None else msgspec.json.format(self._json, indent=indent)).decode()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, EventPattern) and self._sorted_json == other._sorted_json

    def __hash__(self) -> int:
        return hash(self._sorted_json)

    @property
    def _sorted_json(self) -> bytes:
        return msgspec.json.encode(self.to_dict(), order="sorted")

    def __reduce__(self) -> tuple[Callable[[bytes], Self], tuple[bytes]]:
        return self.parse, (self._json,)

    def __repr__(self) -> str:
        return f"{self.__class__.__name__}.parse({self.to_json()!r})"


def _pattern_in(rule: Any) -> dict[str, Any]:
    """Return the pattern in a rule."""
    match rule:
        case bytes() | str():
            try:
                document = msgspec.json.decode(rule)
            except ValueError as error:
                raise ValueError(f"not JSON: {error}") from error
            return _pattern_in(document)
        case {"EventPattern": pattern} | {"Properties": {"EventPattern": pattern}}:
            return _pattern_in(pattern)
        case {**fields}:
            return cast(dict[str, Any], fields)
        case _:
            raise ValueError(f"an event pattern is a JSON object, not {rule!r:.200}")
