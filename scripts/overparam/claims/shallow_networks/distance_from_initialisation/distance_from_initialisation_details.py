"""How the distance from the initialisation grows with the number of samples, at one width."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from overparam.drawing import direct_labels, labels, studies, theme

DASHES = {"printed_bound": "-.", "corrected_rate": ":", "linear_distance": (0, (5, 1.5))}  # quantity: dashes
COLORS = {"printed_bound": theme.INK, "corrected_rate": theme.INK, "linear_distance": theme.CATEGORIES[3]}


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw the distance against n beside both laws and the closest solution of the linearised network."""
    figure, (axis,) = theme.panels(height=4)
    fixed = _fixed(measurements)
    for quantity, dashes in DASHES.items():
        means = fixed[fixed["quantity"] == quantity].groupby("n_train")["value"].mean()
        axis.plot(means.index, means, color=COLORS[quantity], linestyle=dashes, linewidth=1.3)
        text = labels.quantity(measurements, quantity).replace(", ", ",\n").replace(" √", "\n√")
        direct_labels.at_end(axis, means.index, means, text, COLORS[quantity])
    rows = fixed[fixed["quantity"] == "relative_distance"]
    studies.lines(axis, rows, "n_train", theme.CATEGORIES[0], marker="o")
    means = rows.groupby("n_train")["value"].mean()
    direct_labels.at_end(axis, means.index, means, "measured", theme.CATEGORIES[0])
    axis.set(xscale="log", yscale="log", xlabel=labels.column(measurements, "n_train"))
    axis.set_ylabel(labels.quantity(measurements, "relative_distance"))
    places = np.sort(rows["n_train"].unique())
    axis.set_xticks(places, [str(place) for place in places])
    axis.minorticks_off()
    theme.headline(figure, f"The distance over the number of samples, with $k = {rows['width'].iloc[0]}$ hidden units")
    return figure


def _fixed(measurements: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the width and the activation with which the samples were varied."""
    swept = measurements[measurements["sweep"] == "n_train"]
    same = ["width", "activation", "output_scale"]
    return measurements[(measurements[same] == swept[same].iloc[0]).all(axis="columns")]


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State the distance at the fewest and the most samples."""
    rows = _fixed(measurements)
    means = rows[rows["quantity"] == "relative_distance"].groupby("n_train")["value"].mean()
    return (
        f"Relative distance from the initialisation with {rows['activation'].iloc[0]} and k = "
        f"{rows['width'].iloc[0]} hidden units: it grows from {means.iloc[0]:.2g} with n = {means.index[0]} samples to "
        f"{means.iloc[-1]:.2g} with n = {means.index[-1]}, beside the closest solution of the linearised network."
    )
