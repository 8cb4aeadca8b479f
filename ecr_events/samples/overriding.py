"""Overrides of a sample's fields, and of the fields that repeat them."""

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, cast

import msgspec
from msgspec import UNSET
from msgspec.structs import FieldInfo

from ecr_events.errors import InvalidReferenceError
from ecr_events.events import EventBridgeEvent, UnknownEvent
from ecr_events.references import RepositoryReference

__all__ = ["override"]

_INDEPENDENT = "source-account"
"""Key of a field that has the event's account in the sample, but does not follow from it."""

_FACTS = {
    "awsAccountId": "account",
    "registry": "account",
    "awsRegion": "region",
    "repository-name": "name",
    "repositoryName": "name",
    "image-digest": "digest",
    "imageDigest": "digest",
    "imageHash": "digest",
}
"""Keys of the detail whose texts other fields of an event repeat, and what they are."""


def override(document: dict[str, Any], type: type[EventBridgeEvent], overrides: dict[str, Any]) -> dict[str, Any]:
    """Return the document of a sample with overridden fields.

    Raises:
        TypeError: `type` has no such field, or a value cannot be encoded.
    """
    envelope = {field.name: field for field in msgspec.structs.fields(type)}
    detail: dict[str, FieldInfo] = {}
    if not issubclass(type, UnknownEvent):
        detail = {field.name: field for field in msgspec.structs.fields(envelope["detail"].type)}
    fields = envelope | detail  # a name in both is that of the detail
    changes = [(name in detail, _field(type, name, fields), value) for name, value in overrides.items()]
    try:
        before, after = _facts(document), _facts(_set(document, changes))
        first = dict(reversed(before))
        renamed = {first[fact]: text for fact, text in reversed(after) if fact in first and (fact, text) not in before}
        if "arn" in first:  # which a bare name is a part of
            changes = [
                change for change in changes if change[1].name != "repository_name" or ("name", change[2]) not in after
            ]
        if region := renamed.get(first["region"]):
            with suppress(InvalidReferenceError):
                renamed[_partition(first["region"])] = _partition(region)
        return _set(_rename(document, renamed) if renamed else document, changes)
    except RecursionError as error:
        raise TypeError("the overrides are nested too deeply") from error


def _field(type: type[EventBridgeEvent], name: str, fields: dict[str, FieldInfo]) -> FieldInfo:
    if name in fields:
        return fields[name]
    from difflib import get_close_matches

    close = "".join(f"did you mean {match!r}? " for match in get_close_matches(name, fields, n=1))
    raise TypeError(f"{type.__name__} has no field {name!r}: {close}known fields are {', '.join(fields)}")


def _set(document: dict[str, Any], changes: list[tuple[bool, FieldInfo, Any]]) -> dict[str, Any]:
    """Return a document with changed fields, of the detail last: `detail` itself may be one of the others."""
    document = dict(document)
    for of_detail, field, value in sorted(changes, key=lambda change: change[0]):
        parent: Any = document
        if of_detail:
            parent = document.get("detail", {})
            if not isinstance(parent, dict):
                raise TypeError(f"{field.name} cannot be overridden in the detail {parent!r:.200}")
            parent = document["detail"] = dict(cast(dict[str, Any], parent))
        if value is UNSET or (value is None and field.default is not UNSET):
            parent.pop(field.encode_name, None)
            continue
        try:
            parent[field.encode_name] = msgspec.json.decode(msgspec.json.encode(value))
        except (TypeError, ValueError, OverflowError) as error:
            raise TypeError(f"{field.name} cannot be {value!r:.200}: {error}") from error
    return document


def _facts(document: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the texts that other fields of an event repeat, and what they are; those of the envelope first."""
    envelope = [(key, document.get(key)) for key in ("account", "region", "time")]
    facts = [*envelope, *_facts_of_detail(document.get("detail"))]
    return [(fact, text) for fact, text in facts if isinstance(text, str) and text]


def _facts_of_detail(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, list):
        elements: list[Any] = [*value]
        for item in elements:
            yield from _facts_of_detail(item)
    elif isinstance(value, dict):
        for key, item in cast(dict[str, Any], value).items():
            if key not in _FACTS:
                yield from _facts_of_detail(item)
            elif isinstance(item, str) and item.startswith("arn:"):
                arn = item.partition("/sha256:")[0]
                yield "arn", arn
                yield "name", arn.partition(":repository/")[2]
            else:
                yield _FACTS[key], item


def _partition(region: str) -> str:
    """Return the beginning of an ARN in a region.

    Raises:
        InvalidReferenceError: The region is malformed.
    """
    return f"arn:{RepositoryReference(registry_id='', region=region, repository_name='').partition}:"


def _rename(value: Any, renamed: dict[str, str]) -> Any:
    """Return parsed JSON with texts replaced, also as a part of others such as ARNs."""
    if isinstance(value, dict):
        items = cast(dict[str, Any], value).items()
        return {key: item if key == _INDEPENDENT else _rename(item, renamed) for key, item in items}
    if isinstance(value, list):
        elements: list[Any] = [*value]
        return [_rename(item, renamed) for item in elements]
    if isinstance(value, str):
        longest_first = sorted(renamed, key=len, reverse=True)  # an ARN, before the partition it begins with
        return re.sub("|".join(map(re.escape, longest_first)), lambda found: renamed[found[0]], value)
    return value
