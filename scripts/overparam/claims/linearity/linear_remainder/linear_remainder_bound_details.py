"""Taylor remainder in every direction, beside the bound of the worst one, for three networks."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from overparam.claims.linearity.linear_remainder.linear_remainder_bound import DIRECTIONS
from overparam.drawing import direct_labels, labels, theme
from overparam.drawing.width_curves import curve

PANELS = [
    ("tanh", "linear", "tanh"),
    ("relu", "linear", "ReLU (not smooth)"),
    ("tanh", "squared", "tanh, squared (control)"),
]


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw |R(θ)| per direction and the bound of the worst one: tanh, ReLU, and tanh with its output squared."""
    figure, axes = theme.panels(len(PANELS), height=4.0)
    for axis, (activation, output, title) in zip(axes, PANELS, strict=True):
        rows = measurements[(measurements["activation"] == activation) & (measurements["output"] == output)]
        bound = rows[(rows["quantity"] == "remainder_bound") & (rows["direction"] == "worst")]
        bound = bound.groupby("width")["value"].mean()
        axis.plot(bound.index, bound, color=theme.INK, linestyle=":", linewidth=2, label="bound")
        for (direction, (label, marker)), color in zip(DIRECTIONS.items(), theme.CATEGORIES, strict=False):
            chosen = rows[(rows["quantity"] == "remainder") & (rows["direction"] == direction)]
            chosen = chosen.groupby(["width", "seed"], as_index=False)["value"].median()
            curve(axis, chosen, label, marker, "-", color, average="median")
        axis.set(xscale="log", yscale="log", ylabel="", xlabel=f"{labels.column(measurements, 'width')} m")
        axis.set_title(title, fontsize=9.5)
    axes[0].set_ylabel(labels.quantity(measurements, "remainder"))
    limits = np.array([axis.get_ylim() for axis in axes])
    for axis in axes:
        axis.set_ylim(limits[:, 0].min(), limits[:, 1].max())
    direct_labels.of_lines(axes[-1])
    theme.headline(figure, "The remainder in every direction, beside the bound of the worst one")
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State the remainder in the worst direction at the largest width, for the three networks."""
    rows = measurements[(measurements["quantity"] == "remainder") & (measurements["direction"] == "worst")]
    widest = rows[rows["width"] == rows["width"].max()].groupby(["activation", "output"])["value"].median()
    parts = ", ".join(f"{title} {widest[activation, output]:.2g}" for activation, output, title in PANELS)
    return (
        f"Remainder in the worst direction, along gradient descent and in random directions, beside the bound of the "
        f"worst one. In the worst direction at m = {rows['width'].max()} (medians): {parts}."
    )
