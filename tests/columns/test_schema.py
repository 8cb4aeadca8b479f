import subprocess
import sys
from typing import Any, get_args

import msgspec
import pyarrow as pa
import pytest
from documents import document

from ecr_events import (
    ECRAWSAPICallViaCloudTrailEvent,
    ECREvent,
    ECRImageActionEvent,
    ECRImageScanEvent,
    ECRReplicationActionEvent,
    EventBridgeEvent,
    Inspector2FindingEvent,
    Inspector2ScanEvent,
    ScanEvent,
    UnknownEvent,
)
from ecr_events.columns import arrow_schema, nested_schema

ENVELOPE = ["version", "id", "detail_type", "source", "account", "time", "region", "resources", "replay_name"]

every_class = pytest.mark.parametrize("cls", get_args(ECREvent), ids=lambda cls: cls.__name__)


@every_class
def test_every_field_has_a_column(cls: Any) -> None:
    """The envelope's first, then the detail's in its order; a name that both have belongs to the envelope."""
    fields = [field.name for field in msgspec.structs.fields(cls.__annotations__["detail"])]
    columns = [f"detail_{name}" if name in ENVELOPE else name for name in fields]
    assert arrow_schema(cls).names == ENVELOPE + columns


def test_the_types_are_those_of_the_fields() -> None:
    """Strings that repeat are dictionaries, times are in UTC, and nested objects are JSON text."""
    repeats, text = pa.dictionary(pa.int32(), pa.string()), pa.string()
    schema = arrow_schema(ECRImageScanEvent)
    assert {field.name: field.type for field in schema} == {
        "version": repeats,
        "id": text,
        "detail_type": repeats,
        "source": repeats,
        "account": repeats,
        "time": pa.timestamp("us", "UTC"),
        "region": repeats,
        "resources": pa.list_(text),
        "replay_name": text,
        "scan_status": repeats,
        "repository_name": repeats,
        "finding_severity_counts": pa.map_(text, pa.float64()),
        "image_digest": text,
        "image_tags": pa.list_(text),
    }
    record = arrow_schema(ECRAWSAPICallViaCloudTrailEvent)
    assert record.field("request_parameters").type == text
    assert record.field("detail_resources").type == text
    assert record.field("read_only").type == pa.bool_()
    assert arrow_schema(Inspector2FindingEvent).field("inspector_score").type == pa.float64()


def test_several_classes_have_the_sum_of_their_columns() -> None:
    """All events by default, with the detail of unknown ones; in AWS's order, whatever the order of the union."""
    every = arrow_schema()
    assert every.equals(arrow_schema(EventBridgeEvent))
    assert set(every.names) == {name for cls in (*get_args(ECREvent), UnknownEvent) for name in arrow_schema(cls).names}
    assert arrow_schema(UnknownEvent).names == [*ENVELOPE, "detail"]
    assert "detail" not in arrow_schema(ECREvent).names
    scans = arrow_schema(ScanEvent)
    assert scans.names == [*arrow_schema(ECRImageScanEvent).names, "detail_version"]
    assert scans.equals(arrow_schema(Inspector2ScanEvent | ECRImageScanEvent))


def test_columns_are_selected_in_their_order() -> None:
    """Without dictionaries, and with errors, if wanted."""
    schema = arrow_schema(ECRReplicationActionEvent, ["result", "id"], dictionaries=False, errors=True)
    assert schema.names == ["result", "id", "error"]
    assert schema.field("result").type == pa.string()
    assert [field.name for field in schema.field("error").type] == [
        "file",
        "offset",
        "line",
        "path",
        "reason",
        "payload",
    ]


@pytest.mark.parametrize(
    ("type", "columns", "error", "message"),
    [
        (None, ["digest"], ValueError, "no event has a column 'digest': columns are version, id, detail_type, "),
        (ECRImageActionEvent, ["scan_status"], ValueError, "no event has a column 'scan_status': columns are version"),
        (None, [], ValueError, "columns must be different names, at least one, not []"),
        (None, ["id", "id"], ValueError, "columns must be different names, at least one, not ['id', 'id']"),
        (None, "id", ValueError, "columns must be different names, at least one, not 'id'"),
        (None, 7, TypeError, "columns must be an iterable of names, not 7"),
        (dict, None, TypeError, "type must be an event class with a detail-type, not dict"),
    ],
)
def test_wrong_arguments_are_errors(type: Any, columns: Any, error: Any, message: str) -> None:
    """They name what was passed, and the known columns."""
    with pytest.raises(error) as caught:
        arrow_schema(type, columns)
    assert str(caught.value).startswith(message)


@every_class
def test_a_nested_schema_has_the_keys_of_the_json(cls: Any) -> None:
    """Those of every sample that are not nested, and no others."""
    found = document(cls)
    *envelope, detail = nested_schema(cls)
    for fields, values in ((envelope, found), (list(detail.type), found["detail"])):
        names = {field.name for field in fields}
        flat = {key for key, value in values.items() if isinstance(value, str | bool | float | int)}
        assert flat <= names
        assert not any(isinstance(values.get(name), dict) for name in names - {"finding-severity-counts"})
    assert detail.name == "detail"


def test_a_nested_schema_has_the_selected_columns() -> None:
    """In their order, those of the detail last, with AWS's keys and strings without dictionaries."""
    schema = nested_schema(columns=["image_digest", "detail_type", "time"])
    assert {field.name: field.type for field in schema} == {
        "detail-type": pa.string(),
        "time": pa.timestamp("us", "UTC"),
        "detail": pa.struct([pa.field("image-digest", pa.string())]),
    }


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (["detail"], "column 'detail' is JSON text, which has no type in a nested schema"),
        (["digest"], "no event has a column 'digest'"),
    ],
)
def test_wrong_columns_of_a_nested_schema_are_errors(columns: list[str], message: str) -> None:
    """By their names."""
    with pytest.raises(ValueError, match=message):
        nested_schema(columns=columns)


def test_the_package_does_not_import_pyarrow() -> None:
    """Until columns are imported."""
    code = "import sys, ecr_events, ecr_events.archives, ecr_events.cli; assert 'pyarrow' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
