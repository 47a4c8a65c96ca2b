"""How far kernel, weights and outputs of a two-layer network leave those of its linearisation, against width."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from overparam.claims.linearity.activation_styles import STYLES
from overparam.drawing import exponents, labels, theme
from overparam.drawing.width_curves import curve, exponent

PANELS = {"kernel_change": "kernel", "weight_change": "weights", "linearisation_error": "outputs"}
SCALINGS = {"one over root width": ("m^(−1/2)", "-"), "one over width": ("1/m (control)", ":")}
RATE = -0.5  # of the formula O(m^(−1/2)); the predicted band is open below and leaves room above


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw the three distances over width, every activation at both scalings, and a guide of slope −1/2."""
    figure, axes = theme.panels(len(PANELS), height=4.2)
    for axis, quantity in zip(axes, PANELS, strict=True):
        for (name, (label, marker)), color in zip(STYLES.items(), theme.CATEGORIES, strict=False):
            for scaling, (factor, dashes) in SCALINGS.items():
                rows = _rows(measurements, quantity, name, scaling)
                curve(axis, rows, f"{label}, c = {factor}", marker, dashes, color)
        widths = np.sort(measurements["width"].unique()).astype(float)
        axis.plot(
            widths, 0.5 * (widths / widths[0]) ** RATE, color=theme.INK, linestyle="--", linewidth=1,
            label=f"slope {exponents.spelled(RATE)}",
        )  # fmt: skip
        axis.set(xscale="log", yscale="log", ylabel="relative change over training")
        axis.set_xlabel(f"{labels.column(measurements, 'width')} m")
        axis.set_title(labels.quantity(measurements, quantity), fontsize=9)
    handles, names = axes[0].get_legend_handles_labels()
    for axis in axes:
        axis.get_legend().remove()
    axes[1].set_ylabel("")
    axes[2].set_ylabel("root mean square difference")
    figure.legend(handles, names, loc="outside lower center", ncol=4, fontsize=8)
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State the exponents of every activation, and those of the control."""
    texts = []
    for quantity, words in PANELS.items():
        usual, control = (
            ", ".join(f"{exponent(_rows(measurements, quantity, name, scaling)):.2f}" for name in STYLES)
            for scaling in SCALINGS
        )
        texts.append(f"{words} {usual} (with the factor 1/m: {control})")
    narrow, wide = (
        _rows(measurements, "kernel_change", "tanh", "one over root width").groupby("width")["value"].mean().iloc[place]
        for place in (0, -1)
    )
    return (
        f"Relative change over training of a two-layer network against its width m = {measurements['width'].min()} to "
        f"{measurements['width'].max()}. Exponents with the factor m^(−1/2), for tanh, sigmoid and ReLU: "
        f"{'; '.join(texts)}. The tanh kernel changes by {narrow:.2g} at the smallest width and by {wide:.2g} at the "
        "largest."
    )


def _rows(measurements: pd.DataFrame, quantity: str, activation: str, scaling: str) -> pd.DataFrame:
    wanted = {
        "quantity": quantity, "activation": activation, "scaling": scaling, "output": "linear",
        "method": "gradient descent",
    }  # fmt: skip
    return measurements[np.logical_and.reduce([measurements[column] == value for column, value in wanted.items()])]
