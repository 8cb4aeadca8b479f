"""pydantic's `TypeAdapter` of a discriminated union: its fastest way where any event may arrive."""

from typing import Any

from pydantic import TypeAdapter

from benchmarks.contenders import Contender
from benchmarks.contenders.pydantic_models import AnyEvent, to_dict, to_json

_adapter: TypeAdapter[Any] = TypeAdapter(AnyEvent)

CONTENDER = Contender(
    label="pydantic, discriminated TypeAdapter",
    packages=("pydantic",),
    decoder=lambda _: _adapter.validate_json,
    converter=lambda _: _adapter.validate_python,
    encode=to_json,
    plain=to_dict,
    imports="from pydantic import BaseModel, TypeAdapter",
    first_event=(
        "from benchmarks.contenders.pydantic_models import AnyEvent; from pydantic import TypeAdapter; "
        "TypeAdapter(AnyEvent).validate_json(raw)"
    ),
)
