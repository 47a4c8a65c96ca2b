"""Relative distance from the initialisation when the labels are fitted, over the number of hidden units."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from overparam.drawing import direct_labels, exponents, headlines, labels, predicted, studies, theme

USUAL, STEEP = "one over root width", "steep"
NAMES = {"relu": "ReLU"}
COLORS = {"softplus": theme.CATEGORIES[0], "relu": theme.CATEGORIES[1]}
SLOPE = "slope in the number of hidden units"


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw the distance of every activation against k, the printed bound, the predicted slope and the control."""
    figure, (axis,) = theme.panels(height=4.6)
    swept = measurements[measurements["sweep"] == "width"].astype({"width": float})
    usual, steep = (swept[swept["output_scale"] == scale] for scale in (USUAL, STEEP))
    first = steep["activation"].iloc[0]  # the activation that everything is measured with
    bound = usual[usual["activation"] == first]
    bound = bound[bound["quantity"] == "printed_bound"].groupby("width")["value"].mean()
    axis.plot(bound.index, bound, color=theme.INK, linestyle="-.", linewidth=1.2)
    direct_labels.at_end(axis, bound.index, bound, "printed bound\n$\\sqrt{kd}/\\sqrt{n}$", theme.INK)
    control = _curve(axis, steep, theme.CONTROL)
    direct_labels.at_end(axis, control.index, control, "steeper output\nweights (control)", theme.GREY)
    for name, rows in usual.groupby("activation"):
        color = COLORS.get(name, theme.CATEGORIES[2])
        means = _curve(axis, rows, {"color": color, "marker": "o", "markersize": 5})
        direct_labels.at_end(axis, means.index, means, NAMES.get(name, name), color)
    widths = sorted(usual["width"].unique())
    axis.set(xscale="log", yscale="log", xlabel=labels.column(measurements, "width"))
    axis.set_xticks(widths, [f"{width:g}" for width in widths])
    axis.minorticks_off()
    lowest = usual[usual["quantity"] == "relative_distance"].groupby(["activation", "width"])["value"].mean().min()
    across = widths[-1] / widths[0]
    start = (widths[0], 0.5 * lowest * across**0.5)
    predicted.predicted_slope(axis, verdict, SLOPE, "corrected", start=start, to=widths[-1], label="predicted")
    axis.set_ylabel(labels.quantity(measurements, "relative_distance"))
    theme.headline(figure, _headline(usual, verdict))
    return figure


def _headline(usual: pd.DataFrame, verdict: dict) -> str:
    if [verdict["forms"][form]["verdict"] for form in ("printed", "corrected")] == ["supported", "supported"]:
        names = sorted(usual["activation"].unique(), reverse=True)
        found = [
            f"$k^{{{exponents.measured(verdict, SLOPE, 'corrected', each=f'activation = {name}')}}}$" for name in names
        ]
        return f"Wider networks move less: the distance falls like {' and '.join(found)}, and the printed bound grows"
    held = verdict["forms"]["printed"]["verdict"]
    if verdict["forms"]["corrected"]["verdict"] == "inconclusive" and held != "inconclusive":
        return "The distance lies below the printed bound" + ("" if held == "supported" else " at some widths only")
    return headlines.by_verdict(
        verdict,
        form="corrected",
        supported="Wider networks move less before they fit",
        refuted="The distance from the start does not fall with the width as predicted",
        undecided="how far networks of different widths move before they fit",
    )


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


def _curve(axis: plt.Axes, rows: pd.DataFrame, style: dict) -> pd.Series:
    """Draw the mean of the distance over seeds with its interval, and return the mean."""
    chosen = rows[rows["quantity"] == "relative_distance"]
    studies.lines(axis, chosen, "width", seeds=False, **style)
    return chosen.groupby("width")["value"].mean()
