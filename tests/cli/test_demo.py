import sys

import pytest

from ecr_events.cli import main


def test_every_sample_is_looked_up(capsys: pytest.CaptureFixture[str]) -> None:
    """Found and missing ones, a replication at both ends; one line per row in a pipe."""
    assert main(["demo"]) == 0
    rows = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert rows[2:] == [
        "ECR Image Action eu-west-1 team/app found 1508485b found, 3.4 MB",
        "ECR Image Scan eu-west-1 team/app found 1508485b found, 3.4 MB",
        "ECR Replication Action us-east-1 team/app found 1508485b found, 3.4 MB",
        "ECR Replication Action eu-west-1 team/app found 1508485b found, 3.4 MB",
        "ECR Referrer Action eu-west-1 team/app found 6cc4af34 found, 3.4 MB",
        "ECR Scan Resource Change eu-west-1 team/app found",
        "ECR Scan Resource Change eu-west-1 team/worker found",
        "ECR Pull Through Cache Action eu-west-1 docker-hub/library/alpine missing 043ed8cf missing",
        "AWS API Call via CloudTrail eu-west-1 team/app found 1508485b found, 3.4 MB",
        "AWS Service Event via CloudTrail eu-west-1 team/app found 8697fee3 missing",
        "AWS Service Event via CloudTrail eu-west-1 team/app found 97bd20fd found, 3.4 MB",
        "Inspector2 Scan eu-west-1 team/app found 1508485b found, 3.4 MB",
        "Inspector2 Finding eu-west-1 team/app found 1508485b found, 3.4 MB",
        "ECR Artifact Action names no repository",
    ]


def test_aws_settings_are_ignored(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A profile or an endpoint in the environment could direct boto3 elsewhere."""
    monkeypatch.setenv("AWS_PROFILE", "nonexistent")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_USE_FIPS_ENDPOINT", "true")
    monkeypatch.setenv("AWS_USE_DUALSTACK_ENDPOINT", "true")
    assert main(["demo"]) == 0
    assert "found" in capsys.readouterr().out


def test_the_table_is_coloured_on_a_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the width of the terminal."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    assert main(["demo"]) == 0
    assert "\x1b[32mfound" in capsys.readouterr().out


def test_missing_moto_exits_with_2(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The message names what to install."""
    monkeypatch.delitem(sys.modules, "ecr_events.testing.registry", raising=False)
    monkeypatch.setitem(sys.modules, "moto", None)
    assert main(["demo"]) == 2
    assert "the demo requires: pip install boto3 moto\n" in capsys.readouterr().err
