"""msgspec with the same Structs and nothing around it, and the cost of only reading the JSON."""

from functools import partial

import msgspec

from benchmarks.contenders import BARE, SCAN, Contender
from benchmarks.workloads import KINDS
from ecr_events import ECREvent


class _Nothing(msgspec.Struct, gc=False):
    pass


_decode = msgspec.json.Decoder(ECREvent).decode
_skip = msgspec.json.Decoder(_Nothing).decode

CONTENDERS = {
    BARE: Contender(
        decoder=lambda _: _decode,
        converter=lambda kind: partial(msgspec.convert, type=KINDS[kind] if kind else ECREvent),
        encode=msgspec.json.Encoder().encode,
        plain=msgspec.to_builtins,
    ),
    SCAN: Contender(decoder=lambda _: _skip, plain=None),
}
