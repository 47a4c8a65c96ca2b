"""Stationary error of SGD against the constant step, with the exact floor and with what has no floor."""

import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from overparam.drawing import exponents, labels, theme
from overparam.drawing.rounding import at_most

CASES = {
    ("inconsistent", "sgd"): ("SGD, no line fits", "o", "-"),
    ("consistent", "sgd"): ("SGD, labels fit (control)", "s", "--"),
    ("inconsistent", "full_batch"): ("full batch, no line fits", "^", "-."),
}


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw the floor beside its exact value, and again on an axis that reaches down to the cases without a floor."""
    figure, (near, far) = theme.panels(2)
    cases = list(CASES.items())
    exact = measurements[measurements["quantity"] == "stationary_error_exact"].sort_values("learning_rate")
    near.plot(exact["learning_rate"], exact["value"], color=theme.INK, label="exact (linear equation)")
    _curve(near, measurements, cases[0][0], ("SGD, no line fits", "o", "none"), theme.CATEGORIES[0])
    first = exact.iloc[0]
    rates = exact["learning_rate"].to_numpy()
    slope = exponents.predicted(verdict, "proportional-to-the-step")
    near.plot(
        rates, first["value"] * (rates / first["learning_rate"]) ** slope / 3, color=theme.INK, linestyle="--",
        linewidth=1, label=f"slope {exponents.spelled(slope)}",
    )  # fmt: skip
    for (case, style), color in zip(cases, theme.CATEGORIES, strict=False):
        _curve(far, measurements, case, style, color)
    for axis in (near, far):
        axis.set(xscale="log", yscale="log", xlabel=labels.column(measurements, "learning_rate"))
        axis.set_ylabel(labels.quantity(measurements, "stationary_error"))
        axis.legend(loc="upper left" if axis is near else "center left")
    near.set_title("the floor")
    far.set_title("with and without noise at w*")
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State how the floor grows with the step, and how low the cases without noise lie."""
    floor = _mean(measurements, ("inconsistent", "sgd"))
    quiet = max(_mean(measurements, case).max() for case in list(CASES)[1:])
    return (
        f"Stationary squared error of constant-step SGD on three points that no line fits: it grows {_factor(floor)} "
        f"times, from {floor.iloc[0]:.2g} to {floor.iloc[-1]:.2g}, as the step grows "
        f"{floor.index[-1] / floor.index[0]:.3g} times, and lies on the exact solution. "
        f"With labels that fit, or with the full batch, its mean is at most {at_most(quiet, 1)} at every step."
    )


def _factor(values: pd.Series) -> str:
    return f"{values.iloc[-1] / values.iloc[0]:.3g}"


def _select(measurements: pd.DataFrame, case: tuple[str, str]) -> pd.DataFrame:
    wanted = measurements["quantity"].eq("stationary_error")
    return measurements[wanted & measurements["system"].eq(case[0]) & measurements["method"].eq(case[1])]


def _mean(measurements: pd.DataFrame, case: tuple[str, str]) -> pd.Series:
    return _select(measurements, case).groupby("learning_rate")["value"].mean()


def _curve(axis: plt.Axes, measurements: pd.DataFrame, case: tuple[str, str], style: tuple, color: str) -> None:
    label, marker, dashes = style
    rows = _select(measurements, case)
    common = {"data": rows, "x": "learning_rate", "y": "value", "color": color, "ax": axis}
    sns.lineplot(**common, units="seed", estimator=None, alpha=0.15, linewidth=0.6, legend=False)
    sns.lineplot(**common, errorbar=theme.interval, marker=marker, markeredgewidth=0, linestyle=dashes, label=label)
