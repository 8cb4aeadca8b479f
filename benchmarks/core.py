"""What the library adds to msgspec: ``python -m benchmarks.core``.

`decode` against the bare decoder of the same Structs, in rounds that take turns; and importing
the library against importing msgspec, in fresh processes that take turns.
"""

import json
import platform
import statistics
import subprocess
import sys
import timeit
from collections.abc import Callable
from typing import Any

import msgspec

from ecr_events import ECREvent, ECRReplicationActionEvent, decode
from ecr_events.samples import sample_json

ROUNDS = 100
CALLS = 5_000
PROCESSES = 20

IMPORT = "import time; start = time.perf_counter(); import {}; print(time.perf_counter() - start)"


def main() -> None:
    """Print both tables."""
    print(f"CPython {platform.python_version()}, msgspec {msgspec.__version__}, medians")
    document = json.loads(sample_json(ECRReplicationActionEvent))
    raw = json.dumps(document, separators=(",", ":")).encode()
    bare = msgspec.json.Decoder(ECREvent).decode
    contenders: dict[str, Callable[[], Any]] = {
        "msgspec's own decoder of the union": lambda: bare(raw),
        "decode(bytes)": lambda: decode(raw),
        "decode(bytes, type=...)": lambda: decode(raw, type=ECRReplicationActionEvent),
        "decode(dict)": lambda: decode(document),
    }
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(ROUNDS):
        for name, call in contenders.items():
            times[name].append(timeit.timeit(call, number=CALLS) / CALLS * 1e9)
    _print("one replication event", times, "ns")
    imports: dict[str, list[float]] = {"msgspec": [], "ecr_events": []}
    for _ in range(PROCESSES):
        for name, seconds in imports.items():
            command = [sys.executable, "-c", IMPORT.format(name)]
            seconds.append(float(subprocess.run(command, check=True, capture_output=True).stdout) * 1e3)  # noqa: S603
    _print("import in a fresh process, with the interpreter running", imports, "ms")


def _print(title: str, times: dict[str, list[float]], unit: str) -> None:
    print(f"\n{title}")
    baseline = statistics.median(next(iter(times.values())))
    for name, values in times.items():
        median = statistics.median(values)
        print(f"  {name:36} {median:8.1f} {unit}  x {median / baseline:.2f}")


if __name__ == "__main__":
    main()
