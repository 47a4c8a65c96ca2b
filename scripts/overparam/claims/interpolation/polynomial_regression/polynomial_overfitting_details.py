"""Every curve that was kept, and the train error of ridge beside that of the smallest norm."""

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from overparam.claims.interpolation.polynomial_regression import polynomial_fits, polynomial_risk
from overparam.drawing import labels, theme


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw the fits from too stiff to far beyond the threshold above the train errors."""
    shown = polynomial_fits.shown(measurements)
    theme.apply()
    figure = plt.figure(figsize=(theme.WIDTH, 5))
    grid = figure.add_gridspec(2, 1, height_ratios=(1, 1.3))
    row = grid[0].subgridspec(1, len(shown)).subplots(sharey=True, squeeze=False)[0]
    for axis, (p, role) in zip(row, shown.items(), strict=True):
        polynomial_fits.curve(axis, measurements, p, size=3)
        axis.set_title(f"$p = {p}$:\n{role.replace('every sample', 'all')}", fontsize=9.5)
        axis.set(xlabel=labels.column(measurements, "x"), ylim=polynomial_fits.LIMITS)
    row[0].set_ylabel(labels.quantity(measurements, "sample"))
    axis = figure.add_subplot(grid[1])
    for method, style in (("minimum_norm", {"color": theme.CATEGORIES[0], "marker": "s"}), ("ridge", theme.CONTROL)):
        rows = polynomial_risk.losses(measurements, polynomial_fits.BASIS, method, "train")
        polynomial_risk.line(axis, rows, seeds=method == "minimum_norm", **{"markersize": 4, **style})
        name = "smallest norm" if method == "minimum_norm" else "tuned ridge\n(control)"
        polynomial_risk.end(axis, rows, name, style["color"])
    largest = polynomial_risk.medians(measurements, polynomial_fits.BASIS, "minimum_norm", "train").max()
    polynomial_risk.axes(axis, measurements, largest)
    axis.set_ylabel(f"train: {axis.get_ylabel()}")
    theme.headline(figure, "The fits of all sizes, and their train error")
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State the train error of ridge and of the smallest norm below and beyond the threshold."""
    n = int(measurements["n_train"].iloc[0])
    fits = ", ".join(f"p = {p} ({role})" for p, role in polynomial_fits.shown(measurements).items())
    train, ridge = (
        polynomial_risk.medians(measurements, polynomial_fits.BASIS, method, "train")
        for method in ("minimum_norm", "ridge")
    )
    least = train[train.index < n].idxmin()
    return (
        f"Polynomials fitted to one training set of {n} samples with {fits}. The median train error of the smallest "
        f"norm falls to {train[least]:.2g} at p = {least} and to rounding from p = n = {n} on; that of tuned ridge is "
        f"{ridge.iloc[-1]:.2g} at p = {ridge.index[-1]}."
    )
