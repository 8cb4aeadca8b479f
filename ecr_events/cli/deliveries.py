"""The events of files that have deliveries too, such as the batches of a Lambda function."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from ecr_events.archives import BinaryReader, OnError
from ecr_events.archives.file_reader import decoders_for, read_batches
from ecr_events.codec import USE_UNWRAP
from ecr_events.errors import ArchiveError
from ecr_events.events import EventBridgeEvent

__all__ = ["read_with_deliveries"]


def read_with_deliveries(
    source: BinaryReader, wanted: frozenset[type[EventBridgeEvent]] | None, on_error: OnError
) -> Iterator[Any]:
    """Yield the wanted events of a file, and those of the deliveries in it; all for None."""
    report: Callable[[ArchiveError], object] = on_error if callable(on_error) else lambda _: None
    for batch in read_batches(source, decoders_for(wanted)):
        if isinstance(batch, list):
            yield from batch
        elif not batch.reason.endswith(USE_UNWRAP):
            report(batch)
        else:
            yield from _unwrap(batch, wanted, report)


def _unwrap(
    delivery: ArchiveError,
    wanted: frozenset[type[EventBridgeEvent]] | None,
    report: Callable[[ArchiveError], object],
) -> Iterator[EventBridgeEvent]:
    """Yield the wanted events of a delivery. Errors have its position."""
    from ecr_events.deliveries import Record, unwrap

    at = partial(ArchiveError, file=delivery.file, offset=delivery.offset, line=delivery.line)
    for record in unwrap(delivery.payload):
        if not isinstance(record, Record):
            error = record.error
            report(at(error.reason, error.path, error.payload))
        elif wanted is None or record.event.__class__ in wanted:
            yield record.event
