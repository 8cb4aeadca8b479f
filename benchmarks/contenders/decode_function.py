"""This library."""

import msgspec

from benchmarks.contenders import OURS, Contender
from ecr_events import decode, encode
from ecr_events.archives import read
from ecr_events.deliveries import Record, unwrap

CONTENDER = Contender(
    label=OURS,
    packages=("ecr_events", "msgspec"),
    decoder=lambda _: decode,
    converter=lambda _: decode,
    encode=encode,
    plain=msgspec.to_builtins,
    unwrap=lambda delivery: [record.event for record in unwrap(delivery) if isinstance(record, Record)],
    read=read,
    imports="import ecr_events",
    first_event="from ecr_events import decode; decode(raw)",
)
