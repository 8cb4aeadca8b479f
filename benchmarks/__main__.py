"""Run benchmarks: ``python -m benchmarks [name] ...``; names are the keys of `BENCHMARKS`."""

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from benchmarks import (
    archive,
    archive_forms,
    aws_lambda,
    charts,
    columns,
    decode,
    deliveries,
    imports,
    lookup,
    lookup_batches,
    memory,
)
from benchmarks.environment import environment
from benchmarks.report import markdown
from benchmarks.runner import FULL, SMALLEST, Section

BENCHMARKS = {
    "decode": decode.run,
    "memory": memory.run,
    "import": imports.run,
    "lambda": aws_lambda.run,
    "deliveries": deliveries.run,
    "archive": archive.run,
    "forms": archive_forms.run,
    "columns": columns.run,
    "lookup": lookup.run,
    "batches": lookup_batches.run,
}
_HERE = Path(__file__).parent


def main() -> None:
    """Run the benchmarks named, or all, and print the report; write it if asked to, or after a full run of all."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="Compare ecr_events with other libraries."
    )
    parser.add_argument("names", nargs="*", metavar="name", help=f"{', '.join(BENCHMARKS)}; default: all")
    parser.add_argument(
        "--smallest", action="store_true", help="check that every benchmark runs; the numbers mean nothing"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every measurement to this file")
    parser.add_argument(
        "--output",
        type=Path,
        metavar="FOLDER",
        help=f"write RESULTS.md and the charts there; default for a full run of all: {_HERE}",
    )
    arguments = parser.parse_args()
    unknown = [name for name in arguments.names if name not in BENCHMARKS]
    if unknown:
        parser.error(f"unknown benchmark {', '.join(unknown)}; choose from {', '.join(BENCHMARKS)}")
    names = arguments.names or list(BENCHMARKS)
    machine = environment()
    sections: list[Section] = []
    for name in names:
        sections += BENCHMARKS[name](SMALLEST if arguments.smallest else FULL)
    command = ["python", "-m", "benchmarks", *arguments.names, *(["--smallest"] if arguments.smallest else [])]
    text = markdown(sections, machine, " ".join(command))
    print(text)
    output = arguments.output or (_HERE if {*names} == {*BENCHMARKS} and not arguments.smallest else None)
    if output:
        output.mkdir(parents=True, exist_ok=True)
        (output / "RESULTS.md").write_text(text)
        charts.draw(sections, output)
    if arguments.json:
        arguments.json.write_text(json.dumps({"environment": machine, "sections": [*map(asdict, sections)]}, indent=1))


if __name__ == "__main__":
    main()
