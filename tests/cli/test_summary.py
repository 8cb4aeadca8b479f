import json
from datetime import datetime
from pathlib import Path

import msgspec
import pytest
from command_line import EVENTS, PUSH, run

from ecr_events import (
    ECRImageActionEvent,
    ECRImageScanEvent,
    ECRPullThroughCacheActionEvent,
    ECRReplicationActionEvent,
    Inspector2ScanEvent,
)
from ecr_events.archives import write
from ecr_events.samples import sample


def test_one_event_needs_attention(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Numbers of one are followed by singular words."""
    write([sample(ECRReplicationActionEvent, result="FAILED")], tmp_path / "events.ndjson")
    _, out, _ = run(capfd, "summary", tmp_path)
    assert out[0].strip() == "1 event needs attention"
    assert out[-1] == "1 event"


def test_events_that_need_attention_come_first(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Failed replications and critical findings, then counts by type, repository and day."""
    failed = sample(ECRReplicationActionEvent)
    failed = msgspec.structs.replace(failed, detail=msgspec.structs.replace(failed.detail, result="FAILED"))
    cached = sample(ECRPullThroughCacheActionEvent)
    cached = msgspec.structs.replace(cached, detail=msgspec.structs.replace(cached.detail, sync_status="FAILURE"))
    pushes = [
        msgspec.structs.replace(event, detail=msgspec.structs.replace(event.detail, repository_name=f"app-{number}"))
        for number, event in enumerate([sample(ECRImageActionEvent)] * 12)
    ]
    odd = sample(Inspector2ScanEvent)
    odd = msgspec.structs.replace(odd, detail=msgspec.structs.replace(odd.detail, repository_name="arn:odd"))
    broken = sample(ECRImageScanEvent)
    scans = [
        msgspec.structs.replace(
            broken, detail=msgspec.structs.replace(broken.detail, scan_status="FAILED", image_tags=(tag,))
        )
        for tag in "abcdef"
    ]
    write([*EVENTS, *[failed] * 3, cached, *pushes, odd, *scans], tmp_path / "events.ndjson")
    status, out, err = run(capfd, "summary", tmp_path)
    text = "\n".join(" ".join(line.split()) for line in out)
    assert (status, err) == (0, [])
    assert text.startswith("14 events need attention")
    listed = [
        text.index(what) for what in ("replication failed team/app eu-west-1 to us-east-1 3", "critical finding team")
    ]
    assert listed == sorted(listed)
    assert "critical finding team/app CVE-2026-EXAMPLE - example-xml 1" in text
    assert "critical findings in scan team/app 1.4.2 2" in text
    assert "ECR Pull Through Cache Action: FAILURE docker-hub/library/alpine eu-west-1 1" in text
    assert "ECR Replication Action REPLICATE FAILED 3" in text
    assert "ECR Image Action PUSH SUCCESS 13" in text
    assert "team/app 18" in text
    assert "and 5 more" in text
    assert "2026-05-04 28" in text
    assert text.endswith("34 events")


def test_days_are_those_of_utc(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """AWS's times are; one that is out of range there has its own day."""
    times = "2026-05-04T23:59:59-11:00", "2026-05-05T00:00:00Z", "9999-12-31T23:59:59-01:00"
    write([sample(ECRImageActionEvent, time=time) for time in map(datetime.fromisoformat, times)], tmp_path / "events")
    _, (out,), _ = run(capfd, "summary", "--json", tmp_path / "events")
    assert json.loads(out)["days"] == {"2026-05-05": 2, "9999-12-31": 1}


def test_an_image_without_a_name_is_an_alarm(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Its details are empty."""
    scan = sample(ECRImageScanEvent, image_tags=None, image_digest=None, resources=())
    write([scan], tmp_path / "events")
    _, (out,), _ = run(capfd, "summary", "--json", tmp_path / "events")
    assert [alarm["details"] for alarm in json.loads(out)["needs_attention"]] == [""]


def test_an_empty_and_a_damaged_archive_are_summarised(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """An empty archive is not an error; invalid documents are counted."""
    (tmp_path / "empty").write_bytes(b"")
    assert run(capfd, "summary", tmp_path / "empty")[1][-1] == "0 events"
    (tmp_path / "broken").write_bytes(b"{\n{\n" + PUSH)
    status, out, err = run(capfd, "summary", tmp_path / "broken")
    assert (status, out[-1], err[-1]) == (1, "1 event", "ecr-events: 2 documents could not be decoded")
