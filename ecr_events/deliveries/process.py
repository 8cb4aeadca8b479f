"""A handler run on every event of a delivery, and the response that AWS expects."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeAlias, TypeVar

import msgspec

from ecr_events.deliveries.expansion import MAX_EXPANDED_SIZE, ExpansionLimit
from ecr_events.deliveries.handlers import (
    DROPPED,
    Dropped,
    Failure,
    Handler,
    OnError,
    TransformHandler,
    log_failure,
    reject_deferred,
    reject_deferring,
)
from ecr_events.deliveries.records import InvalidRecord, Record, Unwrapped
from ecr_events.deliveries.sources.source import (
    Opened,
    PartialBatchSource,
    Response,
    Source,
    TransformSource,
    json_bytes,
)
from ecr_events.deliveries.unwrap import Delivery, open_delivery
from ecr_events.session import EventSession, check_session

__all__ = ["process", "transform"]

_Result = TypeVar("_Result")


def process(
    delivery: Delivery,
    handler: Handler,
    *,
    on_error: OnError | None = None,
    session: EventSession | None = None,
    max_expanded_size: int = MAX_EXPANDED_SIZE,
) -> Response | None:
    """Run `handler` on each event of a delivery, and return the response that AWS expects.

    - SQS, also from Pipes or ``receive_message``: ``{"batchItemFailures": [{"itemIdentifier": ...}, ...]}`` with
      the id of each failed message. In a FIFO queue the first failure ends the batch, and the messages after it are
      reported too, to stay in order. Received messages reveal a FIFO queue by their ``SequenceNumber`` only, which
      must be requested.
    - Kinesis, also from Pipes: the same with the first failed record alone, which ends the batch. The stream is
      delivered again from there on.
    - Kafka: the same with the partition and the offset of each failed record, and of those after it in its partition.
    - HTTP requests, by API Gateway, a function URL or a load balancer: ``{"statusCode": 200}``, or the first error is
      raised, so that the sender gets a status that makes it try again.
    - Everything else, such as one event: None, and the first error is raised.

    For SQS, Kinesis and Kafka the event source mapping needs ``ReportBatchItemFailures``, which for Kafka requires the
    provisioned mode: without it Lambda ignores the response and treats every record as processed. Where it cannot be
    set, raise from `on_error`, to have the whole batch delivered again.

    Args:
        delivery: The event that Lambda passes to a function, or the result of ``receive_message``; JSON text or
            parsed.
        handler: Called with each event. An exception fails its record and no other.
        on_error: Called with each failure that the response reports. By default failures are logged at ERROR to the
            logger ``ecr_events``, with the id of the record and the class of the error. For a `DecodeError` its text
            follows, for a `ServiceError` of a lookup its text and its traceback, and for others the traceback alone,
            because their text might quote the event.
        session: The boto3 session that lookups on the events go through.
        max_expanded_size: As for `unwrap`.

    Raises:
        Exception: The first error of a delivery without ids in its response.
        TypeError: The delivery is from Firehose, or not of a type listed above, `handler` or `on_error` is a coroutine
            or generator function, or `session` is not a session. Nothing has been processed.
    """
    reject_deferring(handler)
    check_session(session)
    opened = open_delivery(delivery, max_expanded_size)
    source = opened.source
    if isinstance(source, TransformSource):
        raise TypeError("a delivery of Firehose expects data in response: call `transform`, not `process`")
    run = _Run(opened, session, _checked(on_error))
    if isinstance(source, PartialBatchSource):
        return run.batch_item_failures(source, handler)
    run.invoke(handler)
    return None if source.success is None else {**source.success}


def transform(
    delivery: Delivery,
    handler: TransformHandler,
    *,
    on_error: OnError | None = None,
    session: EventSession | None = None,
    max_expanded_size: int = MAX_EXPANDED_SIZE,
) -> dict[str, list[dict[str, str]]]:
    """Run `handler` on each event of a Firehose delivery, and return the transformed records.

    The response is ``{"records": [{"recordId": ..., "result": ..., "data": ...}, ...]}``. A record is ``Ok`` with the
    data that the handler returned, or as it was for None; ``Dropped`` for `DROPPED`; or ``ProcessingFailed``.

    In a record of several events, such as one of CloudWatch Logs, results are concatenated; an event for which the
    handler returned None stays where it is, as JSON. A control message of CloudWatch Logs is dropped.

    Args:
        delivery: The event that Lambda passes to the function; JSON text or parsed.
        handler: Called with each event. An exception fails its record and no other.
        on_error: As for `process`.
        session: As for `process`.
        max_expanded_size: As for `unwrap`.

    Raises:
        TypeError: The delivery is not from Firehose, `handler` or `on_error` is a coroutine or generator function, or
            `session` is not a session. Nothing has been processed.
    """
    reject_deferring(handler)
    check_session(session)
    opened = open_delivery(delivery, max_expanded_size)
    source = opened.source
    if not isinstance(source, TransformSource):
        raise TypeError("not a delivery of Firehose: call `process`, not `transform`")
    run = _Run(opened, session, _checked(on_error))
    outcomes = zip(opened.items, run.outcomes(), strict=True)
    return {"records": [run.transformed(item, outcome, source, handler) for item, outcome in outcomes]}


def _checked(on_error: OnError | None) -> OnError:
    if on_error is None:
        return log_failure
    reject_deferring(on_error, "on_error")
    return on_error


_Outcome: TypeAlias = Record | Iterable[Unwrapped]
"""The only record of an item that its source has decoded, or the records of any other item."""


class _Run(msgspec.Struct, frozen=True):
    """The processing of one delivery."""

    opened: Opened
    session: EventSession | None
    on_error: OnError

    def outcomes(self) -> Iterator[_Outcome]:
        """Yield one outcome per item."""
        opened = self.opened
        return opened.source.unwrap(opened.items, self.session, opened.max_expanded_size, _unwrap_item)

    def report(self, record: Record | InvalidRecord, error: Exception) -> None:
        """Report a failure. What `on_error` raises ends the processing."""
        reject_deferred(self.on_error(Failure(record=record, error=error)), "on_error")

    def batch_item_failures(self, source: PartialBatchSource, handler: Handler) -> Response:
        """Return the response for the items that failed or were held back."""
        items = self.opened.items
        failed: list[Any] = []
        order: Sequence[str | None] = ()
        stopped: set[str | None] = set()
        for index, outcome in enumerate(self.outcomes()):
            if stopped and order[index] in stopped:
                failed.append(items[index])
                continue
            if isinstance(outcome, Record):  # the common case, at the least cost
                try:
                    result = handler(outcome.event)
                    if result is not None:
                        reject_deferred(result)
                except Exception as error:  # noqa: BLE001 - any exception of the handler fails its record alone
                    self.report(outcome, error)
                else:
                    continue
            elif self._results(outcome, handler, reject_deferred) is not None:
                continue
            failed.append(items[index])
            order = order or source.order(items)
            if order[index] is not None:
                stopped.add(order[index])
        return source.response(failed)

    def transformed(
        self, item: Any, outcome: _Outcome, source: TransformSource, handler: TransformHandler
    ) -> dict[str, str]:
        """Return one transformed record."""
        results = self._results(_records(outcome), handler, _to_data)
        if results is None:
            return source.transformed(item, "ProcessingFailed")
        if all(result is None for result, _ in results):
            return source.transformed(item, "Ok")
        if all(result is DROPPED for result, _ in results):
            return source.transformed(item, "Dropped")
        data = (
            _to_bytes(content) if result is None else result
            for result, content in results
            if not isinstance(result, Dropped)
        )
        return source.transformed(item, "Ok", b"".join(data))

    def invoke(self, handler: Handler) -> None:
        """Run the handler on each event, and raise the first error."""
        for outcome in self.outcomes():
            for record, _ in _records(outcome):
                if isinstance(record, InvalidRecord):
                    raise record.error
                if record is not None:
                    reject_deferred(handler(record.event))

    def _results(
        self, unwrapped: Iterable[Unwrapped], handler: Handler, convert: Callable[[object], _Result]
    ) -> list[tuple[_Result, Any]] | None:
        """Return the converted result for each event of an item, with its content; None after a failure."""
        results: list[tuple[_Result, Any]] = []
        for record, content in unwrapped:
            if isinstance(record, InvalidRecord):
                self.report(record, record.error)
                return None
            if record is None:
                results.append((convert(DROPPED), content))
                continue
            try:
                results.append((convert(handler(record.event)), content))
            except Exception as error:  # noqa: BLE001 - any exception of the handler fails its record alone
                self.report(record, error)
                return None
        return results


def _records(outcome: _Outcome) -> Iterable[Unwrapped]:
    return ((outcome, None),) if isinstance(outcome, Record) else outcome


def _unwrap_item(
    source: Source, item: Any, session: EventSession | None, limit: ExpansionLimit
) -> tuple[Iterable[Unwrapped]]:
    from ecr_events.deliveries.nesting import unwrap_item

    return (unwrap_item(source, item, session, limit),)


def _to_data(result: object) -> bytes | Dropped | None:
    """Return the result of a `TransformHandler` with text encoded."""
    reject_deferred(result)
    if result is None or isinstance(result, bytes | Dropped):
        return result
    if isinstance(result, str):
        return result.encode()
    raise TypeError(f"handler must return bytes, str, None or DROPPED, not {type(result).__name__}")


def _to_bytes(content: Any) -> bytes:
    """Return the JSON of an event as it came."""
    if isinstance(content, str):
        return content.encode()
    return content if isinstance(content, bytes) else json_bytes(content)
