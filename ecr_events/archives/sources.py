"""The sources that `read` accepts, opened and decompressed."""

import io
import os
from collections.abc import Iterator
from itertools import chain
from os import PathLike
from typing import Any, Protocol, TypeAlias

from ecr_events.gunzip import MAGIC, gunzip

__all__ = ["BinaryReader", "Source", "check_source", "expand_paths", "open_source", "read_chunks"]


class BinaryReader(Protocol):
    """A binary file, or another stream of bytes such as the body of an S3 object."""

    def read(self, size: int, /) -> bytes:
        """Return at most `size` bytes; none at the end."""
        ...


Source: TypeAlias = str | PathLike[str] | bytes | bytearray | memoryview | BinaryReader
"""An archive or several: a path, a glob pattern, a directory, an open binary stream, or the bytes themselves."""


def check_source(source: Any) -> None:
    """Raise a TypeError if `source` cannot be read."""
    if isinstance(source, io.TextIOBase):
        raise TypeError("source is a file opened as text: open it in binary mode")
    if not (
        isinstance(source, str | PathLike | bytes | bytearray | memoryview) or callable(getattr(source, "read", None))
    ):
        raise TypeError(f"source must be a path, a binary file or bytes, not {type(source).__name__}")


def open_source(source: Source) -> Iterator[tuple[str | None, BinaryReader]]:
    """Yield the files of a source, with their names. Files opened here are closed again."""
    if isinstance(source, bytes | bytearray | memoryview):
        if isinstance(source, memoryview) and not source.c_contiguous:
            source = source.tobytes()
        yield None, io.BytesIO(source)
    elif isinstance(source, str | PathLike):
        for path in expand_paths(os.fspath(source)):
            with open(path, "rb") as file:
                yield path, file
    else:
        # A number, for a file without a name.
        name: str | bytes | PathLike[str] | None = getattr(source, "name", None)
        yield os.fsdecode(name) if isinstance(name, str | bytes | PathLike) else None, source


def expand_paths(source: str) -> list[str]:
    """Return the files of a path, a glob pattern or a directory, sorted by name.

    Hidden files in a directory are skipped, as glob does, and links to directories. Directories that cannot be read are
    among the files, so that they are errors in their turn.

    Raises:
        FileNotFoundError: `source` is empty, or a pattern without matches.
    """
    # Imported here because they take longer than this package.
    from errno import ENOENT
    from glob import glob, has_magic
    from pathlib import Path

    if not source:
        raise FileNotFoundError(ENOENT, "empty file name", source)
    if Path(source).is_dir():
        found: list[str] = []

        def add(error: OSError) -> None:
            found.append(error.filename)

        for path, folders, names in os.walk(source, onerror=add):
            folders[:] = [name for name in folders if not name.startswith(".")]
            files = (Path(path, name) for name in names if not name.startswith("."))
            found += [str(file) for file in files if file.is_file()]
        return sorted(found)
    if has_magic(source) and not Path(source).exists():
        found = sorted(path for path in glob(source, recursive=True) if Path(path).is_file())
        if not found:
            raise FileNotFoundError(ENOENT, "no file matches the pattern", source)
        return found
    return [source]


def read_chunks(file: BinaryReader, size: int) -> Iterator[bytes]:
    """Yield the contents of a file in chunks of at most `size` bytes, decompressed if it is gzip.

    Raises:
        DecodeError: The gzip is damaged or truncated.
    """
    head = file.read(len(MAGIC))
    while len(head) < len(MAGIC) and (more := file.read(len(MAGIC) - len(head))):
        head += more
    chunks: Iterator[bytes] = chain([head], iter(lambda: file.read(size), b""))
    return filter(None, gunzip(chunks, size=size) if head == MAGIC else chunks)
