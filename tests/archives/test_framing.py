from collections.abc import Callable

import pytest
from archive_styles import LINES, STYLES, every_style

from ecr_events.archives.framing import last_document_start, skip_separators, split_documents


@every_style
def test_intact_text_is_split_into_its_documents(style: Callable[[list[str]], str]) -> None:
    """Every byte outside the documents is a separator."""
    text = style(LINES).encode()
    parts = list(split_documents(text, final=True))
    assert len(parts) == len(LINES)
    ends = [0, *(end for _, end in parts)]
    starts = [*(start for start, _ in parts), len(text)]
    assert all(skip_separators(text, end) == start for start, end in zip(starts, ends, strict=True))


@pytest.mark.parametrize("style", ["lines", "CRLF lines", "adjacent", "array", "array of lines", "indented"])
def test_the_last_start_is_that_of_the_last_document(style: str) -> None:
    """A truncated last document is left for the next chunk."""
    text = STYLES[style](LINES).encode()
    starts = [start for start, _ in split_documents(text, final=True)]
    assert last_document_start(text) == starts[-1]
    assert last_document_start(text[: starts[-1] + 40]) == starts[-1]


@pytest.mark.parametrize("text", [b"", b"x", b'{"a": 1}', b"[1, 2"])
def test_text_without_a_second_document_has_no_last_start(text: bytes) -> None:
    """The whole text is then left for the next chunk."""
    assert last_document_start(text) == 0


def test_an_incomplete_document_is_split_off_only_at_the_end() -> None:
    """It may be continued in the next chunk."""
    text = f"{LINES[0]}\n{LINES[1][:100]}".encode()
    first = (0, len(LINES[0]) + 1)
    assert list(split_documents(text, final=False)) == [first]
    assert list(split_documents(text, final=True)) == [first, (first[1], len(text))]


@pytest.mark.parametrize("separators", [b"", b" \t\r\n", b",", b"][", b",\n  "])
def test_separators_are_white_space_commas_and_brackets(separators: bytes) -> None:
    """Skipping them leads to the next document, or to the end."""
    assert skip_separators(b"{}" + separators + b"{", 2) == 2 + len(separators)
    assert skip_separators(b"{}" + separators, 2) == 2 + len(separators)
