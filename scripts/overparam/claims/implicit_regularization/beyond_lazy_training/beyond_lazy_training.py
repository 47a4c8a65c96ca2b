"""Relative movement of the tangent kernel over width at two scales of the output weights, and over the scale."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from overparam.drawing import direct_labels, exponents, headlines, judged, labels, theme
from overparam.drawing.width_curves import curve

ACTIVATION_LOOKS = {"softplus": ("softplus", "o"), "relu": ("ReLU", "D")}  # name and marker
LAZY = "the kernel moves less with more units"  # the prediction
USUAL, SMALL = SCALES = ("one over root width", "one over width")  # of the output weights


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw the kernel's movement over k at both scales, beside the largest slope predicted, and over the scale."""
    theme.apply()
    figure, (over_width, over_scale) = plt.subplots(1, 2, sharey=True, figsize=(theme.WIDTH, 4.4))
    for axis in (over_width, over_scale):
        axis.set(xscale="log", yscale="log")
    ends = {scale: [] for scale in SCALES}
    for (name, (label, marker)), color in zip(ACTIVATION_LOOKS.items(), theme.CATEGORIES, strict=False):
        small, usual = (rows_of(measurements, name, "width", scale) for scale in (SMALL, USUAL))
        curve(over_width, small, None, marker, theme.CONTROL["linestyle"], theme.CONTROL["color"], faint=0.1)
        curve(over_width, usual, label, marker, "-", color, faint=0.1)
        for scale, rows in ((SMALL, small), (USUAL, usual)):
            ends[scale].append(rows.groupby("width")["value"].mean())
        curve(over_scale, rows_of(measurements, name, "scale"), label, marker, "-", color, "relative_scale", faint=0.1)
        swept = rows_of(measurements, name, "scale").groupby("relative_scale")["value"].mean()
        # the axis runs to small weights
        direct_labels.at_end(over_scale, swept.index[:1], swept.iloc[:1], label, color)
    means = max(ends[SMALL], key=lambda one: one.iloc[-1])
    direct_labels.at_end(over_width, means.index, means, "smaller\noutput\nweights\n(control)", theme.GREY)
    direct_labels.of_lines(over_width)
    _, slope = judged.band(verdict, LAZY)
    widths = np.sort(measurements.loc[measurements["sweep"] == "width", "width"].unique()).astype(float)
    guide = 0.3 * min(one.iloc[0] for one in ends[USUAL]) * (widths / widths[0]) ** slope
    over_width.plot(widths[:-1], guide[:-1], color=theme.INK, linestyle=":", linewidth=1.2)
    words = f"slope {f'{slope:g}'.replace('-', '−')}\nor steeper"
    direct_labels.at_end(over_width, widths[:-1], guide[:-1], words, theme.INK, fontsize=8.5)
    swept = measurements.loc[measurements["sweep"] == "scale", "width"].iloc[0]
    over_width.set(xlabel=labels.column(measurements, "width"), title="wider networks")
    over_width.set_ylabel(labels.quantity(measurements, "kernel_change"))
    over_scale.set(xlabel=labels.column(measurements, "relative_scale"), ylabel="")
    over_scale.set_title(f"smaller weights, $k = {swept}$")
    over_scale.invert_xaxis()
    text = headlines.by_verdict(
        verdict,
        supported="Wide networks train lazily; their kernel moves only if the output weights are smaller",
        refuted="The kernel of wide networks does not stay put as claimed",
        undecided="How far the kernel moves, at two scales of the output weights",
    )
    theme.headline(figure, text)
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State how far the kernel moves at both ends and both scales, and the exponents as judged."""
    sentences = []
    for name, (label, _) in ACTIVATION_LOOKS.items():
        ends = {}
        for scale, prediction in zip(SCALES, (LAZY, "at smaller output weights it moves on"), strict=True):
            means = rows_of(measurements, name, "width", scale).groupby("width")["value"].mean()
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


def rows_of(measurements: pd.DataFrame, activation: str, sweep: str, scale: str = "between") -> pd.DataFrame:
    """Return the kernel's change of one activation, of one of the sweeps."""
    wanted = {"quantity": "kernel_change", "activation": activation, "sweep": sweep, "output_scale": scale}
    return measurements[np.logical_and.reduce([measurements[column] == value for column, value in wanted.items()])]
