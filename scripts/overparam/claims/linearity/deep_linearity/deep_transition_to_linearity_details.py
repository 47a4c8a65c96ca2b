"""Hessian norm along the gradient as well as at the start, and the share of cross blocks after rotations."""

import pandas as pd
from matplotlib.figure import Figure

from overparam.claims.linearity.deep_linearity.deep_transition_to_linearity import CONTROLS, rows_of
from overparam.drawing import direct_labels, labels, theme
from overparam.drawing.width_curves import curve

PLACES = {
    "start": ("at $θ_0$", "o", theme.CATEGORIES[0]),
    "along gradient": ("along $\\nabla f$", "D", theme.CATEGORIES[1]),
}
ROTATIONS = {
    "none": ("no\nrotation", "o"),
    "sub-model gradients": ("second layer's\ngradients", "D"),
    "eigenvectors": ("eigenvectors", "v"),
}


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw ‖H‖ of networks with three layers at both places, and the shares of cross blocks in three bases."""
    figure, (norms, shares) = theme.panels(2, height=4.2)
    for place, (where, marker, color) in PLACES.items():
        for network in CONTROLS:
            rows = rows_of(measurements, "hessian_norm", network, place=place)
            curve(norms, rows, None, "", theme.CONTROL["linestyle"], theme.CONTROL["color"], faint=0.1)
        curve(norms, rows_of(measurements, "hessian_norm", "linear output", place=place), where, marker, "-", color)
    norms.set(xscale="log", yscale="log", title="three layers (grey: controls)")
    norms.set_ylabel(labels.quantity(measurements, "hessian_norm"))
    for (rotation, (label, marker)), color in zip(ROTATIONS.items(), theme.CATEGORIES[2:], strict=False):
        rows = rows_of(measurements, "cross_share", "linear output", rotation=rotation)
        curve(shares, rows, label, marker, "-", color)
    shares.set(xscale="log", ylim=(-0.05, 1.05), title="first layer, rotated to")
    shares.set_ylabel(labels.quantity(measurements, "cross_share"))
    for axis in (norms, shares):
        axis.set_xlabel(f"{labels.column(measurements, 'width')} m")
        direct_labels.of_lines(axis)
    theme.headline(figure, "Along the gradient, too; and how nearly diagonal the first layer's Hessian is")
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State the cross shares at the largest width looked at."""
    shares = {
        rotation: rows_of(measurements, "cross_share", "linear output", rotation=rotation) for rotation in ROTATIONS
    }
    width = shares["none"]["width"].max()
    means = {rotation: rows[rows["width"] == width]["value"].mean() for rotation, rows in shares.items()}
    return (
        f"Off the diagonal of the first layer's Hessian lies a share of {means['none']:.2f} at m = {width} without a "
        f"rotation, {means['sub-model gradients']:.2f} after the rotation towards the second layer's gradients, and "
        f"{means['eigenvectors']:.0f} in the basis of its eigenvectors, as of any symmetric matrix. The Hessian's norm "
        "falls along the gradient as it does at the start."
    )
