import json
import re
import sys
from pathlib import Path
from unittest.mock import Mock

import msgspec
import pytest
from command_line import on_terminal, run
from conftest import LoopbackSession
from fake_ecr import DENIED, ECRServer

from ecr_events import (
    ECRImageActionEvent,
    Inspector2ScanEvent,
)
from ecr_events.archives import write
from ecr_events.samples import sample


def test_every_reference_is_looked_up_once(
    archive: Path, capfd: pytest.CaptureFixture[str], server: ECRServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """JSON lines in a pipe, a table on a terminal; failed lookups are errors with exit status 1."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_ECR", server.url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setattr("boto3.DEFAULT_SESSION", None)
    event = sample(ECRImageActionEvent)
    server.add_image(
        "team/app", str(event.detail.image_digest), tags=["1.4.2"], region="eu-west-1", registry_id=event.account
    )
    status, out, err = run(capfd, "lookup", archive)
    assert (status, err) == (0, [])
    lines = [json.loads(line) for line in out]
    assert {*lines[0]} == {"registry_id", "region", "repository_name", "uri", "found"}
    (push,) = (line for line in lines if line.get("image_tag") == "1.4.2" and line["region"] == "eu-west-1")
    assert push | {"found": None} == {
        "registry_id": event.account,
        "region": "eu-west-1",
        "repository_name": "team/app",
        "image_digest": event.detail.image_digest,
        "image_tag": "1.4.2",
        "uri": f"{event.account}.dkr.ecr.eu-west-1.amazonaws.com/team/app@{event.detail.image_digest}",
        "found": None,
    }
    found = {line["uri"]: line["found"] for line in lines}
    assert event.image_reference is not None
    assert found[event.image_reference.uri]["imageTags"] == ["1.4.2"]
    assert found[event.repository_reference.uri]["repositoryName"] == "team/app"
    assert list(found.values()).count(None) == len(found) - 2
    status, shown = on_terminal("lookup", archive)
    assert status == 0
    assert re.search(
        r"team/app\s+1.4.2\s+eu-west-1\s+found, 1.0 kB, pushed 2026-01-01", re.sub(r"\x1b\[[\d;]*m", "", shown)
    )
    assert "missing" in shown
    server.fail(DENIED, times=None, operation="DescribeImages")
    status, out, err = run(capfd, "lookup", "--type", "image-action", archive)
    assert status == 1
    assert [json.loads(line)["uri"] for line in out] == [event.repository_reference.uri]
    assert err[0].startswith("ecr-events: team/app@sha256:1508")
    assert "not authorized" in err[0]


def test_a_profile_selects_the_session(
    archive: Path, capfd: pytest.CaptureFixture[str], session: LoopbackSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By its name in boto3's configuration."""
    asked: list[str | None] = []

    def made(*, profile_name: str | None) -> LoopbackSession:
        asked.append(profile_name)
        return session

    monkeypatch.setattr("boto3.Session", made)
    assert run(capfd, "lookup", "--profile", "audit", archive)[0] == 0
    assert run(capfd, "lookup", archive)[0] == 0
    assert asked == ["audit", None]


def test_an_unknown_profile_exits_with_2(archive: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """With boto3's message."""
    status, _, err = run(capfd, "lookup", "--profile", "nonexistent", archive)
    assert status == 2
    assert "nonexistent" in err[-1]


def test_malformed_references_are_reported(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], session: LoopbackSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a request; so is missing boto3, before anything is read."""
    monkeypatch.setattr("boto3.Session", Mock(return_value=session))
    scan = sample(Inspector2ScanEvent)
    scan = msgspec.structs.replace(scan, detail=msgspec.structs.replace(scan.detail, repository_name="arn:odd"))
    write([scan, msgspec.structs.replace(sample(ECRImageActionEvent), region="evil.example/")], tmp_path / "e")
    status, out, err = run(capfd, "lookup", tmp_path / "e")
    assert (status, out) == (1, [])
    assert "not the ARN or the URI of an ECR repository: 'arn:odd'" in err[0]
    assert "not an AWS region" in err[1]
    monkeypatch.setitem(sys.modules, "boto3", None)
    write([sample(ECRImageActionEvent)], tmp_path / "e")
    status, _, err = run(capfd, "lookup", tmp_path / "e")
    assert status == 2
    assert err == ["ecr-events: lookups require boto3: pip install boto3"]


def test_errors_that_differ_in_a_value_are_one_line(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], session: LoopbackSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thousand malformed regions have one cause."""
    monkeypatch.setattr("boto3.Session", Mock(return_value=session))
    write([sample(ECRImageActionEvent, region=f"r/{letter}") for letter in "abcd"], tmp_path / "e")
    _, _, err = run(capfd, "lookup", tmp_path / "e")
    assert [line.rpartition(": not ")[2] for line in err] == ["an AWS region: 'r/a'"] * 2
    assert "7 more: " in err[1]


def test_tags_are_shown_whole(tmp_path: Path, server: ECRServer) -> None:
    """Digests are shortened, by which they still differ."""
    tags = "release-2026-05-04-prod-a", "release-2026-05-04-prod-b"
    write([sample(ECRImageActionEvent, image_tag=tag, image_digest=None) for tag in tags], tmp_path / "e")
    _, shown = on_terminal(
        "lookup", tmp_path / "e", AWS_ENDPOINT_URL_ECR=server.url, AWS_ACCESS_KEY_ID="k", AWS_SECRET_ACCESS_KEY="s"
    )
    assert all(tag in shown for tag in tags)


def test_an_image_without_a_uri_is_looked_up(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], session: LoopbackSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ECR is asked for every tag, and no URI has one that begins with a hyphen."""
    monkeypatch.setattr("boto3.Session", Mock(return_value=session))
    push = sample(ECRImageActionEvent)
    push = msgspec.structs.replace(push, detail=msgspec.structs.replace(push.detail, image_tag="-1", image_digest=""))
    write([push], tmp_path / "e")
    _, out, _ = run(capfd, "lookup", tmp_path / "e")
    assert [json.loads(line)["uri"] for line in out] == [
        "012345678901.dkr.ecr.eu-west-1.amazonaws.com/team/app",
        None,
    ]


def test_missing_credentials_exit_with_2_before_anything_is_read(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The message says where to get some."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    assert run(capfd, "lookup", tmp_path / "missing") == (
        2,
        [],
        ["ecr-events: no credentials of AWS: run aws configure, aws sso login, or pass --profile"],
    )


def test_a_broken_configuration_exits_with_2(
    archive: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """With botocore's message."""
    (tmp_path / "config").write_text("[profile")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    status, out, err = run(capfd, "lookup", archive)
    assert (status, out) == (2, [])
    assert "config" in err[0]


def test_equal_errors_of_lookups_are_one_line(
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    server: ECRServer,
    session: LoopbackSession,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With their number."""
    monkeypatch.setattr("boto3.Session", Mock(return_value=session))
    server.fail(DENIED, times=None)
    write([sample(ECRImageActionEvent, repository_name=f"team/{name}") for name in "abc"], tmp_path / "e")
    status, out, err = run(capfd, "lookup", tmp_path / "e")
    assert (status, out) == (1, [])
    assert [line.partition(":")[2][:8] for line in err] == [" team/a ", " 5 more:"]
    assert err[1] == "ecr-events: 5 more: AccessDeniedException"
