"""Hessian norm of networks of several depths against width, and the share of cross blocks after rotations."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from overparam.drawing import exponents, judged, labels, theme
from overparam.drawing.width_curves import curve

NETWORKS = {
    "linear output": ("linear output", "o"),
    "squared output": ("½f² (control)", "s"),
    "bottleneck": ("bottleneck (control)", "^"),
}
MARKERS = "oDs^v"  # of the depths
PLACES = {"start": ("at θ₀", "-"), "along gradient": ("along ∇f", ":")}
ROTATIONS = {
    "none": ("between units, no rotation", "o", "-"),
    "sub-model gradients": ("rotated to the second layer's gradients", "D", "--"),
    "eigenvectors": ("rotated to its eigenvectors", "v", ":"),
}
RATE = -0.5  # of the formula Õ(m^(−1/2)); the predicted bands are open below and leave room above


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw ‖H‖ of the three networks at both places, of all depths, and the shares of cross blocks."""
    figure, (norms, depths, shares) = theme.panels(3, height=4.8)
    for (network, (label, marker)), color in zip(NETWORKS.items(), theme.CATEGORIES, strict=False):
        for place, (where, dashes) in PLACES.items():
            rows = _rows(measurements, "hessian_norm", network, place=place)
            curve(norms, rows, f"{label}, {where}", marker, dashes, color)
    start = _rows(measurements, "hessian_norm", "linear output", place="start")
    widths = np.sort(start["width"].unique()).astype(float)
    level = start[start["width"] == widths[0]]["value"].mean()
    norms.plot(
        widths, 0.6 * level * (widths / widths[0]) ** RATE, color=theme.INK, linestyle="--", linewidth=1,
        label=f"slope {exponents.spelled(RATE)}",
    )  # fmt: skip
    norms.set(xscale="log", yscale="log", title="three layers of weights")
    norms.set_ylabel(labels.quantity(measurements, "hessian_norm"))
    other = measurements[(measurements["network"] == "linear output") & (measurements["place"] == "start")]
    for depth, marker, color in zip(sorted(other["depth"].unique()), MARKERS, theme.CATEGORIES, strict=False):
        rows = _rows(measurements, "hessian_norm", "linear output", depth, place="start")
        curve(depths, rows, f"L = {depth}", marker, "-", color)
    constant = _rows(measurements, "hessian_norm", "constant weights", 2)
    curve(depths, constant, "L = 2, all weights 1", "x", ":", theme.INK)
    depths.set(xscale="log", yscale="log", ylabel="", title="other depths, at θ₀")
    for (rotation, (label, marker, dashes)), color in zip(ROTATIONS.items(), theme.CATEGORIES[3:], strict=False):
        rows = _rows(measurements, "cross_share", "linear output", rotation=rotation)
        curve(shares, rows, label, marker, dashes, color)
    shares.set(xscale="log", ylim=(-0.05, 1.05), title="first layer's Hessian, linear output")
    shares.set_ylabel(labels.quantity(measurements, "cross_share"))
    for axis in (norms, depths, shares):
        axis.set_xlabel(f"{labels.column(measurements, 'width')} m")
        axis.legend(loc="upper center", bbox_to_anchor=(0.5, -0.18), fontsize=7.5)
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State the exponents of the three networks, as judged, and the cross shares at the largest width looked at."""
    control = judged.under_control(verdict)
    texts = {}
    for network in NETWORKS:
        source = verdict if network == "linear output" else control
        cases = [f"network = {network}, depth = 3, place = {place}" for place in PLACES]
        texts[network] = " and ".join(exponents.measured(source, "the norm falls", each=case) for case in cases)
    widths = _rows(measurements, "hessian_norm", "linear output")["width"]
    others = sorted(set(measurements["depth"]) - {3})
    fall = ", ".join(
        exponents.measured(verdict, "the norm falls", each=f"network = linear output, depth = {depth}, place = start")
        for depth in others
    )
    constant = exponents.measured(verdict, "constant weights keep their curvature", "only_if_random")
    scaled = [
        exponents.measured(
            verdict, "slope over root log width", "corrected", each=f"network = linear output, place = {place}"
        )
        for place in PLACES
    ]
    shares = {
        rotation: _rows(measurements, "cross_share", "linear output", rotation=rotation) for rotation in ROTATIONS
    }
    width = shares["none"]["width"].max()
    means = {rotation: rows[rows["width"] == width]["value"].mean() for rotation, rows in shares.items()}
    return (
        f"Hessian norm of tanh networks with two hidden layers of m = {widths.min()} to "
        f"{widths.max()} units: exponents {texts['linear output']} (at the start, along the gradient), "
        f"and {scaled[0]} and {scaled[1]} once divided by √(log m); with {', '.join(map(str, others))} layers of "
        f"weights {fall}, and with all weights 1 and two layers {constant}. With the output squared the exponents are "
        f"{texts['squared output']}, and with a second hidden layer of fixed width {texts['bottleneck']}. Off the "
        f"diagonal of the first layer's Hessian lies a share of {means['none']:.2f} at m = {width} without a rotation, "
        f"{means['sub-model gradients']:.2f} after the rotation towards the second layer's gradients, and "
        f"{means['eigenvectors']:.0f} in the basis of its eigenvectors, as "
        "of any symmetric matrix."
    )


def _rows(measurements: pd.DataFrame, quantity: str, network: str, depth: int = 3, **where: str) -> pd.DataFrame:
    wanted = {"quantity": quantity, "network": network, "depth": depth, **where}
    return measurements[np.logical_and.reduce([measurements[column] == value for column, value in wanted.items()])]
