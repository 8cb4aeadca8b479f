"""botocraft, through its own factory.

It takes part for the four detail-types whose samples it decodes to the same values. It rejects
the CloudTrail record, because it validates every call as BatchGetImage; it drops fields of ECR
Pull Through Cache Action and ECR Referrer Action; and it has no classes for service events and
Inspector's events.
"""

import json
from collections.abc import Callable
from typing import Any

from botocraft.eventbridge.factory import EventFactory  # pyright: ignore[reportMissingImports]  # it is optional

from benchmarks.contenders import Contender, DetailType

_factory: Any = EventFactory()
_DETAIL_TYPES = ("ECR Image Action", "ECR Image Scan", "ECR Replication Action", "ECR Scan Resource Change")
_classes: dict[DetailType, Any] = {name: _factory.event_class_map["aws.ecr", name] for name in _DETAIL_TYPES}


def _converter(detail_type: DetailType) -> Callable[[dict[str, Any]], Any] | None:
    cls = _classes.get(detail_type)
    return None if cls is None else lambda document: cls(**document)


CONTENDER = Contender(
    label="botocraft",
    packages=("botocraft",),
    decoder=lambda detail_type: _factory.new if detail_type in _classes else None,
    converter=_converter,
    plain=lambda event: json.loads(event.model_dump_json(by_alias=True)),
    imports="from botocraft.eventbridge.ecr import ECRReplicationActionEvent",
    first_event="import json; from botocraft.eventbridge.factory import EventFactory; EventFactory().new(raw)",
)
