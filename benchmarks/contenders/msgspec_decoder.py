"""msgspec's decoder of the same Structs, called directly: the lower bound of `decode`."""

from functools import partial

import msgspec

from benchmarks.contenders import Contender
from benchmarks.workloads import CLASSES
from ecr_events import ECREvent

_decode = msgspec.json.Decoder(ECREvent).decode

CONTENDER = Contender(
    label="msgspec, bare decoder",
    packages=("msgspec",),
    decoder=lambda _: _decode,
    converter=lambda detail_type: partial(msgspec.convert, type=CLASSES[detail_type] if detail_type else ECREvent),
    encode=msgspec.json.Encoder().encode,
    plain=msgspec.to_builtins,
    imports="import msgspec",
    shares_type=True,
)
