"""Share of trials that fit random labels over input dimension and hidden units, with both optimisers' contours."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from scipy import stats

from overparam.drawing import judged, labels, theme

DESCENT, REFERENCE = "gradient descent", "Levenberg–Marquardt"
NAMES = {"softplus": "softplus", "relu": "ReLU"}
LINES = {DESCENT: ("o", "-", theme.CATEGORIES[3]), REFERENCE: ("s", "--", theme.CATEGORIES[4])}
UNDER, MODERATE = "never with fewer parameters than samples", "two per sample suffice where n/d is at least 7"


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw one panel per activation and n: squares for the successes of descent, lines where half of the trials fit."""
    theme.apply()
    panel = measurements[measurements["in_panel"]]
    sizes = sorted(panel["n_train"].unique())
    figure, axes = plt.subplots(
        len(NAMES), len(sizes), figsize=(theme.WIDTH, 6.6), squeeze=False, sharex=True, sharey=True
    )
    letters = iter("abcdefgh")
    for row, activation in zip(axes, NAMES, strict=True):
        for axis, n_train in zip(row, sizes, strict=True):
            chosen = panel[(panel["activation"] == activation) & (panel["n_train"] == n_train)]
            squares = _squares(axis, chosen)
            for optimiser in LINES:
                _contour(axis, chosen[chosen["optimiser"] == optimiser], optimiser)
            _laws(axis, chosen, n_train, activation)
            axis.set(xscale="log", yscale="log", ylim=(0.85, None))
            axis.set_title(f"({next(letters)}) {NAMES[activation]}, n = {n_train}")
            axis.label_outer()
    for axis in axes[-1]:
        axis.set_xlabel(labels.column(measurements, "dimension"))
    for axis in axes[:, 0]:
        axis.set_ylabel(labels.column(measurements, "width"))
    figure.colorbar(squares, ax=axes, location="right", shrink=0.5, label="share of trials that gradient descent fits")
    handles, names = axes[-1, 0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncol=2, fontsize=8)
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State c, the exponents in both ranges, the widths far beyond d = n, and that nothing fits with kd < n."""
    panel = measurements[measurements["in_panel"]]
    few = judged.declared(verdict, UNDER)["where"]["parameters"]
    ratio = judged.declared(verdict, MODERATE, "corrected")["where"]["dimension_per_sample"]["max"]
    end = f"n/{1 / ratio:.0f}"
    under = panel[(panel["quantity"] == "success") & (panel["parameters"] == few)]["value"]
    constants, exponents = [], []
    for activation, name in NAMES.items():
        fitted = panel[(panel["activation"] == activation) & panel["fitted_part"]]
        moderate = fitted[fitted["dimension_per_sample"] <= ratio]
        for optimiser in LINES:
            c = moderate[(moderate["optimiser"] == optimiser) & (moderate["quantity"] == "parameters_per_sample")]
            means = c.groupby(["n_train", "dimension"])["value"].mean()
            spread = f"{means.min():.2f} to {means.max():.2f}" if len(means) else "not measured"
            constants.append(f"{spread} ({name}, {optimiser})")
        exponents.append(f"{_exponents(fitted)} ({name}; {_exponents(moderate)} up to d = {end})")
    high = measurements[
        measurements["high_dimension"]
        & (measurements["quantity"] == "contour_width")
        & (measurements["optimiser"] == DESCENT)
    ]
    floors = high.groupby(["activation", "n_train"])["value"].mean()
    relu, softplus = (", ".join(f"{value:.1f}" for value in floors[one]) for one in ("relu", "softplus"))
    n_train = ", ".join(str(n) for n in floors["relu"].index)
    return (
        "Share of trials in which one-hidden-layer networks fit random labels, over input dimension d and hidden units "
        f"k. Half of them fit at kd = c·n where d lies between √n and {end}, with c = {', '.join(constants)}; over all "
        f"d from √n to n the exponents of k in d are {' and '.join(exponents)} instead of −1: the contours bend. Far "
        f"beyond d = n, at n = {n_train}, gradient descent needs k = {relu} with ReLU and {softplus} with softplus. "
        f"With fewer parameters than samples {int(under.sum())} of {len(under)} runs fit."
    )


def _exponents(rows: pd.DataFrame) -> str:
    """Return the smallest and the largest exponent over optimisers and n, in words."""
    slopes = np.array([_exponent(part) for _, part in rows.groupby(["optimiser", "n_train"])])
    slopes = slopes[np.isfinite(slopes)]
    return f"{slopes.min():.2f} to {slopes.max():.2f}" if len(slopes) else "unknown"


def _exponent(rows: pd.DataFrame) -> float:
    means = rows[rows["quantity"] == "contour_width"].groupby("dimension")["value"].mean()
    means = means[np.isfinite(means) & (means > 0)]
    return float(stats.linregress(np.log(means.index), np.log(means)).slope) if len(means) > 1 else np.nan


def _squares(axis: plt.Axes, rows: pd.DataFrame):
    cells = rows[(rows["quantity"] == "success") & (rows["optimiser"] == DESCENT)]
    shares = cells.groupby(["dimension", "width"])["value"].mean().reset_index()
    return axis.scatter(
        shares["dimension"], shares["width"].astype(float), c=shares["value"],
        cmap="viridis", vmin=0, vmax=1, marker="s", s=22, edgecolors=theme.INK, linewidths=0.4,
    )  # fmt: skip


def _contour(axis: plt.Axes, rows: pd.DataFrame, optimiser: str) -> None:
    """Draw the mean over trials and its 95 % interval where every trial has a transition within the grid."""
    marker, dashes, color = LINES[optimiser]
    found = rows[rows["quantity"] == "contour_width"].groupby("dimension")["value"].agg(["mean", "sem", "size"])
    found = found[np.isfinite(found["sem"]) & (found["mean"] > 0)]
    half = stats.t.ppf(0.975, found["size"] - 1) * found["sem"]
    axis.errorbar(
        found.index, found["mean"], yerr=half, marker=marker, markersize=4, linestyle=dashes, color=color,
        linewidth=1.4, elinewidth=0.9, label=f"half of the trials, {optimiser}",
    )  # fmt: skip


def _laws(axis: plt.Axes, rows: pd.DataFrame, n_train: int, activation: str) -> None:
    places = np.array([rows["dimension"].min(), rows["dimension"].max()], dtype=float)
    axis.plot(places, n_train / places, color=theme.INK, linestyle=":", label="kd = n")
    limit = 2 * np.log2(n_train / np.log(2)) if activation == "relu" else 2.0  # derived in the claim's note
    axis.plot(
        places,
        [limit, limit],
        color=theme.INK,
        linestyle="-.",
        linewidth=1,
        label="for d → ∞: ReLU 2 log₂(n/ln 2), softplus 2",
    )
