"""Tables: no word is broken on 80 columns, and nothing is lost on fewer."""

import io
import re
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

import msgspec
import pytest
from command_line import on_terminal
from rich.console import Console

from ecr_events import ECRAWSAPICallViaCloudTrailEvent, ECREvent, EventBridgeEvent
from ecr_events.archives import write
from ecr_events.cli.tables import Cell, Column, cell, print_table
from ecr_events.samples import sample, variants

COLUMNS = (Column("name", folds=True), Column("what"), Column("events", is_number=True), Column("", is_bar=True))

ROWS: list[list[Cell]] = [
    [cell("team/app"), cell("PUSH SUCCESS"), cell("12"), 1.0],
    [cell("a" * 40), cell("SCAN_FREQUENCY_CHANGE"), cell("3"), 0.25],
    [cell("team/web"), cell(""), cell("1"), 0.0],
]


def shown(width: int, encoding: str = "utf-8", rows: Sequence[Sequence[Cell]] = ROWS) -> list[str]:
    """Return the lines of a table of those columns."""
    file = io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors="backslashreplace")
    print_table(Console(file=file, width=width), COLUMNS, rows, title="a title", caption="and 2 more")
    file.seek(0)
    return [line.rstrip() for line in file.read().splitlines()]


def test_a_wide_table_has_every_text_on_a_line() -> None:
    """And bars in proportion."""
    lines = shown(120)
    assert lines[0] == "a title"
    assert lines[1].split() == ["name", "what", "events"]
    assert lines[3].split() == ["team/app", "PUSH", "SUCCESS", "12", "█" * 30]
    assert lines[4].split() == ["a" * 40, "SCAN_FREQUENCY_CHANGE", "3", "█" * 8]
    assert lines[5].split() == ["team/web", "1"]
    assert lines[6:] == ["and 2 more"]


def test_bars_have_what_texts_leave() -> None:
    """Or are left out."""
    assert "█" * 10 in "\n".join(shown(90))
    assert "█" * 30 not in "\n".join(shown(90))
    assert "█" not in "\n".join(shown(80))


def test_a_narrow_table_breaks_long_names_only() -> None:
    """At any place, since they have no spaces."""
    text = "\n".join(shown(64))
    assert "SCAN_FREQUENCY_CHANGE" in text
    assert "a" * 27 in text
    assert "a" * 40 not in text
    assert "events" in text


def test_rows_are_below_each_other_on_a_narrower_screen() -> None:
    """With numbers first, and what does not fit indented."""
    assert shown(50) == [
        "a title",
        "12  team/app  PUSH SUCCESS",
        f"3  {'a' * 40}",
        "  SCAN_FREQUENCY_CHANGE",
        "1  team/web",
        "and 2 more",
    ]


@pytest.mark.parametrize(("encoding", "block"), [("ascii", "#"), ("iso-8859-1", "#"), ("cp437", "█"), ("utf-8", "█")])
def test_bars_are_of_a_character_that_the_encoding_has(encoding: str, block: str) -> None:
    """Boxes too."""
    text = "\n".join(shown(120, encoding))
    assert block * 30 in text
    assert "\\u" not in text


def test_a_table_may_be_empty() -> None:
    """It has a header."""
    assert shown(120, rows=[])[1].split() == ["name", "what", "events"]


@pytest.fixture(scope="module")
def varied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file with every variant of all events."""
    classes: tuple[type[EventBridgeEvent], ...] = get_args(ECREvent)
    file = tmp_path_factory.mktemp("varied") / "events.ndjson"
    events = [event for cls in classes for event in variants(cls).values()]
    call = sample(ECRAWSAPICallViaCloudTrailEvent)
    detail = msgspec.structs.replace(call.detail, error_code="LifecyclePolicyNotFoundException")
    write([*events, msgspec.structs.replace(call, detail=detail)], file)
    return file


WORDS = {
    *("2026-05-04", "09:15:31", "eu-west-1", "us-east-1", "Replication", "CloudTrail", "UPDATE_STORAGE_CLASS"),
    *(
        "SCAN_FREQUENCY_CHANGE",
        "RepositoryNotFoundException",
        "LifecyclePolicyNotFoundException",
        "INITIAL_SCAN_COMPLETE,",
        "team/app:1.4.2",
        "critical",
    ),
}


@pytest.mark.parametrize("columns", [40, 80, 120])
def test_no_word_of_events_is_broken(columns: int, varied: Path) -> None:
    """On a terminal of any width."""
    status, text = on_terminal("decode", varied, columns=columns, NO_COLOR="1")
    assert status == 0
    assert set(text.split()) >= WORDS
    assert max(map(len, re.sub(r"\x1b\[[0-9;]*m", "", text).splitlines())) <= columns


@pytest.mark.parametrize("columns", [40, 80, 120])
def test_no_word_of_a_summary_is_broken(columns: int, varied: Path) -> None:
    """On a terminal of any width."""
    status, text = on_terminal("summary", varied, columns=columns, NO_COLOR="1")
    assert status == 0
    assert set(text.split()) >= {
        *("replication", "Replication", "CloudTrail", "UPDATE_STORAGE_CLASS", "docker-hub/library/alpine"),
        *("RepositoryNotFoundException", "INITIAL_SCAN_COMPLETE,", "2026-05-04", "eu-west-1", "SCAN_FREQUENCY_CHANGE"),
    }
