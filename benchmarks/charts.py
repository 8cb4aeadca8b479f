"""The bar charts of the README, on a light and on a dark background, and the style of all charts."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from benchmarks.aws_lambda import BATCH, SQS
from benchmarks.contenders import OURS
from benchmarks.decode import MIX
from benchmarks.lookup import BATCHED
from benchmarks.memory import PAUSE, RETAINED
from benchmarks.runner import Section

__all__ = ["INK", "OTHERS", "OURS_COLOR", "PAPER", "charts_of", "draw", "set_style"]


class _Colors(NamedTuple):
    ours: str
    others: str
    ink: str
    paper: str


_LIGHT = _Colors("#2f6feb", "#9aa4b2", "#57606a", "#ffffff")
_DARK = _Colors("#58a6ff", "#6e7681", "#c9d1d9", "#0d1117")

OURS_COLOR, OTHERS, INK, PAPER = _LIGHT


def set_style() -> None:
    """Let text stay text, and the same numbers give the same file."""
    mpl.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "ecr_events", "font.family": "sans-serif"})


_CHARTS = {
    "throughput": ("Streaming", "Holding"),
    "deliveries": ("Lambda: a batch from SQS", "Archives"),
    "memory": ("Memory", "Garbage collection"),
    "lookups": ("Lookups",),
}
"""The titles of the sections that each chart shows."""


def charts_of(sections: Iterable[Section]) -> list[str]:
    """Return the names of the charts whose sections were measured."""
    titles = {section.title for section in sections}
    return [name for name, shown in _CHARTS.items() if titles.issuperset(shown)]


def draw(sections: list[Section], folder: Path) -> None:
    """Write the charts whose sections were measured."""
    set_style()
    titled = {section.title: section for section in sections}
    names = charts_of(sections)
    rate = "thousand events per second, all detail-types mixed; more is better"
    if "throughput" in names:
        panels = {
            "decoded and dropped": _per_second(titled["Streaming"], MIX),
            "decoded and held": _per_second(titled["Holding"], MIX),
        }
        _bars(panels, rate, folder / "throughput.svg")
    if "deliveries" in names:
        panels = {
            "from batches of SQS": _per_second(titled["Lambda: a batch from SQS"], SQS, BATCH),
            "from an NDJSON file": _per_second(titled["Archives"], MIX),
        }
        _bars(panels, rate, folder / "deliveries.svg")
    if "memory" in names:
        panels = {
            "bytes per event": _medians(titled["Memory"], RETAINED),
            "milliseconds of a full collection": _medians(titled["Garbage collection"], PAUSE),
        }
        _bars(panels, "while events are held, all detail-types mixed; less is better", folder / "memory.svg")
    if "lookups" in names:
        lookups = titled["Lookups"]
        panels = {"requests to ECR": _medians(lookups, "requests"), "seconds": _medians(lookups, "seconds")}
        caption = "to look up the images and repositories of thousands of events, without latency; less is better"
        _bars(panels, caption, folder / "lookups.svg", ours=BATCHED)


def _per_second(section: Section, workload: str, events: int = 1) -> dict[str, float]:
    """Return thousands of events per second; the section has microseconds for a number of events."""
    return {name: 1e3 * events / cost for name, cost in _medians(section, workload).items()}


def _medians(section: Section, workload: str) -> dict[str, float]:
    return {name: section.median(workload, name) for name in section.values[workload]}


def _bars(panels: dict[str, dict[str, float]], caption: str, path: Path, ours: str = OURS) -> None:
    """Write a chart with a panel for each measurement, of the contenders that have all of them, in both schemes."""
    first, *others = panels.values()
    names = [name for name in first if all(name in values for values in others)][::-1]
    for colors, target in ((_LIGHT, path), (_DARK, path.with_stem(f"{path.stem}-dark"))):
        figure = Figure(figsize=(9, 0.36 * len(names) + 1.1), layout=ConstrainedLayoutEngine(w_pad=0.1, h_pad=0.1))
        figure.supxlabel(caption, fontsize=9, color=colors.ink)
        for number, (title, values) in enumerate(panels.items()):
            axes = figure.add_subplot(1, len(panels), number + 1, facecolor=colors.paper)
            bar_colors = [colors.ours if name.startswith(ours) else colors.others for name in names]
            bars = axes.barh(names, [values[name] for name in names], color=bar_colors)
            axes.bar_label(bars, fmt=_shown, padding=4, fontsize=8, color=colors.ink)
            axes.set_title(title, fontsize=10, color=colors.ink, loc="left")
            axes.margins(x=0.18)
            axes.xaxis.set_visible(False)
            axes.spines[:].set_visible(False)
            labels = number == 0
            axes.tick_params(axis="y", length=0, labelsize=8 if labels else 0, labelcolor=colors.ink, labelleft=labels)
        figure.savefig(target, metadata={"Date": None}, facecolor=colors.paper)


def _shown(value: float) -> str:
    return f"{value:,.0f}" if value.is_integer() or len(f"{value:.0f}") > 1 else f"{value:.2g}"
