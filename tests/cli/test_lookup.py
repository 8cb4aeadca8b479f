import json
import re
import sys
from pathlib import Path

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
    found = {line["uri"]: line["found"] for line in map(json.loads, out)}
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
    asked: list[str] = []

    def made(*, profile_name: str) -> LoopbackSession:
        asked.append(profile_name)
        return session

    monkeypatch.setattr("boto3.Session", made)
    assert run(capfd, "lookup", "--profile", "audit", archive)[0] == 0
    assert asked == ["audit"]


def test_an_unknown_profile_exits_with_2(archive: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """With boto3's message."""
    status, _, err = run(capfd, "lookup", "--profile", "nonexistent", archive)
    assert status == 2
    assert "nonexistent" in err[-1]


def test_malformed_references_are_reported(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], session: LoopbackSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a request; the message for missing boto3 names the extra."""
    monkeypatch.setattr("boto3.client", session.client)
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
    assert "pip install 'ecr_events[boto3]'" in err[-1]
