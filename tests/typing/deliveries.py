"""Types that type checkers must infer from `ecr_events.deliveries`. Checked, never run."""

from collections.abc import Iterator
from typing import Any, assert_never, assert_type

from ecr_events import DecodeError, ECREvent, ECRImageActionEvent, EventBridgeEvent, UnknownEvent, encode
from ecr_events.deliveries import (
    DROPPED,
    Delivery,
    Failure,
    Handler,
    InvalidRecord,
    OnError,
    Record,
    TransformHandler,
    process,
    transform,
    unwrap,
)

assert_type(unwrap(b""), Iterator[Record | InvalidRecord])

for record in unwrap({}):
    assert_type(record.id, str | None)
    if isinstance(record, Record):
        assert_type(record.event, ECREvent | UnknownEvent)
        assert_type(record.event.region, str)
    else:
        assert_type(record.error, DecodeError)


def narrow(record: Record | InvalidRecord) -> str:
    """A match over both kinds of records is complete."""
    match record:
        case Record(event=ECRImageActionEvent(detail=detail)):
            return assert_type(detail.repository_name, str)
        case Record(event=event):
            return event.region
        case InvalidRecord(error=error):
            return assert_type(error.path, str)
        case _:
            assert_never(record)


def handle(event: EventBridgeEvent) -> int:
    """A handler may take any base of the events, and return anything."""
    return event.time.year


def transform_pushes(event: ECREvent | UnknownEvent) -> object:
    """A handler of Firehose records must not return any object."""
    return event


def report(failure: Failure) -> None:
    """A failure has a record of either kind."""
    assert_type(failure.record, Record | InvalidRecord)
    assert_type(failure.error, Exception)


delivery: Delivery = []
handler: Handler = handle
on_error: OnError = report
failures: list[Failure] = []
transformer: TransformHandler = encode
assert_type(process(delivery, handler, on_error=on_error), dict[str, Any] | None)
assert_type(transform(delivery, transformer, on_error=failures.append), dict[str, list[dict[str, str]]])
transform(delivery, lambda event: event.id if event.region else None)
transform(delivery, lambda event: encode(event) if event.region else DROPPED)
transform(delivery, transform_pushes)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
transform(delivery, lambda event: event)  # type: ignore[arg-type, return-value]  # pyright: ignore[reportArgumentType, reportReturnType]
