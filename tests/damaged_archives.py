"""Archives as a stream writes them to S3: folders by hour, compressed lines, with damage at known places."""

import gzip
from collections.abc import Callable, Iterable
from itertools import cycle, groupby
from pathlib import Path
from typing import Any, NamedTuple

__all__ = ["DAMAGES", "Damage", "write_archive"]


class Damage(NamedTuple):
    """A damaged document of an archive."""

    file: str
    offset: int
    payload: bytes


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "truncated": lambda document: document[: len(document) // 2],
    "lost colon": lambda document: document.replace(b":", b"", 1),
    "missing field": lambda document: document.replace(b'"account":', b'"acount":', 1),
    "impossible date": lambda document: document.replace(b'"time":"2026-0', b'"time":"2026-5', 1),
    "wrong type": lambda document: document.replace(b'"version":"0"', b'"version":0', 1),
    "garbage": lambda _: b"Service Unavailable",
    "null": lambda _: b"null",
    "invalid UTF-8": lambda document: document.replace(b'"source":"aws.', b'"source":"aws\xff.', 1),
}


def write_archive(
    folder: Path, documents: Iterable[tuple[str, bytes]], every: int, damages: Iterable[str] = DAMAGES
) -> tuple[list[Damage], int]:
    """Write documents to files of lines, and damage one of each `every`.

    Args:
        folder: The folder of the archive.
        documents: The documents, each with the name of its file. Those of a file follow each other.
        every: The number of documents of which one is damaged.
        damages: The kinds of damage, which take turns.

    Returns:
        What was damaged, and the number of intact documents.
    """
    damaged: list[Damage] = []
    intact, kinds = 0, cycle(damages)
    for name, group in groupby(documents, lambda pair: pair[0]):
        path, offset = folder / name, 0
        path.parent.mkdir(parents=True, exist_ok=True)
        file: Any
        with gzip.open(path, "wb", compresslevel=1) as file:
            for _, intended in group:
                document = intended
                if (intact + len(damaged)) % every == every // 2:
                    document = DAMAGES[next(kinds)](intended)
                    damaged.append(Damage(str(path), offset, document.rstrip(b",")))  # at an end, it separates
                else:
                    intact += 1
                file.write(document + b"\n")
                offset += len(document) + 1
    return damaged, intact
