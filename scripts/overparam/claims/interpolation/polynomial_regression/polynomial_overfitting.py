"""Curves of four degrees through the same samples, and the risk over the number of coefficients (U shape and peak)."""

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from overparam.claims.interpolation.polynomial_regression import polynomial_risk
from overparam.drawing import labels, theme

BASIS = "legendre_orthonormal"


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw the fitted curves above the median test and train error over p, beside tuned ridge."""
    shown = _shown(measurements)
    theme.apply()
    figure = plt.figure(figsize=(theme.WIDTH, 5.4))
    top, bottom = figure.add_gridspec(2, 1, height_ratios=(1, 1.6))
    row = top.subgridspec(1, len(shown)).subplots(sharey=True, squeeze=False)[0]
    for axis, (p, role) in zip(row, shown.items(), strict=True):
        _curve(axis, measurements, p)
        axis.set_title(f"p = {p}: {role}", fontsize=9)
        axis.set(xlabel=labels.column(measurements, "x"), ylim=(-2.6, 2.6))
    row[0].set_ylabel(labels.quantity(measurements, "sample"))
    row[0].legend(loc="upper right", fontsize=7, borderaxespad=0, labelspacing=0.2)
    axis = figure.add_subplot(bottom)
    blue, orange = theme.CATEGORIES[:2]
    lines = {
        "minimum norm, test": ("minimum_norm", "test", {"color": orange, "marker": "o", "markersize": 4}),
        "minimum norm, train": ("minimum_norm", "train", {"color": blue, "marker": "s", "markersize": 3.5}),
        "tuned ridge, test": ("ridge", "test", {"color": orange, "linestyle": "--"}),
        "tuned ridge, train": ("ridge", "train", {"color": blue, "linestyle": "--"}),
    }
    for label, (method, split, style) in lines.items():
        rows = polynomial_risk.losses(measurements, BASIS, method, split)
        polynomial_risk.line(axis, rows, seeds=method == "minimum_norm", label=label, **style)
    top_of_curve = polynomial_risk.medians(measurements, BASIS, "minimum_norm", "test").max()
    polynomial_risk.axes(axis, measurements, top_of_curve)
    axis.legend(loc="upper right")
    return figure


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


def _shown(measurements: pd.DataFrame) -> dict[int, str]:
    """Return the numbers of coefficients whose curves were kept, and what each of them is an example of."""
    n = int(measurements["n_train"].iloc[0])
    kept = sorted(int(p) for p in measurements.loc[measurements["quantity"] == "prediction", "n_params"].unique())
    best = polynomial_risk.medians(measurements, BASIS, "minimum_norm", "test")
    best = int(best[best.index < n].idxmin())

    def role(p: int) -> str:
        if p >= n:
            return "p = n" if p == n else "far beyond"
        return "right" if p == best else ("too stiff" if p < best else "too wild")

    return {p: role(p) for p in kept}


def _curve(axis: plt.Axes, measurements: pd.DataFrame, p: int) -> None:
    parts = {name: measurements[measurements["quantity"] == name] for name in ("target", "prediction", "sample")}
    fitted = parts["prediction"][parts["prediction"]["n_params"] == p]
    axis.plot(
        parts["target"]["x"], parts["target"]["value"], color=theme.INK, linestyle="--", linewidth=1, label="target"
    )
    axis.plot(fitted["x"], fitted["value"], color=theme.CATEGORIES[1], linewidth=1.2, label="fit")
    axis.plot(
        parts["sample"]["x"], parts["sample"]["value"], "o", color=theme.CATEGORIES[0], markersize=3, label="samples"
    )
