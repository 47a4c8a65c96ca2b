"""Squared error of SGD over time, with steps that decrease as they should, too little, too fast and not at all."""

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from overparam.drawing import direct_labels, headlines, labels, predicted, theme

SCHEDULES = {
    "decreasing_fast": ("too fast:\n$c\\,t_0/(t + t_0)^2$", theme.CATEGORIES[3], "-"),
    "decreasing_slow": ("$c/(t + t_0)$,\n$c$ too small", theme.CATEGORIES[1], "-"),
    "constant": ("constant step\n(control)", theme.CONTROL["color"], theme.CONTROL["linestyle"]),
    "decreasing": ("$c/(t + t_0)$,\n$c$ large enough", theme.CATEGORIES[0], "-"),
}
SLOPE = "one-over-t"


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw each schedule's mean and seeds, its exact expectation, and a line of the predicted slope."""
    figure, (axis,) = theme.panels(1, height=4.4)
    for schedule, (label, color, dashes) in SCHEDULES.items():
        rows = measurements[measurements["schedule"] == schedule].astype({"step": float})
        measured = rows[rows["quantity"] == "squared_error"]
        common = {"data": measured, "x": "step", "y": "value", "color": color, "ax": axis}
        sns.lineplot(**common, units="seed", estimator=None, alpha=0.12, linewidth=0.6, legend=False)
        sns.lineplot(**common, errorbar=theme.interval, linestyle=dashes)
        exact = rows[rows["quantity"] == "squared_error_exact"].sort_values("step")
        axis.plot(exact["step"], exact["value"], color=theme.INK, linewidth=0, marker=".", markersize=3)
        direct_labels.at_end(axis, exact["step"], exact["value"], label, color)
    last = exact.iloc[-1]
    first = max(last["step"] / 5000, 1)
    slope_start = last["value"] / 60 * (last["step"] / first)
    axis.set(xscale="log", yscale="log", xlabel=labels.column(measurements, "step"))
    predicted.predicted_slope(
        axis, verdict, SLOPE, start=(first, slope_start), to=last["step"] / 300, label="predicted slope"
    )
    axis.set_ylabel(labels.quantity(measurements, "squared_error"))
    axis.annotate(
        "dots: exact expectation", (0, 0), xycoords="axes fraction", xytext=(6, 6), textcoords="offset points",
        fontsize=8.5, color=theme.INK,
    )  # fmt: skip
    theme.headline(figure, _headline(verdict))
    return figure


def _headline(verdict: dict) -> str:
    text = headlines.by_verdict(
        verdict,
        supported="Steps that shrink like $1/t$ take SGD to the minimiser",
        refuted="Steps that shrink like $1/t$ do not take SGD to the minimiser at that rate",
        undecided="SGD with steps that shrink like $1/t$",
    )
    stranded = headlines.came_to(verdict, "any_decrease") == "refuted"
    return f"{text}; steps that shrink faster strand it on the way" if stranded else text


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State how large the error of each schedule is in the end."""
    rows = measurements[measurements["quantity"] == "squared_error"]
    last = rows[rows["step"] == rows["step"].max()].groupby("schedule")["value"].mean()
    middle = rows["step"].unique()
    middle = rows[rows["step"] == middle[np.abs(middle.astype(float) - rows["step"].max() / 10).argmin()]]
    gain = middle.groupby("schedule")["value"].mean() / last
    return (
        f"Squared error of SGD on three points that no line fits. After {int(rows['step'].max()):,} steps it is "
        f"{last['decreasing']:.2g} with steps c/(t + t₀) and a large enough c (it fell {gain['decreasing']:.1f} times "
        f"in the last decade of steps), {last['decreasing_slow']:.2g} with a c that is too small, "
        f"{last['decreasing_fast']:.2g} with steps ct₀/(t + t₀)², whose sum is finite, and "
        f"{last['constant']:.2g} with a constant step (control), which stays at its floor."
    )
