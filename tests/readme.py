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
