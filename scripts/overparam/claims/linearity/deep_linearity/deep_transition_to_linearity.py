"""Hessian norm of deep networks against width, and the share of cross blocks before and after rotations."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from overparam.drawing import exponents, judged, labels, theme
from overparam.drawing.width_curves import curve

NETWORKS = {
    "linear output": ("linear output", "o"),
    "softplus output": ("softplus output (control)", "s"),
    "bottleneck": ("bottleneck (control)", "^"),
}
PLACES = {"start": ("at θ₀", "-"), "along gradient": ("along ∇f", ":")}
ROTATIONS = {
    "none": ("between units, no rotation", "o", "-"),
    "sub-model gradients": ("rotated to the second layer's gradients", "D", "--"),
    "eigenvectors": ("rotated to its eigenvectors", "v", ":"),
}
RATE = -0.5  # of the formula Õ(m^(−1/2)); the predicted bands are open below and leave room above


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw ‖H‖ of the three networks at both places beside the claimed rate, and the shares of cross blocks."""
    figure, (norms, shares) = theme.panels(2, height=4.8)
    for (network, (label, marker)), color in zip(NETWORKS.items(), theme.CATEGORIES, strict=False):
        for place, (where, dashes) in PLACES.items():
            rows = _rows(measurements, "hessian_norm", network, place=place)
            curve(norms, rows, f"{label}, {where}", marker, dashes, color)
    widths = np.sort(measurements["width"].unique()).astype(float)
    start = _rows(measurements, "hessian_norm", "linear output", place="start")
    level = start[start["width"] == widths[0]]["value"].mean()
    norms.plot(
        widths, 0.6 * level * (widths / widths[0]) ** RATE, color=theme.INK, linestyle="--", linewidth=1,
        label=f"slope {exponents.spelled(RATE)}",
    )  # fmt: skip
    norms.set(xscale="log", yscale="log", title="three layers of weights")
    norms.set_ylabel(labels.quantity(measurements, "hessian_norm"))
    for (rotation, (label, marker, dashes)), color in zip(ROTATIONS.items(), theme.CATEGORIES[3:], strict=False):
        rows = _rows(measurements, "cross_share", "linear output", rotation=rotation)
        curve(shares, rows, label, marker, dashes, color)
    shares.set(xscale="log", ylim=(-0.05, 1.05), title="first layer's Hessian, linear output")
    shares.set_ylabel(labels.quantity(measurements, "cross_share"))
    for axis in (norms, shares):
        axis.set_xlabel(f"{labels.column(measurements, 'width')} m")
        axis.legend(loc="upper center", bbox_to_anchor=(0.5, -0.18), fontsize=7.5)
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State the exponents of the three networks, as judged, and the cross shares at the largest width looked at."""
    control = judged.under_control(verdict)
    texts = {}
    for network in NETWORKS:
        source = verdict if network == "linear output" else control
        cases = [f"network = {network}, place = {place}" for place in PLACES]
        texts[network] = " and ".join(exponents.measured(source, "raw slope", each=case) for case in cases)
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
        f"Hessian norm of tanh networks with two hidden layers of m = {measurements['width'].min()} to "
        f"{measurements['width'].max()} units: exponents {texts['linear output']} (at the start, along the gradient), "
        f"and {scaled[0]} and {scaled[1]} once divided by √(log m); "
        f"with softplus on the output {texts['softplus output']}, and with a second hidden layer of fixed width "
        f"{texts['bottleneck']}. Off the diagonal of the first layer's Hessian lies a share of "
        f"{means['none']:.2f} at m = {width} without a rotation, {means['sub-model gradients']:.2f} after the rotation "
        f"towards the second layer's gradients, and {means['eigenvectors']:.0f} in the basis of its eigenvectors, as "
        "of any symmetric matrix."
    )


def _rows(measurements: pd.DataFrame, quantity: str, network: str, **where: str) -> pd.DataFrame:
    wanted = {"quantity": quantity, "network": network, **where}
    return measurements[np.logical_and.reduce([measurements[column] == value for column, value in wanted.items()])]
