"""Drafts: hidden files that become visible when they are complete."""

import os
import stat
from contextlib import suppress
from os import PathLike
from types import TracebackType
from typing import IO

__all__ = ["DRAFT", "Draft", "hidden_name", "mode_of"]

DRAFT = ".ecr-events."
"""Beginning of the names of drafts."""

_PRIVATE = 0o600
"""Mode of a draft while nothing says who else may read it."""

_DEFAULT = 0o666
"""Mode that `open` gives a new file, before the umask."""


def hidden_name() -> str:
    """Return the name of a new draft.

    It is not derived from the name of the target, which may be as long as names can be. Readers of the directory skip
    hidden files.
    """
    return f"{DRAFT}{os.urandom(16).hex()}"


class Draft:
    """A hidden file in the directory of another one, which it replaces when it is complete and on disk.

    A context manager that returns the open file. A crash leaves the old file, or none, and possibly the draft. An
    error leaves no draft.

    The draft has the mode of the file that it replaces before its first byte. The draft of a new file is private until
    it is complete, and then gets `new_mode`, or the mode of any new file. A link stays, and its target is replaced.

    Raises:
        OSError: `path` exists and is not a regular file, or the draft cannot be created.
        FileNotFoundError: The directory does not exist, or `path` is empty.
    """

    def __init__(self, path: str | PathLike[str], new_mode: int | None = None) -> None:
        name = os.fspath(path)
        mode = mode_of(name)
        if mode is None:
            mode = new_mode
        self._target = os.path.realpath(name)
        self._path = os.path.join(os.path.dirname(self._target), hidden_name())
        try:
            self._file = _create(self._path, name, _DEFAULT if mode is None else _PRIVATE)
            if mode is None:
                # Reading the umask itself would change it for other threads.
                mode = stat.S_IMODE(os.fstat(self._file.fileno()).st_mode)
                _set_mode(self._file, mode & _PRIVATE)
            else:
                _set_mode(self._file, mode)
        except BaseException:
            self._remove()
            raise
        self._mode = mode

    def __enter__(self) -> IO[bytes]:
        return self._file

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None, /
    ) -> None:
        try:
            with self._file as file:
                if error is None:
                    file.flush()
                    _set_mode(file, self._mode)
                    os.fsync(file.fileno())
            if error is None:
                os.replace(self._path, self._target)
        except BaseException:
            self._remove()
            raise
        if error is not None:
            self._remove()

    def _remove(self) -> None:
        with suppress(OSError):
            os.unlink(self._path)


def mode_of(name: str) -> int | None:
    """Return the permissions of the file to replace; None if the file does not exist.

    Raises:
        OSError: `name` exists and is not a regular file, or cannot be the name of a file.
    """
    try:
        mode = os.stat(name).st_mode
    except FileNotFoundError:
        if not (name and os.path.exists(os.path.dirname(name) or os.curdir)):
            raise
        return None
    if not stat.S_ISREG(mode):
        from errno import EINVAL, EISDIR

        raise OSError(EISDIR if stat.S_ISDIR(mode) else EINVAL, "not a regular file", name)
    return stat.S_IMODE(mode)


def _create(draft: str, name: str, mode: int) -> IO[bytes]:
    """Create a draft of the file `name`, which an error names instead of the draft."""
    try:
        return open(draft, "xb", opener=lambda file, flags: os.open(file, flags, mode))
    except OSError as error:
        error.filename = name
        raise


def _set_mode(file: IO[bytes], mode: int) -> None:
    if hasattr(os, "fchmod"):  # pragma: no branch - Windows has it since Python 3.13
        os.fchmod(file.fileno(), mode)
