"""Events to a file, whole or not at all."""

import gzip
import os
import secrets
from collections.abc import Iterable
from contextlib import suppress
from itertools import islice
from os import PathLike
from pathlib import Path
from typing import IO, cast

import msgspec

from ecr_events.events import EventBridgeEvent

__all__ = ["write"]

_AT_ONCE = 1_000


def write(events: Iterable[EventBridgeEvent], path: str | PathLike[str]) -> int:
    """Write events to a file, one a line, and return how many.

    Compressed with gzip if the path ends in ``.gz``. The file appears under its name when it is
    complete: after a crash there is the old one, or none, and never half a one.

    Raises:
        OSError: The file cannot be written.
    """
    target = Path(path).resolve()
    draft = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    try:
        with draft.open("xb") as file:
            if target.suffix == ".gz":
                with gzip.GzipFile(filename="", fileobj=file, mode="wb", mtime=0) as packed:
                    count = _write_lines(events, cast(IO[bytes], packed))
            else:
                count = _write_lines(events, file)
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            draft.chmod(target.stat().st_mode)
        draft.replace(target)
    except BaseException:
        with suppress(OSError):
            draft.unlink()
        raise
    return count


def _write_lines(events: Iterable[EventBridgeEvent], file: IO[bytes]) -> int:
    encoder, remaining, count = msgspec.json.Encoder(), iter(events), 0
    while some := list(islice(remaining, _AT_ONCE)):
        file.write(encoder.encode_lines(some))
        count += len(some)
    return count
