"""Losses of random features over p/nK, all thresholds beside published networks, and how those of networks drift."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from overparam.claims.double_descent.interpolation_threshold import threshold_panels
from overparam.claims.double_descent.interpolation_threshold.least_parameters import (
    PUBLISHED,
    PUBLISHED_LABELS,
    largest,
)
from overparam.drawing import labels, random_features, studies, theme

LOWEST = 1e-4  # the training loss falls to rounding at the threshold; the axis ends here
COUNTINGS = {
    "independent": ("each feature once", "o", theme.CATEGORIES[0]),
    "twice": ("each feature twice (control)", "s", theme.GREY),
    "linear": ("linear features (never beyond the rank)", "^", theme.CATEGORIES[2]),
}


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw losses over p/nK at the largest n and K, all thresholds over nK, and how those of networks drift."""
    figure, axes = studies.grid(2, 2, 3.5)
    left, right = axes[0]
    grid = axes[1, 0].get_gridspec()
    for axis in axes[1]:
        axis.remove()
    networks = measurements[measurements["features"] == threshold_panels.NETWORK]
    measurements = measurements.drop(networks.index)
    curves = largest(measurements)
    left.set(xscale="log", yscale="log")
    for counting in ("independent", "twice"):
        _, marker, color = COUNTINGS[counting]
        for split, dashes in (("test", "-"), ("train", ":")):
            rows = curves[(curves["parameters"] == counting) & (curves["split"] == split)]
            rows = rows.assign(value=rows["value"].clip(lower=LOWEST / 10))
            studies.lines(
                left, rows, "params_per_label", color, seeds=split == "test", interval=split == "test",
                linestyle=dashes, marker=marker, markersize=4,
            )  # fmt: skip
    n, k, kind = (curves[column].iloc[0] for column in ("n_train", "n_classes", "features"))
    theme.mark_threshold(left, 1, "$p = nK$")
    ticks = (0.25, 0.5, 1, 2, 4)
    left.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    left.minorticks_off()
    left.set_xlabel(labels.column(measurements, "params_per_label"))
    left.set_ylabel(f"{labels.quantity(measurements, 'loss')} (squared; of predicting zero: 1)")
    left.set_ylim(bottom=LOWEST)
    left.set_title(
        f"{random_features.TITLES[kind]}, {random_features.data_label(verdict)}, n = {n}, K = {k}", fontsize=9
    )
    studies.legend(
        left, {"test": {"color": theme.INK}, "train": {"color": theme.INK, "linestyle": ":"}}, loc="lower right"
    )
    _thresholds(right, measurements)
    threshold_panels.points(right, networks)
    threshold_panels.drift(figure.add_subplot(grid[1, :]), networks, verdict)
    entries = {
        label: {"color": color, "marker": marker, "markersize": 5} for label, marker, color in COUNTINGS.values()
    }
    entries["networks with train loss 0, not the least p (S3's table)"] = {
        "color": theme.INK, "marker": "*", "linestyle": "none", "markersize": 9,
    }  # fmt: skip
    entries["networks trained to a fixed loss"] = {
        "color": threshold_panels.COLOR, "marker": "X", "linestyle": "none", "markersize": 6,
    }  # fmt: skip
    studies.legend(figure, entries, loc="outside lower center", ncols=2, fontsize=8.5)
    theme.headline(figure, "Random features by counting, published networks, and networks after fixed numbers of steps")
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State the threshold of random features, the published networks, and how the threshold moves with the steps."""
    networks = measurements[measurements["features"] == threshold_panels.NETWORK]
    found = measurements.drop(networks.index)
    found = found[(found["quantity"] == "threshold_params_per_label") & (found["parameters"] == "independent")]["value"]
    published = ", ".join(f"{name} {params / PUBLISHED_LABELS:.2g} nK" for name, params in PUBLISHED.items())
    return (
        f"Random features interpolate from {found.min():.3g} to {found.max():.3g} times nK parameters on. Published "
        f"networks with train loss 0 have: {published}. {threshold_panels.drift_text(networks)}"
    )


def _thresholds(axis: Axes, measurements: pd.DataFrame) -> None:
    rows = measurements[measurements["quantity"] == "threshold_params"]
    axis.set(xscale="log", yscale="log")
    span = np.array([rows["n_labels"].min() / 1.5, 3 * PUBLISHED_LABELS], dtype=float)
    axis.plot(span, span, color=theme.INK, linestyle="--", linewidth=1)
    axis.annotate("$p = nK$", (2e4, 2e4), (6, -10), textcoords="offset points", ha="left", fontsize=8)
    for counting, (_, marker, color) in COUNTINGS.items():
        case = rows[(rows["parameters"] == counting) & np.isfinite(rows["value"])]
        points = case.drop_duplicates(["n_labels", "value"])  # seeds and kinds of features that agree are one point
        axis.plot(points["n_labels"], points["value"], marker, color=color, markersize=4.5, alpha=0.8)
    for name, params in PUBLISHED.items():
        axis.plot(PUBLISHED_LABELS, params, "*", color=theme.INK, markersize=9)
        across, up, side = {"CudaConvNet": (2, -25, "center"), "ResNet": (-7, 2, "right")}.get(name, (-7, -4, "right"))
        text = f"{name}{chr(10) if side == 'center' else ', '}{params / PUBLISHED_LABELS:.2g} nK"
        axis.annotate(text, (PUBLISHED_LABELS, params), (across, up), textcoords="offset points", ha=side, fontsize=8)
    axis.set_xlabel(labels.column(measurements, "n_labels"))
    axis.set_ylabel(f"{labels.column(measurements, 'n_params')} p")
    axis.set_title("least p that interpolates", fontsize=9)
