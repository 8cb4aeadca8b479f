"""Drafts: hidden files that become visible when they are complete."""

import io
import os
import stat
from contextlib import suppress
from os import PathLike
from types import TracebackType
from typing import IO, Any

__all__ = ["DRAFT", "Draft", "mode_of"]

DRAFT = ".ecr-events."
"""Beginning of the names of drafts. Readers of a directory skip hidden files."""

_PRIVATE = 0o600
"""Mode of a draft while nothing says who else may read it."""

_DEFAULT = 0o666
"""Mode that `open` gives a new file, before the umask."""


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
        self._name = os.fspath(path)
        mode = mode_of(self._name)
        self._mode: Any = new_mode if mode is None else mode
        self._target = os.path.realpath(self._name)
        # Not derived from the name of the target, which may be as long as names can be.
        self._path = os.path.join(os.path.dirname(self._target), f"{DRAFT}{os.urandom(16).hex()}")
        self._file: IO[bytes] | None = None

    def __enter__(self) -> IO[bytes]:
        # The file is created here, since an interrupt may come between two calls but not behind this one.
        try:
            mode = _DEFAULT if self._mode is None else _PRIVATE
            self._file = file = io.BufferedWriter(_NamedFile(self._path, self._name, mode))
            if self._mode is None:
                # Reading the umask itself would change it for other threads.
                self._mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
                _set_mode(file, self._mode & _PRIVATE)
            else:
                _set_mode(file, self._mode)
        except BaseException:
            self._discard()
            raise
        return file

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None, /
    ) -> None:
        try:
            if self._file is not None and error is None:
                self._complete(self._file)
        finally:
            self._discard()

    def _complete(self, file: IO[bytes]) -> None:
        try:
            file.flush()
            _set_mode(file, self._mode)
            os.fsync(file.fileno())
            file.close()
            os.replace(self._path, self._target)
        except OSError as error:
            raise OSError(error.errno, error.strerror, self._name) from error

    def _discard(self) -> None:
        try:
            with suppress(OSError):  # what is in the buffer is not wanted
                if self._file is not None:
                    self._file.close()
        finally:
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


class _NamedFile(io.FileIO):
    """A draft, whose errors name the file that it becomes."""

    def __init__(self, draft: str, name: str, mode: int) -> None:
        self._name = name
        try:
            super().__init__(draft, "x", opener=lambda file, flags: os.open(file, flags, mode))
        except OSError as error:
            error.filename = name
            raise

    def write(self, data: Any, /) -> int:
        """Write bytes."""
        try:
            return super().write(data)
        except OSError as error:
            error.filename = self._name
            raise


def _set_mode(file: IO[bytes], mode: int) -> None:
    if hasattr(os, "fchmod"):  # pragma: no branch - Windows has it since Python 3.13
        os.fchmod(file.fileno(), mode)
