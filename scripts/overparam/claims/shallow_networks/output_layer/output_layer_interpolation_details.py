"""The condition number of the features at k = n over the input dimension."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from overparam.claims.shallow_networks.output_layer.output_layer_interpolation import NAMES
from overparam.drawing import direct_labels, labels, theme
from overparam.drawing.predicted import EDGE

FLOAT64 = 1 / np.finfo(float).eps


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw the condition number of every data set and the medians; infinite ones are left out."""
    figure, (axis,) = theme.panels(height=4)
    rows = measurements[(measurements["quantity"] == "condition_number") & np.isfinite(measurements["value"])]
    for activation, (name, marker, color, shift) in NAMES.items():
        own = rows[rows["activation"] == activation]
        axis.scatter(own["dimension"] * shift, own["value"], s=12, alpha=0.35, color=color, marker=marker, linewidths=0)
        middle = _medians(measurements, activation)
        axis.plot(middle.index * shift, middle, color=color, marker=marker)
        direct_labels.at_end(axis, middle.index * shift, middle, f"{name}, median", color)
    axis.axhline(FLOAT64, **EDGE)
    axis.annotate(
        "1/ε of float64", (1, FLOAT64), xycoords=("axes fraction", "data"), ha="right", va="bottom", fontsize=9,
        color=theme.INK,
    )  # fmt: skip
    axis.set(xscale="log", yscale="log", xlabel=labels.column(measurements, "dimension"))
    axis.set_ylabel(labels.quantity(measurements, "condition_number"))
    dimensions = sorted(rows["dimension"].unique())
    axis.set_xticks(dimensions, [str(one) for one in dimensions])
    axis.minorticks_off()
    theme.headline(figure, "Features are worse conditioned in low dimension")
    return figure


def _medians(measurements: pd.DataFrame, activation: str) -> pd.Series:
    """Return the finite medians over data sets, by dimension."""
    rows = measurements[(measurements["quantity"] == "condition_number") & (measurements["activation"] == activation)]
    middle = rows.groupby("dimension")["value"].median()
    return middle[np.isfinite(middle)]


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State the medians at the smallest and the largest dimension at which they are finite."""
    parts = []
    for activation, (name, *_) in NAMES.items():
        middle = _medians(measurements, activation)
        parts.append(
            f"{name} from {middle.iloc[0]:.1e} at d = {middle.index[0]} to {middle.iloc[-1]:.1e} at d = "
            f"{middle.index[-1]}"
        )
    return f"Median condition number of the features at k = n over the input dimension: {'; '.join(parts)}."
