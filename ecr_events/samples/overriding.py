"""Overrides of a sample's fields, and of the fields that repeat them."""

import re
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
    changed = _set(document, changes)
    before, after = _facts(document), _facts(changed)
    renamed = {old: after[fact] for fact, old in before.items() if fact in after and after[fact] != old}
    return _set(_rename(document, renamed), changes) if renamed else changed


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
        parent = document
        if of_detail:
            parent = document["detail"] = dict(document.get("detail") or {})
        if value is UNSET or (value is None and field.default is not UNSET):
            parent.pop(field.encode_name, None)
            continue
        try:
            parent[field.encode_name] = msgspec.json.decode(msgspec.json.encode(value))
        except (TypeError, ValueError, OverflowError) as error:
            raise TypeError(f"{field.name} cannot be {value!r:.200}: {error}") from error
    return document


def _facts(document: dict[str, Any]) -> dict[str, str]:
    """Return the texts that other fields of an event repeat, by what they are."""
    facts = {key: document.get(key) for key in ("account", "region", "time")}
    detail = document.get("detail")
    for fields in (detail, _get(detail, "requestParameters"), _get(detail, "serviceEventDetails")):
        facts["digest"] = facts.get("digest") or _get(fields, "image-digest")
        facts["name"] = facts.get("name") or _get(fields, "repository-name") or _get(fields, "repositoryName")
    name = facts["name"]
    if isinstance(name, str) and name.startswith("arn:"):
        name = name.partition("/sha256:")[0]
        facts |= {"arn": name, "name": name.partition(":repository/")[2]}
    try:
        partition = RepositoryReference(registry_id="", region=str(facts["region"]), repository_name="").partition
        facts["partition"] = f"arn:{partition}:"
    except InvalidReferenceError:
        pass
    return {fact: text for fact, text in facts.items() if isinstance(text, str) and text}


def _get(value: Any, key: str) -> Any:
    return cast(dict[str, Any], value).get(key) if isinstance(value, dict) else None


def _rename(value: Any, renamed: dict[str, str]) -> Any:
    """Return parsed JSON with texts replaced, also as a part of others such as ARNs."""
    if isinstance(value, dict):
        items = cast(dict[str, Any], value).items()
        return {key: item if key == _INDEPENDENT else _rename(item, renamed) for key, item in items}
    if isinstance(value, list):
        elements: list[Any] = [*value]
        return [_rename(item, renamed) for item in elements]
    if isinstance(value, str):
        longest_first = sorted(renamed, key=len, reverse=True)  # an ARN contains the account
        return re.sub("|".join(map(re.escape, longest_first)), lambda found: renamed[found[0]], value)
    return value
