import math
import re
from typing import Any

import pytest
from documents import document

from ecr_events import ECRAWSAPICallViaCloudTrailEvent, ECRImageActionEvent
from ecr_events.patterns import (
    EventPattern,
    anything_but,
    cidr,
    equals_ignore_case,
    exists,
    numeric,
    prefix,
    suffix,
    wildcard,
)


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({"a": {"b": [[1]]}}, "a.b: a condition is a string, number, boolean, null or one operator, not [1]"),
        ({"a": [{"prefix": "b", "suffix": "c"}]}, "a: a condition is a string,"),
        ({"a": [{"like": "b"}]}, "a: unknown operator 'like': must be one of prefix, suffix, wildcard,"),
        ({"a": [{"prefix": 1}]}, "a: prefix cannot take 1: it takes a string"),
        ({"a": [{"prefix": ["b"]}]}, "a: prefix cannot take ['b']"),
        ({"a": [{"suffix": {"prefix": "b"}}]}, "a: suffix cannot take"),
        ({"a": [{"equals-ignore-case": ["b"]}]}, "a: equals-ignore-case cannot take ['b']: it takes a string"),
        ({"a": [{"wildcard": "a**"}]}, "a: wildcard cannot take 'a**'"),
        ({"a": [{"wildcard": r"a\b"}]}, "a: wildcard cannot take"),
        ({"a": [{"wildcard": 1}]}, "a: wildcard cannot take 1"),
        ({"a": [{"exists": 0}]}, "a: exists cannot take 0: it takes true or false"),
        ({"a": [{"exists": "false"}]}, "a: exists cannot take 'false'"),
        ({"a": [{"cidr": "10.0.0.0"}]}, "a: cidr cannot take '10.0.0.0': it takes an IP block such as"),
        ({"a": [{"cidr": "10.0.0.0/64"}]}, "a: cidr cannot take"),
        ({"a": [{"cidr": 1}]}, "a: cidr cannot take 1"),
        ({"a": [{"cidr": "10.0.0.0/32"}]}, "a: cidr cannot take"),
        ({"a": [{"cidr": "2001:db8::/128"}]}, "a: cidr cannot take"),
        ({"a": [{"cidr": "10.0.0.0/255.255.255.0"}]}, "a: cidr cannot take"),
        ({"a": [{"cidr": "fe80::1%eth0/64"}]}, "a: cidr cannot take"),
        ({"a": [{"numeric": []}]}, "a: numeric cannot take []: it takes a comparison and a number"),
        ({"a": [{"numeric": 1}]}, "a: numeric cannot take 1"),
        ({"a": [{"numeric": [">", 1, "<"]}]}, "a: numeric cannot take"),
        ({"a": [{"numeric": ["!=", 1]}]}, "a: numeric cannot take"),
        ({"a": [{"numeric": [[], 1]}]}, "a: numeric cannot take"),
        ({"a": [{"numeric": [">", "1"]}]}, "a: numeric cannot take"),
        ({"a": [{"numeric": [">", 5, "<", 3]}]}, "a: numeric cannot take ['>', 5, '<', 3]"),
        ({"a": [{"numeric": [">", 5, "<=", 5]}]}, "a: numeric cannot take"),
        ({"a": [{"numeric": [">=", 5, "<=", 5]}]}, 'one number is ["=", 5]'),
        ({"a": [{"numeric": [">", 5_000_000_001]}]}, "up to 5.0e9"),
        ({"a": [{"numeric": [">", math.inf]}]}, "up to 5.0e9"),
        ({"a": [{"numeric": ["<", 5, ">", 3]}]}, "a: numeric cannot take"),
        ({"a": [{"numeric": [">", 1, "<", 5, "<", 9]}]}, "a: numeric cannot take"),
        ({"a": [{"anything-but": []}]}, "a: anything-but cannot take []: it takes strings, numbers, or one of"),
        ({"a": [{"anything-but": ["b", 1]}]}, "a: anything-but cannot take"),
        ({"a": [{"anything-but": [True]}]}, "a: anything-but cannot take"),
        ({"a": [{"anything-but": {"numeric": ["=", 1]}}]}, "a: anything-but cannot take"),
        ({"a": [{"anything-but": {"prefix": ["b", 1]}}]}, "a: anything-but cannot take"),
        ({"a": [{"anything-but": {"prefix": ""}}]}, "which cannot be empty in prefix and suffix"),
        ({"a": [{"anything-but": {"suffix": ["b", ""]}}]}, "a: anything-but cannot take"),
        ({"a": [{"anything-but": {"prefix": {"equals-ignore-case": "b"}}}]}, "a: anything-but cannot take"),
        ({"a": [{"anything-but": {"wildcard": "b**"}}]}, "a: anything-but cannot take"),
        ({"a": [{"anything-but": {"wildcard": []}}]}, "a: anything-but cannot take"),
        ({"a": [math.nan]}, "a: nan is not a number in JSON"),
        ({"a": [b"x"]}, "a: a condition is a string, number, boolean, null or one operator, not b'x'"),
        ({"a": [object()]}, "a: a condition is a string,"),
    ],
)
def test_an_invalid_condition_is_an_error(rule: Any, message: str) -> None:
    """The error names the field, the value and the valid ones."""
    with pytest.raises(ValueError, match=re.escape(message)):
        EventPattern.parse(rule)


def test_operators_are_checked_when_they_are_used() -> None:
    """By the same rules as an existing rule."""
    with pytest.raises(ValueError, match="repository_name: wildcard cannot take"):
        EventPattern(ECRImageActionEvent, repository_name=wildcard("a**"))
    with pytest.raises(ValueError, match="takes operators of one kind, not prefix and suffix"):
        anything_but(prefix("a"), suffix("b"))


@pytest.mark.parametrize(
    ("operator", "matching", "others"),
    [
        (prefix("a"), ["a", "ab"], ["A", "ba", "", 1, None]),
        (prefix("A", ignore_case=True), ["a", "AB"], ["ba"]),
        (suffix("a"), ["a", "ba"], ["bA", "ab"]),
        (suffix("A", ignore_case=True), ["a", "BA"], ["ab"]),
        (equals_ignore_case("Ab"), ["ab", "AB"], ["a", 1]),
        (wildcard("a*b*c"), ["abc", "axbxc", "a/b/bc", "a\nbc"], ["ab", "acb", "xabc", "abcx", 1]),
        (wildcard("*"), ["", "a"], [1, None]),
        (wildcard("ab*ba"), ["abba", "abxba"], ["aba"]),
        (wildcard("*a*"), ["a", "bab"], ["b"]),
        (wildcard("a"), ["a"], ["ab"]),
        (wildcard(r"a\*\\*"), ["a*\\", "a*\\x"], ["ab\\", "a*"]),
        (anything_but("a"), ["b", 1, None, ""], ["a"]),
        (anything_but("a", "b"), ["c"], ["a", "b"]),
        (anything_but(1, 2), [3, "1", True], [1, 2.0]),
        (anything_but(prefix("a"), prefix("b")), ["c", 1], ["a", "bc"]),
        (anything_but(suffix("a")), ["b"], ["ba"]),
        (anything_but(""), ["a"], [""]),
        (anything_but(equals_ignore_case(""), equals_ignore_case("A")), ["b"], ["", "a"]),
        (anything_but(wildcard("a*b")), ["a"], ["ab"]),
        (anything_but(equals_ignore_case("a")), ["b"], ["A"]),
        (numeric("=", 1), [1, 1.0], ["1", True, 2]),
        (numeric(">", 0, "<=", 5), [0.5, 5], [0, 6, None]),
        (numeric(">=", -5_000_000_000, "<=", 5_000_000_000), [-5_000_000_000, 0, 5_000_000_000], [-5_000_000_001]),
        (numeric("<", 5), [-1], [5]),
        (cidr("10.0.0.0/24"), ["10.0.0.7"], ["10.0.1.7", "ecr.amazonaws.com", 1, "::1"]),
        (cidr("10.0.0.7/24"), ["10.0.0.1"], ["10.0.1.1"]),
        (cidr("2001:db8::/32"), ["2001:db8::1"], ["2001:db9::1", "2001:db8::1%eth0"]),
        (exists(), ["", None, 0], []),
        (True, [True], [1, "true"]),
        (None, [None], ["", False]),
        ("1", ["1"], [1]),
    ],
)
def test_an_operator_matches_as_documented(operator: Any, matching: list[Any], others: list[Any]) -> None:
    """A field that is absent matches none of them."""
    pattern = EventPattern(ECRAWSAPICallViaCloudTrailEvent, request_parameters={"x": operator})

    def match(parameters: dict[str, Any]) -> bool:
        return pattern.matches(document(ECRAWSAPICallViaCloudTrailEvent, {"requestParameters": parameters}))

    assert [value for value in matching + others if match({"x": value})] == matching
    assert [value for value in matching + others if match({"x": [[], [value]]})] == matching
    assert not match({})
    assert not match({"x": []})
    assert not match({"x": {"y": 1}})
