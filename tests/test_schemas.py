import json
from typing import Annotated, Any, get_args

import pytest
from documents import document
from jsonschema import Draft202012Validator

from ecr_events import (
    ECREvent,
    ECRImageActionEvent,
    ECRImageScan,
    ECRImageScanEvent,
    EventBridgeEvent,
    UnknownEvent,
    encode,
    json_schema,
)
from ecr_events.samples import sample
from ecr_events.service import Image
from ecr_events.structs import KebabStruct

every_class = pytest.mark.parametrize("type", get_args(ECREvent), ids=lambda type: type.__name__)


@every_class
def test_the_schema_of_a_class_accepts_its_sample_and_no_other(type: type[EventBridgeEvent]) -> None:
    """It is JSON Schema 2020-12, and requires what decode requires."""
    schema = json_schema(type)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
    for other in get_args(ECREvent):
        assert validator.is_valid(document(other)) is (other is type)
    assert not validator.is_valid(document(type) | {"time": "2023-02-29T00:00:00Z"})
    assert "session" not in schema["$defs"][type.__name__]["properties"]


@every_class
def test_interned_strings_are_strings_in_the_schema(type: type[EventBridgeEvent]) -> None:
    """In the schema of msgspec they are an enum."""
    schema = json_schema(type)
    assert schema["$defs"][type.__name__]["properties"]["region"]["type"] == "string"
    assert "InternedStr" not in json.dumps(schema)


def test_the_schema_has_the_docstrings_of_the_classes() -> None:
    """Each definition has a title and a description."""
    definition = json_schema(ECRImageActionEvent)["$defs"]["ECRImageActionEvent"]
    assert definition["title"] == "ECRImageActionEvent"
    assert definition["description"] == ECRImageActionEvent.__doc__


STRUCTS = json_schema(ECREvent | UnknownEvent)["$defs"] | json_schema(Image)["$defs"]


@pytest.mark.parametrize("name", STRUCTS)
def test_descriptions_are_one_line_of_plain_text(name: str) -> None:
    """Names are in single backquotes; the fields of what ECR returns are not all documented."""
    properties = STRUCTS[name]["properties"].values()
    descriptions = [
        STRUCTS[name]["description"],
        *(each["description"] for each in properties if "description" in each),
    ]
    for text in descriptions:
        assert text == " ".join(text.split())
        assert "``" not in text


@pytest.mark.parametrize("name", json_schema(ECREvent | UnknownEvent)["$defs"])
def test_every_property_of_events_has_a_description(name: str) -> None:
    """The docstring of its field, of nested classes too."""
    for key, schema in STRUCTS[name]["properties"].items():
        assert schema["description"], key


def test_descriptions_are_the_docstrings_of_the_fields() -> None:
    """A subclass describes a field anew, or inherits the description."""
    properties = json_schema(ECRImageScanEvent)["$defs"]["ECRImageScanEvent"]["properties"]
    assert properties["source"]["description"].startswith("Service that sent the event: ")
    assert properties["source"]["enum"] == ["aws.ecr"]
    assert properties["detail-type"]["description"] == "Type of the event, `detail-type` in JSON."
    assert properties["detail"] == {"$ref": "#/$defs/ECRImageScan", "description": "The result of the scan."}
    assert properties["region"] == {
        "type": "string",
        "description": "AWS region that sent the event. For a replication this is the destination.",
    }
    counts = json_schema(ECRImageScan)["$defs"]["ECRImageScan"]["properties"]["finding-severity-counts"]
    assert '`{"CRITICAL": 10, "MEDIUM": 9}`. See `severities`. A severity' in counts["description"]


@pytest.mark.parametrize("type", [list[ECREvent], Annotated[ECRImageScan, 1], dict, "ECRImageScan", int | str, None])
def test_another_type_is_an_error(type: Any) -> None:
    """Nor is it the schema of an argument of the type."""
    with pytest.raises(TypeError, match="type must be the class of events or of a detail, or a union, not "):
        json_schema(type)


@pytest.mark.parametrize("cls", get_args(ECREvent), ids=lambda cls: cls.__name__)
def test_the_schema_of_a_detail_accepts_its_sample(cls: Any) -> None:
    """Without the envelope."""
    detail = sample(cls).detail
    validator = Draft202012Validator(json_schema(type(detail)))
    assert validator.is_valid(json.loads(encode(detail)))
    assert not validator.is_valid({})


@pytest.mark.parametrize("union", [ECREvent | UnknownEvent, UnknownEvent | ECRImageActionEvent, UnknownEvent])
def test_the_schema_of_a_union_with_unknown_events_accepts_every_event(union: Any) -> None:
    """The detail of any event is an object."""
    validator = Draft202012Validator(json_schema(union))
    for cls in (*get_args(ECREvent), UnknownEvent):
        assert validator.is_valid(document(cls))
    assert not validator.is_valid(document(UnknownEvent) | {"detail": 7})


class Tree(KebabStruct, frozen=True, kw_only=True):
    """A user's Struct that contains itself."""

    tree_nodes: "tuple[Tree, ...]" = ()
    """The nodes."""


def test_a_recursive_struct_has_a_schema() -> None:
    """It refers to itself."""
    schema = json_schema(Tree)["$defs"]["Tree"]
    assert schema["properties"]["tree-nodes"]["items"] == {"$ref": "#/$defs/Tree"}
    assert schema["properties"]["tree-nodes"]["description"] == "The nodes."


@pytest.mark.parametrize("schema", [json_schema(), json_schema(ECREvent)], ids=["default", "union"])
def test_the_schema_of_the_union_accepts_every_typed_event(schema: dict[str, Any]) -> None:
    """The detail-type discriminates; an unknown event is not valid."""
    validator = Draft202012Validator(schema)
    for type in get_args(ECREvent):
        assert validator.is_valid(document(type))
    assert not validator.is_valid(document(UnknownEvent))
