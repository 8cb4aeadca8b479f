import json
from pathlib import Path
from typing import Any

import pytest
from command_line import COPY, EVENTS, PUSH, run

from ecr_events import encode


@pytest.mark.parametrize(
    ("arguments", "pattern"),
    [
        (["image-action"], {"source": ["aws.ecr"], "detail-type": ["ECR Image Action"]}),
        (
            ["api-call-via-cloudtrail", "time=2026-05-04*", "requestParameters.imageTag=1.4.x"],
            {
                "source": ["aws.ecr"],
                "detail-type": ["AWS API Call via CloudTrail"],
                "time": [{"wildcard": "2026-05-04*"}],
                "detail": {
                    "eventSource": ["ecr.amazonaws.com"],
                    "requestParameters": {"imageTag": ["1.4.x"]},
                },
            },
        ),
        (
            ["image-action", "action-type=PUSH", "action-type=DELETE", "repository-name=team/*", "region=eu-west-1"],
            {
                "source": ["aws.ecr"],
                "detail-type": ["ECR Image Action"],
                "detail": {"action-type": ["PUSH", "DELETE"], "repository-name": [{"wildcard": "team/*"}]},
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
                    "resources": {
                        "type": ["AWS_ECR_CONTAINER_IMAGE"],
                        "details": {"awsEcrContainerImage": {"inUseCount": [2]}},
                    },
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
                    "eventSource": ["ecr.amazonaws.com"],
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
            "has no field 'tag': known fields are action_type, repository_name,",
        ),
        (["image-action", "action-type.x=1"], "'action-type' has no nested fields"),
        (["image-action", "PUSH"], "condition 'PUSH' is not of the form FIELD=VALUE"),
        (["api-call-via-cloudtrail", "readOnly=perhaps"], "'readOnly' cannot be 'perhaps'"),
        (
            ["api-call-via-cloudtrail", "userIdentity=me"],
            "'userIdentity' has nested fields",
        ),
        (["unknown"], "UnknownEvent has no detail-type to match"),
        (["image-action", "source=aws.rds"], "'source' cannot be 'aws.rds': it is always 'aws.ecr'"),
        (["image-action", "repository-name=a**"], "wildcard cannot take 'a**'"),
        (["api-call-via-cloudtrail", "requestParameters=1", "requestParameters.a=1"], "the whole and on nested fields"),
        (["image-action", "--rule", "rule.json"], "needs either a TYPE or a --rule"),
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


def test_a_value_that_is_never_sent_is_a_warning(capfd: pytest.CaptureFixture[str]) -> None:
    """The pattern is printed all the same."""
    status, out, err = run(capfd, "pattern", "image-action", "action-type=PULL")
    assert status == 0
    assert json.loads("".join(out))["detail"] == {"action-type": ["PULL"]}
    known = "only PUSH, DELETE, UPDATE_STORAGE_CLASS"
    reason = f"AWS is not known to send 'PULL' as 'action-type' of ECR Image Action, {known}"
    assert err == [f"ecr-events: warning: {reason}"]


def test_an_escaped_asterisk_is_literal(capfd: pytest.CaptureFixture[str]) -> None:
    """As in the wildcards of EventBridge."""
    _, out, _ = run(capfd, "pattern", "image-action", r"image-tag=a\*", r"image-tag=a\**")
    assert json.loads("".join(out))["detail"] == {"image-tag": ["a*", {"wildcard": r"a\**"}]}


def test_the_matching_events_of_an_archive_are_printed(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Documents that cannot be decoded are reported."""
    archive = tmp_path / "events.ndjson"
    archive.write_bytes(b"\n".join([PUSH, COPY, b"{", *map(encode, EVENTS)]))
    status, out, err = run(capfd, "pattern", "image-action", "repository-name=team/*", "--match", archive)
    assert (status, out) == (1, [PUSH.decode()] * 2)
    assert len(err) == 2
    assert err[1] == f"ecr-events: 2 of {len(EVENTS) + 2} events match"


def test_an_existing_rule_is_matched(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """From the response of DescribeRule, or the pattern alone."""
    rule, archive = tmp_path / "rule.json", tmp_path / "events.ndjson"
    pattern = {"detail-type": ["ECR Replication Action"]}
    archive.write_bytes(b"\n".join([PUSH, COPY]))
    for document in (pattern, {"Name": "copies", "EventPattern": json.dumps(pattern)}):
        rule.write_text(json.dumps(document))
        assert run(capfd, "pattern", "--rule", rule, "--match", archive) == (
            0,
            [COPY.decode()],
            ["ecr-events: 1 of 2 events match"],
        )
    rule.write_text('{"source": [{"like": "a"}]}')
    status, _, err = run(capfd, "pattern", "--rule", rule)
    assert (status, len(err)) == (2, 1)
    assert "source: unknown operator 'like': must be one of prefix, suffix," in err[0]
    status, _, err = run(capfd, "pattern", "--rule", tmp_path / "none.json")
    assert (status, len(err)) == (2, 1)
