import json
from typing import Any, get_args

import pytest
from command_line import run

from ecr_events import (
    ECREvent,
    EventBridgeEvent,
    json_schema,
)
from ecr_events.events.envelope import detail_type_of
from ecr_events.samples import sample_json


@pytest.mark.parametrize("type", get_args(ECREvent), ids=lambda type: type.__name__)
def test_sample_and_schema_print_the_library_s(type: type[EventBridgeEvent], capfd: pytest.CaptureFixture[str]) -> None:
    """For every type."""
    status, out, _ = run(capfd, "sample", type.__name__)
    assert (status, json.loads("".join(out))) == (0, json.loads(sample_json(type)))
    status, out, _ = run(capfd, "schema", str(detail_type_of(type)))
    assert (status, json.loads("".join(out))) == (0, json_schema(type))


def test_the_schema_of_all_events_is_the_default(capfd: pytest.CaptureFixture[str]) -> None:
    """It is the schema of the union."""
    assert json.loads("".join(run(capfd, "schema")[1])) == json_schema()


@pytest.mark.parametrize(
    ("arguments", "pattern"),
    [
        (["image-action"], {"source": ["aws.ecr"], "detail-type": ["ECR Image Action"]}),
        (
            ["api-call-via-cloudtrail", "time=2026-05-04*", "requestParameters.imageTag=1.4.x"],
            {
                "source": ["aws.ecr"],
                "detail-type": ["AWS API Call via CloudTrail"],
                "time": [{"prefix": "2026-05-04"}],
                "detail": {"requestParameters": {"imageTag": ["1.4.x"]}},
            },
        ),
        (
            ["image-action", "action-type=PUSH", "action-type=DELETE", "repository-name=team/*", "region=eu-west-1"],
            {
                "source": ["aws.ecr"],
                "detail-type": ["ECR Image Action"],
                "detail": {"action-type": ["PUSH", "DELETE"], "repository-name": [{"prefix": "team/"}]},
                "region": ["eu-west-1"],
            },
        ),
        (
            [
                "inspector2-finding",
                "severity=CRITICAL",
                "inspectorScore=9.8",
                "resources.details.awsEcrContainerImage.inUseCount=2",
            ],
            {
                "source": ["aws.inspector2"],
                "detail-type": ["Inspector2 Finding"],
                "detail": {
                    "severity": ["CRITICAL"],
                    "inspectorScore": [9.8],
                    "resources": {"details": {"awsEcrContainerImage": {"inUseCount": [2]}}},
                },
            },
        ),
        (
            [
                "api-call-via-cloudtrail",
                "detail.readOnly=false",
                'requestParameters.repositoryName="a"',
                'userIdentity.sessionContext.attributes.mfaAuthenticated="true"',
            ],
            {
                "source": ["aws.ecr"],
                "detail-type": ["AWS API Call via CloudTrail"],
                "detail": {
                    "readOnly": [False],
                    "requestParameters": {"repositoryName": ["a"]},
                    "userIdentity": {"sessionContext": {"attributes": {"mfaAuthenticated": ["true"]}}},
                },
            },
        ),
        (
            ["image-scan", "finding-severity-counts.CRITICAL=1", "image-tags=latest"],
            {
                "source": ["aws.ecr"],
                "detail-type": ["ECR Image Scan"],
                "detail": {"finding-severity-counts": {"CRITICAL": [1]}, "image-tags": ["latest"]},
            },
        ),
    ],
)
def test_a_pattern_is_printed_as_json(
    arguments: list[str], pattern: dict[str, Any], capfd: pytest.CaptureFixture[str]
) -> None:
    """Values have the types of their fields, nested ones and those of the envelope included."""
    status, out, _ = run(capfd, "pattern", *arguments)
    assert (status, json.loads("".join(out))) == (0, pattern)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["image-action", "tag=1"],
            "has no field 'tag': unknown 'tag', known fields are action-type,",
        ),
        (["image-action", "action-type.x=1"], "unknown 'x', it has no nested fields"),
        (["image-action", "PUSH"], "condition 'PUSH' is not of the form FIELD=VALUE"),
        (["api-call-via-cloudtrail", "readOnly=perhaps"], "'readOnly' cannot be 'perhaps'"),
        (
            ["api-call-via-cloudtrail", "userIdentity=me"],
            "has nested fields: name one of them, as in userIdentity.FIELD=VALUE",
        ),
        (["unknown"], "UnknownEvent has no detail-type to match"),
        (["image-action", "source=aws.rds"], "'source' is always 'aws.ecr'"),
        (["image-action", "time=soon"], "'time' cannot be 'soon': invalid date"),
    ],
)
def test_a_pattern_that_matches_no_event_exits_with_2(
    arguments: list[str], message: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """A rule with it would never match, unnoticed."""
    status, out, err = run(capfd, "pattern", *arguments)
    assert (status, out) == (2, [])
    assert message in err[0]
