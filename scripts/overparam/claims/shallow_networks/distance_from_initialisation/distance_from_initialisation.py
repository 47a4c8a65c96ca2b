"""Relative distance from the initialisation at convergence, over hidden units and over samples."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from overparam.drawing import labels, theme

USUAL, STEEP = "one over root width", "steep"
NAMES = {"relu": "ReLU"}
LINES = {"printed_bound": ":", "corrected_rate": "--", "linear_distance": "-."}  # quantity: dashes


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw the distance against k with both laws and the control, and against n at fixed k."""
    figure, (over_width, over_samples) = theme.panels(2, height=4.4)
    swept = measurements[measurements["sweep"] == "width"]
    steep = swept[swept["output_scale"] == STEEP]
    first = steep["activation"].iloc[0]  # the activation that everything is measured with
    usual = swept[(swept["output_scale"] == USUAL) & (swept["activation"] == first)]
    for quantity, dashes in LINES.items():
        _line(over_width, usual, quantity, "width", labels.quantity(measurements, quantity), dashes)
    _curve(over_width, usual, "width", f"{first}, |v| = ‖y‖/√(kn)", "o", "-", theme.CATEGORIES[0])
    others = swept[(swept["output_scale"] == USUAL) & (swept["activation"] != first)]
    for number, (name, rows) in enumerate(others.groupby("activation"), start=2):
        label = f"{NAMES.get(name, name)}, |v| = ‖y‖/√(kn)"
        _curve(over_width, rows, "width", label, "^", "-.", theme.CATEGORIES[number])
    _curve(over_width, steep, "width", f"{first}, |v| = ‖y‖√n/(d k^1.5) (control)", "s", "--", theme.CATEGORIES[1])
    width = measurements.loc[measurements["sweep"] == "n_train", "width"].iloc[0]
    fixed = measurements[(measurements["width"] == width) & (measurements["output_scale"] == USUAL)]
    fixed = fixed[fixed["activation"] == first]
    for quantity, dashes in LINES.items():
        _line(over_samples, fixed, quantity, "n_train", None, dashes)
    _curve(over_samples, fixed, "n_train", None, "o", "-", theme.CATEGORIES[0])
    n_train = usual["n_train"].iloc[0]
    over_width.set(xlabel=labels.column(measurements, "width"), title=f"n = {n_train} samples")
    over_width.set_ylabel(labels.quantity(measurements, "relative_distance"))
    over_samples.set(xlabel=labels.column(measurements, "n_train"), ylabel="", title=f"k = {width} hidden units")
    for axis in (over_width, over_samples):
        axis.set(xscale="log", yscale="log")
    places = np.sort(fixed["n_train"].unique())
    over_samples.set_xticks(places, [str(place) for place in places])
    over_samples.minorticks_off()
    handles, names = over_width.get_legend_handles_labels()
    for axis in (over_width, over_samples):
        if axis.get_legend():
            axis.get_legend().remove()
    figure.legend(handles, names, loc="outside lower center", ncol=2, fontsize=8)
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State the exponent, how far above the printed bound lies at both ends, and how many runs hit the limit."""
    swept = measurements[measurements["sweep"] == "width"]
    distance = swept[swept["quantity"] == "relative_distance"]
    usual = distance[distance["output_scale"] == USUAL]
    exponents = {name: _exponent(rows.groupby("width")["value"].mean()) for name, rows in usual.groupby("activation")}
    first = distance.loc[distance["output_scale"] == STEEP, "activation"].iloc[0]
    others = ", ".join(
        f"{value:.2f} with {NAMES.get(name, name)}" for name, value in exponents.items() if name != first
    )
    means = usual[usual["activation"] == first].groupby("width")["value"].mean()
    control = distance[distance["output_scale"] == STEEP].groupby("width")["value"].mean()
    above = swept[(swept["quantity"] == "printed_over_measured") & (swept["output_scale"] == USUAL)]
    above = above[above["activation"] == first]
    above = above.groupby("width")["value"].median()
    limits = measurements[measurements["quantity"] == "limit_hit"]
    hits = {scale: (int(part.sum()), len(part)) for scale, part in limits.groupby("output_scale")["value"]}
    return (
        f"Relative distance of the hidden weights from their initialisation when gradient descent has fitted random "
        f"labels: it falls from {means.iloc[0]:.2g} at k = {means.index[0]} to {means.iloc[-1]:.2g} at k = "
        f"{means.index[-1]} with {first}, exponent {exponents[first]:.2f} (and {others or 'no other'}), beside the "
        f"linearised network's closest solution. The printed bound lies {above.iloc[0]:.2g} times above it and then "
        f"{above.iloc[-1]:.3g} times. With steeper output weights (control) the distance grows, "
        f"exponent {_exponent(control):.2f}. "
        f"{hits[USUAL][0]} of {hits[USUAL][1]} runs hit the limit of steps, and {hits[STEEP][0]} of "
        f"{hits[STEEP][1]} of the control."
    )


def _exponent(means: pd.Series) -> float:
    return float(np.polyfit(np.log(means.index), np.log(means), 1)[0])


def _line(axis: plt.Axes, rows: pd.DataFrame, quantity: str, x: str, label: str | None, dashes: str) -> None:
    means = rows[rows["quantity"] == quantity].groupby(x)["value"].mean()
    axis.plot(means.index, means, color=theme.INK, linestyle=dashes, linewidth=1.2, label=label)


def _curve(axis: plt.Axes, rows: pd.DataFrame, x: str, label: str | None, marker: str, dashes: str, color: str) -> None:
    chosen = rows[rows["quantity"] == "relative_distance"]
    common = {"data": chosen, "x": x, "y": "value", "color": color, "ax": axis}
    sns.lineplot(**common, units="seed", estimator=None, alpha=0.2, linewidth=0.6, legend=False)
    sns.lineplot(**common, errorbar=theme.interval, marker=marker, markeredgewidth=0, linestyle=dashes, label=label)
