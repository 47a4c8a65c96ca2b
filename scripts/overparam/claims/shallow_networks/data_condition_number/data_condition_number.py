"""κ(X) of random points while their number grows, and the rate of descent over the κ(X) of clustered inputs."""

from fractions import Fraction

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from overparam.drawing import direct_labels, headlines, labels, studies, theme

NAMES = {"softplus": "softplus", "relu": "ReLU", "tanh": "tanh"}
SHOWN = "softplus"  # activation of the first panel: the one whose κ(X) grows fastest at one dimension
COLORS = {"softplus": theme.CATEGORIES[0], "relu": theme.CATEGORIES[1]}


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw κ(X) over n, at fixed n/d² and at one dimension, and the rate over κ(X) with random and with easy labels."""
    figure, (grows, rates) = theme.panels(2, height=4.4)
    sphere = measurements[(measurements["quantity"] == "condition_number") & (measurements["activation"] == SHOWN)]
    sphere = sphere.astype({"n_train": float})
    fixed = sphere[sphere["dimension"] == "grows"]
    ratios = sorted(fixed["n_over_d2"].unique())
    for ratio, color in zip(ratios, theme.ordered(len(ratios)), strict=True):
        rows = fixed[fixed["n_over_d2"] == ratio]
        studies.lines(grows, rows, "n_train", color, seeds=False, marker="o", markersize=4.5)
        means = rows.groupby("n_train")["value"].mean()
        text = f"$n/d^2 = {Fraction(ratio).limit_denominator(64)}$"
        direct_labels.at_end(grows, means.index, means, text, color)
    kept = sphere[sphere["dimension"] == "kept"]
    crowded = kept[kept["n_features"] == kept["n_features"].min()]
    studies.lines(grows, crowded, "n_train", theme.GREY, seeds=False, linestyle="--")
    means = crowded.groupby("n_train")["value"].mean()
    direct_labels.at_end(
        grows, means.index, means, f"$d = {crowded['n_features'].iloc[0]}$ kept\n(control)", theme.GREY
    )
    rate = measurements[(measurements["quantity"] == "rate") & (measurements["step_size"] == "common")]
    for name, color in COLORS.items():
        own = rate[(rate["activation"] == name) & (rate["labels"] == "random")]
        means = _rate(rates, own, {"color": color, "marker": "o", "markersize": 5})
        direct_labels.at_end(rates, means["data_condition_number"], means["value"], NAMES[name], color)
    easy = rate[(rate["activation"] == "softplus") & (rate["labels"] == "by cluster")]
    means = _rate(rates, easy, theme.CONTROL)
    direct_labels.at_end(
        rates, means["data_condition_number"], means["value"], "one label\nper cluster\n(control)", theme.GREY
    )
    grows.set(xlabel=labels.column(measurements, "n_train"), title=f"random inputs, {SHOWN}")
    grows.set_ylabel(labels.quantity(measurements, "condition_number"))
    rates.set(xlabel=labels.column(measurements, "data_condition_number"), title="clustered inputs")
    rates.set_ylabel(labels.quantity(measurements, "rate"))
    for axis in (grows, rates):
        axis.set(xscale="log", yscale="log")
    theme.headline(figure, _headline(verdict))
    return figure


def _headline(verdict: dict) -> str:
    crowded = headlines.came_to(verdict, "one_dimension")
    if crowded == "refuted" and verdict["forms"]["printed"]["verdict"] == "inconclusive":
        return "$\\kappa(X)$ of random inputs grows with $n$ at one dimension"
    apart = ", but not at one dimension" if crowded == "refuted" else ""
    return headlines.by_verdict(
        verdict,
        supported=f"$\\kappa(X)$ of random inputs stays bounded while $n$ grows like $d^2${apart}; "
        "a large $\\kappa(X)$ makes descent slow",
        refuted="$\\kappa(X)$ of random inputs grows with $n$, or does not slow descent down",
        undecided="$\\kappa(X)$ of random inputs, and the rate of descent over it",
    )


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State the constants and exponents at fixed n/d², the growth at one dimension, and the gain from spreading."""
    sphere = measurements[measurements["quantity"] == "condition_number"].astype({"n_train": float})
    fixed = sphere[sphere["dimension"] == "grows"]
    limits = measurements[measurements["quantity"] == "limit"].groupby(["activation", "n_over_d2"])["value"].first()
    texts = []
    for name, label in NAMES.items():
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
        f"{', '.join(f'{_exponent(part):.2g} ({NAMES[name]})' for name, part in rows.groupby('activation'))} "
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


def _rate(axis: plt.Axes, rows: pd.DataFrame, style: dict) -> pd.DataFrame:
    """Draw one faint line per seed and the geometric means per radius, and return these."""
    for _, curve in rows.sort_values("radius").groupby("seed"):
        axis.plot(curve["data_condition_number"], curve["value"], color=style["color"], alpha=0.2, linewidth=0.5)
    means = np.exp(np.log(rows[["radius", "data_condition_number", "value"]]).groupby("radius").mean())
    axis.plot(means["data_condition_number"], means["value"], **style)
    return means
