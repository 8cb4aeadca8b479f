"""Files and streams of events: `read` yields their events in constant memory, `write` writes events to a file."""

from ecr_events.archives.reader import OnError, read
from ecr_events.archives.sources import BinaryReader, Source
from ecr_events.archives.writer import write

__all__ = ["BinaryReader", "OnError", "Source", "read", "write"]
