"""This library."""

import msgspec

from benchmarks.contenders import OURS, Contender
from ecr_events import decode, encode

CONTENDERS = {
    OURS: Contender(
        decoder=lambda _: decode,
        converter=lambda _: decode,
        encode=encode,
        plain=msgspec.to_builtins,
    )
}
