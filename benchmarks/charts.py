"""The two charts of the README, from the results of a run."""

from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from benchmarks import decode, memory
from benchmarks.contenders import ADAPTER, BARE, BOTOCRAFT_PATH, CATTRS, JSON, MASHUMARO, ORJSON, OURS, POWERTOOLS_DATA
from benchmarks.runner import Section

__all__ = ["draw"]

_OURS, _OTHERS, _INK = "#2f6feb", "#9aa4b2", "#57606a"


def draw(sections: list[Section], folder: Path) -> None:
    """Write the charts, where a run has what they show."""
    # Text stays text, and the same numbers give the same file.
    mpl.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "ecr_events", "font.family": "sans-serif"})
    found = {section.title: section for section in sections}
    if {"Streaming", "Holding"} <= found.keys():
        names = [OURS, BARE, ORJSON, ADAPTER, JSON, POWERTOOLS_DATA, MASHUMARO, CATTRS, BOTOCRAFT_PATH]
        panels = {
            "decoded and dropped": {n: 1e3 / found["Streaming"].median(decode.MIX, n) for n in names},
            "decoded and held": {n: 1e3 / found["Holding"].median(decode.MIX, n) for n in names},
        }
        _bars(panels, "thousand events a second, all detail-types mixed; longer is better", folder / "throughput.svg")
    if {"Memory", "Garbage collection"} <= found.keys():
        names = [OURS, ORJSON, MASHUMARO, CATTRS, ADAPTER, JSON, POWERTOOLS_DATA]
        panels = {
            "bytes an event": {n: found["Memory"].median(memory.RETAINED, n) for n in names},
            "milliseconds of a full collection": {
                n: found["Garbage collection"].median(memory.PAUSE, n) for n in names
            },
        }
        _bars(panels, "while events are held, all detail-types mixed; shorter is better", folder / "memory.svg")


def _bars(panels: dict[str, dict[str, float]], caption: str, path: Path) -> None:
    figure = Figure(figsize=(9, 0.36 * max(map(len, panels.values())) + 1.1), layout="constrained")
    figure.supxlabel(caption, fontsize=9, color=_INK)
    for number, (title, values) in enumerate(panels.items()):
        axes = figure.add_subplot(1, len(panels), number + 1)
        names = list(values)[::-1]
        bars = axes.barh(
            names, [values[name] for name in names], color=[_OURS if name == OURS else _OTHERS for name in names]
        )
        axes.bar_label(bars, fmt=lambda value: f"{value:,.0f}", padding=4, fontsize=8, color=_INK)
        axes.set_title(title, fontsize=10, color=_INK, loc="left")
        axes.margins(x=0.18)
        axes.xaxis.set_visible(False)
        axes.spines[:].set_visible(False)
        axes.tick_params(axis="y", length=0, labelsize=8 if number == 0 else 0, labelcolor=_INK, labelleft=number == 0)
    figure.savefig(path, metadata={"Date": None}, transparent=True)
