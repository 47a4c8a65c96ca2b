"""One look for every figure: a headline over at most three panels, inks for light and dark grounds, stable bytes."""

import re
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter

from overparam.drawing import direct_labels
from overparam.drawing.inks import CATEGORIES, GREY, INK, LIGHT_GROUND, follow_the_page, ordered
from overparam.jobs.files import replaced, write_text

__all__ = ["CATEGORIES", "CONTROL", "GREY", "INK", "WIDTH", "ordered"]

WIDTH = 7.2  # inches; 864 px at DPI
DPI = 120
PNG_DPI = 2 * DPI  # sharp on slides
CONTROL: dict[str, Any] = {"color": GREY, "linestyle": "--"}  # how every control is drawn, and nothing else
MOST_PANELS = 3
HEADLINE: dict[str, Any] = {"fontsize": 13, "fontweight": "bold", "color": INK}


def apply() -> None:
    """Set the style of all figures drawn after this call, whatever settings of matplotlib a user has."""
    plt.style.use("default")
    sns.set_theme(style="ticks", palette=CATEGORIES)
    plt.rcParams.update(
        {
            "font.family": ["sans-serif"],
            "font.sans-serif": ["DejaVu Sans"],  # comes with matplotlib; seaborn would take Arial where it is installed
            "figure.dpi": DPI,
            "figure.facecolor": "none",
            "axes.facecolor": "none",
            "savefig.facecolor": "none",
            "legend.frameon": False,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.titlesize": 11,
            "axes.labelsize": 10.5,
            "legend.fontsize": 9.5,
            "xtick.labelsize": 9.5,
            "ytick.labelsize": 9.5,
            "lines.linewidth": 1.6,
            "svg.hashsalt": "overparam",
            "svg.fonttype": "path",
            "pdf.fonttype": 42,
            "figure.constrained_layout.use": True,
            **dict.fromkeys(
                ("text.color", "axes.labelcolor", "axes.edgecolor", "axes.titlecolor", "xtick.color", "ytick.color"),
                INK,
            ),
        }
    )


def panels(count: int = 1, height: float = 3.6) -> tuple[Figure, list[plt.Axes]]:
    """Return a figure of the standard width with ``count`` axes side by side."""
    apply()
    figure, axes = plt.subplots(1, count, figsize=(WIDTH, height), squeeze=False)
    return figure, list(axes[0])


def panels_of(figure: Figure) -> list[plt.Axes]:
    """Return the axes of a figure that show data, without the bars that explain colours."""
    return [axis for axis in figure.axes if axis.get_label() != "<colorbar>"]


def headline(figure: Figure, text: str) -> None:
    """Write the finding above a figure, at its left, in as many lines as it takes.

    Parameters
    ----------
    text
        A sentence without a full stop, which may hold mathematics between dollars; see :mod:`.headlines` for wordings
        that follow the verdict.
    """
    room = figure.get_figwidth() * figure.dpi * 0.97
    lines = [""]
    for word in re.findall(r"(?:\$[^$]*\$|\S)+", text):
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and _width(figure, longer) > room:
            lines.append(word)
        else:
            lines[-1] = longer
    figure.suptitle("\n".join(lines), x=0.012, ha="left", **HEADLINE)


def context(figure: Figure, text: str) -> None:
    """Say below a figure, at its left and small, on what was measured; not together with a legend below."""
    figure.supxlabel(text, x=0.012, ha="left", fontsize=8.5, color=INK)


def _width(figure: Figure, text: str) -> float:
    """Return the width of a line of a headline, in pixels."""
    trial = figure.text(0, 0, text, **HEADLINE)
    width = trial.get_window_extent(direct_labels.renderer(figure)).width
    trial.remove()
    return width


def mark_threshold(axis: plt.Axes, x: float, label: str) -> None:
    """Draw a labelled thin vertical line, say at the interpolation threshold."""
    axis.axvline(x, color=INK, linewidth=0.8, alpha=0.7)
    axis.annotate(
        label, (x, 1), xycoords=("data", "axes fraction"), xytext=(3, -2), textcoords="offset points",
        ha="left", va="top", fontsize=8, color=INK,
    )  # fmt: skip


def leave_control(axis: plt.Axes, curve: pd.Series, most: float, **look: Any) -> None:
    """Draw a curve over its index that begins in a control: up to ``most``, and on to the next place, as controls are.

    Parameters
    ----------
    look
        Of the rest of the curve; its ``label`` is that of the rest.
    """
    control, rest = curve[curve.index <= most], curve[curve.index > most]
    leaving = pd.concat([control, rest.head(1)])
    axis.plot(leaving.index, leaving, **{**look, **CONTROL, "label": None}, markevery=list(range(len(control))))
    axis.plot(rest.index, rest, **look)


def interval(values: np.ndarray, average: str = "mean") -> tuple[float, float]:
    """Return the 95 % percentile-bootstrap interval of the mean or median over seeds, for seaborn's ``errorbar``.

    1,000 resamples from a fixed seed, all at once: seaborn's own ``("ci", 95)`` loops over them in Python.
    """
    values = np.asarray(values, dtype=float)
    values = values[np.isfinite(values)]
    if len(values) < 2:
        return np.nan, np.nan
    resamples = np.random.default_rng(0).integers(0, len(values), (1000, len(values)))
    averages = (np.median if average == "median" else np.mean)(values[resamples], axis=1)
    low, high = np.percentile(averages, [2.5, 97.5])
    return float(low), float(high)


def median_interval(values: np.ndarray) -> tuple[float, float]:
    """Return :func:`interval` for the median."""
    return interval(values, "median")


def tidy(figure: Figure) -> None:
    """Label logarithmic axes at powers of ten, and where those are too few at 1, 2 and 5 times them.

    Matplotlib labels every minor tick of a short logarithmic axis, so that the labels run into each other. Ticks that a
    figure placed itself stay as they are.
    """
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            if axis.get_scale() != "log" or not isinstance(axis.get_major_locator(), LogLocator):
                continue
            axis.set_minor_formatter(NullFormatter())
            low, high = sorted(axis.get_view_interval())
            powers = np.floor(np.log10(high)) - np.ceil(np.log10(low)) + 1
            if powers < 2:
                axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
                axis.set_major_formatter(lambda value, _: f"{value:g}")


def save(figure: Figure, alt_text: str, svg: Path, png: Path, pdf: Path, alt: Path) -> None:
    """Save ``figure`` as SVG, PNG and PDF with reproducible bytes, and its alt text beside them."""
    metadata: dict[Path, dict[str, str | None]] = {
        svg: {"Date": None, "Description": alt_text},
        png: {"Software": None, "Description": alt_text},
        pdf: {"CreationDate": None, "Producer": None, "Creator": None, "Subject": alt_text},
    }
    finish(figure)
    for path, entries in metadata.items():
        kind = Path(path).suffix[1:]
        ground = "none" if kind == "svg" else LIGHT_GROUND
        with replaced(path) as temporary:
            figure.savefig(
                temporary, format=kind, dpi=PNG_DPI if kind == "png" else DPI, metadata=entries, facecolor=ground
            )
            if kind == "svg":
                temporary.write_text(follow_the_page(temporary.read_text(encoding="utf-8")), encoding="utf-8")
    write_text(alt, alt_text + "\n")
    plt.close(figure)


def finish(figure: Figure) -> None:
    """Lay a figure out, once and not once per file: ticks, axes, and labels at the ends of lines."""
    tidy(figure)
    direct_labels.measure(figure)
    figure.draw_without_rendering()
    plt.rcParams["figure.constrained_layout.use"] = False  # until the next figure applies the style
    figure.set_layout_engine(None)  # with "none", the figure would be drawn twice for every file
    direct_labels.spread(figure)
