"""Rounds of measurements in fresh processes, and the statistics of their ratios.

In a round, each contender runs in a process of its own, in shuffled order, so that load from
other programs affects all of them. Ratios are taken within a round. The report gives their
median and a confidence interval of at least 95 %, from the binomial distribution of order
statistics, which assumes nothing about the noise. Fewer than six rounds give less confidence.
"""

import json
import math
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from benchmarks.contenders import OURS

__all__ = ["FULL", "RSS_UNIT", "SMALLEST", "Section", "Size", "microseconds", "run_rounds"]

RSS_UNIT = 1 if sys.platform == "darwin" else 1024
"""The unit of `ru_maxrss`, in bytes."""

_CONFIDENCE = 0.95
_PASSES = 5


@dataclass(frozen=True)
class Size:
    """Numbers of rounds and events."""

    rounds: int
    seconds: float
    """The minimum time that a contender decodes the same events repeatedly, in each round."""
    streamed: int
    """Events of each detail-type that are decoded and dropped."""
    held: int
    """Events in one list."""
    collected: int
    """Events held while memory and garbage collection are measured."""
    archived: int
    summarized: int
    tabulated: int
    """Events that become rows of columns."""
    looked_up: int
    imports: int
    """Rounds of imports."""


FULL = Size(
    rounds=6,
    seconds=0.05,
    streamed=1_000,
    held=100_000,
    collected=1_000_000,
    archived=100_000,
    summarized=1_000_000,
    tabulated=1_000_000,
    looked_up=10_000,
    imports=20,
)
SMALLEST = Size(
    rounds=1,
    seconds=0,
    streamed=20,
    held=100,
    collected=100,
    archived=100,
    summarized=1_000,
    tabulated=1_000,
    looked_up=40,
    imports=1,
)


@dataclass(frozen=True)
class Section:
    """A section of the report."""

    title: str
    text: str
    values: dict[str, dict[str, list[float]]]
    """The value of each round, by workload and contender."""
    baseline: str = OURS

    def median(self, workload: str, name: str) -> float:
        """Return the median of the rounds."""
        return statistics.median(self.values[workload][name])

    def confidence(self, workload: str) -> float:
        """Return the confidence of the intervals, from 0 to 1."""
        rounds = len(self.values[workload][self.baseline])
        return _confidence(_trim(rounds), rounds)

    def ratio(self, workload: str, name: str) -> tuple[float, float, float]:
        """Return the ratio to the baseline: its median, and the ends of its confidence interval."""
        values = self.values[workload]
        pairs = zip(values[name], values[self.baseline], strict=True)
        ratios = sorted(value / base for value, base in pairs)
        trim = _trim(len(ratios))
        return statistics.median(ratios), ratios[trim], ratios[-1 - trim]


def _trim(rounds: int) -> int:
    """Return the number of sorted values to cut from each end for an interval of sufficient confidence."""
    trim = 0
    while _confidence(trim + 1, rounds) >= _CONFIDENCE:
        trim += 1
    return trim


def _confidence(trim: int, rounds: int) -> float:
    """Return the probability that the true median lies within the values that remain."""
    return 1 - 2 * sum(math.comb(rounds, number) for number in range(trim + 1)) / float(2**rounds)


def run_rounds(
    measure: Callable[..., dict[str, float]], contenders: Mapping[str, object], rounds: int, *arguments: object
) -> dict[str, dict[str, list[float]]]:
    """Return the value of each round, by workload and label.

    Args:
        measure: A function of a module; returns a value by workload. It runs in a new process.
        contenders: The first argument of `measure`, by label.
        rounds: The number of calls for each contender.
        arguments: The other arguments of `measure`. All are passed as JSON.
    """
    values: dict[str, dict[str, list[float]]] = {}
    shuffle = random.Random(0).shuffle
    for number in range(rounds):
        order = list(contenders)
        shuffle(order)
        for label in order:
            _show_progress(f"\r\033[K{measure.__module__} {number + 1}/{rounds}: {label}")
            command = [sys.executable, "-m", "benchmarks.runner", measure.__module__, measure.__qualname__]
            command.append(json.dumps([contenders[label], *arguments]))
            process = subprocess.run(command, check=True, stdout=subprocess.PIPE)
            for workload, value in json.loads(process.stdout).items():
                values.setdefault(workload, {}).setdefault(label, []).append(value)
    _show_progress("\r\033[K")
    return {workload: {name: costs[name] for name in contenders if name in costs} for workload, costs in values.items()}


def _show_progress(text: str) -> None:
    if sys.stderr.isatty():
        print(text, end="", file=sys.stderr, flush=True)


def microseconds(function: Callable[[Any], object], inputs: Iterable[Any], seconds: float) -> float:
    """Return the cost of a call: the median of passes over all inputs that take at least `seconds` together."""
    inputs, passes = list(inputs), list[float]()
    perf_counter = time.perf_counter
    while len(passes) <= _PASSES or sum(passes) < seconds:  # the first one warms up
        start = perf_counter()
        for value in inputs:
            function(value)
        passes.append(perf_counter() - start)
    return statistics.median(passes[1:]) / len(inputs) * 1e6


def _main(module: str, function: str, arguments: str) -> None:
    measure = getattr(import_module(module), function)
    print(json.dumps(measure(*json.loads(arguments))))


if __name__ == "__main__":
    _main(*sys.argv[1:])
