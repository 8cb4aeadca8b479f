"""A handler run on every event of a delivery, and the response that AWS expects."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

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
from ecr_events.deliveries.records import InvalidRecord, Record
from ecr_events.deliveries.sources import Firehose, PartialBatchSource, Response, Source, open_delivery
from ecr_events.deliveries.unwrap import Delivery, parse_delivery, unwrap_item
from ecr_events.session import Session

__all__ = ["process", "transform"]

_Result = TypeVar("_Result")


def process(
    delivery: Delivery,
    handler: Handler,
    *,
    on_error: OnError | None = None,
    session: Session | None = None,
    max_expanded_size: int = MAX_EXPANDED_SIZE,
) -> Response | None:
    """Run `handler` on each event of a delivery, and return the response that AWS expects.

    - SQS, also from Pipes or ``receive_message``: ``{"batchItemFailures": [{"itemIdentifier": ...}, ...]}`` with
      the id of each failed message. In a FIFO queue the first failure ends the batch, and the messages after it are
      reported too, to stay in order. Received messages reveal their queue by ``MessageGroupId`` only, which must
      be requested.
    - Kinesis, also from Pipes: the same with the first failed record alone, which ends the batch. The stream is
      delivered again from there on.
    - Everything else, such as one event: None, and the first error is raised.

    For SQS and Kinesis the event source mapping needs ``ReportBatchItemFailures``: without it Lambda ignores the
    response and treats every record as processed.

    Args:
        delivery: The event that Lambda passes to a function, or the result of ``receive_message``; JSON text or
            parsed.
        handler: Called with each event. An exception fails its record and no other.
        on_error: Called with each failure that the response reports. By default failures are logged at ERROR to the
            logger ``ecr_events``, with the id of the record and the class of the error; of a `DecodeError` also the
            text, of others the traceback without their text, which might quote the event.
        session: The boto3 session that lookups on the events go through.
        max_expanded_size: The maximum number of bytes that base64 and gzip in the delivery may expand to.

    Raises:
        Exception: The first error of a delivery without a response.
        TypeError: The delivery is from Firehose, or not of a type listed above, or `handler` is a coroutine or
            generator function. Nothing has been processed.
    """
    reject_deferring(handler)
    items, source = open_delivery(parse_delivery(delivery))
    if isinstance(source, Firehose):
        raise TypeError("a delivery of Firehose expects data in response: call `transform`, not `process`")
    run = _Run(source, session, ExpansionLimit(max_expanded_size), log_failure if on_error is None else on_error)
    if isinstance(source, PartialBatchSource):
        return run.batch_item_failures(items, source, handler)
    run.invoke(items, handler)
    return None


def transform(
    delivery: Delivery,
    handler: TransformHandler,
    *,
    on_error: OnError | None = None,
    session: Session | None = None,
    max_expanded_size: int = MAX_EXPANDED_SIZE,
) -> Response:
    """Run `handler` on each event of a Firehose delivery, and return the transformed records.

    The response is ``{"records": [{"recordId": ..., "result": ..., "data": ...}, ...]}``. A record is ``Ok`` with the
    data that the handler returned, or with its original data for None; ``Dropped`` for `DROPPED`; or
    ``ProcessingFailed``. Results for several events in one record are concatenated.

    Args:
        delivery: The event that Lambda passes to the function; JSON text or parsed.
        handler: Called with each event. An exception fails its record and no other.
        on_error: As for `process`.
        session: As for `process`.
        max_expanded_size: As for `process`.

    Raises:
        TypeError: The delivery is not from Firehose, or `handler` is a coroutine or generator function. Nothing has
            been processed.
    """
    reject_deferring(handler)
    items, source = open_delivery(parse_delivery(delivery))
    if not isinstance(source, Firehose):
        raise TypeError("not a delivery of Firehose: call `process`, not `transform`")
    run = _Run(source, session, ExpansionLimit(max_expanded_size), log_failure if on_error is None else on_error)
    return {"records": [run.transform_record(item, source, handler) for item in items]}


class _Run(msgspec.Struct, frozen=True):
    """The processing of one delivery."""

    source: Source
    session: Session | None
    limit: ExpansionLimit
    on_error: OnError

    def batch_item_failures(self, items: list[Any], source: PartialBatchSource, handler: Handler) -> Response:
        """Return the response for the records that failed."""
        failed: list[Any] = []
        for index, item in enumerate(items):
            if self._results(item, handler, reject_deferred) is None:
                if not failed and source.is_ordered(items):
                    return source.response(items[index:])
                failed.append(item)
        return source.response(failed)

    def transform_record(self, item: Any, source: Firehose, handler: TransformHandler) -> dict[str, str]:
        """Return one transformed record."""
        results = self._results(item, handler, _to_data)
        if results is None:
            return source.transformed(item, "ProcessingFailed")
        if results and all(result is DROPPED for result in results):
            return source.transformed(item, "Dropped")
        if all(result is None for result in results):
            return source.transformed(item, "Ok")
        return source.transformed(item, "Ok", b"".join(result for result in results if isinstance(result, bytes)))

    def invoke(self, items: list[Any], handler: Handler) -> None:
        """Run the handler on each event, and raise the first error."""
        for item in items:
            for record in self._unwrap(item):
                if isinstance(record, InvalidRecord):
                    raise record.error
                reject_deferred(handler(record.event))

    def _results(self, item: Any, handler: Handler, convert: Callable[[object], _Result]) -> list[_Result] | None:
        """Return the converted results for the events of an item; None after the first failure, which is reported."""
        results: list[_Result] = []
        for record in self._unwrap(item):
            if isinstance(record, InvalidRecord):
                self.on_error(Failure(record=record, error=record.error))
                return None
            try:
                results.append(convert(handler(record.event)))
            except Exception as error:  # noqa: BLE001 - any exception of the handler fails its record alone
                self.on_error(Failure(record=record, error=error))
                return None
        return results

    def _unwrap(self, item: Any) -> Iterable[Record | InvalidRecord]:
        record = self.source.decode_plain(item, self.session)
        return unwrap_item(item, self.session, self.limit) if record is None else (record,)


def _to_data(result: object) -> bytes | Dropped | None:
    """Return the result of a `TransformHandler` with text encoded."""
    reject_deferred(result)
    if result is None or result is DROPPED or isinstance(result, bytes):
        return result
    if isinstance(result, str):
        return result.encode()
    raise TypeError(f"handler must return bytes, str, None or DROPPED, not {type(result).__name__}")
