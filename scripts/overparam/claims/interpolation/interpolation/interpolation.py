"""Largest loss of a single sample over the number of parameters per sample."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from overparam.drawing import judged, labels, random_features, theme
from overparam.drawing.rounding import at_least, at_most

CASES = [  # problem, activation, label, marker, dashes
    ("distinct inputs", "softplus", "softplus", "o", "-"),
    ("distinct inputs", "tanh", "tanh", "s", "--"),
    ("duplicated inputs", "softplus", "softplus, some inputs twice", "^", "-."),
    ("linear network", "none", "linear network", "v", ":"),
]
NETWORK = "image network"
SMALLEST = 1e-32  # an exact zero is drawn here


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw max ℓ_i over p/n of every trained network, on small problems and on images, and of the constructed ones."""
    figure, (trained, networks, built) = theme.panels(3, height=4.2)
    rows = measurements.assign(value=measurements["value"].clip(lower=SMALLEST))
    losses = rows[rows["quantity"] == "largest_loss"]
    for (problem, activation, label, marker, dashes), color in zip(CASES, theme.CATEGORIES, strict=False):
        part = losses[(losses["problem"] == problem) & (losses["activation"] == activation)]
        _curve(trained, part, label, marker, dashes, color)
    means = rows[(rows["quantity"] == "mean_loss") & (rows["problem"] == "distinct inputs")]
    _medians(trained, means[means["activation"] == "softplus"], "softplus, mean over samples", ".", "--", theme.INK)
    theme.mark_threshold(trained, 1, "p = n")
    part = rows[rows["problem"] == NETWORK]
    _curve(networks, part[part["quantity"] == "largest_loss"], "image network", "P", "-", theme.CATEGORIES[4])
    _medians(networks, part[part["quantity"] == "mean_loss"], "image network, mean over samples", ".", "--", theme.INK)
    theme.mark_threshold(networks, 1, "p = nK")
    data = f"{random_features.data_label(verdict)}, n = {part['n_train'].iloc[0]:,}"
    size = labels.column(measurements, "p_over_n")
    trained.set(xlabel=f"{size}\np/n", ylabel=labels.quantity(measurements, "largest_loss"))
    networks.set(xlabel=f"{size}\np/(nK)", title=f"trained, gradient descent,\n{data}")
    trained.set_title("trained,\nsmall problems")
    for axis in (trained, networks):
        axis.set(xscale="log", yscale="log")
        axis.set_xticks([0.5, 1, 2, 4, 8, 16], ["0.5", "1", "2", "4", "8", "16"])
        axis.minorticks_off()
    found = losses[losses["problem"] == "construction"]
    sizes = sorted(found["n_train"].unique())
    styles = {True: ("2n + d weights", "o", theme.CATEGORIES[0]), False: ("p < n (control)", "X", theme.CATEGORIES[3])}
    for enough, (label, marker, color) in styles.items():
        part = found[(found["p_over_n"] > 1) == enough]
        built.plot(
            part["n_train"], part["value"], marker, color=color, alpha=0.4, markersize=5, markeredgewidth=0, label=label
        )
    built.set(xscale="log", yscale="log", title="constructed,\nReLU")
    built.set(xlabel=labels.column(measurements, "n_train"), ylabel="")
    built.set_xticks(sizes, [str(size) for size in sizes])
    built.minorticks_off()
    level = judged.declared(verdict, "softplus begins to fit at p = n")["level"]
    for axis in (trained, networks, built):
        axis.axhline(level, color=theme.INK, linewidth=0.8, alpha=0.6)
        axis.set_ylim(SMALLEST / 10, 1e4)
    handles = [axis.get_legend_handles_labels() for axis in (trained, networks, built)]
    lines, names = ([entry for one in handles for entry in one[k]] for k in (0, 1))
    figure.legend(lines, names, loc="outside lower center", ncol=3, fontsize=8)
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State where each case ends, and how many runs hit the limit of steps."""
    losses = measurements[measurements["quantity"] == "largest_loss"]
    beyond, below = losses[losses["p_over_n"] > 1], losses[losses["p_over_n"] < 1]
    most = beyond.groupby(["problem", "activation"])["value"].max()
    least = beyond.groupby(["problem", "activation"])["value"].min()
    short = below[(below["activation"] == "softplus") & (below["problem"] == "distinct inputs")]["value"].min()
    errors = measurements[(measurements["quantity"] == "largest_error")].groupby(measurements["p_over_n"] > 1)["value"]
    hits = measurements[
        (measurements["quantity"] == "limit_hit") & measurements["activation"].isin(["softplus", "tanh"])
    ]
    hits = hits.groupby(["activation", hits["p_over_n"] > 1])["value"].agg(["sum", "size"])
    counts = ", ".join(
        f"{int(row['sum'])} of {int(row['size'])} ({name}, {'p > n' if more else 'p ≤ n'})"
        for (name, more), row in hits.iterrows()
    )
    best = at_most(most["distinct inputs", "softplus"], 1)
    network = losses[losses["problem"] == NETWORK].groupby("p_over_n")["value"]
    largest, smallest = network.max(), network.min()
    twice, linear = (at_least(least[key]) for key in (("duplicated inputs", "softplus"), ("linear network", "none")))
    return (
        f"Largest loss of a single sample with random labels: at most {best} in softplus networks with more hidden "
        f"weights than samples, at least {at_least(short)} with fewer. With more parameters than samples, too, it is "
        f"at least {twice} where an input occurs twice with opposite labels, and {linear} in a linear network. The "
        f"constructed ReLU network with 2n + d weights errs by at most {at_most(errors.max()[True], 1)} of the largest "
        f"label; with fewer weights than samples by at least {at_least(errors.min()[False])}. On "
        f"{random_features.data_label(verdict)} with random classes, image networks trained by gradient descent have a "
        f"largest loss of at most {at_most(largest.iloc[-1], 1)} at {largest.index[-1]:.2g} nK parameters and of at "
        f"least {at_least(smallest.iloc[0])} at {smallest.index[0]:.2g} nK. Small problems that reached the limit of "
        f"steps: {counts}."
    )


def _curve(axis: plt.Axes, rows: pd.DataFrame, label: str, marker: str, dashes: str, color: str) -> None:
    """Draw the median over seeds with its interval, and a faint line per seed."""
    for _, curve in rows.groupby("seed"):
        axis.plot(curve["p_over_n"], curve["value"], color=color, alpha=0.2, linewidth=0.6)
    spread = np.log(rows.set_index("p_over_n")["value"]).groupby(level=0).agg(theme.median_interval)
    low, high = np.exp(np.array(spread.tolist())).T
    axis.fill_between(spread.index, low, high, color=color, alpha=0.2, linewidth=0)
    _medians(axis, rows, label, marker, dashes, color)


def _medians(axis: plt.Axes, rows: pd.DataFrame, label: str, marker: str, dashes: str, color: str) -> None:
    curve = np.exp(np.log(rows.set_index("p_over_n")["value"]).groupby(level=0).median())
    axis.plot(
        curve.index, curve, color=color, marker=marker, markersize=4, markeredgewidth=0, linestyle=dashes, label=label
    )
