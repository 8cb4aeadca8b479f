"""A handler run on every event of a delivery, and the answer that AWS expects back.

Source: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html,
https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html and
https://docs.aws.amazon.com/firehose/latest/dev/data-transformation.html
"""

import binascii
from collections.abc import Callable, Iterator
from typing import Any, Final, cast

import msgspec

from ecr_events.deliveries.unwrap import LIMIT, Budget, Delivery, Record, batch, parsed, records
from ecr_events.events import ECREvent, UnknownEvent
from ecr_events.session import Session

__all__ = ["DROPPED", "Failure", "process"]

DROPPED: Final = object()
"""What a handler returns to have Firehose drop the record, as meant."""


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """A record that was not processed, and why."""

    record: Record
    """The record, with the event if there is one."""

    error: Exception
    """The record's own `DecodeError`, or what the handler raised."""


Handler = Callable[[ECREvent | UnknownEvent], Any]
OnError = Callable[[Failure], object]


def process(
    delivery: Delivery,
    handler: Handler,
    *,
    on_error: OnError,
    session: Session | None = None,
    limit: int = LIMIT,
) -> dict[str, Any] | None:
    """Run `handler` on each event of a delivery, and return what AWS expects back from the function.

    - SQS, also by way of Pipes or ``receive_message``: ``{"batchItemFailures": [...]}`` with the id of each
      failed message. In a FIFO queue the first failure ends the processing, and the
      messages behind it are reported too, since they must stay in order. (Of received
      messages it is known by their ``MessageGroupId``, which has to be asked for.)
    - Kinesis, also by way of Pipes: the same with the id of the first failed record alone,
      which ends the processing, since Lambda delivers again from there on.
    - Firehose: ``{"records": [...]}`` with ``Ok``, ``Dropped`` or ``ProcessingFailed`` for each. A handler
      returns the new data as bytes or str, None to leave the data as it is, or `DROPPED`.
      Of a record with several events, what is returned for each is put together.
    - Everything else, an event by itself for one: None, and the first error is raised.

    The function needs ``ReportBatchItemFailures`` in its event source mapping for the first two;
    without it Lambda ignores the answer, and takes every message for processed.

    Args:
        delivery: What Lambda hands to a function, or a queue to a worker; parsed, or as text.
        handler: Called with each event; what it raises fails its record and no other.
        on_error: Called with each `Failure` that the answer reports, so that none goes
            unseen: a list's ``append``, or something that logs. What it raises is raised.
        session: The boto3 session that lookups on the events go through.
        limit: The most bytes that base64 and gzip in the delivery may expand to.

    Raises:
        Exception: From a delivery without an answer, what the handler raised, or the DecodeError.
        TypeError: The delivery is not of a type that `unwrap` takes.
    """
    document = parsed(delivery)
    items = batch(document)
    run = _Run(handler, on_error, session, Budget(limit))
    match items[0] if items else document:
        case {"eventSource": "aws:sqs"} | {"MessageId": _, "Body": _}:
            return {"batchItemFailures": run.messages(items, in_order=_is_fifo(items[0]))}
        case {"Records": []} | {"Messages": []} | {"ResponseMetadata": _} | []:
            return {"batchItemFailures": []}
        case {"eventSource": "aws:kinesis"}:
            return {"batchItemFailures": run.messages(items, in_order=True)[:1]}
        case {"recordId": _} | {"records": []}:
            return {"records": [run.transformation(item) for item in items]}
        case _:
            run.directly(items)
            return None


class _Run(msgspec.Struct, frozen=True):
    """One processing of a delivery."""

    handler: Handler
    on_error: OnError
    session: Session | None
    budget: Budget

    def messages(self, items: list[Any], *, in_order: bool) -> list[dict[str, str]]:
        """Return the ids of those that failed; `in_order`, of the first that failed and all behind it."""
        failures: list[dict[str, str]] = []
        for item in items:
            if (in_order and failures) or self._results(item) is None:
                # Lambda takes an empty id for the failure of the whole batch, which is safe.
                failures.append({"itemIdentifier": _id(item) or ""})
        return failures

    def transformation(self, item: Any) -> dict[str, Any]:
        """Return what Firehose is to do with one record."""
        answer = {"recordId": _id(item), "result": "Ok", "data": item.get("data")}
        results = self._results(item, _as_data)
        if results is None:
            return answer | {"result": "ProcessingFailed"}
        if results and all(result is DROPPED for result in results):
            return answer | {"result": "Dropped"}
        if all(result is None for result in results):
            return answer
        data = b"".join(result for result in results if isinstance(result, bytes))
        return answer | {"data": binascii.b2a_base64(data, newline=False).decode()}

    def directly(self, items: list[Any]) -> None:
        """Run the handler on every event, and raise the first error."""
        for item in items:
            for record in self._records(item):
                self._handle(record)

    def _results(self, item: Any, read: Callable[[Any], Any] = lambda result: result) -> list[Any] | None:
        """Return what the handler returned for each event of an item; None if one failed, which is reported."""
        results: list[Any] = []
        for record in self._records(item):
            try:
                results.append(read(self._handle(record)))
            except Exception as error:  # noqa: BLE001 - whatever the handler raises fails its record, and no other
                self.on_error(Failure(record=record, error=error))
                return None
        return results

    def _records(self, item: Any) -> Iterator[Record]:
        return records(item, self.session, self.budget)

    def _handle(self, record: Record) -> Any:
        if record.error is not None:
            raise record.error
        return self.handler(cast("ECREvent | UnknownEvent", record.event))


def _as_data(result: Any) -> Any:
    """Return what a handler returned as Firehose can have it."""
    if result is None or result is DROPPED or isinstance(result, bytes):
        return result
    if isinstance(result, str):
        return result.encode()
    raise TypeError(f"a handler of Firehose records returns bytes, str, None or DROPPED, not {type(result).__name__}")


def _is_fifo(message: dict[str, Any]) -> bool:
    """Return whether a message is from a FIFO queue: by the queue's name, or, received, by its group."""
    attributes: dict[str, Any] = message.get("attributes") or message.get("Attributes") or {}
    return str(message.get("eventSourceARN")).endswith(".fifo") or "MessageGroupId" in attributes


def _id(record: Any) -> str | None:
    """Return the id by which AWS wants to hear of a record."""
    match record:
        case {"messageId": str(id_)} | {"MessageId": str(id_)} | {"recordId": str(id_)}:
            return id_
        case {"kinesis": {"sequenceNumber": str(id_)}} | {"eventID": str(id_)}:
            return id_
        case _:
            return None
