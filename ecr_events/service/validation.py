"""Checks before any request: events are untrusted, and decide where lookups go."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from functools import lru_cache
from types import UnionType
from typing import Any, cast

from ecr_events.errors import InvalidReferenceError, InvalidRequestError
from ecr_events.references import ImageReference, RepositoryReference

__all__ = ["Boundary", "check_region"]

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
        self._regions = _names("regions", regions, check_region)

    def check(self, reference: Any, expected: type | UnionType = RepositoryReference | ImageReference) -> None:
        """Raise InvalidRequestError for a malformed reference, or one outside of the boundary.

        Or a TypeError for anything but a reference of the expected type. The tag is ignored beside a digest.
        """
        if not isinstance(reference, expected):
            raise TypeError(f"not a reference of the expected type: {reference!r:.200}")
        repository: Any = reference.repository if isinstance(reference, ImageReference) else reference
        account, region = repository.registry_id, repository.region
        try:
            check_region(region)
            _check_account(account)
            _check_allowed("accounts", account, self._accounts)
            _check_allowed("regions", region, self._regions)
            _check(repository.repository_name, _NAME, "a repository name")
            if isinstance(reference, ImageReference):
                if reference.image_digest is None:
                    _check(reference.image_tag, _TAG, "an image tag")
                else:
                    _check(reference.image_digest, _DIGEST, "an image digest")
        except InvalidRequestError as error:
            error.reference = cast(Any, reference)
            raise


def _check_allowed(name: str, value: str, allowed: frozenset[str] | None) -> None:
    if allowed is not None and value not in allowed:
        raise InvalidRequestError(f"not one of the {name} of this service: {value!r}")


def _check_account(account: str) -> None:
    _check(account, _ACCOUNT, "an AWS account")


@lru_cache(maxsize=64)
def check_region(region: Any) -> None:
    """Raise InvalidRequestError for a malformed region."""
    _check(region, "[ -~]*", "an AWS region")
    try:
        _ = RepositoryReference(registry_id="", region=region, repository_name="").partition
    except InvalidReferenceError as error:
        raise InvalidRequestError(str(error)) from error


def _check(value: Any, pattern: str, description: str) -> None:
    if not isinstance(value, str):
        raise InvalidRequestError(f"not {description}: {value!r:.200}")
    if not re.fullmatch(pattern, value):
        raise InvalidRequestError(f"not {description}: {value[:200]!r}")


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
