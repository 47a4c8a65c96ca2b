"""Iterations of gradient descent with the step of earlier theory and with a larger one, over the number of samples."""

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from overparam.drawing import judged, labels, theme

STYLES = {"step λ/n²": ("o", "-"), "step 1/λ_max": ("s", "--")}
EARLIER, FASTER = STYLES


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw the iterations of both steps on the left, their ratio and the least one predicted on the right."""
    figure, (left, right) = theme.panels(2, height=4.0)
    for (arm, (marker, dashes)), color in zip(STYLES.items(), theme.CATEGORIES, strict=False):
        _curve(left, _rows(measurements, "iterations", arm), arm, color, marker, dashes)
    left.set_ylabel(labels.quantity(measurements, "iterations"))
    _curve(right, _rows(measurements, "advantage", FASTER), FASTER, theme.CATEGORIES[1], "s", "--")
    least = judged.declared(verdict, "ten-times-fewer-iterations")["less"]
    right.axhline(least, color=theme.INK, linestyle="--", linewidth=1, label="predicted: at least")
    right.set_ylabel(labels.quantity(measurements, "advantage"))
    for axis in (left, right):
        axis.set(xscale="log", yscale="log", xlabel=labels.column(measurements, "n_train"))
        axis.legend(fontsize=8)
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State the iterations with both steps at the largest size and the advantage over sizes."""
    largest = measurements.loc[measurements["arm"] == FASTER, "n_train"].max()
    own = measurements[measurements["n_train"] == largest]
    medians = {arm: _rows(own, "iterations", arm)["value"].median() for arm in STYLES}
    ratio = _rows(measurements, "advantage", FASTER).groupby("n_train")["value"].median()
    return (
        f"Iterations of gradient descent until random labels are fitted, over the number of samples: at n = {largest} "
        f"a median of {medians[EARLIER]:.0f} with the step λ/n² and of {medians[FASTER]:.0f} with the step 1/λ_max. "
        f"The ratio has a median of {ratio.iloc[0]:.0f} at n = {ratio.index[0]} and of {ratio.iloc[-1]:.0f} at n = "
        f"{largest}."
    )


def _rows(measurements: pd.DataFrame, quantity: str, arm: str) -> pd.DataFrame:
    return measurements[(measurements["quantity"] == quantity) & (measurements["arm"] == arm)]


def _curve(axis, rows: pd.DataFrame, label: str, color: str, marker: str, dashes: str) -> None:
    rows = rows[np.isfinite(rows["value"])]
    common = {"data": rows, "x": "n_train", "y": "value", "color": color, "ax": axis}
    sns.lineplot(**common, units="seed", estimator=None, alpha=0.2, linewidth=0.5, legend=False)
    sns.lineplot(**common, errorbar=theme.interval, marker=marker, markeredgewidth=0, linestyle=dashes, label=label)
