import json
import os
import subprocess
import sys
from pathlib import Path

import msgspec
from command_line import PUSH, on_terminal

from ecr_events import (
    ECRImageActionEvent,
    encode,
)
from ecr_events.samples import sample


def test_control_characters_of_an_event_are_escaped(tmp_path: Path) -> None:
    """So are markup and bidirectional marks, in tables, errors and JSON; the JSON has the same value."""
    event = sample(ECRImageActionEvent)
    evil = "a\x1b]0;owned\x07[red]\u202e\x9b2J😀\U000e0001"
    detail = msgspec.structs.replace(event.detail, image_tag=evil, result="FAILURE\x1b[2J")
    file = tmp_path / "evil\x1b[2J.json"
    file.write_bytes(encode(msgspec.structs.replace(event, detail=detail)) + b"\n{")
    for arguments in (("decode", file), ("decode", "--json", file), ("summary", file)):
        shown = on_terminal(*arguments, NO_COLOR="1")[1]
        assert not {"\x07", "\x9b", "\u202e", "\U000e0001"} & set(shown)
        assert "\x1b]" not in shown
        assert "\x1b[2J" not in shown
    line = on_terminal("decode", "--json", file, NO_COLOR="1")[1].splitlines()[0]
    assert json.loads(line)["detail"]["image-tag"] == evil


def test_json_is_utf8_in_any_locale(tmp_path: Path) -> None:
    """Although Python's standard output has another encoding."""
    file = tmp_path / "lines.ndjson"
    file.write_bytes((PUSH.replace(b"1.4.2", "é".encode()) + b"\n") * 1_000)
    command = [sys.executable, "-m", "ecr_events", "decode", str(file)]
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    whole = subprocess.run(command, check=True, capture_output=True, env=environment)
    assert whole.stdout == file.read_bytes()


def test_a_full_disk_exits_with_2(archive: Path) -> None:
    """Without a traceback. An encoding without block characters is not an error."""
    for command in ("decode", "summary"):
        with open("/dev/full", "wb") as full:  # noqa: PTH123
            line = [sys.executable, "-m", "ecr_events", command, str(archive)]
            process = subprocess.run(line, check=False, stdout=full, stderr=subprocess.PIPE, text=True)
        assert process.returncode == 2
        assert process.stderr == "ecr-events: standard output: no space left on device\n"
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    line = [sys.executable, "-m", "ecr_events", "summary", str(archive)]
    assert b"11 events" in subprocess.run(line, check=True, capture_output=True, env=environment).stdout
