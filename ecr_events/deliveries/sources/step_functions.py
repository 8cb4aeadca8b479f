"""Step Functions: the result of a function that is the input of the next state.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/connect-lambda.html
"""

from typing import Any

from ecr_events.deliveries.sources.source import Source

__all__ = ["FunctionResult"]


class FunctionResult(Source):
    """The result of the integration of Lambda. An event that starts an execution is not wrapped."""

    name = "a result of Step Functions"
    key = "Payload"
    payload_key = "Payload"

    def matches(self, record: dict[str, Any], /) -> bool:
        """Return whether `record` has a payload and the version of the function that returned it."""
        return self.key in record and "ExecutedVersion" in record
