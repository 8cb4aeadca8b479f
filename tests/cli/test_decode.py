import re
from pathlib import Path

import msgspec
import pytest
from command_line import EVENTS, on_terminal, run

from ecr_events import (
    Inspector2ScanEvent,
    encode,
)
from ecr_events.archives import write
from ecr_events.samples import sample


def test_json_lines_are_printed_to_a_pipe(archive: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """One event per line, as `encode` gives it, from an archive of any style."""
    status, out, err = run(capfd, "decode", archive)
    assert (status, err) == (0, [])
    assert [line.encode() for line in out] == [encode(event) for event in EVENTS]


def test_a_table_is_printed_on_a_terminal(archive: Path) -> None:
    """Failures are red unless NO_COLOR is set; ``--json`` prints JSON lines there too."""
    status, shown = on_terminal("decode", archive)
    assert status == 0
    assert re.search(r"2026-05-04 09:15:31\s+ECR Image Action\s+PUSH SUCCESS\s+team/app:1.4.2\s+eu-west-1", shown)
    assert "\x1b[31m" in shown
    assert "\x1b[31m" not in on_terminal("decode", archive, NO_COLOR="1")[1]
    assert on_terminal("decode", "--json", archive)[1].startswith('{"detail-type":"ECR Image Action"')


def test_an_event_with_a_malformed_reference_has_a_row(tmp_path: Path) -> None:
    """Without the name of its repository."""
    scan = sample(Inspector2ScanEvent)
    detail = msgspec.structs.replace(scan.detail, repository_name="arn:odd")
    write([msgspec.structs.replace(scan, detail=detail)], tmp_path / "odd")
    assert "Inspector2 Scan" in on_terminal("decode", tmp_path / "odd")[1]
