import gzip
import json
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import COPY, PUSH, on_terminal, run


def test_an_invalid_document_is_reported(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """With file, line, offset and reason on standard error and exit status 1; other events are read."""
    file = tmp_path / "lines.ndjson"
    file.write_bytes(PUSH + b"\n" + PUSH.replace(b'"PUSH"', b"7") + b"\n" + COPY)
    report = f"ecr-events: {file}:2: byte {len(PUSH) + 1}: expected `str`, got `int` at $.detail.action-type"
    assert run(capfd, "decode", file) == (1, [PUSH.decode(), COPY.decode()], [report])
    assert run(capfd, "decode", "--on-error", "skip", file) == (0, [PUSH.decode(), COPY.decode()], [])
    assert run(capfd, "decode", "--on-error", "stop", file) == (1, [PUSH.decode()], [report])


def test_an_unreadable_file_is_reported(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """The other files are read, and the exit status is 2."""
    file = tmp_path / "event.json"
    file.write_bytes(PUSH)
    status, out, err = run(capfd, "decode", tmp_path / "missing.json", f"{tmp_path}/*.missing", file)
    assert (status, out) == (2, [PUSH.decode()])
    assert "no file matches the pattern" in err[0]
    assert "missing.json" in err[1]


def test_a_dash_is_standard_input() -> None:
    """Compressed input is decompressed."""
    command = [sys.executable, "-m", "ecr_events", "decode", "-"]
    process = subprocess.run(command, check=True, capture_output=True, input=gzip.compress(PUSH))
    assert process.stdout == PUSH + b"\n"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--type", "image-action"], {"ECR Image Action"}),
        (
            ["--type", "ECRReplicationActionEvent", "--type", "ECR Image Scan"],
            {"ECR Replication Action", "ECR Image Scan"},
        ),
        (["--type", "unknown"], {"ECR Artifact Action"}),
        (["--repository", "docker-hub/*"], {"ECR Pull Through Cache Action"}),
        (["--repository", "team/worker"], {"ECR Scan Resource Change"}),
        (["--repository", "nothing"], set()),
        (["--since", "2026-05-06"], {"AWS Service Event via CloudTrail", "ECR Referrer Action"}),
        (["--since", "2026-05-05T07:41:14", "--until", "2026-05-05T07:41:15Z"], {"Inspector2 Finding"}),
    ],
)
def test_events_are_selected_by_the_arguments(
    arguments: list[str], expected: set[str], archive: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """By type in any spelling, by repository with wildcards, and by time, in UTC by default."""
    status, out, _ = run(capfd, "decode", *arguments, archive)
    assert status == 0
    assert {json.loads(line)["detail-type"] for line in out} == expected


def test_progress_is_shown_on_a_terminal(tmp_path: Path) -> None:
    """With its rate, for large files."""
    file = tmp_path / "long.ndjson"
    file.write_bytes((PUSH + b"\n") * 60_000)
    shown = on_terminal("summary", file)[1]
    assert "/s" in shown
    assert "MB" in shown
    assert "60,000 events" in shown
