"""The Hermite coefficients of every activation's slope."""

import pandas as pd
from matplotlib.figure import Figure

from overparam.claims.shallow_networks.activation_lines import ACTIVATION_STYLES
from overparam.drawing import labels, theme
from overparam.theory import hermite


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw the squared coefficients that are not zero over their order."""
    figure, (axis,) = theme.panels(height=4.2)
    for (name, (label, marker, dashes)), color in zip(ACTIVATION_STYLES.items(), theme.CATEGORIES, strict=True):
        found = _coefficients(measurements, name)
        axis.plot(
            found["terms"], found["value"], color=color, linestyle=dashes, marker=marker, markersize=4.5, label=label
        )
    axis.set(yscale="log", xlabel="r", ylabel=labels.quantity(measurements, "coefficient"))
    axis.legend(loc="upper right", ncol=2)
    theme.headline(figure, "The squared Hermite coefficients that are not zero")
    return figure


def _coefficients(measurements: pd.DataFrame, activation: str) -> pd.DataFrame:
    rows = measurements[(measurements["input_norm"] == 1) & (measurements["activation"] == activation)]
    return rows[(rows["quantity"] == "coefficient") & (rows["value"] > hermite.NEGLIGIBLE)]


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State the last coefficient of every activation that is not zero."""
    parts = []
    for name, (label, *_) in ACTIVATION_STYLES.items():
        last = _coefficients(measurements, name).sort_values("terms").iloc[-1]
        parts.append(f"{label} {last['value']:.1g} at r = {last['terms']:.0f}")
    return (
        "Squared Hermite coefficients of the slopes of six activations over their order; the last ones that are not "
        f"zero are {', '.join(parts)}."
    )
