"""Steps until every label is right, over 1/λ(C), and the share of runs in which all are, over the condition number."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from overparam.claims.label_noise.seed_curves import mean_curve, rows_of, success_rate
from overparam.drawing import exponents, judged, labels, theme

STEPS = "steps-in-proportion-to-the-inverse-eigenvalue"
RECOVERY = "all-true-labels-at-every-angle"
PAIRS = {"opposite": "opposite labels within pairs", "same": "the same label within pairs (control)"}


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw steps with the exponent predicted on the left, recovery for all widths and the control on the right."""
    figure, (steps, recovery) = theme.panels(2, height=4.6)
    for style, (pairs, words) in enumerate(PAIRS.items()):
        rows = rows_of(measurements, "first_perfect_step", pairs=pairs, wide=True)
        mean_curve(steps, rows[np.isfinite(rows["value"])], "inverse_eigenvalue", words, style)
    places = np.array(sorted(measurements["inverse_eigenvalue"].unique()))
    slope = exponents.predicted(verdict, STEPS, "corrected")
    last = _median_steps(measurements, "opposite").iloc[-1]
    guide = last * (places / places[-1]) ** slope
    steps.plot(places, guide, color=theme.INK, linestyle="--", label="in proportion to 1/λ(C)")
    steps.set(xscale="log", yscale="log", xlabel=labels.column(measurements, "inverse_eigenvalue"))
    steps.set_ylabel(labels.quantity(measurements, "first_perfect_step"))
    steps.set_title("until every label is right")
    opposite = rows_of(measurements, "recovered", pairs="opposite")
    for style, (width, rows) in enumerate(opposite.groupby("width")):
        success_rate(recovery, rows, "condition", f"k = {width} hidden units", style)
    control = rows_of(measurements, "recovered", pairs="permuted")
    success_rate(recovery, control, "condition", "labels permuted (control)", 4, linestyle="none", marker="X")
    level = judged.declared(verdict, RECOVERY)["less"]
    recovery.axhline(level, color=theme.INK, linestyle=":", linewidth=1, label=f"{100 * level:g} % of runs")
    recovery.set(xscale="log", xlabel=labels.column(measurements, "condition"), ylim=(-0.05, 1.07))
    recovery.set_title(labels.quantity(measurements, "recovered"))
    for axis in (steps, recovery):
        axis.legend(fontsize=8, loc="upper center", bbox_to_anchor=(0.5, -0.2))
    theme.headline(figure, _headline(measurements))
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State the steps at the largest and the smallest angle, the exponent, and recovery at the smallest angle."""
    opposite, same = (_median_steps(measurements, pairs) for pairs in PAIRS)
    angles = sorted(measurements["angle"].unique())
    closest = rows_of(measurements, "recovered", pairs="opposite", angle=angles[0]).groupby("width")["value"].mean()
    shares = ", ".join(f"{100 * share:.0f} % with k = {k}" for k, share in closest.items())
    permuted = rows_of(measurements, "recovered", pairs="permuted")["value"]
    return (
        f"{_headline(measurements)}: a median of {opposite.iloc[0]:.0f} at {angles[-1]:g} degrees and "
        f"{opposite.iloc[-1]:.0f} at {angles[0]:g} degrees where the two labels differ, with an exponent of "
        f"{exponents.measured(verdict, STEPS, 'corrected')} in 1/λ(C); {same.iloc[0]:.0f} and {same.iloc[-1]:.0f} "
        f"where they are the same. At {angles[0]:g} degrees every label is right when theory stops in {shares} hidden "
        f"units; with permuted labels (control) in {int(permuted.sum())} of {len(permuted)} runs."
    )


def _headline(measurements: pd.DataFrame) -> str:
    steps, places = _median_steps(measurements, "opposite"), sorted(measurements["inverse_eigenvalue"].unique())
    return (
        f"Closer centres with different labels take {steps.iloc[-1] / steps.iloc[0]:.0f} times the steps where 1/λ(C) "
        f"is {places[-1] / places[0]:.0f} times as large"
    )


def _median_steps(measurements: pd.DataFrame, pairs: str) -> pd.Series:
    rows = rows_of(measurements, "first_perfect_step", pairs=pairs, wide=True)
    return rows.groupby("inverse_eigenvalue")["value"].median()
