"""The picture of ``ecr-events summary`` in the README: ``python -m benchmarks.screenshot``."""

import io
from pathlib import Path

from rich.console import Console

from benchmarks.workloads import make_events
from ecr_events import decode
from ecr_events.cli.counts import EventCounts
from ecr_events.cli.summary import show

PICTURE = Path(__file__).parent / "summary.svg"


def main() -> None:
    """Write the picture of a summary of 5,000 generated events."""
    console = Console(record=True, width=110, file=io.StringIO(), force_terminal=True, highlight=False)
    counts = EventCounts()
    counts.add(map(decode, make_events(5_000)))
    show(counts, console)
    PICTURE.write_text(console.export_svg(title="ecr-events summary events.ndjson.gz"))


if __name__ == "__main__":
    main()
