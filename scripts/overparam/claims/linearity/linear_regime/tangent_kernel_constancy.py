"""How far the tangent kernel of a two-layer network moves while it is trained, against width."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from overparam.claims.linearity.activation_styles import STYLES
from overparam.drawing import direct_labels, exponents, headlines, labels, theme
from overparam.drawing.width_curves import curve, exponent

USUAL, CONTROL = "one over root width", "one over width"
RATE = -0.5  # of the formula O(m^(−1/2)); the predicted band is open below and leaves room above


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw the change of the kernel for every activation, that of the control, and the least fall that is claimed."""
    figure, (axis,) = theme.panels(height=4.6)
    axis.set(xscale="log", yscale="log", xlabel=f"{labels.column(measurements, 'width')} m")
    axis.set_ylabel(labels.quantity(measurements, "kernel_change"))
    ends = []
    for (name, (label, marker)), color in zip(STYLES.items(), theme.CATEGORIES, strict=False):
        control = rows_of(measurements, "kernel_change", name, CONTROL)
        curve(axis, control, None, "", theme.CONTROL["linestyle"], theme.CONTROL["color"], faint=0.1)
        ends.append(control.groupby("width")["value"].mean())
        curve(axis, rows_of(measurements, "kernel_change", name, USUAL), label, marker, "-", color)
    direct_labels.of_lines(axis)
    middle = sorted(ends, key=lambda means: means.iloc[-1])[1]
    direct_labels.at_end(axis, middle.index, middle, "output over $m$\n(control, all\nactivations)", theme.GREY)
    widths = np.sort(measurements["width"].unique()).astype(float)
    starts = [rows_of(measurements, "kernel_change", name, USUAL) for name in STYLES]
    start = max(rows.groupby("width")["value"].mean().iloc[0] for rows in starts)
    axis.plot(widths, 2.2 * start * (widths / widths[0]) ** RATE, color=theme.INK, linestyle=":", linewidth=1.2)
    words = f"claimed: slope {exponents.spelled(RATE)}\nor steeper"
    direct_labels.at_end(axis, widths, 2.2 * start * (widths / widths[0]) ** RATE, words, theme.INK, fontsize=8.5)
    text = headlines.by_verdict(
        verdict,
        supported="The wider the network, the less its tangent kernel moves while it is trained",
        refuted="The tangent kernel of wide networks moves more than claimed while they are trained",
        undecided="How far the tangent kernel moves in training",
    )
    theme.headline(figure, text)
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State the exponents of every activation, those of the control, and how far the kernel moves."""
    usual, control = (
        ", ".join(f"{exponent(rows_of(measurements, 'kernel_change', name, scaling)):.2f}" for name in STYLES)
        for scaling in (USUAL, CONTROL)
    )
    narrow, wide = (
        rows_of(measurements, "kernel_change", "tanh", USUAL).groupby("width")["value"].mean().iloc[place]
        for place in (0, -1)
    )
    return (
        f"Relative change of the tangent kernel over training of a two-layer network against its width m = "
        f"{measurements['width'].min()} to {measurements['width'].max()}. Exponents with the factor m^(−1/2), for "
        f"tanh, sigmoid and ReLU: kernel {usual}; with the factor 1/m (control): {control}. The tanh kernel changes by "
        f"{narrow:.2g} at the smallest width and by {wide:.2g} at the largest."
    )


def rows_of(measurements: pd.DataFrame, quantity: str, activation: str, scaling: str) -> pd.DataFrame:
    """Return the values of a quantity for networks with one activation, trained by gradient descent."""
    wanted = {
        "quantity": quantity, "activation": activation, "scaling": scaling, "output": "linear",
        "method": "gradient descent",
    }  # fmt: skip
    return measurements[np.logical_and.reduce([measurements[column] == value for column, value in wanted.items()])]
