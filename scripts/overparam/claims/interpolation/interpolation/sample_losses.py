"""What the figures of interpolation share: curves of the largest loss of a single sample."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from overparam.drawing import theme

SMALLEST = 1e-32  # an exact zero is drawn here


def curve(axis: plt.Axes, rows: pd.DataFrame, label: str, marker: str, dashes: str, color: str) -> None:
    """Draw the median over seeds with its interval, and a faint line per seed."""
    for _, curve in rows.groupby("seed"):
        axis.plot(curve["p_over_n"], curve["value"], color=color, alpha=0.2, linewidth=0.6)
    spread = np.log(rows.set_index("p_over_n")["value"]).groupby(level=0).agg(theme.median_interval)
    low, high = np.exp(np.array(spread.tolist())).T
    axis.fill_between(spread.index, low, high, color=color, alpha=0.2, linewidth=0)
    draw_medians(axis, rows, label, marker, dashes, color)


def medians(rows: pd.DataFrame) -> pd.Series:
    """Return the median over seeds, on a logarithmic scale, by parameters per equation."""
    return np.exp(np.log(rows.set_index("p_over_n")["value"]).groupby(level=0).median())


def draw_medians(axis: plt.Axes, rows: pd.DataFrame, label: str, marker: str, dashes: str, color: str) -> None:
    """Draw the median over seeds alone."""
    found = medians(rows)
    axis.plot(
        found.index, found, color=color, marker=marker, markersize=4, markeredgewidth=0, linestyle=dashes, label=label
    )


def axes(axis: plt.Axes, level: float) -> None:
    """Set both axes, and draw the level at which a sample counts as fitted."""
    axis.set(xscale="log", yscale="log")
    axis.set_xticks([0.5, 1, 2, 4, 8, 16], ["0.5", "1", "2", "4", "8", "16"])
    axis.minorticks_off()
    axis.axhline(level, color=theme.INK, linewidth=0.8, alpha=0.6)
    axis.set_ylim(SMALLEST / 10, 1e4)
