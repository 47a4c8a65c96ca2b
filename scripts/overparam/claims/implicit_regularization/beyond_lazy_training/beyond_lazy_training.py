"""Relative movement of the tangent kernel over width at two scales of the output weights, and over the scale."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from overparam.drawing import theme
from overparam.drawing.width_curves import curve

ACTIVATIONS = {"softplus": ("softplus", "o"), "relu": ("ReLU", "D")}
SCALES = {"one over root width": ("|v| = ‖y‖/√(kn), the talk's", "-"), "one over width": ("|v| = ‖y‖/(k√n)", ":")}


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw the kernel's movement over k at both scales with a guide of slope −1/2, and over the scale at one k."""
    figure, (over_width, over_scale) = theme.panels(2, height=4.4)
    widths = np.sort(measurements.loc[measurements["sweep"] == "width", "width"].unique()).astype(float)
    for (name, (label, marker)), color in zip(ACTIVATIONS.items(), theme.CATEGORIES, strict=False):
        for scale, (words, dashes) in SCALES.items():
            rows = _rows(measurements, name, "width", scale)
            curve(over_width, rows, f"{label}, {words}", marker, dashes, color, faint=0.2)
        curve(over_scale, _rows(measurements, name, "scale"), label, marker, "-", color, "relative_scale", faint=0.2)
    over_width.plot(
        widths, 0.2 * (widths / widths[0]) ** -0.5, color=theme.INK, linestyle="--", linewidth=1, label="slope −1/2"
    )
    swept = measurements.loc[measurements["sweep"] == "scale", "width"].iloc[0]
    over_width.set(xlabel="hidden units k", ylabel="‖K − K₀‖ / ‖K₀‖ after training", title="two scales")
    over_scale.set(xlabel="|v| √(kn) / ‖y‖", ylabel="", title=f"between them, k = {swept}")
    for axis in (over_width, over_scale):
        axis.set(xscale="log", yscale="log")
    limits = np.array([axis.get_ylim() for axis in (over_width, over_scale)])
    handles, labels = over_width.get_legend_handles_labels()
    for axis in (over_width, over_scale):
        axis.set_ylim(limits[:, 0].min(), limits[:, 1].max())
        axis.get_legend().remove()
    figure.legend(handles, labels, loc="outside lower center", ncol=2, fontsize=8)
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State how far the kernel moves at both ends and both scales, and the exponents."""
    sentences = []
    for name, (label, _) in ACTIVATIONS.items():
        ends = {}
        for scale in SCALES:
            means = _rows(measurements, name, "width", scale).groupby("width")["value"].mean()
            slope = np.polyfit(np.log(means.index), np.log(means), 1)[0]
            ends[scale] = f"from {means.iloc[0]:.2g} to {means.iloc[-1]:.2g} (exponent {slope:.2f})"
        usual, small = (ends[scale] for scale in SCALES)
        sentences.append(f"{label} {usual} at the talk's output weights and {small} at the smaller ones")
    widths = measurements.loc[measurements["sweep"] == "width", "width"]
    hits = measurements[measurements["quantity"] == "limit_hit"]["value"]
    return (
        f"Relative change of the tangent kernel while gradient descent fits random labels, k = {widths.min()} to "
        f"{widths.max()} hidden units: {'; '.join(sentences)}. At fixed k it grows as the output weights shrink. "
        f"{int(hits.sum())} of {len(hits)} runs hit the limit of steps."
    )


def _rows(measurements: pd.DataFrame, activation: str, sweep: str, scale: str = "between") -> pd.DataFrame:
    wanted = {"quantity": "kernel_change", "activation": activation, "sweep": sweep, "output_scale": scale}
    return measurements[np.logical_and.reduce([measurements[column] == value for column, value in wanted.items()])]
