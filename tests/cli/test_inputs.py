import gzip
import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from command_line import COPY, PUSH, on_terminal, run

from ecr_events import ECRImageActionEvent
from ecr_events.archives import write
from ecr_events.cli import inputs
from ecr_events.samples import sample
from ecr_events.testing import SOURCES, deliver


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


@pytest.mark.parametrize("source", [".", "*"])
def test_a_found_file_may_be_named_dash(
    source: str, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not standard input."""
    monkeypatch.chdir(tmp_path)
    Path("-").write_bytes(PUSH)
    assert run(capfd, "decode", source) == (0, [PUSH.decode()], [])


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


def test_the_first_error_of_each_cause_is_printed(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """And the number of the others. Positions in a document are no causes of their own."""
    file = tmp_path / "lines"
    file.write_bytes(b"\n".join((b"{", PUSH.replace(b'"PUSH"', b"7"), b"{", b'{"a":,}', b'{"ab":,}') * 400))
    status, out, err = run(capfd, "decode", file)
    assert (status, out) == (1, [])
    assert [line.replace(f"{file}:", "") for line in err] == [
        "ecr-events: 1: byte 0: input data was truncated at $",
        "ecr-events: 2: byte 2: expected `str`, got `int` at $.detail.action-type",
        f"ecr-events: 4: byte {len(PUSH)}: JSON is malformed: invalid character (byte 5) at $",
        "ecr-events: 799 more: input data was truncated at $",
        "ecr-events: 399 more: expected `str`, got `int` at $.detail.action-type",
        "ecr-events: 799 more: JSON is malformed: invalid character (byte 5) at $",
    ]


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_limit_is_a_number_of_selected_events(
    jobs: str, archive: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of all files together, in every command, also of files that workers would read."""
    monkeypatch.setattr(inputs, "_PARALLEL_SIZE", 1)
    monkeypatch.setattr(inputs, "_GROUP_SIZE", 1)
    status, out, err = run(capfd, "decode", "--jobs", jobs, "--limit", "2", "--repository", "team/*", archive, archive)
    assert (status, err) == (0, [])
    assert [json.loads(line)["detail-type"] for line in out] == ["ECR Image Action", "ECR Image Scan"]
    assert run(capfd, "summary", "--limit", "12", archive, archive)[1][-1] == "12 events"
    assert run(capfd, "summary", "--limit", "9" * 30, archive)[1][-1] == "11 events"


@pytest.mark.parametrize(
    ("ago", "expected"),
    [
        ("89m", []),
        ("91m", ["h"]),
        ("2h", ["h"]),
        ("47h", ["h"]),
        ("2d", ["d", "h"]),
        ("1w", ["d", "h"]),
        ("2w", [*"wdh"]),
    ],
)
def test_a_time_may_be_relative(
    ago: str, expected: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """In minutes, hours, days or weeks before now."""
    ages = {"w": timedelta(days=13), "d": timedelta(hours=47, minutes=30), "h": timedelta(minutes=90)}
    events = [sample(ECRImageActionEvent, id=id, time=datetime.now(UTC) - age) for id, age in ages.items()]
    write(events, tmp_path / "events")
    out = run(capfd, "decode", "--since", ago, tmp_path / "events")[1]
    assert [json.loads(line)["id"] for line in out] == expected


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("indent", [None, 2])
def test_deliveries_are_unwrapped(
    source: Any, indent: int | None, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """One or several in a file, amid events."""
    file = tmp_path / "deliveries"
    one = json.dumps(deliver([PUSH], source), indent=indent).encode()
    file.write_bytes(b"\n".join((COPY, one, one, COPY)))
    lines = [COPY.decode(), PUSH.decode(), PUSH.decode(), COPY.decode()]
    assert run(capfd, "decode", file) == (0, lines, [])
    assert run(capfd, "decode", "--type", "image-action", file) == (0, lines[1:3], [])
    assert run(capfd, "decode", "--type", "replication-action", file) == (0, [lines[0], lines[3]], [])
    assert run(capfd, "summary", file)[1][-1] == "4 events"


def test_an_error_in_a_delivery_has_its_position(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """The other records are read, and an empty queue has none."""
    file = tmp_path / "deliveries"
    batch = json.dumps(deliver([PUSH, b"{", COPY], "sqs")).encode()
    file.write_bytes(b'{"Records": []}\n' + batch)
    error = f"ecr-events: {file}:2: byte 16: input data was truncated at $"
    assert run(capfd, "decode", file) == (1, [PUSH.decode(), COPY.decode()], [error])
    assert run(capfd, "decode", "--on-error", "stop", file) == (1, [PUSH.decode()], [error])
    assert run(capfd, "decode", "--on-error", "skip", file) == (0, [PUSH.decode(), COPY.decode()], [])
