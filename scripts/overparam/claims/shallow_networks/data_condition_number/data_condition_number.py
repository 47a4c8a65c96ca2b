"""κ(X) of random points over their number, and gradient descent's rate over the κ(X) of clustered inputs."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from overparam.drawing import labels, theme

STYLES = {"softplus": ("softplus", "s"), "relu": ("ReLU", "o"), "tanh": ("tanh", "^")}  # activation: label, marker
KEPT = ("-", ":")  # dashes by dimension; the smallest, which is the control, comes first
KINDS = {
    "random": ("random labels", "-"),
    "by cluster": ("one label per cluster (control)", "--"),
}  # labels: label, dashes
APART = 1.09  # factor on the axis of n/d² between one dimension and the next


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw κ(X) at fixed n/d² for growing d beside its limit, κ(X) at one dimension, and the rate over κ(X)."""
    figure, (grows, kept, rates) = theme.panels(3, height=4.2)
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
        grows.plot(constant.index, constant, color=color, linestyle="--", linewidth=1)
        for dimension, dashes in zip(dimensions, KEPT, strict=False):
            at = (sphere["dimension"] == "kept") & (sphere["n_features"] == dimension)
            _curve(kept, sphere[at & (sphere["activation"] == name)], "n_train", marker, dashes, color)
        grows.plot([], [], color=color, marker=marker, label=label)
        for kind, (_, dashes) in KINDS.items():
            _rate(rates, rate[(rate["activation"] == name) & (rate["labels"] == kind)], marker, dashes, color)
    grows.plot([], [], color=theme.INK, linestyle="--", linewidth=1, label="limit for d → ∞ (left)")
    for dimension, dashes, note in zip(dimensions, KEPT, (" (control)", ""), strict=False):
        kept.plot([], [], color=theme.INK, linestyle=dashes, label=f"d = {dimension} kept{note} (middle)")
    for label, dashes in KINDS.values():
        rates.plot([], [], color=theme.INK, linestyle=dashes, label=f"{label} (right)")
    theme.mark_threshold(grows, 0.5, "n ≈ d(d + 1)/2")
    grows.set(xlabel=f"{labels.column(measurements, 'n_over_d2')}  (in each group d grows)", title="d grows with n")
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
    handles = [handle for axis in (grows, kept, rates) for handle in axis.get_legend_handles_labels()[0]]
    figure.legend(handles=handles, loc="outside lower center", ncol=3, fontsize=8)
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State the constants and exponents at fixed n/d², the growth at one dimension, and the gain from spreading."""
    sphere = measurements[measurements["quantity"] == "condition_number"].astype({"n_train": float})
    fixed = sphere[sphere["dimension"] == "grows"]
    limits = measurements[measurements["quantity"] == "limit"].groupby(["activation", "n_over_d2"])["value"].first()
    texts = []
    for name, (label, _) in STYLES.items():
        curves = dict(iter(fixed[fixed["activation"] == name].groupby("n_over_d2")))
        shown = [min(curves), max(curves)]
        ends = [_last(curves[ratio]) for ratio in shown]
        slopes = [_exponent(part) for part in curves.values()]
        constants = ", ".join(
            f"{_spelled(value)} at n/d² = {ratio:g} (limit {_spelled(limits[name, ratio])})"
            for value, ratio in zip(ends, shown, strict=True)
        )
        texts.append(f"{label} {constants}, exponents in n from {min(slopes):.2f} to {max(slopes):.2f}")
    kept = sphere[sphere["dimension"] == "kept"]
    growth = [
        f"{', '.join(f'{_exponent(part):.2g} ({STYLES[name][0]})' for name, part in rows.groupby('activation'))} "
        f"for d = {dimension}"
        for dimension, rows in kept.groupby("n_features")
    ]
    rate = measurements[(measurements["quantity"] == "rate") & (measurements["step_size"] == "common")]
    means = rate.groupby(["labels", "activation", "radius"])["value"].mean()
    gain = {key: curve.iloc[-1] / curve.iloc[0] for key, curve in means.groupby(["labels", "activation"])}
    diverged = int(measurements.loc[measurements["quantity"] == "diverged", "value"].sum())
    return (
        f"Condition number κ(X) of random points on the sphere. While n grows like d² it stays bounded, at the largest "
        f"d: {'; '.join(texts)}. At one dimension it grows with n, with exponents {' and '.join(growth)}. With one "
        f"step for all, gradient descent fits random labels {gain['random', 'relu']:.2g} (ReLU) and "
        f"{gain['random', 'softplus']:.2g} (softplus) times as fast on spread as on tightly clustered inputs, and "
        f"labels that agree within clusters (control) {gain['by cluster', 'relu']:.2g} and "
        f"{gain['by cluster', 'softplus']:.2g} times. {diverged} runs diverged."
    )


def _spelled(value: float) -> str:
    return f"{value:.3g}" if value < 1000 else f"{value:,.0f}"


def _last(rows: pd.DataFrame) -> float:
    return float(rows[rows["n_train"] == rows["n_train"].max()]["value"].mean())


def _exponent(rows: pd.DataFrame) -> float:
    curve = rows.groupby("n_train")["value"].mean()
    return float(np.polyfit(np.log(curve.index), np.log(curve), 1)[0])


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
