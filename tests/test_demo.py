import sys

import pytest

from ecr_events.cli import main


def test_the_demo_looks_up_what_the_samples_name(capsys: pytest.CaptureFixture[str]) -> None:
    """Found, missing, and a replication from both ends, a row in a line where the output is no terminal."""
    assert main(["demo"]) == 0
    rows = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert rows[3:-1] == [
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
        "ECR Artifact Action names nothing",
    ]


def test_no_setting_of_aws_leads_the_demo_elsewhere(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A profile or an endpoint for AWS is not the demo's."""
    monkeypatch.setenv("AWS_PROFILE", "nonexistent")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_USE_FIPS_ENDPOINT", "true")
    monkeypatch.setenv("AWS_USE_DUALSTACK_ENDPOINT", "true")
    assert main(["demo"]) == 0
    assert "found" in capsys.readouterr().out


def test_the_demo_is_coloured_on_a_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the terminal's own width."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    assert main(["demo"]) == 0
    assert "\x1b[32mfound" in capsys.readouterr().out


def test_without_its_dependencies_the_demo_names_the_extra(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit status 2, and what to install."""
    monkeypatch.delitem(sys.modules, "ecr_events.cli.moto_demo", raising=False)
    monkeypatch.setitem(sys.modules, "moto", None)
    assert main(["demo"]) == 2
    assert "pip install 'ecr_events[demo]'" in capsys.readouterr().err
