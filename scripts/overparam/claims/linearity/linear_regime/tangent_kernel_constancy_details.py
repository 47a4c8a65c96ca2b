"""How far weights and outputs of a two-layer network leave those of its linearisation, against width."""

import pandas as pd
from matplotlib.figure import Figure

from overparam.claims.linearity.activation_styles import STYLES
from overparam.claims.linearity.linear_regime.tangent_kernel_constancy import CONTROL, USUAL, rows_of
from overparam.drawing import direct_labels, labels, theme
from overparam.drawing.width_curves import curve, exponent

PANELS = {"weight_change": "weights", "linearisation_error": "outputs"}


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw both distances over width, every activation, and the control grey and dashed."""
    figure, axes = theme.panels(len(PANELS), height=4.2)
    for axis, (quantity, title) in zip(axes, PANELS.items(), strict=True):
        for (name, (label, marker)), color in zip(STYLES.items(), theme.CATEGORIES, strict=False):
            control = rows_of(measurements, quantity, name, CONTROL)
            curve(axis, control, None, "", theme.CONTROL["linestyle"], theme.CONTROL["color"], faint=0.1)
            curve(axis, rows_of(measurements, quantity, name, USUAL), label, marker, "-", color)
        axis.set(xscale="log", yscale="log", title=title, xlabel=f"{labels.column(measurements, 'width')} m")
        axis.set_ylabel(labels.quantity(measurements, quantity))
        direct_labels.of_lines(axis)
    theme.headline(figure, "What else moves in training: weights and outputs (grey: output over $m$, the control)")
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State the exponents of every activation, and those of the control."""
    texts = []
    for quantity, words in PANELS.items():
        usual, control = (
            ", ".join(f"{exponent(rows_of(measurements, quantity, name, scaling)):.2f}" for name in STYLES)
            for scaling in (USUAL, CONTROL)
        )
        texts.append(f"{words} {usual} (with the factor 1/m, the control: {control})")
    return (
        "Distance of weights and of outputs from those of the linearised network over training, against the width. "
        f"Exponents with the factor m^(−1/2), for tanh, sigmoid and ReLU: {'; '.join(texts)}."
    )
