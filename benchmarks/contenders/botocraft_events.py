"""botocraft itself, through its own factory.

Of our samples it refuses the CloudTrail record, since it takes every call for a
BatchGetImage; it leaves out fields of ECR Pull Through Cache Action and ECR Referrer Action;
and it does not know Inspector's events and service events. So it is measured on the others.
"""

import json
from collections.abc import Callable
from typing import Any

from botocraft.eventbridge.factory import EventFactory  # pyright: ignore[reportMissingImports]  # it is optional

from benchmarks.contenders import BOTOCRAFT, Contender, Kind

_factory: Any = EventFactory()
_KINDS = ("ECR Image Action", "ECR Image Scan", "ECR Replication Action", "ECR Scan Resource Change")
_classes: dict[Kind, Any] = {kind: _factory.event_class_map["aws.ecr", kind] for kind in _KINDS}


def _decoder(kind: Kind) -> Callable[[bytes], Any] | None:
    return _factory.new if kind in _classes else None


def _converter(kind: Kind) -> Callable[[dict[str, Any]], Any] | None:
    cls = _classes.get(kind)
    return None if cls is None else lambda document: cls(**document)


CONTENDERS = {
    BOTOCRAFT: Contender(
        decoder=_decoder,
        converter=_converter,
        plain=lambda event: json.loads(event.model_dump_json(by_alias=True)),
    )
}
