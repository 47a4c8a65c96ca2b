"""Trained networks that diverged: how many there are, told with every figure of trained networks."""

import pandas as pd
from matplotlib.figure import Figure

from overparam.drawing import theme

# the columns that tell networks apart
WHO = ("study", "model", "width", "label_noise", "noise_definition", "labels", "regularisation", "seed")


def note(measurements: pd.DataFrame) -> str | None:
    """Return how many of the trained networks diverged; ``None`` if none did, or if no networks were trained."""
    if "study" not in measurements:
        return None
    networks = measurements[measurements["quantity"] == "diverged"]
    diverged = networks.groupby([name for name in WHO if name in networks], dropna=False)["value"].max() > 0
    if not diverged.any():
        return None
    others = "" if diverged.all() else "; averages are over the others"
    return f"{diverged.sum()} of {len(diverged)} networks diverged: their losses or weights are not finite{others}"


def mark(figure: Figure, said: str) -> None:
    """Write a note above a figure that has no heading of its own."""
    if not figure.get_suptitle():
        figure.suptitle(said, fontsize=9, color=theme.INK)


def instead(said: str) -> Figure:
    """Return a figure for measurements of which too little is left to draw."""
    figure, (axis,) = theme.panels(height=1.2)
    axis.axis("off")
    axis.text(0.5, 0.5, f"{said}.\nToo few are left to draw.", ha="center", va="center", fontsize=9, color=theme.INK)
    return figure
