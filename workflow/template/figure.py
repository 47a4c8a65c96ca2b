"""WRITE: what the figure shows, in one line."""

import pandas as pd
from matplotlib.figure import Figure

from overparam.drawing import judged, labels, theme

PREDICTION = "first"  # WRITE: the prediction whose quantity, level or band the figure shows; none is typed here again


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """WRITE: what is drawn; here it is every value of the quantity that is judged, seed by seed."""
    quantity = judged.declared(verdict, PREDICTION)["quantity"]
    rows = measurements[measurements["quantity"] == quantity]
    figure, (axis,) = theme.panels()
    axis.plot(rows["seed"], rows["value"], "o", markersize=4)
    axis.set(xlabel="seed", ylabel=labels.quantity(measurements, quantity))
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State the finding, for those who can't see the figure."""
    quantity = judged.declared(verdict, PREDICTION)["quantity"]
    values = measurements.loc[measurements["quantity"] == quantity, "value"]
    return f"WRITE: the finding, with its numbers. {len(values)} values from {values.min():.3g} to {values.max():.3g}."
