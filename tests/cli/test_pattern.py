import io
import json
import re
import subprocess
import sys
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
            [
                "image-action",
                "action-type=PUSH",
                "action_type=DELETE",
                "repository-name=team/*",
                "region=eu-west-1",
                'detail.image-tag=[{"prefix": "v"}]',
                "image_tag=latest",
            ],
            {
                "source": ["aws.ecr"],
                "detail-type": ["ECR Image Action"],
                "detail": {
                    "action-type": ["PUSH", "DELETE"],
                    "repository-name": [{"wildcard": "team/*"}],
                    "image-tag": [{"prefix": "v"}, "latest"],
                },
                "region": ["eu-west-1"],
            },
        ),
        (
            [
                "inspector2-finding",
                "severity=CRITICAL",
                "inspectorScore=7",
                "inspectorScore=9.8",
                "envelope.resources=*/team/app",
                "resources.details.awsEcrContainerImage.inUseCount=2",
            ],
            {
                "source": ["aws.inspector2"],
                "detail-type": ["Inspector2 Finding"],
                "detail": {
                    "severity": ["CRITICAL"],
                    "inspectorScore": [7, 9.8],
                    "resources": {
                        "type": ["AWS_ECR_CONTAINER_IMAGE"],
                        "details": {"awsEcrContainerImage": {"inUseCount": [2]}},
                    },
                },
                "resources": [{"wildcard": "*/team/app"}],
            },
        ),
        (
            [
                "api-call-via-cloudtrail",
                "detail.readOnly=false",
                "requestParameters.registryId=123456789012",
                "requestParameters.imageTag=1e5",
                'requestParameters.repositoryName="a*"',
                'requestParameters.maxResults=["100", 100, {"numeric": [">", 200]}]',
                "requestParameters.force=[true]",
                "userIdentity.sessionContext.attributes.mfaAuthenticated=true",
            ],
            {
                "source": ["aws.ecr"],
                "detail-type": ["AWS API Call via CloudTrail"],
                "detail": {
                    "eventSource": ["ecr.amazonaws.com"],
                    "readOnly": [False],
                    "requestParameters": {
                        "registryId": ["123456789012"],
                        "imageTag": ["1e5"],
                        "repositoryName": ["a*"],
                        "maxResults": ["100", 100, {"numeric": [">", 200]}],
                        "force": [True],
                    },
                    "userIdentity": {"sessionContext": {"attributes": {"mfaAuthenticated": ["true"]}}},
                },
            },
        ),
        (
            ["image-scan", "finding-severity-counts.CRITICAL=1", "finding_severity_counts.HIGH=2", "image-tags=latest"],
            {
                "source": ["aws.ecr"],
                "detail-type": ["ECR Image Scan"],
                "detail": {"finding-severity-counts": {"CRITICAL": [1], "HIGH": [2]}, "image-tags": ["latest"]},
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
            "'tag' is not a field: those of ECRImageActionEvent are action_type,",
        ),
        (["image-action", "action-type.x=1"], "'action-type' has no nested fields"),
        (["image-action", "PUSH"], "condition 'PUSH' is not of the form FIELD=VALUE"),
        (
            ["api-call-via-cloudtrail", "readOnly=perhaps"],
            "'readOnly' cannot be 'perhaps': it must be true, false or an array of conditions as in a rule",
        ),
        (
            ["image-scan", "finding-severity-counts.HIGH=>0"],
            """it must be a whole number or an array of conditions as in a rule, such as [{"numeric": [">", 0]}]""",
        ),
        (["image-action", 'image-tag=[{"prefix"'], "it must be a string in quotes or an array of conditions"),
        (["inspector2-finding", "resources=*x"], "that of the envelope is 'envelope.resources'"),
        (["image-action", "or_=x"], "'or_' is not a field"),
        (["--rule", ""], "is a directory"),
        (["image-action", "--match", ""], "empty file name"),
        (
            ["api-call-via-cloudtrail", "userIdentity=me"],
            "'userIdentity' has nested fields",
        ),
        (["unknown"], "UnknownEvent has no detail-type to match"),
        (["image-action", "source=aws.rds"], "'source' cannot be 'aws.rds': it is always 'aws.ecr'"),
        (["image-action", "repository-name=a**"], "wildcard cannot take 'a**'"),
        (
            ["api-call-via-cloudtrail", "requestParameters.a=1", "requestParameters.a.b=1"],
            "the whole and on nested fields",
        ),
        (["image-action", "--rule", "rule.json"], "needs either a TYPE or a --rule"),
        (["image-action", "time=soon"], "'time' cannot be 'soon': it is UTC in whole seconds"),
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
    texts = (r"a\*", r"a\**", r"a\\*", r"a\\")
    _, out, _ = run(capfd, "pattern", "image-action", *(f"account={text}" for text in texts))
    assert json.loads("".join(out))["account"] == ["a*", {"wildcard": r"a\**"}, {"wildcard": r"a\\*"}, "a\\"]


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
        rule.write_text(json.dumps(document), "utf-8-sig")  # as Windows writes it
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


def test_a_rule_is_read_from_standard_input(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    """With a warning about one that is too long."""
    rule = json.dumps({"region": ["a" * 3_000]})
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(rule.encode())))
    status, out, err = run(capfd, "pattern", "--rule", "-")
    assert (status, json.loads("".join(out))) == (0, json.loads(rule))
    assert len(err) == 1
    assert "warning: the pattern is longer than 2,048 characters" in err[0]


def test_a_rule_and_events_are_not_both_standard_input(capfd: pytest.CaptureFixture[str]) -> None:
    """The rule would leave no events."""
    error = "ecr-events: only one of --rule and --match can be standard input"
    assert run(capfd, "pattern", "--rule", "-", "--match", "-") == (2, [], [error])


def test_events_are_matched_and_printed_as_they_were_sent(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """With keys that no class has, and with null."""
    rule, archive = tmp_path / "rule.json", tmp_path / "events.json"
    rule.write_text(json.dumps({"detail": {"new": [{"exists": True}]}}))
    changed = [json.loads(PUSH) | {"replay-name": None}, json.loads(PUSH)]
    changed[0]["detail"] |= {"new": 1.50, "image-tag": None}
    archive.write_text(json.dumps(changed, indent=2))
    expected = (0, [json.dumps(changed[0], separators=(",", ":"))], ["ecr-events: 1 of 2 events match"])
    assert run(capfd, "pattern", "--rule", rule, "--match", archive) == expected
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(archive.read_bytes())))
    assert run(capfd, "pattern", "--rule", rule, "--match", "-") == expected


def test_an_event_of_which_not_all_can_be_read_is_an_error(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A rule may match any key, also one that no class has and whose value `decode` skips."""
    archive = tmp_path / "events.ndjson"
    event = PUSH.strip().removesuffix(b"}")
    values = b"1", b'"\xff"', b"1e999", b"1" * 5_000, b"1e999", b"1"
    archive.write_bytes(b"\n".join(event + b',"new":' + value + b"}" for value in values))
    status, out, err = run(capfd, "pattern", "image-action", "--match", archive)
    assert (status, len(out)) == (1, 2)
    assert [re.sub("byte [1-9][0-9]*:", "byte N:", line) for line in err] == [
        f"ecr-events: {archive}:2: byte N: 'utf-8' codec can't decode byte 0xff in position 0: invalid start byte at $",
        f"ecr-events: {archive}:3: byte N: number out of range at $[...]",
        f"ecr-events: {archive}:4: byte N: integer value out of range at $[...]",
        "ecr-events: 1 more: number out of range at $[...]",
        "ecr-events: 2 of 2 events match",
    ]


def test_a_closed_pipe_ends_the_matching_quietly(tmp_path: Path) -> None:
    """With exit status 0, as in other commands."""
    archive = tmp_path / "events.ndjson"
    archive.write_bytes((PUSH + b"\n") * 5_000)
    command = [sys.executable, "-m", "ecr_events", "pattern", "image-action", "--match", str(archive)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


def test_an_unreadable_file_is_reported(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """The others are read, and the exit status is 2."""
    for name in ("1", "3"):
        (tmp_path / name).write_bytes(PUSH)
    (tmp_path / "2").symlink_to("/proc/self/mem")
    status, out, err = run(capfd, "pattern", "image-action", "--match", tmp_path)
    assert (status, len(out)) == (2, 2)
    assert err == [f"ecr-events: {tmp_path}/2: input/output error", "ecr-events: 2 of 2 events match"]
