"""Distance that it takes to fit s false labels, the distance at the early stop, and a control without conflicts."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from overparam.claims.label_noise.seed_curves import mean_curve, rows_of
from overparam.drawing import direct_labels, headlines, labels, predicted, theme

PREDICTION = "slope-in-corrupted-labels"
WITHIN, WHOLE = "within clusters", "whole clusters"
FLIPPED = "whole clusters\nflipped, fitted\n(control)"


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw the distances over the number of false labels at the radius that is judged, with the predicted slope."""
    figure, (axis,) = theme.panels(1, height=4.6)
    rows = rows_of(measurements, "distance", sweep="corruption", smallest_radius=True)
    within, whole = rows[rows["corruption"] == WITHIN], rows[rows["corruption"] == WHOLE]
    fitted, early = (within[within["stage"] == stage] for stage in ("fitted", "early"))
    axis.set(xscale="log", yscale="log")
    axis.set(xlabel=labels.column(measurements, "n_corrupted"), ylabel=labels.quantity(measurements, "distance"))
    mean_curve(axis, fitted, "n_corrupted", "all labels\nfitted", 0)
    mean_curve(axis, early, "n_corrupted", "stopped\nearly", 1)
    control = whole[whole["stage"] == "fitted"]
    mean_curve(axis, control, "n_corrupted", FLIPPED, 2, marker="", **theme.CONTROL)
    direct_labels.of_lines(axis)
    start = fitted.groupby("n_corrupted")["value"].mean()
    predicted.predicted_slope(
        axis, verdict, PREDICTION, start=(float(start.index[0]), 1.9 * start.iloc[0]), to=float(start.index[-1]),
        label="predicted slope",
    )  # fmt: skip
    ticks = np.sort(rows["n_corrupted"].unique())
    axis.set_xticks(ticks, [str(tick) for tick in ticks])
    axis.minorticks_off()
    text = headlines.by_verdict(
        verdict,
        supported="To fit false labels, weights must travel far: in proportion to the root of how many there are",
        refuted="The distance that fits false labels is not in proportion to the root of how many there are",
        undecided="How far weights must travel to fit false labels",
    )
    theme.headline(figure, text)
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
