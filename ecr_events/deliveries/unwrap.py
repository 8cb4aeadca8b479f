"""Events inside the deliveries of AWS.

There are two paths. A batch of plain events takes the fast one: its source decodes each payload as it comes, by its
`unwrap`. Everything else is unwrapped step by step in `nesting`, which is imported when it is first needed.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any, TypeAlias

from ecr_events.deliveries.expansion import MAX_EXPANDED_SIZE, UNMEASURED, ExpansionLimit
from ecr_events.deliveries.records import InvalidRecord, Record
from ecr_events.deliveries.sources.source import Opened, Source
from ecr_events.deliveries.sources.sqs import SQS, is_sqs_batch
from ecr_events.session import EventSession, check_session

__all__ = ["Delivery", "open_delivery", "unwrap"]

Delivery: TypeAlias = bytes | bytearray | memoryview | str | dict[str, Any] | list[Any]
"""JSON that AWS delivers to a consumer, as text or parsed."""


def unwrap(
    delivery: Delivery, *, session: EventSession | None = None, max_expanded_size: int = MAX_EXPANDED_SIZE
) -> Iterator[Record | InvalidRecord]:
    """Yield a record for each event in a delivery, in order.

    A record that is malformed, or not an event, yields an `InvalidRecord` and does not affect others.

    Args:
        delivery: The event that Lambda passes to a function, the result of ``receive_message`` or the body of an HTTP
            request; JSON text or parsed.
        session: The boto3 session that lookups on the events go through.
        max_expanded_size: The maximum number of bytes that the content of the delivery may take in memory: base64 and
            gzip decoded, and JSON parsed.

    Raises:
        TypeError: The delivery is not of a type listed above, or `session` is not a session. Its content never raises.
    """
    check_session(session)
    if is_sqs_batch(delivery):
        return SQS.unwrap(delivery["Records"], session, max_expanded_size, _unwrap_records)  # type: ignore[call-overload,index]
    if isinstance(delivery, bytes) and len(delivery) <= max_expanded_size // UNMEASURED:
        from ecr_events.deliveries.raw import parse_batch

        batch = parse_batch(delivery)
        if batch is not None:
            return unwrap(batch, session=session, max_expanded_size=max_expanded_size)
    from ecr_events.deliveries.nesting import open_document, unwrap_records

    opened = open_document(delivery, max_expanded_size)
    return opened.source.unwrap(opened.items, session, opened.max_expanded_size, unwrap_records)


def open_delivery(delivery: Any, max_expanded_size: int) -> Opened:
    """Return the records of a delivery.

    Raises:
        TypeError: It is not a `Delivery`.
    """
    if is_sqs_batch(delivery):
        return Opened([*delivery["Records"]], SQS, max_expanded_size)
    from ecr_events.deliveries.nesting import open_document

    return open_document(delivery, max_expanded_size)


_Unwrap: TypeAlias = Callable[[Source, Any, EventSession | None, ExpansionLimit], Iterable[Record | InvalidRecord]]


def _unwrap_records(
    source: Source, item: Any, session: EventSession | None, limit: ExpansionLimit
) -> Iterable[Record | InvalidRecord]:
    return _load_unwrap_records()(source, item, session, limit)


@cache
def _load_unwrap_records() -> _Unwrap:
    from ecr_events.deliveries.nesting import unwrap_records

    return unwrap_records
