"""Relative movement of the tangent kernel over width at two scales of the output weights, and over the scale."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from overparam.drawing import exponents, judged, labels, theme
from overparam.drawing.width_curves import curve

ACTIVATION_LOOKS = {"softplus": ("softplus", "o"), "relu": ("ReLU", "D")}  # name and marker
LAZY = "the kernel moves less with more units"  # the prediction
SCALES = {"one over root width": ("|v| = ‖y‖/√(kn), the talk's", "-"), "one over width": ("|v| = ‖y‖/(k√n)", ":")}


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw the kernel's movement over k at both scales, beside the largest slope predicted, and over the scale."""
    figure, (over_width, over_scale) = theme.panels(2, height=4.4)
    widths = np.sort(measurements.loc[measurements["sweep"] == "width", "width"].unique()).astype(float)
    for (name, (label, marker)), color in zip(ACTIVATION_LOOKS.items(), theme.CATEGORIES, strict=False):
        for scale, (words, dashes) in SCALES.items():
            rows = _rows(measurements, name, "width", scale)
            curve(over_width, rows, f"{label}, {words}", marker, dashes, color, faint=0.2)
        curve(over_scale, _rows(measurements, name, "scale"), label, marker, "-", color, "relative_scale", faint=0.2)
    _, slope = judged.band(verdict, LAZY)
    over_width.plot(
        widths, 0.2 * (widths / widths[0]) ** slope, color=theme.INK, linestyle="--", linewidth=1,
        label=f"slope {f'{slope:g}'.replace('-', '−')}, the largest predicted",
    )  # fmt: skip
    swept = measurements.loc[measurements["sweep"] == "scale", "width"].iloc[0]
    over_width.set(xlabel=labels.column(measurements, "width"), title="two scales")
    over_width.set_ylabel(labels.quantity(measurements, "kernel_change"))
    over_scale.set(xlabel=labels.column(measurements, "relative_scale"), ylabel="", title=f"between them, k = {swept}")
    for axis in (over_width, over_scale):
        axis.set(xscale="log", yscale="log")
    limits = np.array([axis.get_ylim() for axis in (over_width, over_scale)])
    entries = over_width.get_legend_handles_labels()
    for axis in (over_width, over_scale):
        axis.set_ylim(limits[:, 0].min(), limits[:, 1].max())
        axis.get_legend().remove()
    figure.legend(*entries, loc="outside lower center", ncol=2, fontsize=8)
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State how far the kernel moves at both ends and both scales, and the exponents as judged."""
    sentences = []
    for name, (label, _) in ACTIVATION_LOOKS.items():
        ends = {}
        for scale, prediction in zip(SCALES, (LAZY, "at smaller output weights it moves on"), strict=True):
            means = _rows(measurements, name, "width", scale).groupby("width")["value"].mean()
            slope = exponents.measured(verdict, prediction, each=f"activation = {name}")
            ends[scale] = f"from {means.iloc[0]:.2g} to {means.iloc[-1]:.2g} (exponent {slope})"
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
