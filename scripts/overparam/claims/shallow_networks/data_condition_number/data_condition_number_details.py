"""κ(X) of every activation, with its limit and at one dimension, and the rate with both kinds of labels."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from overparam.drawing import labels, theme
from overparam.drawing.predicted import EDGE

STYLES = {"softplus": ("softplus", "s"), "relu": ("ReLU", "o"), "tanh": ("tanh", "^")}  # activation: label, marker
KEPT = ("--", "-")  # dashes by dimension; the smallest, which is the control, comes first
KINDS = {
    "random": ("random labels", "-"),
    "by cluster": ("one per cluster (control)", "--"),
}  # labels: label, dashes
APART = 1.09  # factor on the axis of n/d² between one dimension and the next


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw κ(X) at fixed n/d² for growing d beside its limit, κ(X) at one dimension, and the rate over κ(X)."""
    figure, (grows, kept, rates) = theme.panels(3, height=5.2)
    sphere = measurements[measurements["quantity"] == "condition_number"].astype({"n_train": float})
    limits = measurements[measurements["quantity"] == "limit"]
    rate = measurements[(measurements["quantity"] == "rate") & (measurements["step_size"] == "common")]
    fixed = sphere[sphere["dimension"] == "grows"].sort_values("n_features")
    rank = fixed.groupby("n_over_d2")["n_features"].transform(lambda d: d.rank(method="dense") - 1)
    top = fixed.groupby("n_over_d2")["n_features"].transform("nunique") - 1
    fixed = fixed.assign(place=fixed["n_over_d2"] * APART ** (rank - top / 2).astype(float))
    dimensions = sorted(sphere.loc[sphere["dimension"] == "kept", "n_features"].unique())
    for (name, (label, marker)), color in zip(STYLES.items(), theme.CATEGORIES, strict=False):
        for _, rows in fixed[fixed["activation"] == name].groupby("n_over_d2"):
            _curve(grows, rows, "place", marker, "-", color)
        constant = limits[limits["activation"] == name].groupby("n_over_d2")["value"].first()
        grows.plot(constant.index, constant, color=color, linestyle=":", linewidth=1.2)
        for dimension, dashes in zip(dimensions, KEPT, strict=False):
            at = (sphere["dimension"] == "kept") & (sphere["n_features"] == dimension)
            _curve(
                kept,
                sphere[at & (sphere["activation"] == name)],
                "n_train",
                marker,
                dashes,
                theme.GREY if dimension == dimensions[0] else color,
            )
        grows.plot([], [], color=color, marker=marker, label=label)
        for kind, (_, dashes) in KINDS.items():
            _rate(
                rates,
                rate[(rate["activation"] == name) & (rate["labels"] == kind)],
                marker,
                dashes,
                theme.GREY if kind == "by cluster" else color,
            )
    grows.plot([], [], **EDGE, label="limit for d → ∞")
    for dimension, dashes, note in zip(dimensions, KEPT, (" (control)", ""), strict=False):
        kept.plot([], [], color=theme.GREY if note else theme.INK, linestyle=dashes, label=f"d = {dimension}{note}")
    for label, dashes in KINDS.values():
        rates.plot([], [], color=theme.GREY if "control" in label else theme.INK, linestyle=dashes, label=label)
    theme.mark_threshold(grows, 0.5, "$d(d+1)/2$")
    grows.set(xlabel=labels.column(measurements, "n_over_d2"), title="d grows with n")
    kept.set(xlabel=labels.column(measurements, "n_train"), title="one dimension")
    rates.set(xlabel=labels.column(measurements, "data_condition_number"), title="descent, one step size")
    for axis, quantity in ((grows, "condition_number"), (kept, "condition_number"), (rates, "rate")):
        axis.set(xscale="log", yscale="log", ylabel=labels.quantity(measurements, quantity))
    ratios = np.sort(fixed["n_over_d2"].unique())
    grows.set_xticks(ratios, [f"{ratio:.3g}".lstrip("0") for ratio in ratios])
    numbers = np.sort(sphere.loc[sphere["dimension"] == "kept", "n_train"].unique())
    kept.set_xticks(numbers, [f"{number:g}" for number in numbers])
    for axis in (grows, kept):
        axis.xaxis.set_minor_locator(plt.NullLocator())
    for axis in (grows, kept, rates):
        handles, names = axis.get_legend_handles_labels()
        axis.legend(handles, names, loc="upper center", bbox_to_anchor=(0.45, -0.17), fontsize=8.5)
    theme.headline(figure, "κ(X) of three activations, and the rate with both kinds of labels")
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State the limits of κ(X) and its values at the most points of the larger dimension that is kept."""
    limits = measurements[measurements["quantity"] == "limit"].groupby(["activation", "n_over_d2"])["value"].first()
    said = ", ".join(
        f"{label} {limits[name].min():.3g} to {limits[name].max():.4g}" for name, (label, _) in STYLES.items()
    )
    sphere = measurements[(measurements["quantity"] == "condition_number") & (measurements["dimension"] == "kept")]
    last = sphere[(sphere["n_features"] == sphere["n_features"].max()) & (sphere["n_train"] == sphere["n_train"].max())]
    at_end = last.groupby("activation")["value"].mean()
    values = ", ".join(f"{label} {at_end[name]:.3g}" for name, (label, _) in STYLES.items())
    return (
        "Condition number κ(X) of random points for three activations: at fixed n/d² with its limits for d → ∞ "
        f"({said}), and at one dimension, where with d = {last['n_features'].iloc[0]} and n = "
        f"{last['n_train'].iloc[0]} it is {values}; and the rate of descent over κ(X) of clustered inputs, with random "
        "labels and with one label per cluster."
    )


def _curve(axis: plt.Axes, rows: pd.DataFrame, x: str, marker: str, dashes: str, color: str) -> None:
    common = {"data": rows, "x": x, "y": "value", "color": color, "ax": axis, "legend": False}
    sns.lineplot(**common, units="seed", estimator=None, alpha=0.15, linewidth=0.5)
    sns.lineplot(
        **common, errorbar=theme.interval, seed=0, marker=marker, markersize=4, markeredgewidth=0, linestyle=dashes
    )


def _rate(axis: plt.Axes, rows: pd.DataFrame, marker: str, dashes: str, color: str) -> None:
    """Draw one faint line per seed and the geometric means per radius."""
    for _, curve in rows.sort_values("radius").groupby("seed"):
        axis.plot(curve["data_condition_number"], curve["value"], color=color, alpha=0.2, linewidth=0.5)
    if len(rows):
        means = np.exp(np.log(rows[["radius", "data_condition_number", "value"]]).groupby("radius").mean())
        axis.plot(
            means["data_condition_number"], means["value"], color=color, marker=marker, markersize=4, linestyle=dashes
        )
