"""Distance that it takes to fit s false labels, the distance at the early stop, and a control without conflicts."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from overparam.claims.label_noise.seed_curves import legend_below, mean_curve, rows_of
from overparam.drawing import exponents, labels, theme

PREDICTION = "slope-in-corrupted-labels"
WITHIN, WHOLE = "within clusters", "whole clusters"


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw the distances over the number of false labels, one line per radius, with a guide of the predicted slope."""
    figure, (axis,) = theme.panels(1, height=4.4)
    rows = rows_of(measurements, "distance", sweep="corruption")
    within = rows[rows["corruption"] == WITHIN]
    fitted = within[within["stage"] == "fitted"]
    radii = sorted(fitted["radius"].unique())
    for style, (radius, color) in enumerate(zip(radii, theme.ordered(len(radii)), strict=True)):
        chosen = fitted[fitted["radius"] == radius]
        mean_curve(axis, chosen, "n_corrupted", f"false labels fitted, ε = {radius:g}", style, color=color)
    early = within[within["stage"] == "early"]
    mean_curve(axis, early, "n_corrupted", "stopped early", 3, color=theme.CATEGORIES[0], marker="D")
    control = rows[(rows["corruption"] == WHOLE) & (rows["stage"] == "fitted")]
    words = "labels of whole clusters flipped, fitted (control)"
    mean_curve(axis, control, "n_corrupted", words, 4, color=theme.CATEGORIES[3], marker="X")
    places = np.sort(within["n_corrupted"].unique()).astype(float)
    start = fitted[(fitted["radius"] == radii[0]) & (fitted["n_corrupted"] == places[0])]["value"].mean()
    slope = exponents.predicted(verdict, PREDICTION)
    axis.plot(
        places, 1.35 * start * (places / places[0]) ** slope, color=theme.INK, linestyle="--", linewidth=1,
        label=f"slope {exponents.spelled(slope)}",
    )  # fmt: skip
    axis.set(xscale="log", yscale="log")
    axis.set(xlabel=labels.column(measurements, "n_corrupted"), ylabel=labels.quantity(measurements, "distance"))
    ticks = np.sort(rows["n_corrupted"].unique())
    axis.set_xticks(ticks, [str(tick) for tick in ticks])
    axis.minorticks_off()
    legend_below(figure, axis)
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State the exponents, how many times the early distance the overfitting one is, and the control's."""
    rows = rows_of(measurements, "distance", sweep="corruption")
    within = rows[rows["corruption"] == WITHIN]
    fitted, control = (part[part["stage"] == "fitted"] for part in (within, rows[rows["corruption"] == WHOLE]))
    slopes = [f"{_exponent(part):.2f} (ε = {radius:g})" for radius, part in fitted.groupby("radius")]
    small = fitted[fitted["smallest_radius"]]
    most = small["n_corrupted"].max()
    early = within[(within["stage"] == "early") & within["smallest_radius"]]
    ratio, flipped = (
        part[part["n_corrupted"] == s]["value"].mean() / start[start["n_corrupted"] == s]["value"].mean()
        for part, start, s in (
            (small, early, most),
            (control, rows[(rows["corruption"] == WHOLE) & (rows["stage"] == "early")], control["n_corrupted"].max()),
        )
    )
    return (
        f"Distance of the closest hidden weights that fit s false labels among clustered data: it grows with s with "
        f"exponent {' and '.join(slopes)}. With s = {most} it is {ratio:.3g} times the distance at the early stopping "
        f"time. Flipping the labels of whole clusters (control) changes more labels, but the distance has exponent "
        f"{_exponent(control):.2f} and is {flipped:.2g} times the early one."
    )


def _exponent(rows: pd.DataFrame) -> float:
    means = rows.groupby("n_corrupted")["value"].mean()
    return float(np.polyfit(np.log(means.index), np.log(means), 1)[0])
