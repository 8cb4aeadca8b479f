"""Checks before any request: events are untrusted, and decide where lookups go."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from functools import lru_cache
from typing import Any

from ecr_events.errors import InvalidReferenceError, InvalidRequestError
from ecr_events.references import RepositoryReference

__all__ = ["Boundary", "check_image", "check_repository_name"]

_ACCOUNT = "[0-9]{12}"

# ECR's own patterns, with their bounds.
_NAME = r"(?=.{2,256}\Z)[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*"
_TAG = r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,299}"
_DIGEST = r"[A-Za-z0-9_.+-]{1,64}:[A-Fa-f0-9]{1,256}"


class Boundary:
    """The accounts and regions that a service may send requests to; None for any of AWS's.

    Raises:
        TypeError: `accounts` or `regions` is not a collection of strings.
        ValueError: An account or a region is malformed.
    """

    def __init__(self, accounts: Collection[str] | None, regions: Collection[str] | None) -> None:
        self._accounts = _names("accounts", accounts, _check_account)
        self._regions = _names("regions", regions, _check_region)

    def check(self, account: str, region: str) -> None:
        """Raise InvalidRequestError if the account or the region is malformed, or outside of the boundary."""
        _check_region(region)
        _check_account(account)
        for name, value, allowed in (("accounts", account, self._accounts), ("regions", region, self._regions)):
            if allowed is not None and value not in allowed:
                raise InvalidRequestError(f"not one of the {name} of this service: {value!r}")


def check_repository_name(name: str) -> None:
    """Raise InvalidRequestError for a name that ECR would reject."""
    _check(name, _NAME, "a repository name")


def check_image(digest: str | None, tag: str | None) -> None:
    """Raise InvalidRequestError for a digest or tag that ECR would reject; the tag is ignored beside a digest."""
    if digest is None:
        _check(tag or "", _TAG, "an image tag")
    else:
        _check(digest, _DIGEST, "an image digest")


def _check_account(account: str) -> None:
    _check(account, _ACCOUNT, "an AWS account")


@lru_cache(maxsize=64)
def _check_region(region: Any) -> None:
    _check(region, "[ -~]*", "an AWS region")
    try:
        _ = RepositoryReference(registry_id="", region=region, repository_name="").partition
    except InvalidReferenceError as error:
        raise InvalidRequestError(str(error)) from error


def _check(value: Any, pattern: str, description: str) -> None:
    if not isinstance(value, str) or not re.fullmatch(pattern, value):
        raise InvalidRequestError(f"not {description}: {value[:200] if isinstance(value, str) else value!r:.200}")


def _names(parameter: str, values: Any, check: Callable[[str], None]) -> frozenset[str] | None:
    if values is None:
        return None
    names = frozenset[Any]() if isinstance(values, str) else frozenset[Any](values)
    if isinstance(values, str) or not all(isinstance(name, str) for name in names):
        raise TypeError(f"{parameter} must be strings, not {values!r:.200}")
    try:
        for name in names:
            check(name)
    except InvalidRequestError as error:
        raise ValueError(f"{parameter}: {error}") from error
    return names
