"""Everything that was measured at minima of one train loss over their curvature, by what makes the minima differ.

The last row compares the rise of the loss with what the trace of ∇²L gives; its control are perturbations that are too
long for that.
"""

import pandas as pd
from matplotlib.figure import Figure

from overparam.claims.implicit_regularization.flat_minima import minima
from overparam.claims.implicit_regularization.flat_minima.flat_minima_generalise import plain_ticks
from overparam.drawing import random_features, studies, theme
from overparam.drawing.rounding import at_most

LABELS = {
    "error": "test error\nless the mean",
    "loss": "test loss\nover the mean",
    "loss_increase": "train loss rise\nover the mean",
    "ratio": "train loss rise\nover (σ²/2) tr ∇²L",
}
TICKS = {
    "loss": [0.5, 0.8, 1, 1.2, 1.5, 2],
    "loss_increase": [0.1, 0.2, 0.5, 1, 2, 5, 10, 20],
    "ratio": [0.5, 1, 1.5, 2, 3, 5, 10],
}
WEIGHTS = {"rescaled": (theme.GREY, "x"), "found": (theme.CATEGORIES[0], "o")}


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw one column per origin of the minima; a dot is one minimum, relative to the mean of its seed."""
    rows = minima.chosen(measurements)
    figure, axes = studies.grid(len(LABELS), len(minima.ORIGINS), 1.9, sharex=True, sharey="row")
    for line, (quantity, label) in zip(axes, LABELS.items(), strict=True):
        for axis, origin in zip(line, minima.ORIGINS, strict=True):
            for weights, (color, marker) in WEIGHTS.items():
                part = rows[(rows["quantity"] == quantity) & (rows["origin"] == origin) & (rows["weights"] == weights)]
                axis.scatter(
                    part["place"], part["height"], s=9, color=color, marker=marker, alpha=0.6,
                    linewidths=0.7 if marker == "x" else 0,
                )  # fmt: skip
            found, control = (minima.summary(rows, quantity, origin, weights) for weights in ("found", "rescaled"))
            name = "mean" if quantity == "ratio" else "rank"
            axis.set_title(f"{name} {found:.2f} (control {control:.2f})", fontsize=8.5)
            axis.set_xscale("log")
            plain_ticks(axis.xaxis, [0.2, 0.5, 1, 2, 5, 10])
        line[0].set_ylabel(label, fontsize=9)
        if quantity == "error":
            studies.percent_axis(line[0])
        else:
            line[0].set_yscale("log")
            plain_ticks(line[0].yaxis, TICKS[quantity])
    for axis, (origin, name) in zip(axes[0], minima.ORIGINS.items(), strict=True):
        count = rows[rows["origin"] == origin].groupby(["quantity", "weights", "seed"]).size().max()
        axis.set_title(f"{count} {name} per seed\n{axis.get_title()}", fontsize=8.5)
    for axis in axes[-1]:
        axis.set_xlabel("λₘₐₓ, over the mean", fontsize=9)
    theme.headline(figure, "All that was measured at minima of one train loss (grey: rescaled weights, the control)")
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State the train loss and error at which all minima lie, and on which data."""
    loss, error = (minima.at_equal_loss(measurements, quantity) for quantity in ("loss", "error"))
    return (
        f"Test error, test loss and rise of the train loss over the curvature of minima on "
        f"{random_features.data_label(verdict)}, n = {measurements['n_train'].iloc[0]}, all at train loss "
        f"{loss.median():.2g} (train error at most {at_most(100 * error.max())} %), a column per origin."
    )
