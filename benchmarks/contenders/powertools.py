"""Powertools for AWS Lambda: its parser, which is pydantic in an envelope, and its data class, which wraps a dict."""

import json
from collections.abc import Callable
from typing import Any

from aws_lambda_powertools.utilities.data_classes import EventBridgeEvent
from aws_lambda_powertools.utilities.parser import parse
from aws_lambda_powertools.utilities.parser.envelopes import EventBridgeEnvelope
from pydantic import BaseModel

from benchmarks.contenders import POWERTOOLS, POWERTOOLS_DATA, Contender, Kind, parsing
from benchmarks.contenders.pydantic_models import MODELS


def _detail(kind: str) -> type[BaseModel]:
    detail: type[BaseModel] = MODELS[kind].model_fields["detail"].annotation  # type: ignore[assignment]
    return detail


def _converter(kind: Kind) -> Callable[[dict[str, Any]], Any] | None:
    if kind is None:
        return None
    model = _detail(kind)
    return lambda document: parse(event=document, model=model, envelope=EventBridgeEnvelope)


CONTENDERS = {
    POWERTOOLS: Contender(
        decoder=parsing(json.loads, _converter),
        converter=_converter,
        plain=lambda detail: detail.model_dump(by_alias=True),
        detail_only=True,
    ),
    POWERTOOLS_DATA: Contender(
        decoder=lambda _: lambda raw: EventBridgeEvent(json.loads(raw)),
        converter=lambda _: EventBridgeEvent,
        plain=lambda event: event.raw_event,
    ),
}
