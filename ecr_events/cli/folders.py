"""Hidden folders of what a command works with until it has ended."""

from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from tempfile import TemporaryDirectory

from ecr_events.cli.signals import deferred
from ecr_events.drafts import DRAFT

__all__ = ["hidden_folder"]


@contextmanager
def hidden_folder(parent: str | None) -> Generator[str]:
    """Return the path of a new folder, in that of temporary files by default. It is removed at the end."""
    with ExitStack() as stack:
        with deferred():
            path = stack.enter_context(TemporaryDirectory(prefix=DRAFT, dir=parent, ignore_cleanup_errors=True))
        yield path
