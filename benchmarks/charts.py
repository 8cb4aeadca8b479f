"""The two bar charts of the README."""

from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from benchmarks.contenders import OURS
from benchmarks.decode import MIX
from benchmarks.memory import PAUSE, RETAINED
from benchmarks.runner import Section

__all__ = ["draw"]

_OURS, _OTHERS, _INK = "#2f6feb", "#9aa4b2", "#57606a"


def draw(sections: list[Section], folder: Path) -> None:
    """Write the charts whose sections were measured."""
    # Text stays text, and the same numbers give the same file.
    mpl.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "ecr_events", "font.family": "sans-serif"})
    titled = {section.title: section for section in sections}
    if {"Streaming", "Holding"} <= titled.keys():
        panels = {
            "decoded and dropped": _per_second(titled["Streaming"]),
            "decoded and held": _per_second(titled["Holding"]),
        }
        _bars(panels, "thousand events per second, all detail-types mixed; more is better", folder / "throughput.svg")
    if {"Memory", "Garbage collection"} <= titled.keys():
        panels = {
            "bytes per event": _medians(titled["Memory"], RETAINED),
            "milliseconds of a full collection": _medians(titled["Garbage collection"], PAUSE),
        }
        _bars(panels, "while events are held, all detail-types mixed; less is better", folder / "memory.svg")


def _per_second(section: Section) -> dict[str, float]:
    return {name: 1e3 / cost for name, cost in _medians(section, MIX).items()}


def _medians(section: Section, workload: str) -> dict[str, float]:
    return {name: section.median(workload, name) for name in section.values[workload]}


def _bars(panels: dict[str, dict[str, float]], caption: str, path: Path) -> None:
    """Write a chart with a panel for each measurement, of the contenders that have all of them."""
    first, *others = panels.values()
    names = [name for name in first if all(name in values for values in others)][::-1]
    figure = Figure(figsize=(9, 0.36 * len(names) + 1.1), layout=ConstrainedLayoutEngine(w_pad=0.1, h_pad=0.1))
    figure.supxlabel(caption, fontsize=9, color=_INK)
    for number, (title, values) in enumerate(panels.items()):
        axes = figure.add_subplot(1, len(panels), number + 1)
        colors = [_OURS if name == OURS else _OTHERS for name in names]
        bars = axes.barh(names, [values[name] for name in names], color=colors)
        axes.bar_label(bars, fmt=lambda value: f"{value:,.0f}", padding=4, fontsize=8, color=_INK)
        axes.set_title(title, fontsize=10, color=_INK, loc="left")
        axes.margins(x=0.18)
        axes.xaxis.set_visible(False)
        axes.spines[:].set_visible(False)
        axes.tick_params(axis="y", length=0, labelsize=8 if number == 0 else 0, labelcolor=_INK, labelleft=number == 0)
    figure.savefig(path, metadata={"Date": None}, transparent=True)
