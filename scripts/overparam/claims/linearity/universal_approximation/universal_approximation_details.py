"""Least sup error of two-layer networks against width, on the smooth function that was measured as well."""

import pandas as pd
from matplotlib.figure import Figure

from overparam.claims.linearity.activation_styles import STYLES
from overparam.claims.linearity.universal_approximation.universal_approximation import TARGETS, on_target
from overparam.drawing import direct_labels, labels, theme


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw the error of every network on the wave, with the controls grey and dashed."""
    figure, (axis,) = theme.panels(height=4.2)
    errors = measurements[measurements["quantity"] == "sup_error"]
    on_target(axis, errors[errors["target"] == "wave"])
    axis.set(xscale="log", yscale="log", xlabel=f"{labels.column(measurements, 'width')} m")
    axis.set_ylabel(labels.quantity(measurements, "sup_error"))
    widths = sorted(measurements["width"].unique())
    axis.set_xticks(widths, [str(width) for width in widths])
    axis.minorticks_off()
    direct_labels.of_lines(axis)
    theme.headline(figure, f"The same on a smooth function, {TARGETS['wave']}")
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State the median errors at the largest width."""
    errors = measurements[(measurements["quantity"] == "sup_error") & (measurements["target"] == "wave")]
    wide = errors["width"].max()
    middle = errors[(errors["width"] == wide) & (errors["network"] == "with biases")].groupby("activation")["value"]
    found = ", ".join(f"{label} {middle.median()[name]:.2g}" for name, (label, _) in STYLES.items())
    return f"Median least sup error on {TARGETS['wave']} of two-layer networks of width {wide}: {found}."
