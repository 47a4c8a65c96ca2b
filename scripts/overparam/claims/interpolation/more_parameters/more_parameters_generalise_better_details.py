"""Test error over the number of parameters of published networks of different kinds, as printed."""

import pandas as pd
from matplotlib.figure import Figure

from overparam.claims.interpolation import network_names
from overparam.claims.interpolation.printed_networks import DATA
from overparam.drawing import labels, studies, theme

# where the name of a printed network stands if not above it, so that names do not overlap
PLACES = {"resnet_2m": ((0, -16), "center"), "mlp": ((-7, 2), "right"), "mlp3": ((0, -16), "center")}


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw the printed networks, which are not judged."""
    figure, (axis,) = theme.panels(height=4)
    printed = measurements[measurements["arm"] == "printed"]
    axis.scatter(printed["n_params"], printed["value"], color=theme.INK, marker="D", s=32)
    for row in printed.itertuples():
        place, side = PLACES.get(row.model, ((0, 8), "center"))
        axis.annotate(
            network_names.short(row.model), (row.n_params, row.value), xytext=place, textcoords="offset points",
            ha=side, fontsize=9.5, color=theme.INK,
        )  # fmt: skip
    axis.set_xscale("log")
    axis.set(xlim=(6e4, 7e6), ylim=(0, 0.6), xlabel=labels.column(measurements, "n_params"))
    axis.set_ylabel(labels.quantity(measurements, "test_error"))
    studies.percent_axis(axis)
    theme.headline(figure, "Published networks of different kinds: the kind matters more than the size")
    theme.context(figure, f"as printed for {DATA}, n = {printed['n_train'].iloc[0]:,}; not judged")
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State the printed errors from the smallest network to the largest."""
    printed = measurements[measurements["arm"] == "printed"].sort_values("n_params")
    parts = [f"{network_names.short(row.model)} {row.value:.1%} at {row.n_params:,}" for row in printed.itertuples()]
    return f"Test error of published networks on {DATA} by number of parameters: {', '.join(parts)}."
