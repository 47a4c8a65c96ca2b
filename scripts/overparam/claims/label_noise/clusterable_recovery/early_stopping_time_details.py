"""The first step with every true label in every run with random centres, beside the formula's."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from overparam.claims.label_noise.clusterable_recovery.early_stopping_time import of_runs
from overparam.drawing import labels, theme


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw a dot per run under the theorem's conditions, and the runs of the control, which never get there."""
    figure, (axis,) = theme.panels(height=4.4)
    steps = of_runs(measurements)
    found = steps[steps["assignment"] == "clusters"]
    blue = theme.CATEGORIES[0]
    axis.scatter(found["formula_step"], found["first_perfect_step"], s=14, color=blue, alpha=0.5, linewidths=0)
    top = steps["formula_step"].max() * 1.1
    control = steps[(steps["assignment"] == "permuted") & np.isinf(steps["first_perfect_step"])]
    axis.scatter(
        control["formula_step"], np.full(len(control), top), s=18, marker="x", color=theme.GREY, linewidths=0.8
    )
    axis.plot([0, top], [0, top], color=theme.INK, linestyle=":")
    axis.annotate("as the formula has it", (0.6 * top, 0.62 * top), ha="right", fontsize=9, color=theme.INK)
    axis.annotate("every true label, first time", (0.62 * top, 0.12 * top), fontsize=9, color=blue)
    axis.annotate("never: classes permuted (control)", (0, 1.03 * top), fontsize=9, color=theme.GREY)
    axis.set(xlabel=f"τ by the formula, in {labels.quantity(measurements, 'formula_step')}", ylim=(0, top * 1.1))
    axis.set_ylabel(labels.quantity(measurements, "first_perfect_step"))
    theme.headline(figure, "With random centres all true labels are there well before the formula's time")
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State the largest share of the formula's time that a run needs, and how many of the control never arrive."""
    steps = of_runs(measurements)
    found, control = (steps[steps["assignment"] == name] for name in ("clusters", "permuted"))
    share = (found["first_perfect_step"] / found["formula_step"]).max()
    never = int(np.isinf(control["first_perfect_step"]).sum())
    return (
        f"First step at which every sample has its true label, over the formula's time, a dot per run: at most "
        f"{share:.2f} of it. With permuted classes (control) {never} of {len(control)} runs never get there."
    )
