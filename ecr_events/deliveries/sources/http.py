"""HTTP requests: API Gateway, function URLs, load balancers, and what a web framework hands over.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html,
https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html and
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html
"""

# Parsed JSON has no types.
# pyright: reportUnknownArgumentType=false, reportUnknownVariableType=false

from collections.abc import Mapping
from typing import Any, ClassVar

from ecr_events.deliveries.expansion import ExpansionLimit, expand
from ecr_events.deliveries.records import NO_ATTRIBUTES
from ecr_events.deliveries.sources.source import Response, Source, text_values

__all__ = ["HTTPRequest"]


class HTTPRequest(Source):
    """A request with an event, or what wraps one, as its body. A CloudEvent in binary form is one, too."""

    name = "an HTTP request"
    key = "body"
    nested_in = "requestContext"
    id_key = "requestId"
    success: ClassVar[Response | None] = {"statusCode": 200}

    def matches(self, record: dict[str, Any], /) -> bool:
        """Return whether `record` has a body and headers."""
        return self.key in record and self._headers(record) is not None

    def payload(self, record: dict[str, Any], limit: ExpansionLimit, /) -> Any:
        """Return the body. Raises ValueError."""
        body = record[self.key]
        if isinstance(body, str) and record.get("isBase64Encoded") is True:
            return expand(body, limit)
        if isinstance(body, str | bytes | dict | list):
            return body
        raise ValueError("expected `str` as `body`")

    def attributes(self, record: dict[str, Any]) -> Mapping[str, str]:
        """Return the headers by lower-case name, such as ``ce-type`` or ``authorization``; the last of several."""
        headers = dict(self._headers(record) or ())
        last = {name: value[-1] if isinstance(value, list) and value else value for name, value in headers.items()}
        return {name.lower(): text for name, text in text_values(last).items()} or NO_ATTRIBUTES

    def _headers(self, record: dict[str, Any]) -> Mapping[str, Any] | None:
        for key in ("headers", "multiValueHeaders", "header"):
            if isinstance(headers := record.get(key), Mapping):  # frameworks have types of their own
                return headers
        return None
