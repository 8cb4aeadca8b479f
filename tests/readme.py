"""The README and its Python."""

import re
from pathlib import Path

README = (Path(__file__).parent.parent / "README.md").read_text()

BLOCKS: list[str] = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
"""The code of every Python block, also in details."""

OUTPUTS: dict[str, str] = dict(
    re.findall(r"```python\n((?:(?!```).)*)```\n\n(?:It prints [^\n]*:\n\n)?```text\n(.*?)```", README, re.DOTALL)
)
"""The output that README.md shows after a Python block, by the code of the block."""

COMMANDS: list[tuple[str, str]] = [
    (command, output)
    for block in re.findall(r"```console\n(.*?)```", README, re.DOTALL)
    for command, output in re.findall(r"^\$ ([^\n]*)\n(.*?)(?=^\$ |\Z)", block, re.DOTALL | re.MULTILINE)
]
"""The commands of console blocks, with the output below each."""


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


def without_details() -> list[str]:
    """Return the lines that GitHub shows before a reader opens any details."""
    lines: list[str] = []
    inside = False
    for line in README.splitlines():
        inside = inside or line == "<details>"
        if not inside:
            lines.append(line)
        inside = inside and line != "</details>"
    return lines
