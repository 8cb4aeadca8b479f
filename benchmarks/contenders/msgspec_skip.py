"""msgspec's decoder of an empty Struct: the share of decoding that is scanning JSON."""

import msgspec

from benchmarks.contenders import Contender


class _Empty(msgspec.Struct, gc=False):
    pass


_decode = msgspec.json.Decoder(_Empty).decode

CONTENDER = Contender(label="msgspec, skipping every field", packages=("msgspec",), decoder=lambda _: _decode)
