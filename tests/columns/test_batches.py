from datetime import UTC, datetime, timedelta, timezone
from typing import Any, get_args

import msgspec
import pyarrow as pa
import pytest
from documents import document, has_exact_counts
from hypothesis import given
from hypothesis import strategies as st

from ecr_events import (
    DecodeError,
    ECRAWSAPICallViaCloudTrailEvent,
    ECREvent,
    ECRImageAction,
    ECRImageActionEvent,
    ECRImageScanEvent,
    EventBridgeEvent,
    Inspector2FindingEvent,
    UnknownEvent,
    decode,
    encode,
)
from ecr_events.columns import arrow_schema, from_arrow, to_arrow
from ecr_events.samples import sample, variants
from ecr_events.testing import events

CLASSES = (*get_args(ECREvent), UnknownEvent)

EVENTS = [event for cls in CLASSES for event in (sample(cls), *variants(cls).values())]


def test_the_events_of_a_table_are_those_that_went_in() -> None:
    """Every sample and every variant, in their order; encoded, they are the same too."""
    table = to_arrow(EVENTS)
    assert table.schema.equals(arrow_schema())
    table.validate(full=True)
    assert list(from_arrow(table)) == EVENTS
    assert list(map(encode, from_arrow(table))) == list(map(encode, EVENTS))


@given(st.lists(st.sampled_from(CLASSES).flatmap(events).filter(has_exact_counts), max_size=2))
def test_any_events_come_back(drawn: list[EventBridgeEvent]) -> None:
    """Hash and class included."""
    back = list(from_arrow(to_arrow(drawn)))
    assert back == drawn
    assert [event.__class__ for event in back] == [event.__class__ for event in drawn]


def test_values_of_engines_are_events_too() -> None:
    """Without dictionaries, with other widths of strings and times, with other columns, and as one batch."""
    table = to_arrow(EVENTS)
    wider: dict[pa.DataType, pa.DataType] = {
        pa.string(): pa.large_string(),
        pa.dictionary(pa.int32(), pa.string()): pa.string(),
        pa.list_(pa.string()): pa.large_list(pa.large_string()),
        pa.timestamp("us", "UTC"): pa.timestamp("ns"),
    }
    table = table.cast(pa.schema([(field.name, wider.get(field.type) or field.type) for field in table.schema]))
    table = table.append_column("date", pa.array(["2026-05-04"] * len(EVENTS)))
    assert list(from_arrow(table)) == EVENTS
    (batch,) = to_arrow(EVENTS).to_batches()
    assert list(from_arrow(batch)) == EVENTS
    assert list(from_arrow(to_arrow(EVENTS).to_reader(7))) == EVENTS


def test_null_and_absent_differ_where_cloudtrail_tells_them_apart() -> None:
    """``null`` is JSON text."""
    others = to_arrow([sample(ECRImageActionEvent), sample(UnknownEvent)])
    assert others.column("request_parameters").to_pylist() == [None, None]
    absent = decode(document(ECRAWSAPICallViaCloudTrailEvent, missing=("responseElements",)))
    null = decode(document(ECRAWSAPICallViaCloudTrailEvent, {"responseElements": None}))
    columns = to_arrow([absent, null])
    assert columns.column("response_elements").to_pylist() == [None, "null"]
    assert list(from_arrow(columns)) == [absent, null]


def test_times_keep_microseconds_in_utc() -> None:
    """Whatever their offset; those that are out of range in UTC are an error."""
    times = [
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
        datetime(2026, 5, 4, 9, 15, 31, 7, tzinfo=timezone(timedelta(hours=-3, minutes=-30))),
    ]
    table = to_arrow(sample(cls, time=time) for time in times for cls in (ECRImageActionEvent, UnknownEvent))
    assert [event.time for event in from_arrow(table)] == [time for time in times for _ in range(2)]
    for cls in (ECRImageActionEvent, UnknownEvent):
        early = sample(cls, time=datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=1))))
        with pytest.raises(DecodeError, match=r"out of range in UTC at \$.time"):
            to_arrow([early])


def test_a_count_that_is_not_exact_as_a_float_is_an_error() -> None:
    """Fractions and other large floats are exact."""
    counts = {"HIGH": 2**53, "LOW": -(2**53), "MEDIUM": 0.5, "NEW": 1e300}
    event = sample(ECRImageScanEvent, finding_severity_counts=counts)
    assert list(from_arrow(to_arrow([event]))) == [event]
    with pytest.raises(DecodeError, match=r"expected `int` <= 9007199254740992 at \$.detail.finding-severity-counts"):
        to_arrow([sample(ECRImageScanEvent, finding_severity_counts={"HIGH": 2**53 + 1})])


def test_columns_can_be_selected() -> None:
    """In their order; nulls where an event lacks one."""
    table = to_arrow([sample(ECRImageScanEvent), sample(Inspector2FindingEvent)], ["severity", "detail_type"])
    assert table.to_pydict() == {
        "severity": [None, sample(Inspector2FindingEvent).detail.severity],
        "detail_type": ["ECR Image Scan", "Inspector2 Finding"],
    }


def test_no_events_are_an_empty_table() -> None:
    """With the schema."""
    assert to_arrow([]).schema.equals(arrow_schema())
    assert list(from_arrow(to_arrow([]))) == []


def test_only_events_can_be_columns() -> None:
    """The error names the position and the type."""
    with pytest.raises(TypeError, match=r"events\[1\] must be an event, not dict"):
        to_arrow([sample(ECRImageActionEvent), {}])  # type: ignore[list-item]
    with pytest.raises(UnicodeEncodeError):
        to_arrow([changed(ECRImageActionEvent, id="\ud800")])
    with pytest.raises(DecodeError, match=r"expected `str`, got `int` at \$.detail.result"):
        to_arrow([sample(ECRImageActionEvent), changed(ECRImageActionEvent, detail=broken_detail())])
    with pytest.raises(DecodeError, match=r"timezone component"):
        to_arrow([changed(ECRImageActionEvent, time=sample(ECRImageActionEvent).time.replace(tzinfo=None))])
    for name, value in {"account": 123, "resources": "abc", "detail_type": None, "detail": None}.items():
        with pytest.raises(DecodeError, match=rf"expected `\w+`, got `\w+` at \$\.{name.replace('_', '-')}"):
            to_arrow([changed(UnknownEvent, **{name: value})])


def changed(cls: type[EventBridgeEvent], **fields: Any) -> EventBridgeEvent:
    """Return the sample of a class with fields that nothing has checked."""
    return msgspec.structs.replace(sample(cls), **fields)


def broken_detail() -> ECRImageAction:
    """Return a detail with a value of another type."""
    return msgspec.structs.replace(sample(ECRImageActionEvent).detail, result=7)


def replaced(column: str, values: list[Any]) -> pa.Table:
    """Return a table of a push and a scan in which a column has other values."""
    table = to_arrow([sample(ECRImageActionEvent), sample(ECRImageScanEvent)])
    return table.set_column(table.column_names.index(column), column, pa.array(values))


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (replaced("result", [7, None]), "expected `str`, got `int` at $[0].detail.result"),
        (replaced("image_tags", [None, ["a", None]]), "expected `str`, got `null` at $[1].detail.image-tags[1]"),
        (replaced("scan_status", [None, None]), "object missing required field `scan-status` at $[1].detail"),
        (replaced("detail_type", ["a", "b"]), "no event has detail_type 'a' and a null as its detail at $[0]"),
        (replaced("detail", ["{", None]), "column 'detail' must be JSON text, not '{' at $[0]"),
        (replaced("detail", ["7", None]), "expected `object`, got `int` at $[0].detail"),
        (replaced("detail", [7, None]), "column 'detail' must be JSON text, not 7 at $[0]"),
        (replaced("source", ["aws.ec2", "aws.ecr"]), "not the value required by this detail-type at $[0].source"),
        (
            replaced("finding_severity_counts", [None, 7]),
            "column 'finding_severity_counts' must be a map of numbers, not 7 at $[1]",
        ),
        (to_arrow([sample(ECRImageActionEvent)]).drop_columns(["id"]), "object missing required field `id` at $[0]"),
        (pa.table({"a": [1]}), "no event has detail_type None and a null as its detail at $[0]"),
    ],
)
def test_a_row_that_is_not_an_event_is_an_error_with_its_number(table: pa.Table, message: str) -> None:
    """The path begins with it."""
    with pytest.raises(DecodeError) as caught:
        list(from_arrow(table))
    assert str(caught.value) == message


def test_a_time_of_another_type_is_an_error() -> None:
    """It names the column."""
    with pytest.raises(TypeError, match="column time must have timestamps, not bool"):
        list(from_arrow(replaced("time", [True, False])))
    with pytest.raises(TypeError, match="column time must have timestamps, not int64"):
        list(from_arrow(replaced("time", [1_777_885_200, 1_777_885_200_000])))
