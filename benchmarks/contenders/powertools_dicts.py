"""The data class of Powertools for AWS Lambda, which wraps a dict without validation."""

import json

from aws_lambda_powertools.utilities.data_classes import EventBridgeEvent

from benchmarks.contenders import Contender

_IMPORT = "from aws_lambda_powertools.utilities.data_classes import EventBridgeEvent"

CONTENDER = Contender(
    label="Powertools, data class",
    packages=("aws-lambda-powertools",),
    decoder=lambda _: lambda raw: EventBridgeEvent(json.loads(raw)),
    converter=lambda _: EventBridgeEvent,
    plain=lambda event: event.raw_event,
    imports=_IMPORT,
    first_event=f"import json; {_IMPORT}; EventBridgeEvent(json.loads(raw)).detail",
)
