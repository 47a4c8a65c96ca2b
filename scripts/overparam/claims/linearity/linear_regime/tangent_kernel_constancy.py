"""How far kernel, weights and outputs of a two-layer network leave those of its linearisation, against width."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from overparam.drawing import theme
from overparam.drawing.width_curves import curve, exponent

PANELS = {
    "kernel_change": "kernel: max ‖K_t − K₀‖ / ‖K₀‖",
    "weight_change": "weights: ‖θ − θ₀‖ / ‖θ₀‖",
    "linearisation_error": "outputs: max |f_t − f_t^lin|",
}
ACTIVATIONS = {"tanh": ("tanh", "o"), "sigmoid": ("sigmoid", "s"), "relu": ("ReLU", "D")}
SCALINGS = {"one over root width": ("m^(−1/2)", "-"), "one over width": ("1/m (control)", ":")}


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw the three distances over width, every activation at both scalings, and a guide of slope −1/2."""
    figure, axes = theme.panels(len(PANELS), height=4.2)
    for axis, (quantity, title) in zip(axes, PANELS.items(), strict=True):
        for (name, (label, marker)), color in zip(ACTIVATIONS.items(), theme.CATEGORIES, strict=False):
            for scaling, (factor, dashes) in SCALINGS.items():
                rows = _rows(measurements, quantity, name, scaling)
                curve(axis, rows, f"{label}, c = {factor}", marker, dashes, color)
        widths = np.sort(measurements["width"].unique()).astype(float)
        axis.plot(
            widths, 0.5 * (widths / widths[0]) ** -0.5, color=theme.INK, linestyle="--", linewidth=1, label="slope −1/2"
        )
        axis.set(xscale="log", yscale="log", xlabel="width m", ylabel="relative change over training", title=title)
        axis.title.set_fontsize(9)
    handles, labels = axes[0].get_legend_handles_labels()
    for axis in axes:
        axis.get_legend().remove()
    axes[1].set_ylabel("")
    axes[2].set_ylabel("root mean square difference")
    figure.legend(handles, labels, loc="outside lower center", ncol=4, fontsize=8)
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State the exponents of every activation, and those of the control."""
    texts = []
    for quantity, words in zip(PANELS, ("kernel", "weights", "outputs"), strict=True):
        usual, control = (
            ", ".join(f"{exponent(_rows(measurements, quantity, name, scaling)):.2f}" for name in ACTIVATIONS)
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
