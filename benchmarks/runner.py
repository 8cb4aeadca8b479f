"""How everything here is measured: in fresh processes that take turns, and as ratios within one round.

Every contender of a round gets a process of its own, in a shuffled order, and what another
program does to the machine meanwhile it does to all of them. A ratio is taken within each
round. What is reported is the median of these ratios, and an interval that holds the true
median with a confidence of 95 % at least, by the order statistics of the binomial
distribution, which assume nothing about the noise. Fewer than six rounds cannot have one.
"""

import json
import math
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from benchmarks.contenders import OURS

__all__ = ["FULL", "RSS_UNIT", "SMALLEST", "Section", "Size", "in_rounds", "microseconds"]

RSS_UNIT = 1 if sys.platform == "darwin" else 1024
"""In so many bytes does `resource.getrusage` count memory."""

_CONFIDENCE = 0.95
_PASSES = 5


@dataclass(frozen=True)
class Size:
    """How much is measured."""

    rounds: int
    seconds: float
    """How long a contender decodes the same events again and again, in each round."""
    streamed: int
    """So many events of each kind are decoded and dropped."""
    held: int
    """So many are decoded into one list."""
    collected: int
    """So many are held while the garbage collector runs, and while memory is measured."""
    archived: int
    summarised: int
    looked_up: int
    imports: int
    """In so many rounds is everything imported."""


FULL = Size(
    rounds=6,
    seconds=0.05,
    streamed=1_000,
    held=100_000,
    collected=1_000_000,
    archived=100_000,
    summarised=1_000_000,
    looked_up=10_000,
    imports=20,
)
SMALLEST = Size(
    rounds=1, seconds=0, streamed=20, held=100, collected=100, archived=100, summarised=1_000, looked_up=40, imports=1
)


@dataclass(frozen=True)
class Section:
    """What one table of results says."""

    title: str
    text: str
    values: dict[str, dict[str, list[float]]]
    """By workload and contender: a value for each round."""
    baseline: str = OURS

    def median(self, workload: str, name: str) -> float:
        """Return the median over all rounds."""
        return statistics.median(self.values[workload][name])

    def confidence(self, workload: str) -> float:
        """Return how sure the intervals of its ratios are, 0 to 1."""
        rounds = len(self.values[workload][self.baseline])
        return 1 - 2 * _below(_left_out(rounds), rounds)

    def ratio(self, workload: str, name: str) -> tuple[float, float, float]:
        """Return how many times the baseline's value this one is: median, and both ends of the interval."""
        values = self.values[workload]
        pairs = zip(values[name], values[self.baseline], strict=True)
        ratios = sorted(value / base for value, base in pairs)
        left_out = _left_out(len(ratios))
        return statistics.median(ratios), ratios[left_out], ratios[-1 - left_out]


def _left_out(rounds: int) -> int:
    """Return how many values at each end an interval of their median need not hold."""
    left_out = 0
    while 1 - 2 * _below(left_out + 1, rounds) >= _CONFIDENCE:
        left_out += 1
    return left_out


def _below(left_out: int, rounds: int) -> float:
    """Return how probable it is that no more values than those left out are below the true median."""
    return sum(math.comb(rounds, number) for number in range(left_out + 1)) / float(2**rounds)


def in_rounds(
    measure: Callable[..., dict[str, float]], names: Sequence[str], rounds: int, *arguments: object
) -> dict[str, dict[str, list[float]]]:
    """Return what `measure` gives for each of the names, by workload and name, a value for each round.

    It is called with the name and the arguments in a new process each time.
    """
    values: dict[str, dict[str, list[float]]] = {}
    shuffle = random.Random(0).shuffle
    for number in range(rounds):
        order = list(names)
        shuffle(order)
        for name in order:
            _say(f"\r\033[K{measure.__module__} {number + 1}/{rounds}: {name}")
            command = [sys.executable, "-m", "benchmarks.runner", measure.__module__, measure.__qualname__, name]
            process = subprocess.run([*command, json.dumps(arguments)], check=True, stdout=subprocess.PIPE)
            for workload, value in json.loads(process.stdout).items():
                values.setdefault(workload, {}).setdefault(name, []).append(value)
    _say("\r\033[K")
    return {workload: {name: found[name] for name in names if name in found} for workload, found in values.items()}


def _say(text: str) -> None:
    """Show how far a run is, where somebody looks on."""
    if sys.stderr.isatty():
        print(text, end="", file=sys.stderr, flush=True)


def microseconds(function: Callable[[Any], object], inputs: Iterable[Any], seconds: float) -> float:
    """Return what one call costs, from the median of passes over all inputs that take so long together."""
    inputs, passes = list(inputs), list[float]()
    perf_counter = time.perf_counter
    while len(passes) <= _PASSES or sum(passes) < seconds:  # the first one warms up
        start = perf_counter()
        for value in inputs:
            function(value)
        passes.append(perf_counter() - start)
    return statistics.median(passes[1:]) / len(inputs) * 1e6


def _main(module: str, function: str, name: str, arguments: str) -> None:
    measure = getattr(import_module(module), function)
    print(json.dumps(measure(name, *json.loads(arguments))))


if __name__ == "__main__":
    _main(*sys.argv[1:])
