"""Norm of the weights of networks over their size, before and after training, as it is and with units rescaled."""

from textwrap import fill

import pandas as pd
from matplotlib.figure import Figure

from overparam.claims.double_descent import over_samples
from overparam.drawing import headlines, labels, random_features, regimes, theme

X = "params_per_label"
QUANTITIES = ("weight_norm", "balanced_norm")
TITLES = {"weight_norm": "weights as they are", "balanced_norm": "units rescaled to the least norm"}
STOPPING = {  # label, colour, marker, dashes
    "final": ("at the end", theme.CATEGORIES[0], "o", "-"),
    "heldout_loss": ("stopped early", theme.CATEGORIES[3], "s", "-"),
    "initial": ("before training\n(control)", theme.GREY, ".", "--"),
}


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw a panel per norm."""
    known = [name for name in QUANTITIES if _mean(measurements, name, "final").notna().any()]
    figure, axes = theme.panels(len(known), height=4.1)
    for axis, quantity in zip(axes, known, strict=True):
        over_samples.by_stopping(axis, measurements, X, quantity, STOPPING)
        over_samples.plain_ticks(axis, [0.2, 0.5, 1, 2, 5, 10])
        axis.set(xlabel=fill(labels.column(measurements, X), 30), ylabel=labels.quantity(measurements, quantity))
        axis.set_title(TITLES[quantity])
        axis.set_ylim(bottom=0)
        regimes.shade(axis, 1, "$p = nK$", short=True)
    over_samples.name_ends(axes[-1], measurements, X, known[-1], STOPPING)
    first = measurements.iloc[0]
    arm = random_features.arm_name(first["label_noise"], first["noise_definition"])
    theme.headline(figure, _headline(verdict))
    theme.context(figure, f"networks on {random_features.data_label(verdict)}, n = {first['n_train']:,}, {arm}")
    return figure


def _headline(verdict: dict) -> str:
    return headlines.by_verdict(
        verdict,
        supported="The norm of the weights is largest at the threshold and falls beyond it",
        refuted="The norm of the weights does not fall beyond the threshold: wider networks have larger norms",
        undecided="The norm of the weights around the threshold",
    )


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
