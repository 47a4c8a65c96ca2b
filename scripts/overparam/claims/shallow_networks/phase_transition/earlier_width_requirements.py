"""Widths that theorems ask for beside the narrowest networks that fit, over the number of samples."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure
from scipy import stats

from overparam.drawing import labels, theme

DESCENT, REFERENCE = "gradient descent", "Levenberg–Marquardt"
COUNTING = "counting"
THEOREM_DASHES = ["-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 3))]
CASES = [  # activation, optimiser, label, marker, dashes
    ("softplus", DESCENT, "softplus, gradient descent", "o", "-"),
    ("softplus", REFERENCE, "softplus, Levenberg–Marquardt", "s", "--"),
    ("relu", DESCENT, "ReLU, gradient descent", "^", "-."),
    ("relu", REFERENCE, "ReLU, Levenberg–Marquardt", "D", ":"),
]


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw required and measured widths together, and the measured ones alone with the control."""
    figure, (all_of_them, near) = theme.panels(2, height=5.0)
    swept = measurements[measurements["in_n_sweep"]]
    required = swept[(swept["quantity"] == "required_width") & (swept["optimiser"] == DESCENT)]
    theorems = [name for name in required["theorem"].unique() if name != COUNTING]
    for name, dashes, color in zip(theorems, THEOREM_DASHES, theme.ordered(len(theorems)), strict=False):
        means = _geometric(required[required["theorem"] == name])
        all_of_them.plot(means.index, means, linestyle=dashes, color=color, label=name)
    nearest = _geometric(required[required["theorem"] == theorems[0]])
    near.plot(nearest.index, nearest, linestyle=THEOREM_DASHES[0], color=theme.ordered(len(theorems))[0])
    counting = _geometric(required[required["theorem"] == COUNTING])
    near.plot(counting.index, counting, color=theme.INK, linestyle=(0, (1, 1)), label="control: kd = n")
    for (activation, optimiser, label, marker, dashes), color in zip(CASES, theme.CATEGORIES, strict=False):
        rows = swept[(swept["activation"] == activation) & (swept["optimiser"] == optimiser)]
        rows = rows[rows["quantity"] == "smallest_width"]
        for axis in (all_of_them, near):
            _curve(axis, rows, label if axis is near else None, marker, dashes, color)
    dimension = swept["dimension"].iloc[0]
    all_of_them.set(title="required and measured", ylabel=labels.column(measurements, "width"))
    near.set(title=f"measured, d = {dimension}", ylabel="")
    places = sorted(swept["n_train"].unique())
    for axis in (all_of_them, near):
        axis.set(xscale="log", yscale="log", xlabel=labels.column(measurements, "n_train"))
        axis.set_xticks(places, [str(place) for place in places])
        axis.minorticks_off()
        if axis.get_legend():
            axis.get_legend().remove()
    handles, names = (list(part) for part in zip(*_legends(all_of_them, near), strict=True))
    figure.legend(handles, names, loc="outside lower center", ncol=3, fontsize=7.5)
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State the measured widths with their exponents and how far below each theorem they lie."""
    swept = measurements[measurements["in_n_sweep"]]
    largest = int(swept["n_train"].max())
    widths = swept[swept["quantity"] == "smallest_width"].groupby(["activation", "optimiser", "n_train"])["value"]
    widths = widths.mean()
    measured = []
    for activation, optimiser, label, *_ in CASES:
        one = widths[activation, optimiser]
        slope = stats.linregress(np.log(one.index), np.log(one)).slope
        measured.append(f"{label}: k = {one.iloc[-1]:.0f}, exponent {slope:.2f}")
    ratios = swept[(swept["quantity"] == "width_over_required") & (swept["optimiser"] == DESCENT)]
    at_end = ratios[ratios["n_train"] == largest].groupby("theorem", sort=False)["value"].max()
    below = [f"{name} {1 / at_end[name]:.2g} times" for name in at_end.index if name != COUNTING]
    return (
        f"Narrowest one-hidden-layer networks that fit random labels, at d = {swept['dimension'].iloc[0]}, up to n = "
        f"{largest}. {'; '.join(measured)}. What theorems ask for lies above what gradient descent needs there: "
        f"{', '.join(below)}. Counting parameters (control) lies below: "
        f"the measured widths are at least {ratios[ratios['theorem'] == COUNTING]['value'].min():.2f} times n/d."
    )


def _geometric(rows: pd.DataFrame) -> pd.Series:
    return np.exp(np.log(rows["value"]).groupby(rows["n_train"]).mean())


def _curve(axis: plt.Axes, rows: pd.DataFrame, label: str | None, marker: str, dashes: str, color: str) -> None:
    common = {"data": rows, "x": "n_train", "y": "value", "color": color, "ax": axis}
    sns.lineplot(**common, units="seed", estimator=None, alpha=0.2, linewidth=0.6, legend=False)
    sns.lineplot(
        **common, errorbar=theme.interval, marker=marker, markersize=5, markeredgewidth=0,
        linestyle=dashes, label=label,
    )  # fmt: skip


def _legends(*axes: plt.Axes):
    for axis in axes:
        yield from zip(*axis.get_legend_handles_labels(), strict=True)
