"""Events to a file, atomically."""

import os
from collections.abc import Iterable
from contextlib import suppress
from itertools import islice
from os import PathLike
from pathlib import Path
from typing import IO, cast

import msgspec

from ecr_events.events import EventBridgeEvent

__all__ = ["write"]

_BATCH = 1_000
"""Number of events that are encoded at a time."""


def write(events: Iterable[EventBridgeEvent], path: str | PathLike[str]) -> int:
    """Write events to a file, one per line, and return their number.

    Writes atomically: the file is replaced when it is complete, so that a crash leaves the old
    file, or none. Compresses with gzip if `path` ends in ``.gz``; the same events give the same bytes.

    Raises:
        OSError: The file cannot be written.
    """
    target = Path(path).resolve()
    draft = target.with_name(f".{target.name}.{os.urandom(4).hex()}")
    try:
        with draft.open("xb") as file:
            if target.suffix == ".gz":
                import gzip

                # Without name and time, which would make equal archives differ.
                with gzip.GzipFile(filename="", fileobj=file, mode="wb", mtime=0) as compressed:
                    count = _write_lines(events, cast(IO[bytes], compressed))
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
    while batch := list(islice(remaining, _BATCH)):
        file.write(encoder.encode_lines(batch))
        count += len(batch)
    return count
