"""Files and streams of events: `read` yields them, in constant memory, and `write` keeps them."""

from ecr_events.archives.reader import read
from ecr_events.archives.writer import write

__all__ = ["read", "write"]
