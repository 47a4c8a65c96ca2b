"""Iterations of gradient descent with the step of earlier theory and with a larger one, over the number of samples."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from overparam.claims.shallow_networks import log_ticks
from overparam.drawing import direct_labels, headlines, judged, labels, studies, theme
from overparam.drawing.predicted import EDGE, FAINT

STYLES = {  # label, marker, colour
    "step λ/n²": ("step $\\lambda/n^2$,\nearlier theory", "o", theme.CATEGORIES[1]),
    "step 1/λ_max": ("step $1/\\lambda_{max}$", "s", theme.CATEGORIES[0]),
}
EARLIER, FASTER = STYLES
LEAST = "ten-times-fewer-iterations"


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw the iterations of both steps on the left, their ratio and the least one predicted on the right."""
    figure, (left, right) = theme.panels(2, height=4.2)
    for arm, (label, marker, color) in STYLES.items():
        rows = _finite(_rows(measurements, "iterations", arm))
        studies.lines(left, rows, "n_train", color, average="median", marker=marker, markersize=5)
        middle = rows.groupby("n_train")["value"].median()
        direct_labels.at_end(left, middle.index, middle, label, color)
    left.set_ylabel(labels.quantity(measurements, "iterations"))
    ratio = _finite(_rows(measurements, "advantage", FASTER))
    studies.lines(right, ratio, "n_train", theme.CATEGORIES[0], average="median", marker="s", markersize=5)
    same = _finite(_rows(measurements, "advantage", EARLIER))
    if len(same):
        studies.lines(right, same, "n_train", theme.GREY, seeds=False, linestyle="--", average="median")
        direct_labels.at_end(right, same["n_train"], same["value"], "earlier step\n(control)", theme.GREY)
    right.set_ylabel(labels.quantity(measurements, "advantage"))
    places = sorted(ratio["n_train"].unique())
    for axis in (left, right):
        axis.set(xscale="log", yscale="log", xlabel=labels.column(measurements, "n_train"))
        axis.set_xticks(places, [str(place) for place in places])
        axis.minorticks_off()
    log_ticks.plain(right.yaxis)
    low, high = right.get_ylim()
    least = judged.declared(verdict, LEAST)["less"]
    right.axhspan(least, high, **FAINT)
    right.axhline(least, **EDGE)
    right.set_ylim(low, high)
    right.annotate(
        f"predicted: at least {least:g}", (1, least), xycoords=("axes fraction", "data"), xytext=(-2, 3),
        textcoords="offset points", ha="right", va="bottom", fontsize=9, color=theme.INK,
    )  # fmt: skip
    theme.headline(figure, _headline(measurements, verdict))
    return figure


def _headline(measurements: pd.DataFrame, verdict: dict) -> str:
    ratio = _rows(measurements, "advantage", FASTER).groupby("n_train")["value"].median()
    sizes = f"at $n = {ratio.index[0]}$ and {ratio.iloc[-1]:.0f} at $n = {ratio.index[-1]}$"
    return headlines.by_verdict(
        verdict,
        supported=f"The larger step takes {ratio.iloc[0]:.0f} times fewer iterations {sizes}",
        refuted=f"The larger step takes only {ratio.iloc[0]:.0f} times fewer iterations {sizes}",
        undecided=f"The larger step takes {ratio.iloc[0]:.0f} times fewer iterations {sizes} (medians), but whether "
        "the advantage grows is open",
    )


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


def _finite(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[np.isfinite(rows["value"])]
