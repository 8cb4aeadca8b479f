"""Event patterns of EventBridge rules: built from an event class, checked, and matched offline."""

from ecr_events.patterns.event_pattern import EventPattern
from ecr_events.patterns.operators import (
    Operator,
    anything_but,
    cidr,
    equals_ignore_case,
    exists,
    numeric,
    prefix,
    suffix,
    wildcard,
)

__all__ = [
    "EventPattern",
    # Operators
    "Operator",
    "prefix",
    "suffix",
    "wildcard",
    "equals_ignore_case",
    "anything_but",
    "numeric",
    "exists",
    "cidr",
]
