"""Fuzz targets one after the other; list them without arguments. Exits with 1 at a finding, whose input is saved.

Requires atheris, for the package of which coverage guides the choice of inputs. Each target runs in a process of its
own, because libFuzzer ends its process.
"""

import argparse
import importlib
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from random import Random
from typing import Any

_ROOT = Path(__file__).parents[2]
sys.path[0] = str(_ROOT / "tests")

_MEMORY = 1_024
"""Limit of a target's process, in MiB."""

_STUCK = 60
"""Seconds after which an input is a finding."""


def main() -> int:
    """Run the targets of the arguments, and print what came of each."""
    parser = argparse.ArgumentParser(prog="python tests/fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help="a name, or all")
    parser.add_argument("--seconds", type=int, default=20, help="time for each target (default: 20)")
    parser.add_argument("--findings", type=Path, default=Path.cwd(), help="the folder for inputs that fail")
    parser.add_argument("--keep", type=Path, help="a folder with what earlier runs found, and where to add to it")
    parser.add_argument(
        "--reduce", action="store_true", help="add what covers more than the seeds from --keep to the corpus, and stop"
    )
    parser.add_argument("--input", type=Path, help="check this file alone, without atheris")
    parser.add_argument("--child", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child is not None:
        return _fuzz(options.targets[0], options.child)
    from fuzz.targets import TARGETS

    names = [*TARGETS] if options.targets == ["all"] else options.targets
    if unknown := set(names) - TARGETS.keys():
        parser.error(f"unknown target: {', '.join(unknown)}")
    if not names:
        _print(*TARGETS)
    if options.input is not None:
        for name in names:
            TARGETS[name].check(options.input.read_bytes())
        return 0
    if options.reduce:
        for name in names:
            _reduce(name, options.keep)
        return 0
    return max([_run(name, options.seconds, options.findings, options.keep) for name in names], default=0)


def _run(name: str, seconds: int, findings: Path, keep: Path | None) -> int:
    """Run a target, print a line of numbers, and return the exit status."""
    with tempfile.TemporaryDirectory() as folder:
        found = Path(folder if keep is None else keep, name)
        found.mkdir(parents=True, exist_ok=True)
        process = _start(
            name,
            (found, _write_inputs(name, Path(folder, "seeds"))),
            max_total_time=seconds,
            rss_limit_mb=_MEMORY,
            timeout=_STUCK,
            artifact_prefix=f"{findings.resolve()}/{name}-",
            print_final_stats=1,
        )
    log = process.stdout.decode(errors="replace")
    numbers = {key: _last(rf"{pattern}\s*(\d+)", log) for key, pattern in _NUMBERS.items()}
    is_finding = process.returncode != 0
    figures = "  ".join(f"{key} {value:>7}" for key, value in numbers.items())
    _print(f"{name:14}  {figures}  findings {is_finding:d}", *([log[-6_000:]] if is_finding else ()))
    return int(is_finding)


def _reduce(name: str, keep: Path) -> None:
    """Add the smallest inputs that cover more than the seeds and the corpus do to the corpus."""
    from fuzz.targets import CORPUS

    with tempfile.TemporaryDirectory() as folder:
        merged = _write_inputs(name, Path(folder))
        known = {*merged.iterdir()}
        _start(name, (merged, keep / name), merge=1, set_cover_merge=1, use_counters=0)
        for path in {*merged.iterdir()} - known:
            (CORPUS / name).mkdir(parents=True, exist_ok=True)
            (CORPUS / name / path.name[:12]).write_bytes(path.read_bytes())
        _print(f"{name:14}  {len({*merged.iterdir()} - known)} new inputs")


def _write_inputs(name: str, folder: Path) -> Path:
    """Write the seeds and the corpus of a target to a folder, and return it."""
    from fuzz.targets import TARGETS

    folder.mkdir(exist_ok=True)
    for number, data in enumerate(TARGETS[name].inputs(name)):
        (folder / str(number)).write_bytes(data)
    return folder


def _start(name: str, folders: Iterable[Path], **flags: object) -> subprocess.CompletedProcess[bytes]:
    """Run a process of libFuzzer to its end."""
    from fuzz.targets import TARGETS

    flags["max_len"] = TARGETS[name].max_size
    arguments = [*(f"-{flag}={value}" for flag, value in flags.items()), *map(str, folders)]
    command = [sys.executable, __file__, name, "--child", *arguments]
    return subprocess.run(command, stderr=subprocess.STDOUT, stdout=subprocess.PIPE, check=False)


def _print(*lines: str) -> None:
    for line in lines:
        sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


_NUMBERS = {"executions": "stat::number_of_executed_units:", "per second": "stat::average_exec_per_sec:"} | {
    "edges": r"\bcov:",
    "features": r"\bft:",
    "MiB": "stat::peak_rss_mb:",
}
"""The numbers that libFuzzer prints."""


def _last(pattern: str, log: str) -> str:
    return next(iter(reversed(re.findall(pattern, log))), "?")


def _fuzz(name: str, flags: list[str]) -> int:
    """Run libFuzzer, which ends the process."""
    atheris: Any = importlib.import_module("atheris")
    with atheris.instrument_imports(include=["ecr_events"], enable_loader_override=False):
        from fuzz.targets import TARGETS
    target = TARGETS[name]

    def mutate(data: bytes, max_size: int, seed: int) -> bytes:
        choose = Random(seed)
        try:
            changed = target.mutate(data, choose) if choose.random() < _STRUCTURED else b""
        except RecursionError:  # more deeply nested than Python's json writes
            changed = b""
        return changed if 0 < len(changed) <= max_size else bytes(atheris.Mutate(data, max_size))

    # libFuzzer starts itself again to merge.
    atheris.Setup([f"{sys.executable} {__file__} {name} --child", *flags], target.check, custom_mutator=mutate)
    atheris.Fuzz()
    return 0


_STRUCTURED = 0.8
"""Share of inputs that the target's own mutator changes."""

if __name__ == "__main__":
    sys.exit(main())
