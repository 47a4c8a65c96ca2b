"""Norm of the weights of networks over their size, before and after training, as it is and with units rescaled."""

from textwrap import fill

import pandas as pd
from matplotlib.figure import Figure

from overparam.claims.double_descent import over_samples
from overparam.drawing import labels, random_features, theme

X = "params_per_label"
QUANTITIES = ("weight_norm", "balanced_norm")
STOPPING = {  # label, colour, marker, dashes
    "final": ("at the end of training", theme.CATEGORIES[0], "o", "-"),
    "heldout_loss": ("stopped early", theme.CATEGORIES[3], "s", "-."),
    "initial": ("before training (control)", theme.INK, ".", "--"),
}


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw a panel per norm."""
    known = [name for name in QUANTITIES if _mean(measurements, name, "final").notna().any()]
    figure, axes = theme.panels(len(known), height=3.6)
    for axis, quantity in zip(axes, known, strict=True):
        over_samples.by_stopping(axis, measurements, X, quantity, STOPPING)
        over_samples.plain_ticks(axis, [0.2, 0.5, 1, 2, 5, 10])
        theme.mark_threshold(axis, 1, "p = nK" if axis is axes[0] else "")
        axis.set(xlabel=fill(labels.column(measurements, X), 30), ylabel=labels.quantity(measurements, quantity))
        axis.set_ylim(bottom=0)
    first = measurements.iloc[0]
    arm = random_features.arm_name(first["label_noise"], first["noise_definition"])
    title = f"networks on {random_features.data_label(verdict)}, n = {first['n_train']:,}, {arm}"
    figure.suptitle(title, fontsize=9, color=theme.INK)
    over_samples.stopping_legend(figure, STOPPING)
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State the norms at every size after training, and before it at both ends."""
    before = _mean(measurements, "weight_norm", "initial")
    parts = []
    for quantity, words in zip(QUANTITIES, ("as they are", "with units rescaled to the least norm"), strict=True):
        after = _mean(measurements, quantity, "final")
        if after.notna().any():
            parts.append(f"{words} {', '.join(f'{norm:.2f} at {size:.2g} nK' for size, norm in after.items())}")
    return (
        f"Norm of the weights of trained networks on {random_features.data_label(verdict)}, by parameters per label: "
        f"{'; '.join(parts)}. Before training it grows from {before.iloc[0]:.2f} to {before.iloc[-1]:.2f}."
    )


def _mean(measurements: pd.DataFrame, quantity: str, stopping: str) -> pd.Series:
    rows = over_samples.chosen(measurements, quantity=quantity, stopping=stopping)
    return rows.groupby(X)["value"].mean()
