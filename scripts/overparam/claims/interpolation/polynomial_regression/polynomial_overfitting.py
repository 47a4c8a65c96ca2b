"""The risk over the number of coefficients, U shape and peak, and the curves that have the least and the largest."""

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from overparam.claims.interpolation.polynomial_regression import polynomial_fits, polynomial_risk
from overparam.drawing import headlines, labels, theme

BASIS = polynomial_fits.BASIS


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw median test and train error over p beside tuned ridge, below the best fit and the one at the threshold."""
    shown, n = polynomial_fits.shown(measurements), int(measurements["n_train"].iloc[0])
    theme.apply()
    figure = plt.figure(figsize=(theme.WIDTH, 6))
    grid = figure.add_gridspec(2, 1, height_ratios=(1, 1.7))
    named = {role: p for p, role in shown.items()}
    chosen = [p for p in (named.get("just right"), named.get("through every sample")) if p] or list(shown)[:2]
    row = grid[0].subgridspec(1, len(chosen)).subplots(sharey=True, squeeze=False)[0]
    for axis, p in zip(row, chosen, strict=True):
        polynomial_fits.curve(axis, measurements, p, size=4)
        axis.set_title(f"$p = {p}{' = n' if p == n else ''}$: {shown[p]}")
        axis.set(xlabel=labels.column(measurements, "x"), ylim=polynomial_fits.LIMITS)
    row[0].set_ylabel(labels.quantity(measurements, "sample"))
    row[0].legend(loc="upper right", fontsize=8.5, borderaxespad=0, labelspacing=0.2)
    axis = figure.add_subplot(grid[1])
    blue, orange = theme.CATEGORIES[:2]
    ridge = polynomial_risk.losses(measurements, BASIS, "ridge", "test")
    polynomial_risk.line(axis, ridge, seeds=False, **theme.CONTROL)
    for split, color, marker in (("test", orange, "o"), ("train", blue, "s")):
        rows = polynomial_risk.losses(measurements, BASIS, "minimum_norm", split)
        polynomial_risk.line(axis, rows, seeds=True, color=color, marker=marker, markersize=4)
        polynomial_risk.end(axis, rows, split, color)
    polynomial_risk.end(axis, ridge, "test, ridge\n(control)", theme.GREY)
    risk = polynomial_risk.medians(measurements, BASIS, "minimum_norm", "test")
    polynomial_risk.axes(axis, measurements, risk.max())
    ringed = risk[[p for p in chosen if p in risk.index]]
    axis.plot(ringed.index, ringed, "o", color=theme.INK, markersize=10, markerfacecolor="none")
    theme.headline(figure, _headline(measurements, verdict))
    return figure


def _headline(measurements: pd.DataFrame, verdict: dict) -> str:
    risk = polynomial_risk.medians(measurements, BASIS, "minimum_norm", "test")
    n = int(measurements["n_train"].iloc[0])
    best, worst = int(risk[risk.index < n].idxmin()), int(risk.idxmax())
    return headlines.by_verdict(
        verdict,
        supported=f"The test error is small at $p = {best}$ and explodes at $p = {worst}$, where the fit first "
        f"passes through all $n = {n}$ samples",
        refuted=f"The test error is least at $p = {best}$ and largest at $p = {worst}$, not as predicted",
        undecided=f"The test error of polynomials around $p = n = {n}$",
    )


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State the minimum and the maximum of the median test risk, and the maximum of that of ridge."""
    risk = polynomial_risk.medians(measurements, BASIS, "minimum_norm", "test")
    ridge = polynomial_risk.medians(measurements, BASIS, "ridge", "test")
    n = int(measurements["n_train"].iloc[0])
    classical = risk[risk.index < n]
    n_seeds = measurements["seed"].nunique()
    return (
        f"Polynomial regression on {n} noisy samples, median over {n_seeds} training sets: the test error falls to "
        f"{classical.min():.3g} at p = {classical.idxmin()} coefficients, rises to {risk.max():.2g} at "
        f"p = {risk.idxmax()}, where the curve passes through every sample, and is {risk.iloc[-1]:.2g} at "
        f"p = {risk.index[-1]}. Tuned ridge stays at or below {ridge.max():.2g} everywhere."
    )
