"""The chart of a soak over time."""

from itertools import pairwise
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from benchmarks.charts import INK, OTHERS, OURS_COLOR, PAPER, set_style
from benchmarks.soak.run import MOTO, STEADY, VICTIM, Result, Sample

__all__ = ["draw"]

_MIB = 1 << 20


def draw(result: Result, path: Path) -> None:
    """Write a chart with a panel each for events, memory, errors and queues."""
    set_style()
    samples = [sample for sample in result.samples if sample.time <= result.plan.seconds]
    minutes = [sample.time / 60 for sample in samples]
    figure = Figure(figsize=(9, 7.2), layout=ConstrainedLayoutEngine(w_pad=0.1, h_pad=0.08))
    figure.supxlabel("minutes; thin lines are kills of the first worker", fontsize=9, color=INK)
    rates = [(b.handled - a.handled) / (b.time - a.time) for a, b in pairwise(samples)]
    kinds = {"handler": ("RuntimeError", OURS_COLOR), "broken event": ("DecodeError", OTHERS), "lookup": ("", INK)}
    lines: dict[str, list[tuple[str, str, list[float], list[float]]]] = {
        "events per second": [("", OURS_COLOR, minutes[1:], rates)],
        "resident MiB": [
            (label, color, minutes, [sample.rss[name] / _MIB for sample in samples])
            for name, label, color in (
                (STEADY, "worker that lives on", OURS_COLOR),
                (VICTIM, "worker that is killed", OTHERS),
                (MOTO, "moto", INK),
            )
        ],
        "failures per minute": [
            (label, color, minutes[1:], [60 * _failures(a, b, name) / (b.time - a.time) for a, b in pairwise(samples)])
            for label, (name, color) in kinds.items()
        ],
        "messages": [
            ("in the queue", OURS_COLOR, minutes, [float(sample.waiting + sample.in_flight) for sample in samples]),
            ("in the dead-letter queue", OTHERS, minutes, [float(sample.dead) for sample in samples]),
        ],
    }
    first: Any = None
    for number, (title, curves) in enumerate(lines.items()):
        axes: Any = figure.add_subplot(len(lines), 1, number + 1, sharex=first)
        first = first or axes
        for kill in result.kills:
            axes.axvline(kill / 60, color=OTHERS, linewidth=0.4)
        for label, color, times, values in curves:
            axes.plot(times, values, color=color, linewidth=1.2, label=label)
        axes.set_title(title, fontsize=10, color=INK, loc="left")
        axes.set_ylim(bottom=0)
        axes.margins(x=0)
        axes.spines[["top", "right"]].set_visible(False)
        axes.spines[["bottom", "left"]].set_color(OTHERS)
        axes.tick_params(length=0, labelsize=8, labelcolor=INK, labelbottom=number == len(lines) - 1)
        if len(curves) > 1:
            options: dict[str, Any] = {"loc": "lower right", "bbox_to_anchor": (1, 0.98), "ncols": len(curves)}
            axes.legend(fontsize=8, frameon=False, labelcolor=INK, borderaxespad=0, **options)
    figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None, facecolor=PAPER)


def _failures(before: Sample, after: Sample, name: str) -> int:
    """Return the failures between two samples of a class; those of all other classes, the lookups', without a name."""
    others = {"RuntimeError", "DecodeError"}
    return sum(
        count - before.errors.get(error, 0)
        for error, count in after.errors.items()
        if (error == name if name else error not in others)
    )
