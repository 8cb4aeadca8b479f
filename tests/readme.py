"""The README and its Python."""

import re
from pathlib import Path

README = (Path(__file__).parent.parent / "README.md").read_text()

BLOCKS: list[str] = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
"""The code of every Python block."""


def block(mark: str) -> str:
    """Return the only block that contains `mark`."""
    (code,) = (code for code in BLOCKS if mark in code)
    return code


def rows(header: str) -> list[list[str]]:
    """Return the cells of the table whose first line starts with `header`, line by line."""
    _, *lines = table(header)
    return lines


def table(header: str) -> list[list[str]]:
    """Return the cells of the table whose first line starts with `header`, line by line, that line included."""
    lines = iter(README.splitlines())
    found = [_cells(next(line for line in lines if line.startswith(header)))]
    next(lines)
    for line in lines:
        if not line.startswith("| "):
            break
        found.append(_cells(line))
    return found


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("| ").split(" | ")]
