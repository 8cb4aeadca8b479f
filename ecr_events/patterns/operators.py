"""The comparisons of event patterns. Their arguments are checked when a pattern is built from them.

To add an operator, write its function here, export it from the package, and add its predicate to
`ecr_events.patterns.predicates.OPERATORS`.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
"""

from typing import Any, Literal, cast

from msgspec import Struct

__all__ = [
    "Operator",
    "anything_but",
    "cidr",
    "equals_ignore_case",
    "exists",
    "numeric",
    "prefix",
    "suffix",
    "wildcard",
]


class Operator(Struct, frozen=True):
    """A comparison, from one of the functions of this module."""

    name: str
    """EventBridge's name: ``prefix``."""

    argument: Any
    """Value to compare with, as in JSON."""


def prefix(text: str, *, ignore_case: bool = False) -> Operator:
    """Match strings that start with `text`."""
    return Operator("prefix", {"equals-ignore-case": text} if ignore_case else text)


def suffix(text: str, *, ignore_case: bool = False) -> Operator:
    """Match strings that end with `text`."""
    return Operator("suffix", {"equals-ignore-case": text} if ignore_case else text)


def wildcard(text: str) -> Operator:
    r"""Match strings in which each ``*`` of `text` stands for any characters, slashes too; ``\*`` is an asterisk."""
    return Operator("wildcard", text)


def equals_ignore_case(text: str) -> Operator:
    """Match strings that equal `text` but for upper and lower case."""
    return Operator("equals-ignore-case", text)


def anything_but(*values: str | float | Operator) -> Operator:
    """Match other values than these strings, these numbers, or those matched by string operators of one kind.

    A field that is absent does not match.

    Raises:
        ValueError: The operators are of several kinds.
    """
    if values and all(isinstance(value, Operator) for value in values):
        operators = cast(tuple[Operator, ...], values)
        names = {operator.name for operator in operators}
        if len(names) > 1:
            raise ValueError(f"anything_but takes operators of one kind, not {' and '.join(sorted(names))}")
        return Operator("anything-but", {names.pop(): _one_or_list([operator.argument for operator in operators])})
    return Operator("anything-but", _one_or_list(list(values)))


def numeric(*comparisons: str | float) -> Operator:
    """Match numbers in a range: ``numeric(">", 0, "<=", 5)``. Operators are ``<``, ``<=``, ``=``, ``>=`` and ``>``."""
    return Operator("numeric", list(comparisons))


def exists(present: Literal[True, False] = True, /) -> Operator:  # noqa: FBT002 - reads as in JSON
    """Match a field that is present with any value, or one that is absent."""
    return Operator("exists", present)


def cidr(block: str) -> Operator:
    """Match the IP addresses in a block: ``10.0.0.0/24``."""
    return Operator("cidr", block)


def _one_or_list(values: list[Any]) -> Any:
    return values[0] if len(values) == 1 else values
