"""The coefficient of ‖∇L‖² whose flow gradient descent follows best, over the step size."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from overparam.drawing import labels, predicted, theme
from overparam.drawing.rounding import at_least, at_most
from overparam.drawing.width_curves import curve


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw the best coefficient of every seed with their median, and the band predicted at the smallest step."""
    figure, (axis,) = theme.panels(height=3.8)
    best = measurements[measurements["quantity"] == "best_coefficient"]
    curve(axis, best, None, "o", "-", theme.CATEGORIES[0], "learning_rate", "median", faint=0.3)
    axis.set(xscale="log", xlabel=labels.column(measurements, "learning_rate"))
    axis.set_ylabel(labels.quantity(measurements, "best_coefficient"))
    axis.set_ylim(min(0.2, best["value"].min()), max(0.3, min(best["value"].max(), 0.4)))
    predicted.predicted_band(axis, verdict, "best-coefficient", "corrected", label="predicted, at the smallest step")
    places = np.sort(best["learning_rate"].unique())
    axis.set_xticks(places, [f"1/{1 / h:.3g}" for h in places])
    axis.set_xticks([], minor=True)
    theme.headline(figure, "Which coefficient of $\\|\\nabla L\\|^2$ gives the flow that descent follows best")
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State the best coefficient at the smallest and at the largest step."""
    best = measurements[measurements["quantity"] == "best_coefficient"].groupby("learning_rate")["value"]
    small, large = (f"{at_least(best.min().iloc[end], 3)} to {at_most(best.max().iloc[end], 3)}" for end in (0, -1))
    return (
        f"Best coefficient c in the flow of L + c·h‖∇L‖² that gradient descent follows: {small} at the smallest step "
        f"size, {large} at the largest."
    )
