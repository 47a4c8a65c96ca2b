"""WRITE: what the figure shows, in one line."""

import pandas as pd
from matplotlib.figure import Figure

from overparam.drawing import theme


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """WRITE: what is drawn; here it is every value of the quantity that is judged, seed by seed."""
    rows = _judged(measurements)
    figure, (axis,) = theme.panels()
    axis.plot(rows["seed"], rows["value"], "o", markersize=4)
    axis.set(xlabel="seed", ylabel="__QUANTITY__")
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State the finding, for those who can't see the figure."""
    values = _judged(measurements)["value"]
    return f"WRITE: the finding, with its numbers. {len(values)} values from {values.min():.3g} to {values.max():.3g}."


def _judged(measurements: pd.DataFrame) -> pd.DataFrame:
    return measurements[measurements["quantity"] == "__QUANTITY__"]
