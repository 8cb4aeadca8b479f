"""Measure and compute what many events cost: ``python -m benchmarks.scale``."""

import argparse
from pathlib import Path

from benchmarks.environment import environment
from benchmarks.runner import FULL, SMALLEST
from benchmarks.scale.document import document
from benchmarks.scale.measurements import measure, measure_lookups, measure_streaming, streaming_of

_HERE = Path(__file__).parent.parent


def main() -> None:
    """Measure, print the document, and write it unless its numbers mean nothing."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description="Compute what many events cost.")
    parser.add_argument("--smallest", action="store_true", help="check that it runs; the numbers mean nothing")
    parser.add_argument("--output", type=Path, metavar="FOLDER", help=f"write SCALE.md there; default: {_HERE}")
    parser.add_argument("--note", default="", help="a sentence about the machine")
    arguments = parser.parse_args()
    size = SMALLEST if arguments.smallest else FULL
    recorded = streaming_of((_HERE / "RESULTS.md").read_text())
    text = document(
        environment(),
        size,
        streaming=(measure_streaming(size), recorded),
        lookups=measure_lookups(size),
        measured=measure(size),
        note=arguments.note,
    )
    print(text)
    output = arguments.output or (None if arguments.smallest else _HERE)
    if output:
        output.mkdir(parents=True, exist_ok=True)
        (output / "SCALE.md").write_text(text)


if __name__ == "__main__":
    main()
