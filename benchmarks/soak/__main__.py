"""Run a soak of the README's worker, and write SOAK.md and its chart: ``python -m benchmarks.soak --minutes 30``."""

import argparse
import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from benchmarks.environment import environment
from benchmarks.soak.chart import draw
from benchmarks.soak.document import document, problems
from benchmarks.soak.run import Plan, soak

_HERE = Path(__file__).parent.parent


def main() -> int:
    """Run, print the document, write it if it is a full run or if asked to, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description="Run the README's worker for long.")
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--rate", type=float, default=50, help="messages per second at most; default: 50")
    parser.add_argument("--smallest", action="store_true", help="15 seconds, with kills each 3 seconds")
    parser.add_argument("--output", type=Path, metavar="FOLDER", help=f"write SOAK.md there; default: {_HERE}")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every sample to this file")
    parser.add_argument("--note", default="", help="a sentence about the machine or the run")
    arguments = parser.parse_args()
    rate: float = arguments.rate
    # What always fails needs five receives, each of which takes a visibility timeout.
    plan = Plan(
        60 * arguments.minutes,
        kill_seconds=120,
        sample_seconds=5,
        visibility=30,
        wait_seconds=190,
        receives=5,
        rate=rate,
    )
    if arguments.smallest:
        plan = Plan(15, kill_seconds=3, sample_seconds=1, visibility=10, wait_seconds=5, receives=5, rate=rate)
    machine = environment()
    with tempfile.TemporaryDirectory() as folder:
        result = soak(plan, Path(folder))
    options = "--smallest" if arguments.smallest else f"--minutes {arguments.minutes:g} --rate {rate:g}"
    text = document(result, machine, f"python -m benchmarks.soak {options}", arguments.note)
    print(text)
    found = problems(result)
    print("\n".join(found), file=sys.stderr)
    output = arguments.output or (None if arguments.smallest else _HERE)
    if output:
        output.mkdir(parents=True, exist_ok=True)
        (output / "SOAK.md").write_text(text)
        draw(result, output / "soak.svg")
    if arguments.json:
        samples = [asdict(sample) for sample in result.samples]
        arguments.json.write_text(json.dumps({"samples": samples, "kills": result.kills, "problems": found}, indent=1))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
