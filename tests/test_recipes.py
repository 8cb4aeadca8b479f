"""The recipes of the README, with a recorder in the place of AWS and Slack."""

import json
from pathlib import Path
from typing import Any, get_args

import boto3
import msgspec
import pytest
from conftest import LoopbackSession
from fake_ecr import DENIED, ECRServer
from readme import block

from ecr_events import (
    ECRAWSAPICallViaCloudTrailEvent,
    ECRAWSServiceEventViaCloudTrailEvent,
    ECREvent,
    ECRImageActionEvent,
    ECRImageScanEvent,
    ECRReplicationActionEvent,
    EventBridgeEvent,
    Inspector2ScanEvent,
    UnknownEvent,
)
from ecr_events.archives import write
from ecr_events.samples import sample, variants
from ecr_events.testing import deliver

EVENTS = [
    (f"{cls.__name__} {name}", event)
    for cls in (*get_args(ECREvent), UnknownEvent)
    for name, event in {"sample": sample(cls), **variants(cls)}.items()
]


class Recorder:
    """A client of AWS, and Slack: records what is sent."""

    class exceptions:  # noqa: N801 - botocore's name
        """The errors of the client."""

        class RepositoryAlreadyExistsException(Exception):  # noqa: N818 - botocore's name
            """The repository exists."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.exists = False

    def client(self, _: str, region_name: str = "") -> Any:
        """Return itself for every service."""
        self.region = region_name
        return self

    def urlopen(self, request: Any, timeout: int) -> None:
        """Record a message."""
        assert timeout
        self.calls.append((request.full_url, json.loads(request.data)))

    def __getattr__(self, name: str) -> Any:
        def call(**arguments: Any) -> None:
            self.calls.append((name, arguments))
            if self.exists:
                raise self.exceptions.RepositoryAlreadyExistsException

        return call


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch) -> Recorder:
    """Return a recorder of what recipes send."""
    recorder = Recorder()
    monkeypatch.setattr(boto3, "client", recorder.client)
    monkeypatch.setattr("urllib.request.urlopen", recorder.urlopen)
    monkeypatch.setenv("SLACK_WEBHOOK_URL", "https://hooks.example/1")
    monkeypatch.setenv("TOPIC_ARN", "arn:aws:sns:eu-west-1:012345678901:failures")
    return recorder


def recipe(name: str) -> Any:
    """Return a recipe of the README, which has at most 25 lines."""
    assert len(block(f"def {name}(").splitlines()) <= 25
    return function(name)


def function(name: str, mark: str = "") -> Any:
    """Return a function of the README, from the only block with `mark`; by default its definition."""
    names: dict[str, Any] = {}
    exec(compile(block(mark or f"def {name}("), "README.md", "exec"), names)  # noqa: S102 - the README is ours
    return names[name]


def sent_by(name: str, recorder: Recorder, *events: EventBridgeEvent) -> list[Any]:
    """Return what a Lambda function sends for each event."""
    handler, sent = recipe(name), []
    for event in events:
        handler(msgspec.json.decode(msgspec.json.encode(event)), None)
        sent.append(recorder.calls.pop() if recorder.calls else None)
        assert not recorder.calls
    return sent


def names_of(sent: list[Any]) -> set[str]:
    """Return the names of the events for which something was sent."""
    return {name for (name, _), call in zip(EVENTS, sent, strict=True) if call is not None}


def sent_for_all(name: str, recorder: Recorder) -> set[str]:
    """Return the names of the events for which a recipe sends something; it fails for none."""
    return names_of(sent_by(name, recorder, *(event for _, event in EVENTS)))


def test_scans_are_reported_to_slack(recorder: Recorder) -> None:
    """With counts and a link; a clean scan is not worth a message."""
    basic, enhanced = sent_by("report_scan", recorder, sample(ECRImageScanEvent), sample(Inspector2ScanEvent))
    link = sample(ECRImageScanEvent).image_reference
    assert link is not None
    assert basic == (
        "https://hooks.example/1",
        {"text": f"<{link.console_url}|team/app:1.4.2>: 1 CRITICAL, 4 HIGH, 12 MEDIUM, 7 LOW, 2 INFORMATIONAL"},
    )
    assert enhanced[1]["text"].endswith("|team/app:1.4.2>: 1 CRITICAL, 6 HIGH, 14 MEDIUM")
    reported = sent_for_all("report_scan", recorder)
    assert "ECRImageScanEvent failed" in reported
    assert "ECRImageScanEvent clean" not in reported
    assert {name.split()[0] for name in reported} == {"ECRImageScanEvent", "Inspector2ScanEvent"}


def test_what_was_pushed_is_deployed(recorder: Recorder) -> None:
    """By digest, in the event's region; not what failed, was deleted or has no tag."""
    (call,) = sent_by("deploy", recorder, sample(ECRImageActionEvent))
    image = sample(ECRImageActionEvent).image_reference
    assert image is not None
    assert call == ("update_function_code", {"FunctionName": "app", "ImageUri": image.uri})
    assert recorder.region == "eu-west-1"
    deployed = sent_for_all("deploy", recorder)
    assert {name.split()[0] for name in deployed} == {"ECRImageActionEvent"}
    for variant in ("failed", "deleted", "untagged", "empty_tag"):
        assert f"ECRImageActionEvent {variant}" not in deployed


@pytest.mark.parametrize("exists", [False, True])
def test_the_missing_repository_is_created(recorder: Recorder, *, exists: bool) -> None:
    """Once: a client's retry does not fail."""
    recorder.exists = exists
    event = variants(ECRAWSAPICallViaCloudTrailEvent)["repository_not_found"]
    (call,) = sent_by("create_repository", recorder, event)
    reference = event.repository_reference
    assert reference is not None
    assert call == ("create_repository", {"repositoryName": reference.repository_name})
    created = sent_for_all("create_repository", recorder)
    assert created
    assert all(name.startswith("ECRAWSAPICallViaCloudTrailEvent repository_not_found") for name in created)


def test_failed_replications_are_an_alert(recorder: Recorder) -> None:
    """With source and destination."""
    failed = variants(ECRReplicationActionEvent)["failed"]
    _, message = sent_by("alert_on_replication", recorder, failed)[0]
    assert failed.region in message["Message"]
    assert failed.detail.source_region in message["Message"]
    sent = sent_for_all("alert_on_replication", recorder)
    assert "ECRReplicationActionEvent failed" in sent
    assert "ECRReplicationActionEvent sample" not in sent


def test_duplicates_and_stale_events_are_found(tmp_path: Path) -> None:
    """Of one image; events without an image can only be duplicates."""
    new = sample(ECRImageActionEvent, id="1", time="2026-05-04T10:00:00Z")
    old = sample(ECRImageActionEvent, id="2", time="2026-05-04T09:00:00Z")
    other = sample(ECRImageActionEvent, id="3", time="2026-05-04T08:00:00Z", image_tag="other")
    newer = sample(ECRImageActionEvent, id="4", time="2026-05-04T11:00:00Z")
    unknown = sample(UnknownEvent)
    archive = tmp_path / "events.ndjson"
    write([new, unknown, old, new, other, newer, unknown], archive)
    found = list(recipe("duplicate_or_stale")(archive))
    assert found == [("stale", old), ("duplicate", new), ("duplicate", unknown)]
    scan = sample(ECRImageScanEvent, image_tags=["a", "b"])
    earlier = sample(ECRImageScanEvent, id="5", time="2020-01-01T00:00:00Z", image_tags=["b", "a"])
    forged = sample(Inspector2ScanEvent, repository_name="arn:aws:ec2:x")
    write([scan, forged, earlier], archive)
    assert list(recipe("duplicate_or_stale")(archive)) == [("stale", earlier)]
    write([event for _, event in EVENTS], archive)
    assert {reason for reason, _ in recipe("duplicate_or_stale")(archive)} <= {"duplicate", "stale"}


def test_expired_images_are_reported(recorder: Recorder, capsys: pytest.CaptureFixture[str]) -> None:
    """And those that could not be expired."""
    assert not sent_for_all("report_expired", recorder)
    capsys.readouterr()
    event = sample(ECRAWSServiceEventViaCloudTrailEvent)
    sent_by("report_expired", recorder, event)
    expired = capsys.readouterr().out
    digest = event.image_references[0].image_digest
    assert f"{event.repository_reference}: rule 1 expired {digest}" in expired
    sent_by("report_expired", recorder, *variants(ECRAWSServiceEventViaCloudTrailEvent).values())
    assert "was not expired: " in capsys.readouterr().out


def test_the_bugs_of_hand_written_dicts_go_away(capsys: pytest.CaptureFixture[str]) -> None:
    """Both functions print a push; only the first one fails for what the README says, and prints a failed push."""
    before, after = function("before"), function("after")
    push, untagged = sample(ECRImageActionEvent), sample(ECRImageActionEvent, image_tag=None)
    for handler in before, after:
        handler(deliver([push], "sqs"), None)
        assert capsys.readouterr().out == "team/app:1.4.2\n"
    with pytest.raises(KeyError, match="image-tag"):
        before(deliver([untagged], "sqs"), None)
    with pytest.raises(KeyError, match="detail"):
        before(deliver([push], "sns-sqs"), None)
    failed = variants(ECRImageActionEvent)["failed"]
    before(deliver([failed], "sqs"), None)
    assert capsys.readouterr().out == "team/app:1.4.2\n"
    assert after(deliver([untagged, push, failed], "sns-sqs"), None) == {"batchItemFailures": []}
    assert capsys.readouterr().out == f"team/app:{untagged.detail.image_digest}\nteam/app:1.4.2\n"


def test_images_are_looked_up_one_by_one_or_as_a_batch(
    server: ECRServer,
    session: LoopbackSession,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """With a call for each image, or for those of each repository; a failed lookup fails its record alone."""
    monkeypatch.setattr("boto3.Session", lambda: session)
    digests = [f"sha256:{number:064x}" for number in range(10)]
    pushes = [sample(ECRImageActionEvent, image_tag=None, image_digest=digest) for digest in digests]
    for push in pushes:
        (reference,) = push.image_references
        server.add(reference)
    denied = sample(ECRImageActionEvent, repository_name="team/denied")
    server.fail(DENIED, times=None, when=lambda request: request.body["repositoryName"] == "team/denied")
    delivery = deliver([denied, *pushes, b"{", sample(ECRImageActionEvent, action_type="DELETE")], "sns-sqs")
    failures = {"batchItemFailures": [{"itemIdentifier": "m-0"}, {"itemIdentifier": "m-11"}]}
    shown: list[list[str]] = []
    for mark, calls in ("report_size, session=service)", 11), ("def images_of(", 2):
        before = server.count("DescribeImages")
        assert function("lambda_handler", mark)(delivery, None) == failures
        assert server.count("DescribeImages") - before == calls
        shown.append(capsys.readouterr().out.splitlines())
    one_by_one, batch = shown
    assert batch == one_by_one
    assert len(batch) == len(pushes)
    assert sum(": AccessDeniedError: team/denied" in message for message in caplog.messages) == 2
