import pytest

from ecr_events import ECRAWSAPICallViaCloudTrailEvent, ECRImageActionEvent, EventBridgeEvent, UnknownEvent
from ecr_events.patterns import event_pattern


def test_a_pattern_without_conditions_matches_all_events_of_a_class() -> None:
    """By source and detail-type."""
    assert event_pattern(ECRImageActionEvent, []) == {"source": ["aws.ecr"], "detail-type": ["ECR Image Action"]}


def test_conditions_on_one_field_are_alternatives() -> None:
    """Those on different fields must all hold; the envelope's fields are beside the detail."""
    conditions = ["action-type=PUSH", "action-type=DELETE", "repository-name=team/*", "region=eu-west-1"]
    assert event_pattern(ECRImageActionEvent, conditions) == {
        "source": ["aws.ecr"],
        "detail-type": ["ECR Image Action"],
        "detail": {"action-type": ["PUSH", "DELETE"], "repository-name": [{"prefix": "team/"}]},
        "region": ["eu-west-1"],
    }


def test_a_value_has_the_type_of_its_field() -> None:
    """A boolean, a nested text; what is untyped in CloudTrail is JSON, else text."""
    conditions = ["readOnly=false", "requestParameters.imageIds=3", "requestParameters.repositoryName=a=b"]
    assert event_pattern(ECRAWSAPICallViaCloudTrailEvent, conditions)["detail"] == {
        "readOnly": [False],
        "requestParameters": {"imageIds": [3], "repositoryName": ["a=b"]},
    }


@pytest.mark.parametrize("type", [UnknownEvent, EventBridgeEvent])
def test_a_class_without_a_detail_type_is_a_value_error(type: type[EventBridgeEvent]) -> None:
    """Its events have nothing in common."""
    with pytest.raises(ValueError, match=f"^{type.__name__} has no detail-type to match$"):
        event_pattern(type, [])
