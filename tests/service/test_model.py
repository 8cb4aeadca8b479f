"""The Structs, error codes and limits, compared with botocore's model of ECR."""

import re
import typing
from typing import Any

import botocore.session
import msgspec
import pytest
from botocore.retries.standard import ThrottledRetryableChecker
from conftest import APP

from ecr_events import InvalidRequestError, ThrottledError
from ecr_events.service import Image, Repository, batching, error_mapping, responses, validation, waiting
from ecr_events.service.manifest import ImageManifest
from ecr_events.service.scan_findings import Findings

MODEL: Any = botocore.session.get_session().get_service_model("ecr")
OPERATIONS = [name.removesuffix("Response") for name in responses.__all__ if name.endswith("Response")]


def structs_with_shapes(struct: Any, shape: Any) -> typing.Iterator[tuple[Any, Any]]:
    """Yield `struct` and its nested Structs, each with its shape in botocore's model."""
    yield struct, shape
    for field in msgspec.structs.fields(struct):
        member = shape.members.get(field.encode_name)
        while member is not None and member.type_name == "list":
            member = member.member
        if member is not None and member.type_name == "structure":
            yield from structs_with_shapes(next(nested_structs(field.type)), member)


def nested_structs(annotation: Any) -> typing.Iterator[Any]:
    """Yield the Structs in an annotation, such as a tuple or an optional."""
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        yield annotation
    for argument in typing.get_args(annotation):
        yield from nested_structs(argument)


@pytest.mark.parametrize(
    ("struct", "name"),
    [(Repository, "Repository"), (Image, "ImageDetail"), (Findings, "ImageScanFindings"), (ImageManifest, "Image")],
)
def test_structs_have_every_field_of_their_shape(struct: type[msgspec.Struct], name: str) -> None:
    """A field that AWS adds, at any depth, fails this test alone."""
    for ours, shape in structs_with_shapes(struct, MODEL.shape_for(name)):
        fields = {field.encode_name: field for field in msgspec.structs.fields(ours)}
        assert set(fields) == set(shape.members), f"{ours.__name__} differs from {shape.name}"
        for key, member in shape.members.items():
            timestamp = "datetime" in str(fields[key].type)
            assert timestamp == (member.type_name == "timestamp"), f"{ours.__name__}.{key}"


@pytest.mark.parametrize("operation", OPERATIONS)
def test_responses_have_known_fields_only(operation: str) -> None:
    """The name of a response is that of its operation."""
    shape = MODEL.operation_model(operation).output_shape
    for ours, theirs in structs_with_shapes(getattr(responses, f"{operation}Response"), shape):
        assert {field.encode_name for field in msgspec.structs.fields(ours)} <= set(theirs.members)


UNMAPPED = {"UnableToGetUpstreamImageException"}
"""Error codes without a subclass of ServiceError: only a pull through cache raises them."""


def test_every_error_code_of_the_operations_is_mapped() -> None:
    """Each code in botocore's model means not found, or has a class; botocore's throttling codes are all ours."""
    codes = {shape.name for name in OPERATIONS for shape in MODEL.operation_model(name).error_shapes}
    mapped = frozenset().union(*error_mapping.CLASSES.values())
    assert {
        code for code in codes - error_mapping.NOT_FOUND if code.removesuffix("Exception") not in mapped
    } == UNMAPPED
    throttled = {code.removesuffix("Exception") for code in vars(ThrottledRetryableChecker)["_THROTTLED_ERROR_CODES"]}
    assert throttled <= error_mapping.CLASSES[ThrottledError]


@pytest.mark.parametrize(
    ("operation", "key"), [("DescribeImages", "imageIds"), ("DescribeRepositories", "repositoryNames")]
)
def test_a_batch_has_the_maximum_number_of_ids(operation: str, key: str) -> None:
    """More would be an InvalidParameterException."""
    assert MODEL.operation_model(operation).input_shape.members[key].metadata["max"] == batching.MAX_NAMES


def test_every_scan_status_is_known() -> None:
    """A status that AWS adds would be waited for until the timeout."""
    assert set(MODEL.shape_for("ScanStatus").enum) == waiting.SCANNED | {"IN_PROGRESS", "PENDING"} | waiting.NOT_SCANNED


@pytest.mark.parametrize(
    "name",
    ["a/b", "ab", "a", "a__b", "a___b", "a--b", "a.b", "a..b", "/a", "a/", "A", "a" * 256, "a" * 257, "a b"],
    ids=lambda name: name[:10],
)
def test_repository_names_are_validated_as_by_ecr(name: str) -> None:
    """Our pattern and bounds accept what the model's accept."""
    model = MODEL.shape_for("RepositoryName").metadata
    valid = model["min"] <= len(name) <= model["max"] and re.fullmatch(model["pattern"], name) is not None
    try:
        validation.Boundary(None, None).check(msgspec.structs.replace(APP, repository_name=name))
        accepted = True
    except InvalidRequestError:
        accepted = False
    assert accepted is valid
