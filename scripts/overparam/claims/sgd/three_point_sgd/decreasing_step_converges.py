"""Squared error of SGD over time, with steps that decrease as they should, too little, too fast and not at all."""

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from overparam.drawing import exponents, labels, theme

SCHEDULES = {
    "constant": ("constant step (control)", (1, 0)),
    "decreasing_slow": ("c/(t + t₀), c too small", (4, 2)),
    "decreasing_fast": ("ct₀/(t + t₀)², finite sum", (3, 1, 1, 1)),
    "decreasing": ("c/(t + t₀), c > 1/(2 λ_min)", (1, 1)),
}


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw each schedule's mean and seeds, its exact expectation, and a line of the predicted slope."""
    figure, (axis,) = theme.panels(1, height=4.0)
    for (schedule, (label, dashes)), color in zip(SCHEDULES.items(), theme.CATEGORIES, strict=False):
        rows = measurements[measurements["schedule"] == schedule]
        rows = rows.astype({"step": float})
        common = {
            "data": rows[rows["quantity"] == "squared_error"], "x": "step", "y": "value", "color": color, "ax": axis,
        }  # fmt: skip
        sns.lineplot(**common, units="seed", estimator=None, alpha=0.15, linewidth=0.6, legend=False)
        sns.lineplot(**common, errorbar=theme.interval, linestyle=(0, dashes) if dashes[1] else "-", label=label)
        exact = rows[rows["quantity"] == "squared_error_exact"].sort_values("step")
        axis.plot(
            exact["step"], exact["value"], color=theme.INK, linewidth=0, marker=".", markersize=3,
            label="exact expectation" if schedule == "decreasing" else None,
        )  # fmt: skip
    last = exact.iloc[-1]
    steps = np.array([max(last["step"] / 100, 1), last["step"]])
    slope = exponents.predicted(verdict, "one-over-t")
    guide = last["value"] / 4 * (steps / last["step"]) ** slope
    axis.plot(steps, guide, color=theme.INK, linestyle="--", linewidth=1)
    axis.annotate(f"slope {exponents.spelled(slope)}", (steps[0], guide[0]), ha="right", va="top", fontsize=8)
    axis.set(xscale="log", yscale="log", xlabel=labels.column(measurements, "step"))
    axis.set_ylabel(labels.quantity(measurements, "squared_error"))
    axis.legend(loc="lower left")
    return figure


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
        f"{last['constant']:.2g} with a constant step, which stays at its floor."
    )
