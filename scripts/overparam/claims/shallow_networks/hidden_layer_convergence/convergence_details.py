"""The details of the figures of convergence: the rate over d/n, and how many hidden units are enough."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from overparam.claims.shallow_networks.hidden_layer_convergence import convergence
from overparam.drawing import direct_labels, labels, studies, theme
from overparam.drawing.predicted import EDGE


def figure(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw the rate over d/n for both kinds of output weights, and the widths that are enough."""
    drawn, (over_size, widths) = theme.panels(2, height=4.2)
    names = convergence.shown(measurements, verdict)
    rates = measurements[(measurements["quantity"] == "rate") & (measurements["arm"] == "rate")]
    rates = rates[rates["activation"].isin(names)]
    for name in names:
        for marker, dashes, v in (("o", "-", "balanced"), ("s", ":", "gaussian")):
            rows = rates[(rates["activation"] == name) & (rates["output_weights"] == v)]
            color = convergence.COLORS[name]
            studies.lines(over_size, rows, "d_over_n", color, seeds=False, marker=marker, linestyle=dashes)
            means = rows.groupby("d_over_n")["value"].mean()
            text = f"{convergence.SPELLED.get(name, name)},\n$v$ {v.replace('gaussian', 'Gaussian')}"
            direct_labels.at_end(over_size, means.index, means, text, color)
    places = np.sort(rates["d_over_n"].unique())
    lowest = rates[rates["d_over_n"] == places[0]]["value"].mean()
    over_size.plot(places, lowest * places / places[0], **EDGE)
    direct_labels.at_end(over_size, places, lowest * places / places[0], "∝ d/n", theme.INK)
    over_size.set(xscale="log", yscale="log", xlabel=labels.column(measurements, "d_over_n"), title="random inputs")
    over_size.set_ylabel(labels.quantity(measurements, "rate"))
    over_size.set_xticks(places, [f"{tick:.2g}" for tick in places])
    over_size.xaxis.set_minor_locator(NullLocator())
    _widths(widths, measurements, names)
    theme.headline(drawn, "The rate over the size, and how many hidden units are enough")
    return drawn


def sentence(measurements: pd.DataFrame, verdict: dict) -> str:
    """Return the alt text: the rate at both ends of d/n, and the widths."""
    rows = measurements[measurements["activation"].isin(convergence.shown(measurements, verdict))]
    rates = rows[(rows["quantity"] == "rate") & (rows["arm"] == "rate")]
    means = rates.groupby(["activation", "d_over_n"])["value"].mean()
    parts = []
    for name in dict.fromkeys(rates["activation"]):
        one = means[name]
        parts.append(
            f"{convergence.SPELLED.get(name, name)} from {one.iloc[0]:.2g} at d/n = {one.index[0]:.2g} to "
            f"{one.iloc[-1]:.2g} at {one.index[-1]:.2g}"
        )
    smallest = rows[rows["quantity"] == "smallest_width"].groupby("activation")["value"].median()
    widths = ", ".join(f"{convergence.SPELLED.get(name, name)} {value:.0f}" for name, value in smallest.items())
    return (
        f"Mean rate per step of gradient descent on random inputs over d/n: {'; '.join(parts)}. The smallest number of "
        f"hidden units that fits has, over the sizes, the median {widths}, far below what the theorem asks for."
    )


def _widths(axis: plt.Axes, measurements: pd.DataFrame, names: list[str]) -> None:
    """Draw, per size, the hidden units that the theorem asks for and the fewest that fit."""
    rows = measurements[measurements["quantity"].isin(["smallest_width", "sufficient_width"])]
    sizes = sorted(set(zip(rows["n_train"], rows["dimension"], strict=True)))
    for k, name in enumerate(names):
        own = rows[rows["activation"] == name].groupby(["quantity", "n_train", "dimension"])["value"]
        for quantity, face, label in (
            ("sufficient_width", "none", f"{convergence.SPELLED.get(name, name)}: theorem's"),
            ("smallest_width", convergence.COLORS[name], f"{convergence.SPELLED.get(name, name)}: smallest"),
        ):
            places = np.arange(len(sizes)) + 0.15 * k
            low, high = ([float(ends[(quantity, *size)]) for size in sizes] for ends in (own.min(), own.max()))
            middle = [float(own.median()[(quantity, *size)]) for size in sizes]
            axis.vlines(places, low, high, color=convergence.COLORS[name], linewidth=1)
            axis.plot(
                places, middle, marker="o", linestyle="none", markerfacecolor=face, label=label,
                markeredgecolor=convergence.COLORS[name], markersize=6,
            )  # fmt: skip
    axis.set_xticks(range(len(sizes)), [f"n {n}\nd {d}" for n, d in sizes], fontsize=9)
    top = rows.loc[rows["activation"].isin(names), "value"].replace(np.inf, np.nan).max()
    axis.set(
        yscale="log", ylabel=labels.column(measurements, "width"), title="how many are enough", ylim=(1, top * 300)
    )
    axis.legend(fontsize=8.5, loc="upper left", ncol=len(names), columnspacing=0.8, handletextpad=0.1)
