"""CloudEvents in structured form, from Knative, Argo Events and others. In binary form they are HTTP requests.

Source: https://github.com/cloudevents/spec/blob/main/cloudevents/formats/json-format.md
"""

from collections.abc import Mapping
from typing import Any

from ecr_events.deliveries.expansion import ExpansionLimit, expand, expand_if_encoded
from ecr_events.deliveries.sources.source import Source, as_dict, text_values

__all__ = ["ArgoEvent", "CloudEvent"]


class CloudEvent(Source):
    """A CloudEvent in JSON."""

    name = "a CloudEvent"
    key = "specversion"
    id_key = "id"

    def payload(self, record: dict[str, Any], limit: ExpansionLimit, /) -> Any:
        """Return the data, parsed, as text or as bytes. Raises ValueError."""
        encoded = record.get("data_base64")
        return expand(encoded, limit) if isinstance(encoded, str) else super().payload(record, limit)

    def decode_text(self, text: str | bytes, limit: ExpansionLimit, /) -> str | bytes:
        """Return the JSON in data that is a string, of which versions before 1.0 encode some as base64."""
        return expand_if_encoded(text, limit)

    def attributes(self, record: dict[str, Any]) -> Mapping[str, str]:
        """Return the context attributes: ``type``, ``source``, ``subject`` ..."""
        return text_values({name: value for name, value in self.fields(record).items() if name not in _DATA})


class ArgoEvent(CloudEvent):
    """An event as a sensor of Argo Events passes it on, with its context apart from its data."""

    name = "an Argo Events delivery"
    key = "context"
    nested_in = "context"

    def matches(self, record: dict[str, Any], /) -> bool:
        """Return whether the context is that of a CloudEvent."""
        return super().key in as_dict(record.get(self.key))

    def payload(self, record: dict[str, Any], limit: ExpansionLimit, /) -> Any:
        """Return the data, in base64 or parsed. Raises ValueError."""
        return _CLOUD_EVENT.payload(record, limit)


_CLOUD_EVENT = CloudEvent()

_DATA = ("data", "data_base64")
