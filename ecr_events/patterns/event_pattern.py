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


class EventPattern:
    """The event pattern of a rule. No network access.

    A condition is a value, several alternative values, or an operator such as `prefix`; a dict has the conditions on
    nested fields. Names are those of the class or AWS's, and belong to the detail, otherwise to the envelope::

        EventPattern(ECRImageActionEvent, action_type=["PUSH", "DELETE"], repository_name=wildcard("team/*"))

    The pattern has what restricts its events to ECR: source and detail-type, for CloudTrail the event source, for
    Inspector the type of the resource.

    A condition with a value that AWS is not known to send raises a UserWarning: the rule would be valid, but never
    match.

    Args:
        type: Event class with a detail-type.
        or_: Alternative conditions, at least two dicts, of which one must hold: ``$or``.
        conditions: Conditions by field, all of which must hold.

    Raises:
        ValueError: A field is unknown, or the pattern can match no event.
        TypeError: `type` has no detail-type.
    """

    def __init__(
        self,
        type: type[EventBridgeEvent],
        /,
        *,
        or_: Iterable[Mapping[str, Any]] = (),
        **conditions: Any,
    ) -> None:
        builder = PatternBuilder(type)
        document = builder.restricted(builder.build(conditions))
        alternatives = [builder.build(alternative) for alternative in or_]
        if alternatives:
            document["$or"] = alternatives
        for reason in builder.warnings:
            warnings.warn(reason, stacklevel=2)
        self._set(document)

    def _set(self, document: dict[str, Any]) -> None:
        self._rule = Rule(document)
        self._json = msgspec.json.encode(document)

    @classmethod
    def parse(cls, rule: bytes | str | Mapping[str, Any]) -> Self:
        """Return the pattern of an existing rule: JSON or a dict, of the pattern or of a rule with an ``EventPattern``.

        Fields are not checked against an event class.

        Raises:
            ValueError: The rule is not JSON, or not a valid event pattern.
        """
        document: Any = rule
        if isinstance(rule, bytes | str):
            try:
                document = msgspec.json.decode(rule)
            except (msgspec.DecodeError, RecursionError) as error:
                raise ValueError(f"not JSON: {error}") from error
        match document:
            case {"EventPattern": pattern}:
                return cls.parse(pattern)
            case {**fields}:
                pass
            case _:
                raise ValueError(f"an event pattern is a JSON object, not {document!r:.200}")
        pattern = cls.__new__(cls)
        cls._set(pattern, cast(dict[str, Any], fields))
        return pattern

    def matches(self, event: EventBridgeEvent | dict[str, Any]) -> bool:
        """Return whether EventBridge would match an event, as an instance or as parsed JSON.

        An instance lacks the keys that no class has; patterns on these need the parsed JSON.

        Raises:
            TypeError: `event` is neither.
        """
        document: Any = (
            msgspec.json.decode(msgspec.json.encode(event)) if isinstance(event, EventBridgeEvent) else event
        )
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
        return isinstance(other, EventPattern) and self._json == other._json

    def __hash__(self) -> int:
        return hash(self._json)

    def __reduce__(self) -> tuple[Callable[[bytes], Self], tuple[bytes]]:
        return self.parse, (self._json,)

    def __repr__(self) -> str:
        return f"{self.__class__.__name__}.parse({self.to_json()!r})"
