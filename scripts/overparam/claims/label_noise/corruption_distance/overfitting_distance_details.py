"""The distance that it takes to fit s false labels, at the radius that is judged and at a larger one."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from overparam.claims.label_noise.corruption_distance.overfitting_distance import WITHIN
from overparam.claims.label_noise.seed_curves import mean_curve, rows_of
from overparam.drawing import direct_labels, labels, theme


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw the distance over the number of false labels, one line per radius."""
    figure, (axis,) = theme.panels(1, height=4.0)
    fitted = rows_of(measurements, "distance", sweep="corruption", corruption=WITHIN, stage="fitted")
    axis.set(xscale="log", yscale="log")
    axis.set(xlabel=labels.column(measurements, "n_corrupted"), ylabel=labels.quantity(measurements, "distance"))
    for style, (radius, rows) in enumerate(fitted.groupby("radius")):
        mean_curve(axis, rows, "n_corrupted", f"ε = {radius:g}", style)
    direct_labels.of_lines(axis)
    ticks = np.sort(fitted["n_corrupted"].unique())
    axis.set_xticks(ticks, [str(tick) for tick in ticks])
    axis.minorticks_off()
    theme.headline(figure, "The distance that fits false labels, for tighter and for wider clusters")
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State the distances at both ends for every radius."""
    fitted = rows_of(measurements, "distance", sweep="corruption", corruption=WITHIN, stage="fitted")
    parts = []
    for radius, rows in fitted.groupby("radius"):
        means = rows.groupby("n_corrupted")["value"].mean()
        parts.append(
            f"at ε = {radius:g} from {means.iloc[0]:.3g} with s = {means.index[0]} to {means.iloc[-1]:.3g} with "
            f"s = {means.index[-1]}"
        )
    return f"Distance of the closest weights that fit s false labels, by cluster radius: {'; '.join(parts)}."
